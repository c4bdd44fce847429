//! A whole platform for a test in one call: the real binary with its engines, and clients at both of its ends.

pub mod apps;
mod cable;
mod careful;
mod client;
mod device;
mod distributed;
mod engines;
mod folder;
mod following;
mod platform;
mod program;
mod socket;
mod wait;

pub use cable::{Cable, apart};
pub use careful::CarefulDevice;
pub use client::{Client, SignedIn, codes, error_code, ids, samples, text};
pub use device::MqttDevice;
pub use distributed::Distributed;
pub use engines::{Mosquitto, Postgres, Storage, free_port};
pub use folder::Folder;
pub use following::Following;
pub use platform::{Builder, Platform};
pub use program::{Program, alive, binary, kill, run};
pub use socket::{Incoming, Socket};
pub use wait::{eventually, holds};

/// The password of the demo accounts.
pub const DEMO_PASSWORD: &str = "Demo-Pass-2026!";
/// The demo organisation's administrator.
pub const ADMIN: &str = "admin@demo.cloudphone.local";
/// A demo account that only looks.
pub const VIEWER: &str = "viewer@demo.cloudphone.local";

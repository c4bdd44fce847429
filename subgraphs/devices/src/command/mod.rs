//! Commands: orders to devices with acknowledgement, timeout and result.

pub mod acknowledge;
pub mod dispatch;
pub mod expire;
pub mod install;
pub mod message;
pub mod model;
pub mod send;
pub mod store;

pub use message::{Ack, AckStatus, CommandFailure, CommandMessage};
pub use model::{Command, CommandKind, CommandStatus, NewCommand};

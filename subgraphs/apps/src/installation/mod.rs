//! Installations: bringing an application onto a device and off it again, as a saga with the devices domain.

pub mod answer;
pub mod expire;
pub mod install;
pub mod list;
pub mod model;
pub mod progress;
pub mod retry;
pub mod state;
pub mod store;
pub mod uninstall;

pub use model::Installation;
pub use state::{IllegalInstallationStep, InstallationStatus};

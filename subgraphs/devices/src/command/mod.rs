//! Commands: orders to devices with acknowledgement, timeout and result.

pub mod acknowledge;
pub mod dispatch;
pub mod expire;
pub mod install;
pub mod model;
pub mod send;
pub mod store;

pub use model::{Ack, AckStatus, Command, CommandFailure, CommandKind, CommandMessage, CommandStatus, NewCommand};

//! Commands, out.

use std::sync::Arc;

use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::command::{Command, CommandKind, CommandStatus};

/// Why a command failed.
#[derive(SimpleObject)]
pub struct DeviceCommandError {
    /// A code such as `NOT_RUNNING`.
    code: String,
    /// A sentence.
    message: String,
}

/// An order to a device.
pub struct CommandNode(pub Arc<Command>);

/// An order to a device.
#[Object(name = "DeviceCommand")]
impl CommandNode {
    /// The command.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What the device is told to do.
    async fn kind(&self) -> CommandKind {
        self.0.kind
    }

    /// How far it has come.
    async fn status(&self) -> CommandStatus {
        self.0.status
    }

    /// Percent done, as the device says.
    async fn progress(&self) -> i32 {
        self.0.progress
    }

    /// Why it failed; absent unless it did.
    async fn error(&self) -> Option<DeviceCommandError> {
        self.0.failure().map(|failure| DeviceCommandError { code: failure.code, message: failure.message })
    }

    /// What the device answered; absent when it answered nothing.
    async fn result(&self) -> Option<&Value> {
        self.0.result.as_ref()
    }

    /// When it was ordered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it is given up.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// When it ended; absent while it is under way.
    async fn completed_at(&self) -> Option<DateTime<Utc>> {
        self.0.completed_at
    }
}

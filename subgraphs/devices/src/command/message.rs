//! What platform and device say to each other about commands.

use chrono::{DateTime, Utc};
use cloudphone_core::CommandId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Command, CommandKind};

/// The message on `{base}/commands/{commandId}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandMessage {
    /// The command; a device that has seen it answers again and does nothing twice.
    pub id: CommandId,
    /// What to do.
    pub kind: CommandKind,
    /// With what.
    pub arguments: Value,
    /// When it was ordered.
    pub issued_at: DateTime<Utc>,
    /// After which it must not be begun.
    pub expires_at: DateTime<Utc>,
}

impl From<&Command> for CommandMessage {
    fn from(command: &Command) -> Self {
        Self {
            id: command.id,
            kind: command.kind,
            arguments: command.arguments.clone(),
            issued_at: command.created_at,
            expires_at: command.expires_at,
        }
    }
}

/// What a device says about a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AckStatus {
    /// It has begun.
    Accepted,
    /// It is under way.
    Progress,
    /// It is done.
    Succeeded,
    /// It cannot be done.
    Failed,
}

/// Why a command failed, as the device says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandFailure {
    /// A code such as `CHECKSUM_MISMATCH`.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// The message on `{base}/acks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// The command that is answered.
    pub command_id: CommandId,
    /// How it stands.
    pub status: AckStatus,
    /// Percent done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub progress: Option<u8>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<CommandFailure>,
    /// What came out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// When the device said so.
    pub ts: DateTime<Utc>,
}

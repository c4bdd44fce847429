//! What devices say about themselves: presence and the reported side of their twin.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::device::StateEvent;

/// The message on `{base}/status`, retained; the Last Will says `online: false`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusMessage {
    /// Whether the device is on the network.
    pub online: bool,
    /// When it said so; the Last Will carries the time of its connection.
    pub ts: DateTime<Utc>,
}

/// The power that a device reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportedPower {
    /// On its way up.
    Booting,
    /// Usable.
    Running,
    /// Frozen.
    Paused,
    /// Off.
    Stopped,
    /// Restarting.
    Rebooting,
}

impl ReportedPower {
    /// What the report means to the state machine; nothing while the phone is on its way.
    pub const fn event(self) -> Option<StateEvent> {
        match self {
            Self::Booting => None,
            Self::Running => Some(StateEvent::ReportedRunning),
            Self::Paused => Some(StateEvent::ReportedPaused),
            Self::Stopped => Some(StateEvent::ReportedStopped),
            Self::Rebooting => Some(StateEvent::ReportedRebooting),
        }
    }
}

/// An app on the device beyond Android's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedApp {
    /// The package name.
    pub package: String,
    /// Its version for programs.
    pub version_code: i64,
    /// Its version for people.
    pub version_name: String,
}

/// The message on `{base}/reported`, retained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedTwin {
    /// When the device said so.
    pub ts: DateTime<Utc>,
    /// The power.
    pub state: ReportedPower,
    /// Changes with each boot.
    pub boot_id: Uuid,
    /// Android's major version.
    pub android_version: String,
    /// Installed apps beyond Android's own.
    #[serde(default)]
    pub apps: Vec<ReportedApp>,
    /// Version of the settings in force.
    #[serde(default)]
    pub config_version: i64,
}

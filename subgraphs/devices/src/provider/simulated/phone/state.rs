//! What a phone is, what it may be told, and what it has the world do.

use std::collections::VecDeque;
use std::time::Duration;

use cloudphone_core::CommandId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::command::Ack;
use crate::provider::simulated::body::Body;
use crate::report::ReportedApp;

/// The power of the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Power {
    /// Off; only the board controller is awake.
    Off,
    /// On its way up.
    Booting,
    /// Usable.
    On,
    /// Frozen.
    Paused,
    /// On its way down.
    ShuttingDown,
    /// On its way down and up again.
    Rebooting,
}

/// What a phone remembers when its process ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhoneState {
    /// The power.
    pub power: Power,
    /// Changes with each boot.
    pub boot_id: Uuid,
    /// Installed packages beyond Android's own.
    pub apps: Vec<ReportedApp>,
    /// Charge, load, place and the like.
    pub body: Body,
    /// Settings by `SET_CONFIG`.
    pub configuration: Map<String, Value>,
    /// Grows with each change of the settings.
    pub configuration_version: i64,
    pub(super) answers: VecDeque<Ack>,
    /// Commands that end with the power change under way.
    pub(super) awaiting_power: Vec<CommandId>,
}

/// An order to download and install a package.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallOrder {
    /// The command that ordered it.
    #[serde(default, skip)]
    pub command_id: Option<CommandId>,
    /// The package.
    pub package: String,
    /// Its version for programs.
    pub version_code: i64,
    /// Its version for people.
    #[serde(default)]
    pub version_name: String,
    /// Where to download it.
    pub url: String,
    /// The SHA-256 that the download must have, in hex.
    pub sha256: String,
    /// The bytes that the download must have.
    pub size_bytes: u64,
}

/// What the world outside has to do for the phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Store the state before anything that follows is said.
    Remember,
    /// Publish the twin.
    Report,
    /// Publish an answer.
    Answer(Ack),
    /// Leave the network for a time.
    LeaveNetwork(Duration),
    /// Download a package and tell how it goes.
    Download(InstallOrder),
    /// Give up all downloads: the power is gone.
    AbortDownloads,
}

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct PhonePace {
    /// The shortest boot.
    pub boot_min: Duration,
    /// The longest boot.
    pub boot_max: Duration,
    /// A shutdown, and half a pause.
    pub shutdown: Duration,
}

impl Default for PhonePace {
    fn default() -> Self {
        Self {
            boot_min: Duration::from_secs(2),
            boot_max: Duration::from_secs(6),
            shutdown: Duration::from_millis(800),
        }
    }
}

impl PhonePace {
    /// The same phone, so many times as fast.
    #[must_use]
    pub fn faster(self, times: u32) -> Self {
        let times = times.max(1);
        Self { boot_min: self.boot_min / times, boot_max: self.boot_max / times, shutdown: self.shutdown / times }
    }
}

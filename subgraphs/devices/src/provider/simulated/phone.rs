//! A phone without hardware: its power, apps and twin, moved by commands and by time; no I/O.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::CommandId;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use crate::command::{Ack, AckStatus, CommandFailure, CommandKind, CommandMessage};
use crate::device::specification::{GeoPoint, Specification};
use crate::report::{ReportedApp, ReportedPower, ReportedTwin};
use crate::telemetry::TelemetryPayload;

/// Answers remembered, so that a repeated command is answered and not done twice.
const REMEMBERED_ANSWERS: usize = 16;

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
    answers: VecDeque<Ack>,
    /// Commands that end with the power change under way.
    awaiting_power: Vec<CommandId>,
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

/// A simulated phone.
pub struct Phone {
    state: PhoneState,
    specification: Specification,
    pace: PhonePace,
    random: SmallRng,
    power_change_at: Option<DateTime<Utc>>,
    downloading: Vec<CommandId>,
    sequence: u64,
}

impl Phone {
    /// A phone fresh from the factory, switched off.
    pub fn new(specification: Specification, pace: PhonePace, seed: u64, now: DateTime<Utc>) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let state = PhoneState {
            power: Power::Off,
            boot_id: Uuid::from_u128(random.random()),
            apps: Vec::new(),
            body: Body::new(&specification, &mut random),
            configuration: Map::new(),
            configuration_version: 0,
            answers: VecDeque::new(),
            awaiting_power: Vec::new(),
        };
        Self::remembered(state, specification, pace, seed, now)
    }

    /// A phone that goes on where it was when its process ended.
    pub fn remembered(
        state: PhoneState,
        specification: Specification,
        pace: PhonePace,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Self {
        // Milliseconds leave room for a thousand samples a second without ever repeating a number after a restart.
        let sequence = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let mut phone = Self {
            state,
            specification,
            pace,
            random: SmallRng::seed_from_u64(seed ^ sequence),
            power_change_at: None,
            downloading: Vec::new(),
            sequence,
        };
        if phone.is_changing_power() {
            phone.schedule_power_change(now);
        }
        phone
    }

    /// What is to be remembered.
    pub fn state(&self) -> &PhoneState {
        &self.state
    }

    /// When the power change under way ends; absent when none is.
    pub fn next_change_at(&self) -> Option<DateTime<Utc>> {
        self.power_change_at
    }

    /// What the phone says about itself.
    pub fn twin(&self, now: DateTime<Utc>) -> ReportedTwin {
        let state = match self.state.power {
            Power::Off | Power::ShuttingDown => ReportedPower::Stopped,
            Power::Booting => ReportedPower::Booting,
            Power::On => ReportedPower::Running,
            Power::Paused => ReportedPower::Paused,
            Power::Rebooting => ReportedPower::Rebooting,
        };
        ReportedTwin {
            ts: now,
            state,
            boot_id: self.state.boot_id,
            android_version: self.specification.android_version.clone(),
            apps: self.state.apps.clone(),
            config_version: self.state.configuration_version,
        }
    }

    /// One measurement; none while the phone does not run.
    pub fn measure(&mut self, now: DateTime<Utc>, elapsed: Duration) -> Option<TelemetryPayload<'_>> {
        if self.state.power != Power::On {
            return None;
        }
        self.sequence += 1;
        self.state.body.live(elapsed, &self.specification, &self.state.apps, &mut self.random);
        Some(self.state.body.payload(now, self.sequence, &self.specification))
    }

    /// Lets time pass: a power change that is due ends.
    pub fn on_time(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        if self.power_change_at.is_none_or(|due| now < due) {
            return Vec::new();
        }
        self.power_change_at = None;
        self.state.power = match self.state.power {
            Power::Booting => Power::On,
            Power::ShuttingDown => Power::Off,
            Power::Rebooting => {
                self.begin_boot(now);
                return vec![Effect::Remember, Effect::Report];
            }
            settled => settled,
        };
        let mut effects = vec![Effect::Remember, Effect::Report];
        for command_id in std::mem::take(&mut self.state.awaiting_power) {
            effects.push(self.succeed(command_id, None, now));
        }
        effects
    }

    /// Obeys a command, once.
    pub fn on_command(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        if let Some(answer) = self.state.answers.iter().find(|answer| answer.command_id == command.id) {
            return vec![Effect::Answer(answer.clone()), Effect::Report];
        }
        if self.downloading.contains(&command.id) || self.state.awaiting_power.contains(&command.id) {
            return vec![Effect::Answer(answer(command.id, AckStatus::Accepted, now))];
        }
        if command.expires_at < now {
            return vec![self.refuse(command.id, "EXPIRED", "The command came too late.", now)];
        }
        match command.kind {
            CommandKind::Start => self.start(command.id, now),
            CommandKind::Stop => self.stop(command.id, now),
            CommandKind::Reboot => self.reboot(command.id, now),
            CommandKind::Pause => self.pause(command.id, now),
            CommandKind::Resume => self.resume(command.id, now),
            CommandKind::InstallApp => self.install(command, now),
            CommandKind::UninstallApp => self.uninstall(command, now),
            CommandKind::OpenApp => self.open(command, now),
            CommandKind::SetLocation => self.set_location(command, now),
            CommandKind::SetConfig => self.configure(command, now),
            CommandKind::DropNetwork => {
                let seconds = command.arguments.get("seconds").and_then(Value::as_f64).unwrap_or(10.0);
                let away = Duration::from_secs_f64(seconds.clamp(0.1, 3600.0));
                vec![self.succeed(command.id, None, now), Effect::LeaveNetwork(away)]
            }
        }
    }

    /// Notes how far a download is.
    pub fn on_download_progress(&mut self, command_id: CommandId, percent: u8, now: DateTime<Utc>) -> Vec<Effect> {
        if !self.downloading.contains(&command_id) {
            return Vec::new();
        }
        let mut progress = answer(command_id, AckStatus::Progress, now);
        progress.progress = Some(percent.min(99));
        vec![Effect::Answer(progress)]
    }

    /// Ends a download: the package is installed, or the reason why not is told.
    pub fn on_downloaded(
        &mut self,
        order: &InstallOrder,
        outcome: Result<(), CommandFailure>,
        now: DateTime<Utc>,
    ) -> Vec<Effect> {
        let Some(command_id) = order.command_id.filter(|id| self.downloading.contains(id)) else {
            return Vec::new();
        };
        self.downloading.retain(|id| *id != command_id);
        if let Err(failure) = outcome {
            let refusal = self.refuse(command_id, &failure.code, &failure.message, now);
            return vec![Effect::Remember, refusal];
        }
        self.state.apps.retain(|app| app.package != order.package);
        self.state.apps.push(ReportedApp {
            package: order.package.clone(),
            version_code: order.version_code,
            version_name: order.version_name.clone(),
        });
        self.state.body.storage_grows_by(order.size_bytes);
        let result = json!({ "package": order.package, "versionCode": order.version_code });
        let done = self.succeed(command_id, Some(result), now);
        vec![Effect::Remember, Effect::Report, done]
    }

    fn start(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        match self.state.power {
            Power::On => vec![self.succeed(command_id, None, now), Effect::Remember, Effect::Report],
            Power::Paused => self.resume(command_id, now),
            Power::Booting | Power::Rebooting => self.await_power(command_id, now),
            Power::Off | Power::ShuttingDown => {
                let mut effects = self.interrupt(now);
                self.begin_boot(now);
                effects.extend(self.await_power(command_id, now));
                effects.push(Effect::Report);
                effects
            }
        }
    }

    fn stop(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        match self.state.power {
            Power::Off => vec![self.succeed(command_id, None, now), Effect::Remember, Effect::Report],
            Power::ShuttingDown => self.await_power(command_id, now),
            _ => {
                let mut effects = self.interrupt(now);
                self.state.power = Power::ShuttingDown;
                self.schedule_power_change(now);
                effects.extend(self.await_power(command_id, now));
                effects
            }
        }
    }

    fn reboot(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        match self.state.power {
            Power::Rebooting | Power::Booting => self.await_power(command_id, now),
            Power::On => {
                let mut effects = self.interrupt(now);
                self.state.power = Power::Rebooting;
                self.schedule_power_change(now);
                effects.extend(self.await_power(command_id, now));
                effects.push(Effect::Report);
                effects
            }
            _ => vec![self.refuse(command_id, "NOT_RUNNING", "Only a running phone can reboot.", now)],
        }
    }

    fn pause(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        match self.state.power {
            Power::On | Power::Paused => {
                self.state.power = Power::Paused;
                let done = self.succeed(command_id, None, now);
                vec![Effect::Remember, Effect::Report, done]
            }
            _ => vec![self.refuse(command_id, "NOT_RUNNING", "Only a running phone can be paused.", now)],
        }
    }

    fn resume(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        match self.state.power {
            Power::On | Power::Paused => {
                self.state.power = Power::On;
                let done = self.succeed(command_id, None, now);
                vec![Effect::Remember, Effect::Report, done]
            }
            _ => vec![self.refuse(command_id, "NOT_PAUSED", "Only a paused phone can resume.", now)],
        }
    }

    fn install(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        if self.state.power != Power::On {
            return vec![self.refuse(command.id, "NOT_RUNNING", "Start the device, then install again.", now)];
        }
        match serde_json::from_value::<InstallOrder>(command.arguments.clone()) {
            Ok(mut order) => {
                order.command_id = Some(command.id);
                self.downloading.push(command.id);
                self.state.body.load_rises();
                vec![Effect::Answer(answer(command.id, AckStatus::Accepted, now)), Effect::Download(order)]
            }
            Err(error) => vec![self.refuse(command.id, "INVALID_ARGUMENTS", &error.to_string(), now)],
        }
    }

    fn uninstall(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        if self.state.power != Power::On {
            return vec![self.refuse(command.id, "NOT_RUNNING", "Start the device, then uninstall again.", now)];
        }
        let package = command.arguments.get("package").and_then(Value::as_str).unwrap_or_default();
        self.state.apps.retain(|app| app.package != package);
        self.state.body.leave_app(package);
        let done = self.succeed(command.id, Some(json!({ "package": package })), now);
        vec![Effect::Remember, Effect::Report, done]
    }

    fn open(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        let package = command.arguments.get("package").and_then(Value::as_str).unwrap_or_default();
        if self.state.power != Power::On {
            return vec![self.refuse(command.id, "NOT_RUNNING", "Only a running phone can open an app.", now)];
        }
        if !Body::has_app(package, &self.state.apps) {
            return vec![self.refuse(command.id, "NOT_INSTALLED", "Install the app first.", now)];
        }
        self.state.body.open_app(package);
        vec![self.succeed(command.id, None, now)]
    }

    fn set_location(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        let degrees = |name: &str| command.arguments.get(name).and_then(Value::as_f64);
        let place = degrees("latitude").zip(degrees("longitude"));
        match place.map(|(latitude, longitude)| GeoPoint { latitude, longitude }).filter(|place| place.is_on_earth()) {
            Some(place) => {
                self.state.body.move_to(place);
                let done = self.succeed(command.id, None, now);
                vec![Effect::Remember, done]
            }
            None => vec![self.refuse(command.id, "INVALID_ARGUMENTS", "There is no such place.", now)],
        }
    }

    fn configure(&mut self, command: &CommandMessage, now: DateTime<Utc>) -> Vec<Effect> {
        if let Some(settings) = command.arguments.as_object() {
            self.state.configuration.extend(settings.clone());
            self.state.configuration_version += 1;
        }
        let done = self.succeed(command.id, Some(json!({ "version": self.state.configuration_version })), now);
        vec![Effect::Remember, Effect::Report, done]
    }

    fn is_changing_power(&self) -> bool {
        matches!(self.state.power, Power::Booting | Power::ShuttingDown | Power::Rebooting)
    }

    fn begin_boot(&mut self, now: DateTime<Utc>) {
        self.state.power = Power::Booting;
        self.state.boot_id = Uuid::from_u128(self.random.random());
        self.state.body.boots();
        self.schedule_power_change(now);
    }

    fn schedule_power_change(&mut self, now: DateTime<Utc>) {
        let takes = match self.state.power {
            Power::Booting => self.random.random_range(self.pace.boot_min..=self.pace.boot_max),
            _ => self.pace.shutdown,
        };
        self.power_change_at = Some(now + TimeDelta::from_std(takes).unwrap_or_default());
    }

    fn await_power(&mut self, command_id: CommandId, now: DateTime<Utc>) -> Vec<Effect> {
        self.state.awaiting_power.push(command_id);
        vec![Effect::Remember, Effect::Answer(answer(command_id, AckStatus::Accepted, now))]
    }

    /// Ends whatever the coming power change makes impossible.
    fn interrupt(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = vec![Effect::AbortDownloads];
        let ended = self.downloading.drain(..).chain(self.state.awaiting_power.drain(..)).collect::<Vec<_>>();
        for command_id in ended {
            effects.push(self.refuse(command_id, "INTERRUPTED", "The power changed meanwhile.", now));
        }
        effects
    }

    fn succeed(&mut self, command_id: CommandId, result: Option<Value>, now: DateTime<Utc>) -> Effect {
        let mut done = answer(command_id, AckStatus::Succeeded, now);
        done.result = result;
        self.remember_answer(done)
    }

    fn refuse(&mut self, command_id: CommandId, code: &str, message: &str, now: DateTime<Utc>) -> Effect {
        let mut refusal = answer(command_id, AckStatus::Failed, now);
        refusal.error = Some(CommandFailure { code: code.to_owned(), message: message.to_owned() });
        self.remember_answer(refusal)
    }

    fn remember_answer(&mut self, answer: Ack) -> Effect {
        if self.state.answers.len() == REMEMBERED_ANSWERS {
            self.state.answers.pop_front();
        }
        self.state.answers.push_back(answer.clone());
        Effect::Answer(answer)
    }
}

fn answer(command_id: CommandId, status: AckStatus, now: DateTime<Utc>) -> Ack {
    Ack { command_id, status, progress: None, error: None, result: None, ts: now }
}

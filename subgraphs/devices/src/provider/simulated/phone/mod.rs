//! A phone without hardware: its power, apps and twin, moved by commands and by time; no I/O.

mod obedience;
mod state;

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::CommandId;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::Body;
use crate::command::{Ack, AckStatus, CommandFailure};
use crate::device::specification::Specification;
use crate::report::{ReportedApp, ReportedPower, ReportedTwin};
use crate::telemetry::TelemetryPayload;

pub use state::{Effect, InstallOrder, PhonePace, PhoneState, Power};

/// Answers remembered, so that a repeated command is answered and not done twice.
const REMEMBERED_ANSWERS: usize = 16;

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

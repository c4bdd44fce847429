//! How a phone obeys commands, each once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use cloudphone_core::CommandId;
use serde_json::{Value, json};

use super::{Effect, InstallOrder, Phone, Power, answer};
use crate::command::{AckStatus, CommandKind, CommandMessage};
use crate::device::specification::GeoPoint;
use crate::provider::simulated::body::Body;

impl Phone {
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
}

//! Commands: orders to devices that wait for an acknowledgement, and the moves of their status.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{CommandId, DeviceId, TenantId, UserId, Validation};
use serde_json::Value;

use super::message::{Ack, AckStatus, CommandFailure};

cloudphone_database::text_enum! {
    /// What a device is told to do.
    pub enum CommandKind {
        /// Switch the phone on.
        Start = "START",
        /// Switch the phone off.
        Stop = "STOP",
        /// Restart Android.
        Reboot = "REBOOT",
        /// Freeze the phone.
        Pause = "PAUSE",
        /// Continue after a pause.
        Resume = "RESUME",
        /// Download, verify and install a package.
        InstallApp = "INSTALL_APP",
        /// Remove a package.
        UninstallApp = "UNINSTALL_APP",
        /// Change settings of the phone.
        SetConfig = "SET_CONFIG",
        /// Bring an app to the front.
        OpenApp = "OPEN_APP",
        /// Move the phone's GPS.
        SetLocation = "SET_LOCATION",
        /// Leave the network for some seconds.
        DropNetwork = "DROP_NETWORK",
    }
}

impl CommandKind {
    /// Whether it changes the phone's power, so that a later one takes the place of an earlier one.
    pub const fn is_power(self) -> bool {
        matches!(self, Self::Start | Self::Stop | Self::Reboot | Self::Pause | Self::Resume)
    }

    /// Whether the platform alone may send it, as a part of a life-cycle or installation step.
    pub const fn is_reserved(self) -> bool {
        !matches!(self, Self::SetConfig | Self::OpenApp | Self::SetLocation | Self::DropNetwork)
    }
}

cloudphone_database::text_enum! {
    /// How far a command has come.
    pub enum CommandStatus {
        /// Waits for the device to be on the network.
        Queued = "QUEUED",
        /// Published to the device.
        Sent = "SENT",
        /// The device works on it.
        Accepted = "ACCEPTED",
        /// Done.
        Succeeded = "SUCCEEDED",
        /// The device could not do it.
        Failed = "FAILED",
        /// The device did not do it in time.
        Expired = "EXPIRED",
    }
}

impl CommandStatus {
    /// Whether nothing can change any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Expired)
    }
}

/// An order to a device.
#[derive(
    Clone,
    Debug,
    PartialEq,
    diesel::prelude::Queryable,
    diesel::prelude::Selectable,
    diesel::prelude::QueryableByName,
    diesel::prelude::Insertable,
)]
#[diesel(table_name = crate::schema::device_commands)]
pub struct Command {
    /// The command.
    pub id: CommandId,
    /// The tenant of the device.
    pub tenant_id: TenantId,
    /// The device.
    pub device_id: DeviceId,
    /// What to do.
    pub kind: CommandKind,
    /// With what.
    pub arguments: Value,
    /// How far it has come.
    pub status: CommandStatus,
    /// Percent done, as the device says.
    pub progress: i32,
    /// Why it failed, as a code.
    pub error_code: Option<String>,
    /// Why it failed, in words.
    pub error_message: Option<String>,
    /// What the device answered.
    pub result: Option<Value>,
    /// What makes a repeated order the same order.
    pub idempotency_key: Option<String>,
    /// Who ordered it; absent for the platform's own orders.
    pub issued_by: Option<UserId>,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// When it is next to be published; absent while the device works on it.
    pub next_send_at: Option<DateTime<Utc>>,
    /// How long the device may be silent about it, in seconds.
    pub timeout_seconds: i32,
    /// When it is given up.
    pub expires_at: DateTime<Utc>,
    /// When it ended.
    pub completed_at: Option<DateTime<Utc>>,
}

/// A new order.
#[derive(Clone, Debug)]
pub struct NewCommand {
    /// What to do.
    pub kind: CommandKind,
    /// With what.
    pub arguments: Value,
    /// How long the device may take, and the order may wait for the device, in seconds.
    pub timeout_seconds: i32,
    /// What makes a repeated order the same order.
    pub idempotency_key: Option<String>,
}

impl NewCommand {
    /// The row of the order for a device.
    pub fn for_device(
        self,
        tenant_id: TenantId,
        device_id: DeviceId,
        issued_by: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Command {
        Command {
            id: CommandId::new(),
            tenant_id,
            device_id,
            kind: self.kind,
            arguments: self.arguments,
            status: CommandStatus::Queued,
            progress: 0,
            error_code: None,
            error_message: None,
            result: None,
            idempotency_key: self.idempotency_key,
            issued_by,
            created_at: now,
            next_send_at: Some(now),
            timeout_seconds: self.timeout_seconds,
            expires_at: now + TimeDelta::seconds(self.timeout_seconds.into()),
            completed_at: None,
        }
    }

    /// Checks an order that a client gives.
    pub fn validate(&self, validation: &mut Validation) {
        validation.check(
            !self.kind.is_reserved(),
            "kind",
            "RESERVED",
            format!("{} is sent by its own mutation; use that.", self.kind),
        );
        validation.check(
            (1..=86_400).contains(&self.timeout_seconds),
            "timeoutSeconds",
            "OUT_OF_RANGE",
            "Choose 1 to 86400 seconds.",
        );
        validation.check(
            self.arguments.is_object() && self.arguments.to_string().len() <= 16 * 1024,
            "arguments",
            "INVALID",
            "Give the arguments as a JSON object of at most 16 KiB.",
        );
        let number = |name: &str| self.arguments.get(name).and_then(Value::as_f64);
        match self.kind {
            CommandKind::DropNetwork => validation.check(
                number("seconds").is_some_and(|seconds| (1.0..=3600.0).contains(&seconds)),
                "arguments.seconds",
                "OUT_OF_RANGE",
                "Choose 1 to 3600 seconds.",
            ),
            CommandKind::SetLocation => {
                validation.check(
                    number("latitude").is_some_and(|degrees| (-90.0..=90.0).contains(&degrees)),
                    "arguments.latitude",
                    "OUT_OF_RANGE",
                    "Give a latitude of -90 to 90 degrees.",
                );
                validation.check(
                    number("longitude").is_some_and(|degrees| (-180.0..=180.0).contains(&degrees)),
                    "arguments.longitude",
                    "OUT_OF_RANGE",
                    "Give a longitude of -180 to 180 degrees.",
                );
            }
            CommandKind::OpenApp => validation.check(
                self.arguments.get("package").and_then(Value::as_str).is_some_and(|name| !name.is_empty()),
                "arguments.package",
                "REQUIRED",
                "Name the package to open.",
            ),
            _ => {}
        }
    }
}

impl Command {
    /// Applies a device's answer. `false` when it changes nothing: the command is final or the answer is an old one.
    pub fn acknowledge(&mut self, ack: &Ack, now: DateTime<Utc>) -> bool {
        if self.status.is_final() {
            return false;
        }
        let reported = ack.progress.map_or(self.progress, |percent| i32::from(percent.min(100)));
        match ack.status {
            AckStatus::Accepted | AckStatus::Progress => {
                let known = self.status == CommandStatus::Accepted && reported <= self.progress;
                if known && self.next_send_at.is_none() {
                    return false;
                }
                self.status = CommandStatus::Accepted;
                self.progress = reported.max(self.progress);
                // A device that shows progress is alive: its time starts over.
                self.expires_at = self.expires_at.max(now + TimeDelta::seconds(self.timeout_seconds.into()));
            }
            AckStatus::Succeeded => {
                self.status = CommandStatus::Succeeded;
                self.progress = 100;
                self.result.clone_from(&ack.result);
                self.completed_at = Some(now);
            }
            AckStatus::Failed => {
                let failure = ack.error.clone().unwrap_or_else(|| CommandFailure {
                    code: "UNSPECIFIED".to_owned(),
                    message: "The device gave no reason.".to_owned(),
                });
                self.fail(CommandStatus::Failed, failure, now);
            }
        }
        self.next_send_at = None;
        true
    }

    /// Gives the command up because its time is over.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        let message = match self.status {
            CommandStatus::Queued => "The device was not on the network in time.",
            _ => "The device did not finish in time.",
        };
        let failure = CommandFailure { code: "EXPIRED".to_owned(), message: message.to_owned() };
        self.fail(CommandStatus::Expired, failure, now);
    }

    /// Ends a command that cannot even be sent.
    pub fn refuse(&mut self, code: &str, message: &str, now: DateTime<Utc>) {
        let failure = CommandFailure { code: code.to_owned(), message: message.to_owned() };
        self.fail(CommandStatus::Failed, failure, now);
    }

    /// Ends the command because a later wish makes it pointless.
    pub fn supersede(&mut self, now: DateTime<Utc>) {
        let message = "A later wish took its place.".to_owned();
        self.fail(CommandStatus::Failed, CommandFailure { code: "SUPERSEDED".to_owned(), message }, now);
    }

    /// Why it failed; `None` when it did not.
    pub fn failure(&self) -> Option<CommandFailure> {
        let (code, message) = self.error_code.clone().zip(self.error_message.clone())?;
        Some(CommandFailure { code, message })
    }

    fn fail(&mut self, status: CommandStatus, failure: CommandFailure, now: DateTime<Utc>) {
        self.status = status;
        self.error_code = Some(truncated(failure.code, 64));
        self.error_message = Some(truncated(failure.message, 1000));
        self.next_send_at = None;
        self.completed_at = Some(now);
    }
}

fn truncated(mut text: String, characters: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
    text.replace('\0', "")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn queued() -> Command {
        let order = NewCommand {
            kind: CommandKind::OpenApp,
            arguments: serde_json::json!({"package": "org.example"}),
            timeout_seconds: 30,
            idempotency_key: None,
        };
        order.for_device(TenantId::new(), DeviceId::new(), None, Utc::now())
    }

    fn ack(status: AckStatus, progress: Option<u8>) -> Ack {
        Ack { command_id: CommandId::new(), status, progress, error: None, result: None, ts: Utc::now() }
    }

    #[test]
    fn progress_gives_a_device_more_time_and_a_repeated_answer_changes_nothing() {
        let mut command = queued();
        let later = command.expires_at + TimeDelta::seconds(5);
        assert!(command.acknowledge(&ack(AckStatus::Progress, Some(40)), later));
        assert_eq!(command.expires_at, later + TimeDelta::seconds(30));
        assert!(!command.acknowledge(&ack(AckStatus::Progress, Some(40)), later));
        assert!(!command.acknowledge(&ack(AckStatus::Accepted, None), later));
    }

    #[test]
    fn a_client_may_not_send_what_has_a_mutation_of_its_own() {
        let mut validation = Validation::new();
        let order = NewCommand {
            kind: CommandKind::Start,
            arguments: serde_json::json!({}),
            timeout_seconds: 30,
            idempotency_key: None,
        };
        order.validate(&mut validation);
        assert!(validation.finish().is_err());
    }

    proptest! {
        #[test]
        fn a_final_status_never_changes(steps in proptest::collection::vec((0..4usize, 0u8..=255), 1..20)) {
            let mut command = queued();
            let statuses = [AckStatus::Accepted, AckStatus::Progress, AckStatus::Succeeded, AckStatus::Failed];
            for (status, progress) in steps {
                let before = command.clone();
                let changed = command.acknowledge(&ack(statuses[status], Some(progress)), Utc::now());
                prop_assert!(command.progress >= before.progress && command.progress <= 100);
                if before.status.is_final() {
                    prop_assert!(!changed);
                    prop_assert_eq!(&command, &before);
                }
                prop_assert_eq!(command.completed_at.is_some(), command.status.is_final());
            }
        }
    }
}

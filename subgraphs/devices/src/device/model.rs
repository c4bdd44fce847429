//! A cloud phone and its history, with the rules of its name, tags and group; no I/O.

use chrono::{DateTime, Utc};
use cloudphone_core::{CommandId, DeviceId, TemplateId, TenantId, UserId, Validation};
use serde_json::{Value, json};
use uuid::Uuid;

use super::specification::Specification;
use super::state::{DeviceAction, DeviceState, IllegalTransition, StateEvent, transition};

cloudphone_database::text_enum! {
    /// What a device runs on.
    pub enum ProviderKind {
        /// A phone in software that behaves like one.
        Simulated = "SIMULATED",
        /// Android in a container.
        Docker = "DOCKER",
    }
}

cloudphone_database::text_enum! {
    /// The wish behind a state in which the platform waits for the phone.
    pub enum PendingAction {
        /// Switching on.
        Start = "START",
        /// Switching off.
        Stop = "STOP",
        /// Restarting.
        Reboot = "REBOOT",
        /// Freezing.
        Pause = "PAUSE",
        /// Continuing.
        Resume = "RESUME",
    }
}

impl PendingAction {
    /// The wish of an action; none for deletion, in which no phone takes part.
    pub const fn of(action: DeviceAction) -> Option<Self> {
        match action {
            DeviceAction::Start => Some(Self::Start),
            DeviceAction::Stop => Some(Self::Stop),
            DeviceAction::Reboot => Some(Self::Reboot),
            DeviceAction::Pause => Some(Self::Pause),
            DeviceAction::Resume => Some(Self::Resume),
            DeviceAction::Delete => None,
        }
    }
}

/// A cloud phone.
#[derive(
    Clone,
    Debug,
    PartialEq,
    diesel::prelude::Queryable,
    diesel::prelude::Selectable,
    diesel::prelude::QueryableByName,
    diesel::prelude::Insertable,
    diesel::prelude::AsChangeset,
)]
#[diesel(table_name = crate::schema::devices, treat_none_as_null = true)]
pub struct Device {
    /// The device.
    pub id: DeviceId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What people call it.
    pub name: String,
    /// Where it is in its life.
    pub state: DeviceState,
    /// Why it is in error; absent otherwise.
    pub state_reason: Option<String>,
    /// Whether it is on the network.
    pub online: bool,
    /// What it runs on.
    pub provider: ProviderKind,
    /// What it is made of.
    pub specification: Specification,
    /// Labels, sorted.
    pub tags: Vec<String>,
    /// The group it belongs to.
    #[diesel(column_name = group_name)]
    pub group: Option<String>,
    /// Who made it; absent when a program did.
    pub owner_id: Option<UserId>,
    /// What it was made from; absent when from a specification, or when the template is gone.
    pub template_id: Option<TemplateId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it is to go.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the provider had set it up.
    pub provisioned_at: Option<DateTime<Utc>>,
    /// Whether it is to be switched on once it is set up.
    pub start_when_provisioned: bool,
    /// The command whose effect is awaited.
    pub pending_command_id: Option<CommandId>,
    /// The wish behind it.
    pub pending_action: Option<PendingAction>,
    /// When waiting for the phone ends in error.
    pub deadline_at: Option<DateTime<Utc>>,
    /// How often the worker tried.
    pub work_attempts: i32,
    /// When the worker may take it on.
    pub work_due_at: Option<DateTime<Utc>>,
    /// What the phone last said about itself.
    pub reported: Option<Value>,
    /// When it said so, by its own clock.
    pub reported_at: Option<DateTime<Utc>>,
    /// When it last came or went.
    pub status_at: Option<DateTime<Utc>>,
    /// Grows with each change.
    pub version: i64,
}

/// One move of a device, for the record.
#[derive(
    Clone,
    Debug,
    PartialEq,
    serde::Serialize,
    serde::Deserialize,
    diesel::prelude::Queryable,
    diesel::prelude::Selectable,
    diesel::prelude::QueryableByName,
    diesel::prelude::Insertable,
)]
#[diesel(table_name = crate::schema::device_transitions)]
pub struct Transition {
    /// The move.
    pub id: Uuid,
    /// Whose device it was.
    pub tenant_id: TenantId,
    /// The device.
    pub device_id: DeviceId,
    /// Where it came from; absent for the first entry.
    #[diesel(column_name = from_state)]
    pub from: Option<DeviceState>,
    /// Where it went.
    #[diesel(column_name = to_state)]
    pub to: DeviceState,
    /// Why.
    pub cause: String,
    /// Who asked for it; absent for the platform and the phone itself.
    pub actor_id: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
}

impl Device {
    /// Moves the device, notes why, and ends the waiting that the old state implied.
    pub fn advance(
        &mut self,
        event: StateEvent,
        cause: impl Into<String>,
        actor_id: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<Transition, IllegalTransition> {
        let from = self.state;
        self.state = transition(from, event)?;
        let cause = cause.into();
        self.state_reason = (self.state == DeviceState::Error).then(|| cause.clone());
        if !self.state.awaits_phone() {
            self.pending_action = None;
            self.pending_command_id = None;
            self.deadline_at = None;
        }
        Ok(Transition {
            id: Uuid::now_v7(),
            tenant_id: self.tenant_id,
            device_id: self.id,
            from: Some(from),
            to: self.state,
            cause,
            actor_id,
            at: now,
        })
    }

    /// What people may do with it now.
    pub fn allowed_actions(&self) -> Vec<DeviceAction> {
        self.state.allowed_actions(self.provisioned_at.is_some())
    }

    /// Whether it still belongs in lists.
    pub fn is_listed(&self) -> bool {
        self.state != DeviceState::Deleted
    }

    /// What the audit trail keeps of it.
    pub fn audit_view(&self) -> Value {
        json!({
            "name": self.name, "state": self.state, "tags": self.tags, "group": self.group,
            "templateId": self.template_id, "expiresAt": self.expires_at, "specification": self.specification,
        })
    }
}

/// What a client may say about a device beyond its specification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// What people call it.
    pub name: String,
    /// Labels.
    pub tags: Vec<String>,
    /// The group.
    pub group: Option<String>,
}

impl Labels {
    /// Trims, sorts and removes doubles, and notes what breaks the rules.
    #[must_use]
    pub fn normalised(self, validation: &mut Validation) -> Self {
        let mut tags: Vec<String> = self.tags.iter().map(|tag| tag.trim().to_owned()).collect();
        tags.sort();
        tags.dedup();
        let group = self.group.map(|group| group.trim().to_owned()).filter(|group| !group.is_empty());
        validation.length(&self.name, 1, 100, "name");
        validation.check(is_text(&self.name), "name", "INVALID", "Leave out control characters.");
        validation.check(tags.len() <= 32, "tags", "TOO_MANY", "Give at most 32 tags.");
        let fits = |tag: &String| !tag.is_empty() && tag.chars().count() <= 50 && is_text(tag);
        validation.check(tags.iter().all(fits), "tags", "INVALID", "Give each tag 1 to 50 characters.");
        let group_fits = group.as_ref().is_none_or(|group| group.chars().count() <= 100 && is_text(group));
        validation.check(group_fits, "group", "TOO_LONG", "Give the group at most 100 characters.");
        Self { name: self.name.trim().to_owned(), tags, group }
    }
}

/// PostgreSQL takes no NUL, and people read no control characters.
fn is_text(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn labels_are_trimmed_sorted_and_unique() {
        let mut validation = Validation::new();
        let labels = Labels {
            name: "  Pixel ".into(),
            tags: vec!["b".into(), " a".into(), "b ".into()],
            group: Some("  ".into()),
        };
        let labels = labels.normalised(&mut validation);
        validation.finish().unwrap();
        assert_eq!(labels, Labels { name: "Pixel".into(), tags: vec!["a".into(), "b".into()], group: None });
    }

    #[test]
    fn control_characters_are_refused() {
        let mut validation = Validation::new();
        let labels = Labels { name: "a\0b".into(), tags: vec![String::new()], group: None };
        let _ = labels.normalised(&mut validation);
        assert!(validation.finish().is_err());
    }
}

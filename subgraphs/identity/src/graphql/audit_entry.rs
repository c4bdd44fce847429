//! The `AuditEntry` type and the filter of the audit log.

use async_graphql::{Context, Enum, ID, InputObject, Json, Object, Result};
use chrono::{DateTime, Utc};
use cloudphone_core::CommonError;
use cloudphone_graphql::{caller, parse_id};
use serde_json::Value;

use super::user::{self, UserNode};
use crate::audit::model::{AuditFilter, Entry};

/// The kind of principal that did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ActorKind {
    /// A signed-in person.
    User,
    /// A program with a key.
    ApiKey,
    /// The platform itself.
    Service,
}

/// Which entries of the audit log to show; absent conditions hold for all.
#[derive(Default, InputObject)]
pub struct AuditLogFilter {
    /// What was done, exactly (`device.start`) or as a group (`device.*`).
    action: Option<String>,
    /// The person who did it.
    actor_id: Option<ID>,
    /// The kind of thing that it was done to, such as `device`.
    target_type: Option<String>,
    /// The thing that it was done to.
    target_id: Option<ID>,
    /// From this moment on.
    from: Option<DateTime<Utc>>,
    /// Before this moment.
    to: Option<DateTime<Utc>>,
}

impl TryFrom<AuditLogFilter> for AuditFilter {
    type Error = CommonError;

    fn try_from(filter: AuditLogFilter) -> Result<Self, CommonError> {
        Ok(Self {
            action: filter.action,
            actor_id: filter.actor_id.map(|id| parse_id(&id, "user")).transpose()?,
            target_type: filter.target_type,
            target_id: filter.target_id.map(|id| parse_id(&id, "target")).transpose()?,
            from: filter.from,
            to: filter.to,
        })
    }
}

/// An entry of the audit log.
pub struct AuditEntryNode(pub Entry);

/// One thing that somebody did.
#[Object(name = "AuditEntry")]
impl AuditEntryNode {
    /// The entry's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What was done, such as `device.start`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// The person who did it or whose key did it. Absent for the platform's own work and for deleted accounts.
    async fn actor(&self, context: &Context<'_>) -> Result<Option<UserNode>> {
        match self.0.actor_id {
            Some(id) => user::load(context, caller(context)?, id).await,
            None => Ok(None),
        }
    }

    /// The kind of principal that did it.
    async fn actor_kind(&self) -> ActorKind {
        match self.0.actor_kind.as_str() {
            "USER" => ActorKind::User,
            "API_KEY" => ActorKind::ApiKey,
            _ => ActorKind::Service,
        }
    }

    /// The kind of thing that it was done to, such as `device`.
    async fn target_type(&self) -> &str {
        &self.0.target_type
    }

    /// The thing that it was done to; absent when it was the organisation as a whole.
    async fn target_id(&self) -> Option<ID> {
        self.0.target_id.map(|id| id.to_string().into())
    }

    /// What the thing was before; absent for new things.
    async fn before(&self) -> Option<Json<&Value>> {
        self.0.before.as_ref().map(Json)
    }

    /// What the thing became; absent for deleted things.
    async fn after(&self) -> Option<Json<&Value>> {
        self.0.after.as_ref().map(Json)
    }

    /// The network address that the request came from; absent for the platform's own work.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// Ties together everything that one request caused.
    async fn correlation_id(&self) -> ID {
        self.0.correlation_id.to_string().into()
    }
}

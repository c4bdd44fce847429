//! The audit trail: who did what to which thing, published like any other event.

use cloudphone_core::{ApiKeyId, Caller, CommonError, EventId, SessionId, Subject, UserId};
use cloudphone_database::AsyncPgConnection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{DomainEvent, outbox};

/// What a use case has to say about an action; the caller supplies the rest.
#[derive(Clone, Debug, Default)]
pub struct AuditEntry {
    /// `{resource}.{verb}`, such as `device.start`.
    pub action: &'static str,
    /// The kind of thing acted on, such as `device`.
    pub target_type: &'static str,
    /// The thing; absent when the action concerns the whole organisation.
    pub target_id: Option<Uuid>,
    /// The thing before, without secrets; absent when it did not exist.
    pub before: Option<Value>,
    /// The thing after, without secrets; absent when it is gone.
    pub after: Option<Value>,
}

/// The kind of principal that acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    /// A signed-in person.
    User,
    /// A program with a key.
    ApiKey,
    /// The platform itself.
    Service,
}

/// An action was taken; the identity domain keeps these as the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecorded {
    /// `{resource}.{verb}`.
    pub action: String,
    /// The kind of principal that acted.
    pub actor_kind: ActorKind,
    /// The person; absent for the platform itself.
    pub actor_id: Option<UserId>,
    /// The session; absent for keys and the platform.
    pub session_id: Option<SessionId>,
    /// The key; absent for people and the platform.
    pub api_key_id: Option<ApiKeyId>,
    /// The part of the platform; absent for people and keys.
    pub service: Option<String>,
    /// The kind of thing acted on.
    pub target_type: String,
    /// The thing; absent when the action concerns the whole organisation.
    pub target_id: Option<Uuid>,
    /// The thing before; absent when it did not exist.
    pub before: Option<Value>,
    /// The thing after; absent when it is gone.
    pub after: Option<Value>,
    /// The client's network address; absent for the platform's own work.
    pub address: Option<String>,
    /// The client's `User-Agent`; absent when it sent none.
    pub user_agent: Option<String>,
    /// Whose events this one is ordered with: the target, or else the organisation.
    pub subject_id: Uuid,
}

impl DomainEvent for AuditRecorded {
    const TYPE: &'static str = "core.audit.recorded";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        self.subject_id
    }
}

/// Records an action in the caller's transaction: there is no change without its entry, and no entry without its change.
pub async fn record(conn: &mut AsyncPgConnection, caller: &Caller, entry: AuditEntry) -> Result<EventId, CommonError> {
    let (actor_kind, api_key_id, service) = match &caller.subject {
        Subject::User { .. } => (ActorKind::User, None, None),
        Subject::ApiKey { api_key_id, .. } => (ActorKind::ApiKey, Some(*api_key_id), None),
        Subject::Service { name } => (ActorKind::Service, None, Some(name.clone())),
    };
    let recorded = AuditRecorded {
        action: entry.action.to_owned(),
        actor_kind,
        actor_id: caller.user_id(),
        session_id: caller.session_id(),
        api_key_id,
        service,
        target_type: entry.target_type.to_owned(),
        target_id: entry.target_id,
        before: entry.before,
        after: entry.after,
        address: caller.origin.address.clone(),
        user_agent: caller.origin.user_agent.clone(),
        subject_id: entry.target_id.unwrap_or(caller.tenant_id.0),
    };
    outbox::append(conn, caller, &recorded).await
}

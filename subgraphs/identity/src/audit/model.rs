//! What an entry of the audit log is.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApiKeyId, CorrelationId, EventId, TenantId, UserId};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::audit_entries;

/// One thing that somebody did: never changed, never deleted.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, check_for_backend(diesel::pg::Pg))]
pub struct Entry {
    /// The id of the event that told of it.
    pub id: EventId,
    /// The organisation in which it happened.
    pub tenant_id: TenantId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What was done, such as `device.start`.
    pub action: String,
    /// `USER`, `API_KEY` or `SERVICE`.
    pub actor_kind: String,
    /// The person who did it or whose key did it; absent for the platform's own work.
    pub actor_id: Option<UserId>,
    /// The key that did it; absent otherwise.
    pub api_key_id: Option<ApiKeyId>,
    /// The part of the platform that did it; absent otherwise.
    pub service: Option<String>,
    /// The kind of thing that it was done to, such as `device`.
    pub target_type: String,
    /// The thing that it was done to; absent when it was the organisation as a whole.
    pub target_id: Option<Uuid>,
    /// What the thing was before; absent for new things.
    pub before: Option<Value>,
    /// What the thing became; absent for deleted things.
    pub after: Option<Value>,
    /// The network address that the request came from.
    pub address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// Ties together everything that one request caused.
    pub correlation_id: CorrelationId,
}

/// Which entries a list shows; absent conditions hold for all.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// What was done, exactly or, ending in `.*`, any of a group such as `device.*`.
    pub action: Option<String>,
    /// The person who did it.
    pub actor_id: Option<UserId>,
    /// The kind of thing that it was done to.
    pub target_type: Option<String>,
    /// The thing that it was done to.
    pub target_id: Option<Uuid>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
}

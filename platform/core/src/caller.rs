//! Who is asking, on whose behalf, and from where.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, CommonError, CorrelationId, Permission, PermissionSet, SessionId, TenantId, UserId};

/// Where a request came from and which trail it belongs to; known even before anybody is authenticated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Ties together everything that one request caused.
    pub correlation_id: CorrelationId,
    /// The client's network address as the edge saw it; absent for the platform's own work.
    pub address: Option<String>,
    /// The client's `User-Agent`; absent when it sent none.
    pub user_agent: Option<String>,
    /// The W3C `traceparent` of the request, carried into events.
    pub traceparent: Option<String>,
}

impl Origin {
    /// The origin of work that the platform starts by itself.
    pub fn internal() -> Self {
        Self { correlation_id: CorrelationId::new(), address: None, user_agent: None, traceparent: None }
    }
}

/// The kind of principal behind a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// A signed-in person.
    User {
        /// The person.
        user_id: UserId,
        /// The session whose end ends this caller's rights.
        session_id: SessionId,
    },
    /// A program with a key of its own, acting for the key's owner.
    ApiKey {
        /// The key.
        api_key_id: ApiKeyId,
        /// The person who made the key.
        user_id: UserId,
    },
    /// A part of the platform, such as a job or an event consumer.
    Service {
        /// The part's name, such as `devices`.
        name: String,
    },
}

/// A verified identity: the first argument of every domain call. The tenant of an operation comes from here, never from input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The principal.
    pub subject: Subject,
    /// The organisation whose rows the caller may touch.
    pub tenant_id: TenantId,
    /// What the caller may do.
    pub permissions: Arc<PermissionSet>,
    /// When this identity ends; live subscriptions end with it. Absent for the platform's own work.
    pub expires_at: Option<DateTime<Utc>>,
    /// Where the request came from.
    pub origin: Origin,
}

impl Caller {
    /// The platform itself, working within one tenant with every right.
    pub fn service(name: &str, tenant_id: TenantId) -> Self {
        Self {
            subject: Subject::Service { name: name.to_owned() },
            tenant_id,
            permissions: Arc::new([Permission::new("*:*")].into_iter().collect()),
            expires_at: None,
            origin: Origin::internal(),
        }
    }

    /// The person behind the caller; absent for the platform's own work.
    pub fn user_id(&self) -> Option<UserId> {
        match &self.subject {
            Subject::User { user_id, .. } | Subject::ApiKey { user_id, .. } => Some(*user_id),
            Subject::Service { .. } => None,
        }
    }

    /// The session behind the caller; absent for keys and services.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.subject {
            Subject::User { session_id, .. } => Some(*session_id),
            _ => None,
        }
    }

    /// Whether the caller holds a permission.
    pub fn may(&self, permission: &Permission) -> bool {
        self.permissions.allows(permission)
    }

    /// Refuses unless the caller holds the permission; the first line of every use case.
    pub fn require(&self, permission: &Permission) -> Result<(), CommonError> {
        if self.may(permission) { Ok(()) } else { Err(CommonError::Forbidden { permission: permission.to_string() }) }
    }
}

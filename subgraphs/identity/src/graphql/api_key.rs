//! The `ApiKey` type.

use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};

use crate::api_key::model::ApiKey;

/// An API key without its secret.
pub struct ApiKeyNode(pub ApiKey);

/// A long-lived credential for a program, acting for the person who made it.
#[Object(name = "ApiKey")]
impl ApiKeyNode {
    /// The key's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name that its maker gave it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The public part of its text, after `cp_`, by which it can be recognised.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it allows, as far as its maker still may.
    async fn permissions(&self) -> &[String] {
        &self.0.permissions
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ends; absent when it does not.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was last used, to within a minute; absent before the first time.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked; absent while it holds.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }
}

//! The `Tenant` type.

use async_graphql::{Enum, ID, Object};
use chrono::{DateTime, Utc};

use crate::tenant::model::Tenant;

/// Whether an organisation may use the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TenantStatus {
    /// Yes.
    Active,
    /// Not for now.
    Suspended,
}

/// A tenant.
pub struct TenantNode(pub Tenant);

/// A customer organisation.
#[Object(name = "Tenant")]
impl TenantNode {
    /// The organisation's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name that people see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The short name, unique on the platform.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Whether it may use the platform.
    async fn status(&self) -> TenantStatus {
        if self.0.suspended_at.is_some() { TenantStatus::Suspended } else { TenantStatus::Active }
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

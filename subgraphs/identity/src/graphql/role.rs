//! The `Role` type and the catalogue of permissions.

use async_graphql::{ID, Object, SimpleObject};

use crate::role::catalogue;
use crate::role::model::Role;

/// A role.
pub struct RoleNode(pub Role);

/// A set of permissions that users hold.
#[Object(name = "Role")]
impl RoleNode {
    /// The role's id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name that people see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the role is for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What its holders may do, each `resource:action` or a wildcard such as `device:*`.
    async fn permissions(&self) -> &[String] {
        &self.0.permissions
    }

    /// Whether the role came with the platform and cannot be changed.
    async fn built_in(&self) -> bool {
        self.0.is_built_in()
    }
}

/// A permission and what it allows.
#[derive(SimpleObject)]
pub struct PermissionDescription {
    /// The spelled form, `resource:action`.
    name: &'static str,
    /// What it allows.
    description: &'static str,
}

/// All permissions of the platform.
pub fn all_permissions() -> Vec<PermissionDescription> {
    let described = |permission: &catalogue::PermissionDescription| PermissionDescription {
        name: permission.name,
        description: permission.description,
    };
    catalogue::PERMISSIONS.iter().map(described).collect()
}

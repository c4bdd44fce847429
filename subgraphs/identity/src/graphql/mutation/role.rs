//! What administrators change of roles.

use async_graphql::{Context, ID, InputObject, Object, Result};
use cloudphone_graphql::{caller, parse_id};

use super::super::domain;
use super::super::role::RoleNode;
use super::{payload, settled};
use crate::role::{create, delete, update};

/// A role to be made.
#[derive(InputObject)]
pub struct CreateRoleInput {
    /// The name that people see.
    name: String,
    /// What it is for.
    #[graphql(default)]
    description: String,
    /// What its holders may do, each `resource:action` or a wildcard such as `device:*`.
    permissions: Vec<String>,
}

/// A change of a role; what is absent stays.
#[derive(InputObject)]
pub struct UpdateRoleInput {
    /// The role.
    id: ID,
    /// The new name.
    name: Option<String>,
    /// The new description.
    description: Option<String>,
    /// All permissions that the role shall have.
    permissions: Option<Vec<String>>,
}

/// Which role to delete.
#[derive(InputObject)]
pub struct DeleteRoleInput {
    /// The role.
    id: ID,
}

payload! {
    /// The answer to `createRole`.
    CreateRolePayload {
        /// The new role; absent when refused.
        role: RoleNode,
    }
}
payload! {
    /// The answer to `updateRole`.
    UpdateRolePayload {
        /// The changed role; absent when refused.
        role: RoleNode,
    }
}
payload! {
    /// The answer to `deleteRole`.
    DeleteRolePayload {
        /// The role that is gone; absent when refused.
        deleted_role_id: ID,
    }
}

/// Mutations of roles.
#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Makes a role out of permissions that the caller holds. Codes: `ROLE_NAME_TAKEN`, `UNKNOWN_PERMISSION`,
    /// `BEYOND_OWN_PERMISSIONS`, and those of fields.
    async fn create_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The role to be made.")] input: CreateRoleInput,
    ) -> Result<CreateRolePayload> {
        let caller = caller(context)?;
        let result = async {
            let CreateRoleInput { name, description, permissions } = input;
            create::create_role(domain(context), caller, create::CreateRole { name, description, permissions }).await
        };
        Ok(match settled(context, result.await)? {
            Ok(role) => CreateRolePayload { role: Some(RoleNode(role)), ..CreateRolePayload::default() },
            Err(errors) => CreateRolePayload::refused(errors),
        })
    }

    /// Changes a role; its holders feel it within seconds. Codes: `NOT_FOUND`, `BUILT_IN_ROLE`, `ROLE_NAME_TAKEN`,
    /// `UNKNOWN_PERMISSION`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`, and those of fields.
    async fn update_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateRoleInput,
    ) -> Result<UpdateRolePayload> {
        let caller = caller(context)?;
        let result = async {
            let UpdateRoleInput { id, name, description, permissions } = input;
            let id = parse_id(&id, "role")?;
            update::update_role(domain(context), caller, update::UpdateRole { id, name, description, permissions })
                .await
        };
        Ok(match settled(context, result.await)? {
            Ok(role) => UpdateRolePayload { role: Some(RoleNode(role)), ..UpdateRolePayload::default() },
            Err(errors) => UpdateRolePayload::refused(errors),
        })
    }

    /// Deletes a role that nobody holds. Codes: `NOT_FOUND`, `BUILT_IN_ROLE`, `ROLE_IN_USE`, `BEYOND_OWN_PERMISSIONS`.
    async fn delete_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which role to delete.")] input: DeleteRoleInput,
    ) -> Result<DeleteRolePayload> {
        let caller = caller(context)?;
        let result = async { delete::delete_role(domain(context), caller, parse_id(&input.id, "role")?).await };
        Ok(match settled(context, result.await)? {
            Ok(id) => {
                DeleteRolePayload { deleted_role_id: Some(id.to_string().into()), ..DeleteRolePayload::default() }
            }
            Err(errors) => DeleteRolePayload::refused(errors),
        })
    }
}

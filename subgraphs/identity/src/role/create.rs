//! Makes a role of the caller's organisation.

use cloudphone_core::{Caller, PermissionSet, RoleId, Validation};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit;
use serde_json::{Value, json};

use super::catalogue::needs;
use super::model::{Role, parse_permissions, require_within};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// A role to be made.
#[derive(Clone, Debug)]
pub struct CreateRole {
    /// The name that people see.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What its holders may do.
    pub permissions: Vec<String>,
}

/// Makes a role out of permissions that the caller holds.
pub async fn create_role(domain: &IdentityDomain, caller: &Caller, input: CreateRole) -> Result<Role, IdentityError> {
    caller.require(&needs::ROLE_WRITE)?;
    let mut validation = Validation::new();
    check_texts(&input.name, &input.description, &mut validation);
    let permissions = parse_permissions(&input.permissions, "permissions", &mut validation);
    validation.finish()?;
    require_within(caller, &permissions)?;
    let now = domain.now();
    let role = Role {
        id: RoleId::new(),
        tenant_id: Some(caller.tenant_id),
        name: input.name.trim().to_owned(),
        description: input.description.trim().to_owned(),
        permissions: spelled(&permissions),
        created_at: now,
        updated_at: now,
    };
    domain
        .database
        .transaction(caller, async |connection| {
            store::insert(connection, &role).await?;
            note(connection, caller, "role.create", role.id, None, Some(shown(&role))).await
        })
        .await?;
    Ok(role)
}

pub(super) fn check_texts(name: &str, description: &str, validation: &mut Validation) {
    validation.length(name, 2, 60, "name");
    validation.length(description, 0, 300, "description");
}

pub(super) fn spelled(permissions: &PermissionSet) -> Vec<String> {
    permissions.iter().map(ToString::to_string).collect()
}

/// What the audit log keeps of a role.
pub(super) fn shown(role: &Role) -> Value {
    json!({ "name": role.name, "description": role.description, "permissions": role.permissions })
}

/// Writes the audit entry of a change.
pub(super) async fn note(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    action: &'static str,
    id: RoleId,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), IdentityError> {
    let entry = audit::AuditEntry { action, target_type: "role", target_id: Some(id.0), before, after };
    audit::record(connection, caller, entry).await?;
    Ok(())
}

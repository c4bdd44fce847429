//! Changes a role of the caller's organisation; its holders feel it within seconds, without signing in again.

use cloudphone_core::{Caller, CommonError, RoleId, Validation};
use cloudphone_database::AsyncPgConnection;

use super::catalogue::needs;
use super::create::{check_texts, note, shown, spelled};
use super::model::{Role, parse_permissions, require_within};
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::access_changed;
use crate::tenant::store as tenants;
use crate::user::record::require_governed;

/// A change of a role; what is absent stays.
#[derive(Clone, Debug)]
pub struct UpdateRole {
    /// The role.
    pub id: RoleId,
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// All permissions that the role shall have.
    pub permissions: Option<Vec<String>>,
}

/// Changes a role; both what it held and what it will hold must lie within what the caller holds.
pub async fn update_role(domain: &IdentityDomain, caller: &Caller, input: UpdateRole) -> Result<Role, IdentityError> {
    caller.require(&needs::ROLE_WRITE)?;
    let mut validation = Validation::new();
    let (name, description) = (input.name.as_deref(), input.description.as_deref());
    check_texts(name.unwrap_or("unchanged"), description.unwrap_or_default(), &mut validation);
    let permissions =
        input.permissions.as_deref().map(|names| parse_permissions(names, "permissions", &mut validation));
    validation.finish()?;
    domain
        .database
        .transaction(caller, async |connection| {
            let before = take(connection, caller, input.id).await?;
            let mut role = Role { updated_at: domain.now(), ..before.clone() };
            if let Some(name) = name {
                name.trim().clone_into(&mut role.name);
            }
            if let Some(description) = description {
                description.trim().clone_into(&mut role.description);
            }
            if let Some(permissions) = &permissions {
                require_within(caller, permissions)?;
                role.permissions = spelled(permissions);
            }
            store::update(connection, &role).await?;
            if role.permissions != before.permissions {
                require_governed(connection, caller).await?;
                access_changed(connection, domain, caller, AccessChange::of_tenant(caller.tenant_id)).await?;
            }
            note(connection, caller, "role.update", role.id, Some(shown(&before)), Some(shown(&role))).await?;
            Ok(role)
        })
        .await
}

/// Loads a role of the caller's organisation for a change by the caller, who must hold all that it grants.
pub(super) async fn take(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    id: RoleId,
) -> Result<Role, IdentityError> {
    // One change at a time, as for accounts.
    tenants::lock(connection, caller.tenant_id).await?;
    let role = store::find_many(connection, caller.tenant_id, &[id]).await?.pop();
    let role = role.ok_or(CommonError::NotFound { what: "role" })?;
    if role.is_built_in() {
        return Err(IdentityError::BuiltInRole);
    }
    require_within(caller, &role.permission_set())?;
    Ok(role)
}

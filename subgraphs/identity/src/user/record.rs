//! What the changes of accounts have in common: who may be changed, and what the audit log keeps of it.

use cloudphone_core::{Caller, CommonError, UserId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit;
use serde_json::{Value, json};

use super::model::User;
use super::store;
use crate::error::IdentityError;
use crate::role::model::{Role, require_governor, require_within};
use crate::role::store as roles;
use crate::tenant::store as tenants;

/// An account that is about to be changed, with its roles.
pub(super) struct Account {
    pub user: User,
    pub roles: Vec<Role>,
}

impl Account {
    /// What the audit log keeps of an account; never its hash.
    pub fn shown(&self) -> Value {
        let roles: Vec<_> = self.roles.iter().map(|role| role.name.as_str()).collect();
        json!({
            "email": self.user.email,
            "displayName": self.user.display_name,
            "deactivated": self.user.deactivated_at.is_some(),
            "roles": roles,
        })
    }
}

/// Loads an account of the caller's organisation for a change by the caller, who must hold all that its owner holds.
pub(super) async fn take(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    id: UserId,
) -> Result<Account, IdentityError> {
    // One change at a time, or two administrators could close each other's accounts.
    tenants::lock(connection, caller.tenant_id).await?;
    let user = store::lock(connection, caller.tenant_id, id).await?.ok_or(CommonError::NotFound { what: "user" })?;
    let roles: Vec<_> =
        roles::of_users(connection, caller.tenant_id, &[id]).await?.into_iter().map(|(_, role)| role).collect();
    for role in &roles {
        require_within(caller, &role.permission_set())?;
    }
    Ok(Account { user, roles })
}

/// Refuses unless somebody still governs the caller's organisation after the change.
pub(crate) async fn require_governed(connection: &mut AsyncPgConnection, caller: &Caller) -> Result<(), IdentityError> {
    require_governor(&roles::governing(connection, caller.tenant_id).await?)
}

/// Writes the audit entry of a change.
pub(super) async fn note(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    action: &'static str,
    id: UserId,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), IdentityError> {
    let entry = audit::AuditEntry { action, target_type: "user", target_id: Some(id.0), before, after };
    audit::record(connection, caller, entry).await?;
    Ok(())
}

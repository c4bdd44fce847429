//! Shows the roles that the caller's organisation can use.

use cloudphone_core::Caller;

use super::catalogue::{SUPER_ADMIN, needs};
use super::model::Role;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// All roles of the caller's organisation and the built-in ones; the platform's own is shown to its holders only.
pub async fn list_roles(domain: &IdentityDomain, caller: &Caller) -> Result<Vec<Role>, IdentityError> {
    caller.require(&needs::ROLE_READ)?;
    let mut roles = domain
        .database
        .read(caller, async |connection| Ok::<_, IdentityError>(store::list(connection, caller.tenant_id).await?))
        .await?;
    roles.retain(|role| role.id != SUPER_ADMIN || caller.may(&needs::TENANT_WRITE));
    Ok(roles)
}

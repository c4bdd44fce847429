//! Deletes a role that nobody holds.

use cloudphone_core::{Caller, RoleId};

use super::catalogue::needs;
use super::create::{note, shown};
use super::store;
use super::update::take;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// Deletes a role of the caller's organisation.
pub async fn delete_role(domain: &IdentityDomain, caller: &Caller, id: RoleId) -> Result<RoleId, IdentityError> {
    caller.require(&needs::ROLE_WRITE)?;
    domain
        .database
        .transaction(caller, async |connection| {
            let role = take(connection, caller, id).await?;
            store::delete(connection, &role).await?;
            note(connection, caller, "role.delete", id, Some(shown(&role)), None).await?;
            Ok(id)
        })
        .await
}

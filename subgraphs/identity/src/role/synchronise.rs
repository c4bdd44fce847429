//! Writes the built-in roles as this version of the platform defines them.

use super::catalogue::BUILT_IN;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// Runs at every start; idempotent.
pub(crate) async fn synchronise_built_in_roles(domain: &IdentityDomain) -> Result<(), IdentityError> {
    domain
        .database
        .system_transaction(async |connection| {
            for role in BUILT_IN {
                store::write_built_in(connection, role, domain.now()).await?;
            }
            Ok(())
        })
        .await
}

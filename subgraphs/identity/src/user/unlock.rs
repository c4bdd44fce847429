//! Lifts the lock that too many failed sign-ins put on an account.

use cloudphone_core::{Caller, UserId};

use super::model::{Guard, User};
use super::record::{note, take};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;

/// Forgets an account's failed sign-ins.
pub async fn unlock_user(domain: &IdentityDomain, caller: &Caller, id: UserId) -> Result<User, IdentityError> {
    caller.require(&needs::USER_UPDATE)?;
    domain
        .database
        .transaction(caller, async |connection| {
            let account = take(connection, caller, id).await?;
            store::set_guard(connection, id, Guard::default()).await?;
            note(connection, caller, "user.unlock", id, None, None).await?;
            Ok(User { locked_until: None, ..account.user })
        })
        .await
}

//! Closes an account, which ends its sessions at once, and opens it again.

use cloudphone_core::{Caller, UserId};
use cloudphone_events::outbox;

use super::model::User;
use super::record::{note, require_governed, take};
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{UserActivated, UserDeactivated, access_changed};
use crate::role::catalogue::needs;
use crate::session::model::RevokeReason;
use crate::session::revoke::end_all;

/// Closes an account; closing a closed one changes nothing.
pub async fn deactivate_user(domain: &IdentityDomain, caller: &Caller, id: UserId) -> Result<User, IdentityError> {
    caller.require(&needs::USER_UPDATE)?;
    if caller.user_id() == Some(id) {
        return Err(IdentityError::OwnAccount);
    }
    domain
        .database
        .transaction(caller, async |connection| {
            let mut account = take(connection, caller, id).await?;
            if account.user.deactivated_at.is_some() {
                return Ok(account.user);
            }
            let before = account.shown();
            account.user.deactivated_at = Some(domain.now());
            store::update(connection, &account.user, domain.now()).await?;
            require_governed(connection, caller).await?;
            end_all(connection, domain, caller, id, None, RevokeReason::AccountClosed).await?;
            access_changed(connection, domain, caller, AccessChange::of_user(caller.tenant_id, id)).await?;
            outbox::append(connection, caller, &UserDeactivated { user_id: id }).await?;
            note(connection, caller, "user.deactivate", id, Some(before), Some(account.shown())).await?;
            Ok(account.user)
        })
        .await
}

/// Opens a closed account; its API keys hold again, its person signs in anew.
pub async fn activate_user(domain: &IdentityDomain, caller: &Caller, id: UserId) -> Result<User, IdentityError> {
    caller.require(&needs::USER_UPDATE)?;
    domain
        .database
        .transaction(caller, async |connection| {
            let mut account = take(connection, caller, id).await?;
            if account.user.deactivated_at.is_none() {
                return Ok(account.user);
            }
            let before = account.shown();
            account.user.deactivated_at = None;
            store::update(connection, &account.user, domain.now()).await?;
            access_changed(connection, domain, caller, AccessChange::of_user(caller.tenant_id, id)).await?;
            outbox::append(connection, caller, &UserActivated { user_id: id }).await?;
            note(connection, caller, "user.activate", id, Some(before), Some(account.shown())).await?;
            Ok(account.user)
        })
        .await
}

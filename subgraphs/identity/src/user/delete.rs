//! Deletes an account for good, with its sessions and keys.

use cloudphone_core::{Caller, UserId};
use cloudphone_events::outbox;

use super::record::{note, require_governed, take};
use super::store;
use crate::access::AccessChange;
use crate::api_key::store as api_keys;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{UserDeleted, access_changed};
use crate::role::catalogue::needs;
use crate::session::model::RevokeReason;
use crate::session::revoke::end_all;

/// Deletes an account; its address becomes free.
pub async fn delete_user(domain: &IdentityDomain, caller: &Caller, id: UserId) -> Result<UserId, IdentityError> {
    caller.require(&needs::USER_DELETE)?;
    if caller.user_id() == Some(id) {
        return Err(IdentityError::OwnAccount);
    }
    domain
        .database
        .transaction(caller, async |connection| {
            let account = take(connection, caller, id).await?;
            store::delete(connection, &account.user, domain.now()).await?;
            require_governed(connection, caller).await?;
            end_all(connection, domain, caller, id, None, RevokeReason::AccountClosed).await?;
            api_keys::revoke_all(connection, id, domain.now()).await?;
            access_changed(connection, domain, caller, AccessChange::of_user(caller.tenant_id, id)).await?;
            outbox::append(connection, caller, &UserDeleted { user_id: id }).await?;
            note(connection, caller, "user.delete", id, Some(account.shown()), None).await?;
            Ok(id)
        })
        .await
}

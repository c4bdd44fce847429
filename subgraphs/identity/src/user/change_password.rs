//! Changes the caller's own password and ends all other sessions, whoever holds them.

use cloudphone_core::{Caller, CommonError, UserId, Validation};
use cloudphone_events::outbox;

use super::model::Attempt;
use super::record::note;
use super::store::{self, Credentials};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::PasswordChanged;
use crate::password::check_new_password;
use crate::session::model::RevokeReason;
use crate::session::revoke::end_all;

/// Replaces the caller's password. Wrong guesses at the current one count towards the account's lock.
pub async fn change_password(
    domain: &IdentityDomain,
    caller: &Caller,
    current: &str,
    new: &str,
) -> Result<(), IdentityError> {
    let session = caller.session_id().ok_or(IdentityError::SessionRequired)?;
    let id = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    let mut validation = Validation::new();
    check_new_password(new, &domain.settings.password, "newPassword", &mut validation);
    validation.check(new != current, "newPassword", "UNCHANGED", "Choose a password other than the current one.");
    validation.finish()?;
    let old_hash = verified_hash(domain, caller, id, current).await?;
    let hash = domain.passwords.hash(new).await?;
    domain
        .database
        .transaction(caller, async |connection| {
            let stored = store::lock_credentials(connection, id).await?;
            if stored.is_none_or(|stored| stored.password_hash != old_hash) {
                return Err(CommonError::Conflict { what: "password" }.into());
            }
            store::set_password_hash(connection, id, &hash, domain.now()).await?;
            end_all(connection, domain, caller, id, Some(session), RevokeReason::PasswordChanged).await?;
            outbox::append(connection, caller, &PasswordChanged { user_id: id }).await?;
            note(connection, caller, "user.change-password", id, None, None).await
        })
        .await
}

/// The stored hash, once the current password has proved to belong to it; a wrong guess counts towards the lock.
async fn verified_hash(
    domain: &IdentityDomain,
    caller: &Caller,
    id: UserId,
    current: &str,
) -> Result<String, IdentityError> {
    let stored = read_credentials(domain, caller, id).await?;
    let is_right = domain.passwords.verify(current, Some(&stored.password_hash)).await?;
    let now = domain.now();
    let attempt = domain
        .database
        .transaction(caller, async |connection| {
            let Some(stored) = store::lock_credentials(connection, id).await? else { return Ok(Attempt::Refused) };
            let (attempt, guard) = stored.guard().judge(is_right, now, &domain.settings.lockout);
            store::set_guard(connection, id, guard).await?;
            Ok::<_, IdentityError>(attempt)
        })
        .await?;
    match attempt {
        Attempt::Granted => Ok(stored.password_hash),
        Attempt::ToldOfLock => Err(IdentityError::AccountLocked),
        Attempt::Refused | Attempt::RefusedAndLocked => {
            let mut validation = Validation::new();
            validation.reject("currentPassword", "WRONG_PASSWORD", "This is not your current password.");
            validation.finish()?;
            Err(IdentityError::InvalidCredentials)
        }
    }
}

async fn read_credentials(domain: &IdentityDomain, caller: &Caller, id: UserId) -> Result<Credentials, IdentityError> {
    let stored = domain
        .database
        .transaction(caller, async |connection| Ok::<_, IdentityError>(store::lock_credentials(connection, id).await?))
        .await?;
    Ok(stored.ok_or(CommonError::NotFound { what: "user" })?)
}

//! Signs a person in by address and password, giving away neither which addresses exist nor which of the two was wrong.

use std::time::Duration;

use cloudphone_core::{Caller, Origin};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{audit, outbox};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::open::{AuthenticatedSession, Opened, authenticated, open};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::AccountLocked;
use crate::tenant::store as tenants;
use crate::user::model::{Attempt, Guard, User, normal_email};
use crate::user::store::{self as users, Credentials};

/// What the transaction of a sign-in came to. A refusal is a value, since what it writes must be committed.
enum Settled {
    Opened(Box<Opened>),
    Refused(IdentityError),
}

/// Opens a session for whoever knows the password of the account.
pub async fn login(
    domain: &IdentityDomain,
    origin: &Origin,
    email: &str,
    password: &str,
) -> Result<AuthenticatedSession, IdentityError> {
    let started = Instant::now();
    let outcome = attempt(domain, origin, &normal_email(email), password).await;
    if matches!(outcome, Err(IdentityError::InvalidCredentials)) {
        sleep_until(next_step(started, Instant::now(), domain.settings.lockout.refusal_step_ms)).await;
    }
    outcome
}

/// A failed attempt at an account that exists also writes to the database; rounding up hides how long that takes.
fn next_step(started: Instant, now: Instant, step_ms: u64) -> Instant {
    let step = Duration::from_millis(step_ms.max(1));
    let steps = now.duration_since(started).as_millis() / step.as_millis() + 1;
    started + step * u32::try_from(steps).unwrap_or(u32::MAX)
}

async fn attempt(
    domain: &IdentityDomain,
    origin: &Origin,
    email: &str,
    password: &str,
) -> Result<AuthenticatedSession, IdentityError> {
    let credentials = domain
        .database
        .system_transaction(async |connection| {
            Ok::<_, IdentityError>(users::credentials_by_email(connection, email).await?)
        })
        .await?;
    // The hash takes long, so it runs between the transactions, without a connection.
    let hash = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
    let is_right = domain.passwords.verify(password, hash).await?;
    let Some(credentials) = credentials else { return Err(IdentityError::InvalidCredentials) };
    let renewed = if is_right && domain.passwords.is_outdated(&credentials.password_hash) {
        Some(domain.passwords.hash(password).await?)
    } else {
        None
    };
    let settled = domain
        .database
        .system_transaction(async |connection| {
            settle(connection, domain, origin, &credentials, is_right, renewed.as_deref()).await
        })
        .await?;
    match settled {
        Settled::Opened(opened) => authenticated(domain, *opened),
        Settled::Refused(error) => Err(error),
    }
}

async fn settle(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    origin: &Origin,
    verified: &Credentials,
    is_right: bool,
    renewed_hash: Option<&str>,
) -> Result<Settled, IdentityError> {
    let now = domain.now();
    let Some(current) = users::lock_credentials(connection, verified.user.id).await? else {
        return Ok(Settled::Refused(IdentityError::InvalidCredentials));
    };
    // The password may have been changed while the hash was computed.
    let is_right = is_right && current.password_hash == verified.password_hash;
    let (attempt, guard) = current.guard().judge(is_right, now, &domain.settings.lockout);
    users::set_guard(connection, current.user.id, guard).await?;
    let user = User { locked_until: guard.locked_until, ..current.user };
    match attempt {
        Attempt::Granted => {}
        Attempt::Refused => return Ok(Settled::Refused(IdentityError::InvalidCredentials)),
        Attempt::ToldOfLock => return Ok(Settled::Refused(IdentityError::AccountLocked)),
        Attempt::RefusedAndLocked => {
            tell_of_lock(connection, origin, &user, guard).await?;
            return Ok(Settled::Refused(IdentityError::InvalidCredentials));
        }
    }
    if user.deactivated_at.is_some() {
        return Ok(Settled::Refused(IdentityError::AccountDeactivated));
    }
    if tenants::find(connection, user.tenant_id).await?.is_none_or(|tenant| tenant.suspended_at.is_some()) {
        return Ok(Settled::Refused(IdentityError::TenantSuspended));
    }
    if let Some(hash) = renewed_hash {
        users::set_password_hash(connection, user.id, hash, now).await?;
    }
    Ok(Settled::Opened(Box::new(open(connection, domain, &user, origin).await?)))
}

async fn tell_of_lock(
    connection: &mut AsyncPgConnection,
    origin: &Origin,
    user: &User,
    guard: Guard,
) -> Result<(), IdentityError> {
    let caller = Caller { origin: origin.clone(), ..Caller::service("identity", user.tenant_id) };
    let until = guard.locked_until.expect("a guard that has just locked knows until when");
    outbox::append(connection, &caller, &AccountLocked { user_id: user.id, until }).await?;
    let entry = audit::AuditEntry {
        action: "user.lock",
        target_type: "user",
        target_id: Some(user.id.0),
        before: None,
        after: Some(json!({ "failedLogins": guard.failures, "lockedUntil": until })),
    };
    audit::record(connection, &caller, entry).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_answer_at_whole_steps() {
        let started = Instant::now();
        let answered_after =
            |taken_ms: u64| (next_step(started, started + Duration::from_millis(taken_ms), 250) - started).as_millis();
        assert_eq!(answered_after(0), 250);
        assert_eq!(answered_after(249), 250);
        assert_eq!(answered_after(251), 500);
    }
}

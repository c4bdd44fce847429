//! Ends sessions: one's own, another of one's own, all others, or all of somebody whose account closes.

use cloudphone_core::{Caller, CommonError, SessionId, TenantId, UserId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{audit, outbox};
use serde_json::json;

use super::model::{RevokeReason, Session};
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{SessionRevoked, access_changed};

/// Ends the caller's own session. Callers without one, such as API keys, have nothing to end.
pub async fn logout(domain: &IdentityDomain, caller: &Caller) -> Result<(), IdentityError> {
    let Some(id) = caller.session_id() else { return Ok(()) };
    match revoke_as(domain, caller, id, RevokeReason::Logout).await {
        // Signed out twice is signed out.
        Err(IdentityError::Common(CommonError::NotFound { .. })) => Ok(()),
        outcome => outcome,
    }
}

/// Ends one of the caller's own sessions.
pub async fn revoke_session(domain: &IdentityDomain, caller: &Caller, id: SessionId) -> Result<(), IdentityError> {
    revoke_as(domain, caller, id, RevokeReason::Revoked).await
}

async fn revoke_as(
    domain: &IdentityDomain,
    caller: &Caller,
    id: SessionId,
    reason: RevokeReason,
) -> Result<(), IdentityError> {
    let user = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    domain
        .database
        .transaction(caller, async |connection| {
            if !store::revoke(connection, user, id, reason, domain.now()).await? {
                return Err(CommonError::NotFound { what: "session" }.into());
            }
            tell(connection, domain, caller, (caller.tenant_id, user), id, reason).await
        })
        .await
}

/// Ends all sessions of the caller but the one that asks, and tells how many.
pub async fn revoke_other_sessions(domain: &IdentityDomain, caller: &Caller) -> Result<usize, IdentityError> {
    let user = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    domain
        .database
        .transaction(caller, async |connection| {
            end_all(connection, domain, caller, user, caller.session_id(), RevokeReason::Revoked).await
        })
        .await
}

/// Ends a session within a transaction.
pub(super) async fn end_session(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    caller: &Caller,
    session: &Session,
    reason: RevokeReason,
) -> Result<(), IdentityError> {
    store::revoke(connection, session.user_id, session.id, reason, domain.now()).await?;
    tell(connection, domain, caller, (session.tenant_id, session.user_id), session.id, reason).await
}

/// Ends all sessions of somebody within a transaction, but for one, and tells how many.
pub(crate) async fn end_all(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    caller: &Caller,
    user: UserId,
    except: Option<SessionId>,
    reason: RevokeReason,
) -> Result<usize, IdentityError> {
    let ended = store::revoke_all(connection, user, except, reason, domain.now()).await?;
    for id in &ended {
        tell(connection, domain, caller, (caller.tenant_id, user), *id, reason).await?;
    }
    Ok(ended.len())
}

async fn tell(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    caller: &Caller,
    (tenant_id, user_id): (TenantId, UserId),
    session_id: SessionId,
    reason: RevokeReason,
) -> Result<(), IdentityError> {
    let event = SessionRevoked { session_id, user_id, reason: reason.as_str().to_owned() };
    outbox::append(connection, caller, &event).await?;
    let entry = audit::AuditEntry {
        action: "session.revoke",
        target_type: "session",
        target_id: Some(session_id.0),
        before: None,
        after: Some(json!({ "userId": user_id, "reason": reason.as_str() })),
    };
    audit::record(connection, caller, entry).await?;
    access_changed(connection, domain, caller, AccessChange::of_session(tenant_id, user_id, session_id)).await
}

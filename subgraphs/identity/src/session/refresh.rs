//! Trades a refresh token for the next pair; a token that comes back a second time ends its whole family.

use cloudphone_core::Origin;
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit;
use serde_json::json;

use super::model::{Refresh, RevokeReason, Session, secret_hash};
use super::open::{AuthenticatedSession, Opened, authenticated, caller_of, hand_out_refresh_token};
use super::revoke::end_session;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::user::store as users;

/// Trades a refresh token for the next pair of tokens of its session.
pub async fn refresh(
    domain: &IdentityDomain,
    origin: &Origin,
    refresh_token: &str,
) -> Result<AuthenticatedSession, IdentityError> {
    let hash = secret_hash(refresh_token);
    let opened =
        domain.database.system_transaction(async |connection| trade(connection, domain, origin, &hash).await).await?;
    authenticated(domain, opened.ok_or(IdentityError::InvalidRefreshToken)?)
}

/// `None` is a refusal; it is a value, since what it writes must be committed.
async fn trade(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    origin: &Origin,
    token_hash: &[u8],
) -> Result<Option<Opened>, IdentityError> {
    let now = domain.now();
    let Some((token, session)) = store::lock_family(connection, token_hash).await? else { return Ok(None) };
    let Some(user) = users::find_many(connection, session.tenant_id, &[session.user_id]).await?.pop() else {
        return Ok(None);
    };
    match token.judge(&session, now, &domain.settings.session) {
        Refresh::Ended => return Ok(None),
        Refresh::Reused => {
            let caller = caller_of(&user, session.id, origin);
            end_session(connection, domain, &caller, &session, RevokeReason::RefreshTokenReuse).await?;
            return Ok(None);
        }
        Refresh::Rotate => {}
    }
    if store::find_open(connection, session.id).await?.is_none() {
        return Ok(None);
    }
    store::spend(connection, token.id, now).await?;
    store::touch(connection, session.id, now).await?;
    let refresh_token = hand_out_refresh_token(connection, domain, &session).await?;
    let entry = audit::AuditEntry {
        action: "session.refresh",
        target_type: "session",
        target_id: Some(session.id.0),
        before: None,
        after: Some(json!({ "userId": user.id, "address": origin.address })),
    };
    audit::record(connection, &caller_of(&user, session.id, origin), entry).await?;
    let session = Session { last_used_at: now, ..session };
    Ok(Some(Opened { user, session, refresh_token }))
}

//! Opens a session for a person who has proved who they are, and makes its tokens.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Origin, PermissionSet, SessionId, Subject};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{audit, outbox};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

use super::model::{RefreshToken, Session, random_secret, secret_hash};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::SuspiciousLogin;
use crate::settings::seconds;
use crate::signing_key::{AccessClaims, ISSUER};
use crate::user::model::User;
use crate::user::store as users;

/// A session with the refresh token that its client keeps.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Who signed in.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The token that the client trades for the next pair.
    pub refresh_token: String,
}

/// What a client holds after signing in.
#[derive(Clone, Debug)]
pub struct AuthenticatedSession {
    /// The token that every request carries.
    pub access_token: String,
    /// The token that is traded for the next pair.
    pub refresh_token: String,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
    /// Who signed in.
    pub user: User,
}

/// The caller that a person becomes by signing in; it writes its own audit entries but is granted nothing yet.
pub fn caller_of(user: &User, session_id: SessionId, origin: &Origin) -> Caller {
    Caller {
        subject: Subject::User { user_id: user.id, session_id },
        tenant_id: user.tenant_id,
        permissions: Arc::new(PermissionSet::default()),
        expires_at: None,
        origin: origin.clone(),
    }
}

/// Opens a session within the transaction of a sign-in or a registration.
pub async fn open(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    user: &User,
    origin: &Origin,
) -> Result<Opened, IdentityError> {
    let (now, limits) = (domain.now(), &domain.settings.session);
    let session = Session {
        id: SessionId::new(),
        tenant_id: user.tenant_id,
        user_id: user.id,
        user_agent: origin.user_agent.as_deref().map(|text| shortened(text, 512)),
        address: origin.address.clone(),
        created_at: now,
        last_used_at: now,
        expires_at: now + seconds(limits.absolute_seconds),
        revoked_at: None,
    };
    let caller = caller_of(user, session.id, origin);
    if store::is_new_client(connection, &session).await? {
        let event = SuspiciousLogin {
            user_id: user.id,
            session_id: session.id,
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
        };
        outbox::append(connection, &caller, &event).await?;
    }
    store::insert(connection, &session).await?;
    users::set_last_login(connection, user.id, now).await?;
    let refresh_token = hand_out_refresh_token(connection, domain, &session).await?;
    let entry = audit::AuditEntry {
        action: "session.open",
        target_type: "session",
        target_id: Some(session.id.0),
        before: None,
        after: Some(json!({ "userId": user.id, "userAgent": session.user_agent, "address": session.address })),
    };
    audit::record(connection, &caller, entry).await?;
    let user = User { last_login_at: Some(now), ..user.clone() };
    Ok(Opened { user, session, refresh_token })
}

/// Makes the family's next refresh token; only its hash is kept.
pub(super) async fn hand_out_refresh_token(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    session: &Session,
) -> Result<String, IdentityError> {
    let (now, text) = (domain.now(), random_secret());
    let token = RefreshToken {
        id: Uuid::now_v7(),
        tenant_id: session.tenant_id,
        session_id: session.id,
        token_hash: secret_hash(&text),
        created_at: now,
        expires_at: now + seconds(domain.settings.session.refresh_token_seconds),
        used_at: None,
    };
    store::insert_refresh_token(connection, &token).await?;
    Ok(text)
}

/// Signs the access token that goes with a refresh token.
pub fn authenticated(domain: &IdentityDomain, opened: Opened) -> Result<AuthenticatedSession, IdentityError> {
    let Opened { user, session, refresh_token } = opened;
    let now = domain.now();
    let expires_at = session.expires_at.min(now + seconds(domain.settings.session.access_token_seconds));
    let claims = AccessClaims {
        iss: ISSUER.to_owned(),
        aud: ISSUER.to_owned(),
        sub: user.id,
        tid: user.tenant_id,
        sid: session.id,
        exp: expires_at.timestamp(),
        iat: now.timestamp(),
        jti: Uuid::now_v7(),
    };
    let access_token = domain.keys.sign(&claims, now)?;
    Ok(AuthenticatedSession { access_token, refresh_token, expires_at, user })
}

fn shortened(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

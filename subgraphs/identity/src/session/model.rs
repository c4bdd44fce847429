//! Sessions and refresh tokens: how long they live, and what a refresh token that comes back means.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{SessionId, TenantId, UserId};
use diesel::prelude::*;
use rand::RngCore;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::schema::{refresh_tokens, sessions};
use crate::settings::{SessionLimits, seconds};

/// A session's last use is written down at most this often.
pub const USE_RESOLUTION: TimeDelta = TimeDelta::seconds(60);

/// A signed-in client of a user. Its refresh tokens are one family: they end together.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// The user's tenant.
    pub tenant_id: TenantId,
    /// Who signed in.
    pub user_id: UserId,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The client's network address.
    pub address: Option<String>,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When the client was last seen, to within a minute.
    pub last_used_at: DateTime<Utc>,
    /// When the session ends however busy it is.
    pub expires_at: DateTime<Utc>,
    /// When the session was ended before its time.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Session {
    /// When the session ends unless it is used again.
    pub fn ends_at(&self, limits: &SessionLimits) -> DateTime<Utc> {
        self.expires_at.min(self.last_used_at + seconds(limits.idle_seconds))
    }

    /// Whether the session still holds.
    pub fn is_alive(&self, now: DateTime<Utc>, limits: &SessionLimits) -> bool {
        self.revoked_at.is_none() && now < self.ends_at(limits)
    }
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevokeReason {
    /// Its person signed out.
    Logout,
    /// Its person ended it from another session.
    Revoked,
    /// A spent refresh token came back: somebody else has a copy.
    RefreshTokenReuse,
    /// The password was changed elsewhere.
    PasswordChanged,
    /// The account was closed or deleted.
    AccountClosed,
}

impl RevokeReason {
    /// The form in the database and in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "LOGOUT",
            Self::Revoked => "REVOKED",
            Self::RefreshTokenReuse => "REFRESH_TOKEN_REUSE",
            Self::PasswordChanged => "PASSWORD_CHANGED",
            Self::AccountClosed => "ACCOUNT_CLOSED",
        }
    }
}

/// A refresh token as the database keeps it.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = refresh_tokens, check_for_backend(diesel::pg::Pg))]
pub struct RefreshToken {
    /// The token's id.
    pub id: Uuid,
    /// The session's tenant.
    pub tenant_id: TenantId,
    /// The family.
    pub session_id: SessionId,
    /// SHA-256 of the token; its 256 random bits need no slower hash.
    pub token_hash: Vec<u8>,
    /// When it was handed out.
    pub created_at: DateTime<Utc>,
    /// Until when it can be spent.
    pub expires_at: DateTime<Utc>,
    /// When it was spent.
    pub used_at: Option<DateTime<Utc>>,
}

/// What a refresh token that comes back means (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Spend it and hand out its successor.
    Rotate,
    /// It has ended; nothing happens.
    Ended,
    /// It was spent before: end the whole family.
    Reused,
}

impl RefreshToken {
    /// Judges a token that a client presents.
    pub fn judge(&self, session: &Session, now: DateTime<Utc>, limits: &SessionLimits) -> Refresh {
        if session.revoked_at.is_some() {
            Refresh::Ended
        } else if self.used_at.is_some() {
            Refresh::Reused
        } else if now < self.expires_at && session.is_alive(now, limits) {
            Refresh::Rotate
        } else {
            Refresh::Ended
        }
    }
}

/// 256 random bits as text: a refresh token, or the secret of an API key.
pub fn random_secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The form in which secrets of 256 random bits are stored.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn session(now: DateTime<Utc>) -> Session {
        Session {
            id: SessionId::new(),
            tenant_id: TenantId::new(),
            user_id: UserId::new(),
            user_agent: None,
            address: None,
            created_at: now,
            last_used_at: now,
            expires_at: now + TimeDelta::seconds(86_400),
            revoked_at: None,
        }
    }

    fn token(session: &Session, now: DateTime<Utc>) -> RefreshToken {
        RefreshToken {
            id: Uuid::now_v7(),
            tenant_id: session.tenant_id,
            session_id: session.id,
            token_hash: secret_hash("token"),
            created_at: now,
            expires_at: now + TimeDelta::seconds(604_800),
            used_at: None,
        }
    }

    #[test]
    fn a_session_ends_when_idle_and_at_its_absolute_limit() {
        let (limits, now) = (SessionLimits::default(), Utc::now());
        let mut session = session(now);
        assert!(session.is_alive(now + TimeDelta::seconds(1799), &limits));
        assert!(!session.is_alive(now + TimeDelta::seconds(1800), &limits));
        session.last_used_at = now + TimeDelta::seconds(86_399);
        assert!(session.is_alive(now + TimeDelta::seconds(86_399), &limits));
        assert!(!session.is_alive(now + TimeDelta::seconds(86_400), &limits));
    }

    #[test]
    fn a_spent_token_that_comes_back_is_reuse_even_after_it_expired() {
        let (limits, now) = (SessionLimits::default(), Utc::now());
        let mut session = session(now);
        let mut token = token(&session, now);
        assert_eq!(token.judge(&session, now, &limits), Refresh::Rotate);
        token.used_at = Some(now);
        assert_eq!(token.judge(&session, now, &limits), Refresh::Reused);
        assert_eq!(token.judge(&session, now + TimeDelta::days(8), &limits), Refresh::Reused);
        session.revoked_at = Some(now);
        assert_eq!(token.judge(&session, now, &limits), Refresh::Ended);
    }

    #[test]
    fn an_unspent_token_ends_with_its_session() {
        let (limits, now) = (SessionLimits::default(), Utc::now());
        let session = session(now);
        let token = token(&session, now);
        assert_eq!(token.judge(&session, now + TimeDelta::seconds(1800), &limits), Refresh::Ended);
    }

    #[test]
    fn secrets_differ_and_carry_256_bits() {
        let secret = random_secret();
        assert_eq!(URL_SAFE_NO_PAD.decode(&secret).unwrap().len(), 32);
        assert_ne!(secret, random_secret());
        assert_eq!(secret_hash(&secret).len(), 32);
    }
}

//! Turns a credential into a caller with today's rights, remembering them for seconds at most.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cloudphone_core::{ApiKeyId, Caller, CommonError, Origin, PermissionSet, SessionId, Subject, TenantId, UserId};
use cloudphone_database::AsyncPgConnection;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::broadcast;

use crate::access::AccessChange;
use crate::api_key::model::{KeyText, SCHEME};
use crate::api_key::store as api_keys;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::model::permission_set;
use crate::role::store as roles;
use crate::session::model::USE_RESOLUTION;
use crate::session::store as sessions;
use crate::signing_key::{AccessClaims, rotate_keys};

/// How long rights are remembered; the bound on staleness should every piece of news be lost.
const MEMORY: Duration = Duration::from_secs(5);

/// Credentials remembered at once.
const REMEMBERED: u64 = 50_000;

/// Why a credential yields no caller.
#[derive(Clone, Debug, Error)]
pub enum AuthenticationError {
    /// It is forged, malformed, ended or revoked; which of them is never told.
    #[error("The credential is not valid; sign in again.")]
    Invalid,
    /// Nobody can tell right now.
    #[error("Credentials cannot be checked right now; try again in a moment.")]
    Unavailable(#[source] Arc<CommonError>),
}

/// What a session or a key allows at the moment. Absent in the memory when it allows nothing at all.
#[derive(Clone)]
struct Access {
    subject: Subject,
    tenant_id: TenantId,
    permissions: Arc<PermissionSet>,
    /// When it ends unless it is used again.
    ends_at: Option<DateTime<Utc>>,
    /// When it ends in any case.
    expires_at: Option<DateTime<Utc>>,
}

/// What is remembered, under the generation of rights that it belongs to: after a change nothing older is found again.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Session(u64, SessionId),
    ApiKey(u64, [u8; 32]),
}

/// Verifies credentials within the process of the identity domain; cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    domain: Arc<IdentityDomain>,
    remembered: Cache<Key, Option<Arc<Access>>>,
}

impl Authenticator {
    pub(crate) fn new(domain: Arc<IdentityDomain>) -> Self {
        let remembered = Cache::builder().max_capacity(REMEMBERED).time_to_live(MEMORY).build();
        Self { domain, remembered }
    }

    /// The caller behind an access token or an API key (`cp_…`), with the rights of this moment.
    pub async fn authenticate(&self, credential: &str, origin: Origin) -> Result<Caller, AuthenticationError> {
        let now = self.domain.now();
        let (access, token_end) = if credential.starts_with(SCHEME) {
            (self.of_api_key(credential, now).await?, None)
        } else {
            let claims = self.claims(credential, now).await?;
            let end = DateTime::from_timestamp(claims.exp, 0);
            (self.of_session(&claims, now).await?, end)
        };
        let access =
            access.filter(|access| access.ends_at.is_none_or(|end| now < end)).ok_or(AuthenticationError::Invalid)?;
        Ok(Caller {
            subject: access.subject.clone(),
            tenant_id: access.tenant_id,
            permissions: Arc::clone(&access.permissions),
            expires_at: [token_end, access.expires_at].into_iter().flatten().min(),
            origin,
        })
    }

    /// The changes of rights from now on; whoever a change names must be authenticated anew.
    pub fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.domain.access.subscribe()
    }

    async fn claims(&self, token: &str, now: DateTime<Utc>) -> Result<AccessClaims, AuthenticationError> {
        if !self.domain.keys.knows_key_of(token) && self.domain.keys.may_reload(now) {
            // Another process may have made the key since.
            rotate_keys(&self.domain).await.map_err(unavailable)?;
        }
        self.domain.keys.verify(token, now).ok_or(AuthenticationError::Invalid)
    }

    async fn of_session(
        &self,
        claims: &AccessClaims,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Access>>, AuthenticationError> {
        let key = Key::Session(self.domain.access.generation(), claims.sid);
        let load = async {
            let domain = &self.domain;
            let access = domain
                .database
                .system_transaction(async |connection| load_session(connection, domain, claims, now).await)
                .await?;
            Ok::<_, IdentityError>(access.map(Arc::new))
        };
        self.remembered.try_get_with(key, load).await.map_err(|error| unavailable_shared(&error))
    }

    async fn of_api_key(&self, text: &str, now: DateTime<Utc>) -> Result<Option<Arc<Access>>, AuthenticationError> {
        let Some(parsed) = KeyText::parse(text) else { return Ok(None) };
        let key = Key::ApiKey(self.domain.access.generation(), Sha256::digest(text.as_bytes()).into());
        let load = async {
            let domain = &self.domain;
            let access = domain
                .database
                .system_transaction(async |connection| load_api_key(connection, &parsed, now).await)
                .await?;
            Ok::<_, IdentityError>(access.map(Arc::new))
        };
        self.remembered.try_get_with(key, load).await.map_err(|error| unavailable_shared(&error))
    }
}

async fn load_session(
    connection: &mut AsyncPgConnection,
    domain: &IdentityDomain,
    claims: &AccessClaims,
    now: DateTime<Utc>,
) -> Result<Option<Access>, IdentityError> {
    let limits = &domain.settings.session;
    let session = sessions::find_open(connection, claims.sid).await?;
    let Some(mut session) = session.filter(|session| {
        session.is_alive(now, limits) && session.user_id == claims.sub && session.tenant_id == claims.tid
    }) else {
        return Ok(None);
    };
    if now - session.last_used_at >= USE_RESOLUTION {
        sessions::touch(connection, session.id, now).await?;
        session.last_used_at = now;
    }
    let permissions = roles::permissions_of(connection, session.user_id).await?;
    Ok(Some(Access {
        subject: Subject::User { user_id: session.user_id, session_id: session.id },
        tenant_id: session.tenant_id,
        permissions: Arc::new(permissions),
        ends_at: Some(session.ends_at(limits)),
        expires_at: Some(session.expires_at),
    }))
}

async fn load_api_key(
    connection: &mut AsyncPgConnection,
    text: &KeyText,
    now: DateTime<Utc>,
) -> Result<Option<Access>, IdentityError> {
    let key = api_keys::find_open(connection, &text.prefix).await?;
    let Some(key) = key.filter(|key| key.has_secret(&text.secret) && key.is_alive(now)) else { return Ok(None) };
    if key.last_used_at.is_none_or(|last| now - last >= USE_RESOLUTION) {
        api_keys::touch(connection, key.id, now).await?;
    }
    let held: PermissionSet = roles::permissions_of(connection, key.user_id).await?;
    let (api_key_id, user_id): (ApiKeyId, UserId) = (key.id, key.user_id);
    Ok(Some(Access {
        subject: Subject::ApiKey { api_key_id, user_id },
        tenant_id: key.tenant_id,
        permissions: Arc::new(held.restrict(&permission_set(&key.permissions))),
        ends_at: key.expires_at,
        expires_at: key.expires_at,
    }))
}

fn unavailable(error: IdentityError) -> AuthenticationError {
    let error = match error {
        IdentityError::Common(error) => error,
        other => CommonError::internal(other),
    };
    AuthenticationError::Unavailable(Arc::new(error))
}

fn unavailable_shared(error: &Arc<IdentityError>) -> AuthenticationError {
    // The loader's error is shared by all who waited for it, so its text has to do.
    AuthenticationError::Unavailable(Arc::new(CommonError::unavailable(error.to_string())))
}

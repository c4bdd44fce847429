//! Who is asking: credentials from requests, and the engine that turns them into callers.

mod anonymous;
mod credential;
pub mod foreign;
mod pass_on;
mod principal;
mod remote;

use async_trait::async_trait;
use cloudphone_core::{ApiKeyId, Origin, SessionId, Subject, TenantId, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::broadcast;

pub use anonymous::Anonymous;
pub use credential::{Credential, CredentialPlaces};
pub use foreign::ForeignAuthenticator;
pub use pass_on::{PassOn, SignedIdentity, SigningKey, SigningKeyError};
pub use principal::{ForeignCaller, ForeignIdentity, Principal};
pub use remote::{RemoteAuthenticator, RemoteAuthenticatorError};

/// Verifies credentials and tells when rights change.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Whom a credential stands for at this moment, with current rights; nobody where the router knows no accounts and
    /// leaves it to the subgraphs what a credential is worth.
    async fn authenticate(
        &self,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError>;

    /// Changes of rights from now on, so that live subscriptions can be checked again.
    fn changes(&self) -> broadcast::Receiver<AccessChange>;

    /// Whether somebody without a credential may ask anything at all; the error says why not.
    fn admit_nobody(&self) -> Result<(), AuthenticationError> {
        Ok(())
    }

    /// How it stands with the keys of each issuer whose tokens are verified here.
    fn issuers(&self) -> Vec<IssuerKeys> {
        Vec::new()
    }

    /// Where clients put their credentials.
    fn places(&self) -> &CredentialPlaces {
        CredentialPlaces::usual()
    }
}

/// The keys of an issuer, for health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IssuerKeys {
    /// The issuer's name.
    pub issuer: String,
    /// Whether there are keys to verify by.
    pub present: bool,
    /// Whether the last fetch brought them; true where nothing is fetched.
    pub fresh: bool,
}

/// Why a credential does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AuthenticationError {
    /// None was given, and one is needed.
    #[error("Sign in: this graph is not for everybody.")]
    Missing,
    /// Malformed, forged, or of an account that is gone.
    #[error("The credential is not valid; sign in again.")]
    Invalid,
    /// Past its time.
    #[error("The access token has expired; refresh the session.")]
    Expired,
    /// Withdrawn by logout, revocation or deactivation.
    #[error("The session or key was revoked; sign in again.")]
    Revoked,
    /// Identity does not answer, so nobody can be told apart.
    #[error("Sign-in cannot be checked right now; try again in a moment.")]
    Unavailable,
}

impl AuthenticationError {
    /// The value of `extensions.code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing | Self::Invalid => "UNAUTHENTICATED",
            Self::Expired => "TOKEN_EXPIRED",
            Self::Revoked => "SESSION_REVOKED",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
        }
    }
}

/// Somebody's rights changed; absent fields mean "all of them".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessChange {
    /// The organisation concerned.
    pub tenant_id: Option<TenantId>,
    /// The person concerned.
    pub user_id: Option<UserId>,
    /// The session concerned.
    pub session_id: Option<SessionId>,
    /// The key concerned.
    pub api_key_id: Option<ApiKeyId>,
}

impl AccessChange {
    /// Whether somebody's rights may have changed. Those whom the platform does not know are concerned by changes of all.
    pub fn concerns(&self, principal: &Principal) -> bool {
        let Some(caller) = principal.platform() else { return *self == Self::default() };
        let key = match &caller.subject {
            Subject::ApiKey { api_key_id, .. } => Some(*api_key_id),
            _ => None,
        };
        fits(self.tenant_id, Some(caller.tenant_id))
            && fits(self.user_id, caller.user_id())
            && fits(self.session_id, caller.session_id())
            && fits(self.api_key_id, key)
    }
}

fn fits<T: PartialEq + Copy>(wanted: Option<T>, actual: Option<T>) -> bool {
    wanted.is_none() || wanted == actual
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudphone_core::Caller;

    #[test]
    fn a_change_of_one_session_leaves_others_alone() {
        let (tenant_id, user_id, session_id) = (TenantId::new(), UserId::new(), SessionId::new());
        let mut caller = Caller::service("test", tenant_id);
        caller.subject = Subject::User { user_id, session_id };
        let change = AccessChange { session_id: Some(session_id), ..AccessChange::default() };
        assert!(change.concerns(&caller.clone().into()));
        caller.subject = Subject::User { user_id, session_id: SessionId::new() };
        assert!(!change.concerns(&caller.clone().into()));
        assert!(AccessChange { user_id: Some(user_id), ..AccessChange::default() }.concerns(&caller.clone().into()));
        assert!(!AccessChange { tenant_id: Some(TenantId::new()), ..AccessChange::default() }.concerns(&caller.into()));
    }
}

//! Verified identities: of the platform's own people and programs, and of those for whom others vouch.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Permission};
use serde_json::{Map, Value};

use super::Credential;

/// Somebody whose credential was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody whom the platform's identity knows.
    Platform(Caller),
    /// Somebody for whom an issuer or a key of the operator's vouches.
    Foreign(ForeignCaller),
}

/// A verified identity that does not come from the platform, for as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignCaller {
    /// Who it is.
    pub identity: Arc<ForeignIdentity>,
    /// When the credential ends; live subscriptions end with it. Absent for keys without an end.
    pub expires_at: Option<DateTime<Utc>>,
}

/// All that is kept of a verified token or key: whatever may change an answer. Identities that are equal may share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForeignIdentity {
    /// The name of who vouches: an issuer of the configuration, or the list of keys.
    pub issuer: Arc<str>,
    /// Whom it is about, unique to the issuer: the claim `sub`, or the name of a key.
    pub subject: String,
    /// The scopes that were granted (RFC 6749 §3.3).
    pub scopes: BTreeSet<String>,
    /// The policies that the issuer says are met.
    pub policies: BTreeSet<String>,
    /// The rate limit tier, when the key or the token names one.
    pub tier: Option<String>,
    /// The claims that the configuration passes on to subgraphs; all others are forgotten.
    pub claims: Map<String, Value>,
    /// The credential itself, kept only where the configuration passes it on.
    pub credential: Option<Credential>,
}

impl ForeignIdentity {
    /// All of it, written out: equal for equal identities and for no others.
    pub(crate) fn entitlement(&self) -> Vec<u8> {
        let Self { issuer, subject, scopes, policies, tier, claims, credential } = self;
        let credential =
            credential.as_ref().map(|credential| (matches!(credential, Credential::ApiKey(_)), credential.reveal()));
        let all = (&**issuer, subject, scopes, policies, tier, claims, credential);
        serde_json::to_vec(&all).expect("an identity is a plain value")
    }
}

impl From<Caller> for Principal {
    fn from(caller: Caller) -> Self {
        Self::Platform(caller)
    }
}

impl From<ForeignCaller> for Principal {
    fn from(caller: ForeignCaller) -> Self {
        Self::Foreign(caller)
    }
}

impl Principal {
    /// The platform's caller; none when somebody else vouches.
    pub fn platform(&self) -> Option<&Caller> {
        match self {
            Self::Platform(caller) => Some(caller),
            Self::Foreign(_) => None,
        }
    }

    /// When the identity ends; none when it does not by itself.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Platform(caller) => caller.expires_at,
            Self::Foreign(caller) => caller.expires_at,
        }
    }

    /// Whether both are of one person or program, so that one credential may take the other's place in a connection.
    pub fn is_same_person(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Platform(one), Self::Platform(other)) => {
                one.user_id() == other.user_id() && one.tenant_id == other.tenant_id
            }
            (Self::Foreign(one), Self::Foreign(other)) => {
                one.identity.issuer == other.identity.issuer && one.identity.subject == other.identity.subject
            }
            _ => false,
        }
    }

    /// Whether answers to one are answers to the other, given that they are the same person.
    pub fn has_rights_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Platform(one), Self::Platform(other)) => one.permissions == other.permissions,
            (Self::Foreign(one), Self::Foreign(other)) => one.identity == other.identity,
            _ => false,
        }
    }

    /// Whether a scope was granted; the platform's permissions count as scopes of their names.
    pub fn has_scope(&self, scope: &str) -> bool {
        match self {
            Self::Platform(caller) => Permission::parse(scope).is_some_and(|permission| caller.may(&permission)),
            Self::Foreign(caller) => caller.identity.scopes.contains(scope),
        }
    }

    /// Whether a policy is met; the platform knows permissions instead of policies.
    pub fn meets_policy(&self, policy: &str) -> bool {
        match self {
            Self::Platform(_) => false,
            Self::Foreign(caller) => caller.identity.policies.contains(policy),
        }
    }

    /// The rate limit tier, when the credential names one.
    pub fn tier(&self) -> Option<&str> {
        match self {
            Self::Platform(_) => None,
            Self::Foreign(caller) => caller.identity.tier.as_deref(),
        }
    }
}

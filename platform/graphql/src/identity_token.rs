//! The signed, short-lived identity that the router sends with each request to a subgraph in another process.

use std::collections::HashSet;
use std::time::Duration;

use cloudphone_core::{Caller, Origin};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, get_current_timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::RequestScope;

/// The header that carries the token.
pub const HEADER: &str = "x-cloudphone-identity";

/// How long a token is good for: long enough for a slow network, too short to be worth stealing.
pub const LIFETIME: Duration = Duration::from_secs(30);

/// A secret that only the platform's own parts know; at least 32 characters.
#[derive(Clone)]
pub struct InternalSecret(String);

impl InternalSecret {
    /// Takes a secret of 32 characters or more.
    pub fn new(secret: impl Into<String>) -> Result<Self, TokenError> {
        let secret = secret.into();
        if secret.len() < 32 { Err(TokenError::WeakSecret) } else { Ok(Self(secret)) }
    }

    /// The bytes of the secret, for deriving further keys.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for InternalSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("InternalSecret(redacted)")
    }
}

/// Why a token was not made or not believed.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The secret is too short to resist guessing (RFC 7518 §3.2 asks for the hash's size).
    #[error("The internal secret needs at least 32 characters.")]
    WeakSecret,
    /// The token is malformed, forged, expired or meant for another subgraph.
    #[error("The identity token does not hold.")]
    Invalid(#[source] jsonwebtoken::errors::Error),
}

#[derive(Serialize, Deserialize)]
struct Claims {
    caller: Option<Caller>,
    origin: Origin,
    aud: String,
    exp: u64,
}

/// Signs the scope of a request for one subgraph (HS256).
pub fn sign(scope: &RequestScope, subgraph: &str, secret: &InternalSecret) -> Result<String, TokenError> {
    let claims = Claims {
        caller: scope.caller.clone(),
        origin: scope.origin.clone(),
        aud: subgraph.to_owned(),
        exp: get_current_timestamp() + LIFETIME.as_secs(),
    };
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes()))
        .map_err(TokenError::Invalid)
}

/// Reads a scope back; only a token made for this subgraph with this secret within its life is believed.
pub fn verify(token: &str, subgraph: &str, secret: &InternalSecret) -> Result<RequestScope, TokenError> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[subgraph]);
    validation.required_spec_claims = HashSet::from(["exp".to_owned(), "aud".to_owned()]);
    validation.leeway = 2;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &validation).map_err(TokenError::Invalid)?.claims;
    Ok(RequestScope { caller: claims.caller, origin: claims.origin })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cloudphone_core::TenantId;

    fn secret(fill: char) -> InternalSecret {
        InternalSecret::new(fill.to_string().repeat(32)).unwrap()
    }

    #[test]
    fn a_scope_travels_whole() {
        let scope = RequestScope::of(Caller::service("router", TenantId::new()));
        let token = sign(&scope, "devices", &secret('a')).unwrap();
        assert_eq!(verify(&token, "devices", &secret('a')).unwrap().caller, scope.caller);
    }

    #[test]
    fn a_token_for_another_subgraph_or_of_another_secret_is_refused() {
        let scope = RequestScope::anonymous(Origin::internal());
        let token = sign(&scope, "devices", &secret('a')).unwrap();
        assert!(verify(&token, "apps", &secret('a')).is_err());
        assert!(verify(&token, "devices", &secret('b')).is_err());
        assert!(verify("garbage", "devices", &secret('a')).is_err());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(matches!(InternalSecret::new("short"), Err(TokenError::WeakSecret)));
    }
}

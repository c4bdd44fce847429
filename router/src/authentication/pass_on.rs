//! What subgraphs of others learn of a caller: the credential itself, claims as headers, or a token of the router's own.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use cloudphone_execution::SubgraphRequest;
use cloudphone_execution::subgraphs::http::RequestDecorator;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Map, Value};
use thiserror::Error;

use super::{Credential, ForeignCaller};

/// The key by which the router signs for subgraphs.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    key: EncodingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({:?})", self.algorithm)
    }
}

/// A key that cannot be used.
#[derive(Debug, Error)]
pub enum SigningKeyError {
    /// The secret is too short to resist guessing (RFC 7518 §3.2).
    #[error("the secret needs at least 32 characters")]
    Weak,
    /// It is no Ed25519 private key.
    #[error("the key is no Ed25519 private key in PEM (PKCS #8)")]
    Malformed,
}

impl SigningKey {
    /// A secret of 32 characters or more, which subgraphs know as well (HS256).
    pub fn from_secret(secret: &str) -> Result<Self, SigningKeyError> {
        if secret.len() < 32 {
            return Err(SigningKeyError::Weak);
        }
        Ok(Self { algorithm: Algorithm::HS256, key: EncodingKey::from_secret(secret.as_bytes()) })
    }

    /// An Ed25519 private key in PEM, whose public half subgraphs know (EdDSA).
    pub fn from_pem(pem: &[u8]) -> Result<Self, SigningKeyError> {
        let key = EncodingKey::from_ed_pem(pem).map_err(|_| SigningKeyError::Malformed)?;
        Ok(Self { algorithm: Algorithm::EdDSA, key })
    }
}

/// A token of the router's own for each call, so that a subgraph can trust who called whom.
#[derive(Clone, Debug)]
pub struct SignedIdentity {
    /// The header that carries it.
    pub header: HeaderName,
    /// What it is signed with.
    pub key: SigningKey,
    /// The claim `iss`; `aud` is the subgraph's name.
    pub issuer: String,
    /// How long it holds, in seconds.
    pub lifetime_seconds: u64,
    /// The claims of the caller's own token that are repeated in it, besides `sub` and `scope`.
    pub claims: Vec<String>,
}

/// What is passed on.
#[derive(Clone, Debug, Default)]
pub struct PassOn {
    /// The credential itself: a token in `Authorization`, an API key in `x-api-key`.
    pub credential: bool,
    /// Claims as headers. Lists come as words with commas between.
    pub claims: Vec<(HeaderName, String)>,
    /// A token of the router's own.
    pub signed: Option<SignedIdentity>,
}

impl PassOn {
    /// Whether nothing is passed on.
    pub fn is_empty(&self) -> bool {
        !self.credential && self.claims.is_empty() && self.signed.is_none()
    }

    /// The names of all claims that are passed on.
    pub fn claim_names(&self) -> Vec<String> {
        let headers = self.claims.iter().map(|(_, name)| name);
        let mut names: Vec<String> =
            headers.chain(self.signed.iter().flat_map(|signed| &signed.claims)).cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl RequestDecorator for PassOn {
    /// The caller, where each token of the router's own differs from the one before; else the headers tell.
    fn identity(&self, request: &SubgraphRequest) -> Option<Bytes> {
        self.signed.as_ref()?;
        let caller = request.context.extensions.get::<ForeignCaller>();
        Some(caller.map(|caller| caller.identity.entitlement()).unwrap_or_default().into())
    }

    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        let caller = request.context.extensions.get::<ForeignCaller>();
        for (name, claim) in &self.claims {
            // Whatever else put it there, it was not the caller's verified identity.
            headers.remove(name);
            let value = caller.and_then(|caller| caller.identity.claims.get(claim)).and_then(header_value);
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        if self.credential {
            headers.remove(header::AUTHORIZATION);
            let credential = caller.and_then(|caller| caller.identity.credential.as_ref());
            let (name, text) = match credential {
                Some(Credential::Token(token)) => (header::AUTHORIZATION, format!("Bearer {token}")),
                Some(Credential::ApiKey(key)) => (HeaderName::from_static("x-api-key"), key.clone()),
                None => (header::AUTHORIZATION, String::new()),
            };
            insert_secret(headers, name, &text);
        }
        if let Some(signed) = &self.signed {
            headers.remove(&signed.header);
            let token = caller.and_then(|caller| signed.token(caller, &request.subgraph));
            insert_secret(headers, signed.header.clone(), &token.unwrap_or_default());
        }
    }
}

impl SignedIdentity {
    fn token(&self, caller: &ForeignCaller, subgraph: &str) -> Option<String> {
        let identity = &caller.identity;
        let scope = identity.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let now = get_current_timestamp();
        let mut claims: Map<String, Value> = Map::new();
        for name in &self.claims {
            if let Some(value) = identity.claims.get(name) {
                claims.insert(name.clone(), value.clone());
            }
        }
        // The router's own word comes last, so that no claim takes its place.
        claims.extend([
            ("sub".to_owned(), Value::from(identity.subject.as_str())),
            ("scope".to_owned(), Value::from(scope)),
            ("idp".to_owned(), Value::from(&*identity.issuer)),
            ("iss".to_owned(), Value::from(self.issuer.as_str())),
            ("aud".to_owned(), Value::from(subgraph)),
            ("iat".to_owned(), Value::from(now)),
            ("exp".to_owned(), Value::from(now + self.lifetime_seconds)),
        ]);
        let signed = encode(&Header::new(self.key.algorithm), &claims, &self.key.key);
        signed.inspect_err(|error| tracing::error!(subgraph, %error, "an identity could not be signed")).ok()
    }
}

fn insert_secret(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Some(mut value) = HeaderValue::try_from(text).ok().filter(|value| !value.is_empty()) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// A claim as the value of a header; none when it has characters that a header must not have (RFC 9110 §5.5).
fn header_value(claim: &Value) -> Option<HeaderValue> {
    let text = match claim {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    };
    HeaderValue::try_from(text).ok()
}

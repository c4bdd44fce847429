//! The keys in memory: signs access tokens, verifies them, and shows the public halves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use cloudphone_core::CommonError;
use cloudphone_graphql::identity_token::InternalSecret;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::{Value, json};

use super::model::{self, AccessClaims, ISSUER, Rotation, SigningKey};

/// All living keys.
pub struct KeyRing {
    secret: InternalSecret,
    rotation: Rotation,
    keys: ArcSwap<Keys>,
    /// When keys were last read because of an unknown one, in seconds since 1970.
    reloaded_at: AtomicI64,
}

/// Tokens with unknown keys make the ring read the database at most this often, or anybody could keep it busy.
const RELOAD_SECONDS: i64 = 5;

#[derive(Default)]
struct Keys {
    all: Vec<SigningKey>,
    verifying: HashMap<String, DecodingKey>,
}

impl KeyRing {
    /// An empty ring; it is filled by the first rotation.
    pub(crate) fn new(secret: InternalSecret, rotation: Rotation) -> Self {
        Self { secret, rotation, keys: ArcSwap::default(), reloaded_at: AtomicI64::new(0) }
    }

    pub(super) fn secret(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    pub(super) fn rotation(&self) -> Rotation {
        self.rotation
    }

    pub(super) fn replace(&self, all: Vec<SigningKey>) {
        let verifying = all.iter().map(|key| (key.id.to_string(), DecodingKey::from_ed_der(&key.public_key))).collect();
        self.keys.store(Keys { all, verifying }.into());
    }

    /// Signs an access token with the current key.
    pub fn sign(&self, claims: &AccessClaims, now: DateTime<Utc>) -> Result<String, CommonError> {
        let keys = self.keys.load();
        let key = model::signing(&keys.all, self.secret(), now)
            .ok_or_else(|| CommonError::unavailable("no signing key is loaded"))?;
        let private = key.private_key(self.secret()).expect("only keys with a private half sign");
        let document = private.to_pkcs8_der().map_err(|error| CommonError::internal(error.to_string()))?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.id.to_string());
        encode(&header, claims, &EncodingKey::from_ed_der(document.as_bytes())).map_err(CommonError::internal)
    }

    /// The claims of a genuine token that has not ended; `None` for every other text.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<AccessClaims> {
        let key_id = decode_header(token).ok()?.kid?;
        let keys = self.keys.load();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // The end is compared with the domain's clock below.
        validation.validate_exp = false;
        let claims = decode::<AccessClaims>(token, keys.verifying.get(&key_id)?, &validation).ok()?.claims;
        (claims.exp > now.timestamp()).then_some(claims)
    }

    /// Whether the keys may be read again because of an unknown one.
    pub fn may_reload(&self, now: DateTime<Utc>) -> bool {
        let (now, last) = (now.timestamp(), self.reloaded_at.load(Ordering::Relaxed));
        now - last >= RELOAD_SECONDS
            && self.reloaded_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Whether the key that a token names is loaded; one that another process has just made is not. Texts that are no
    /// tokens name none.
    pub fn knows_key_of(&self, token: &str) -> bool {
        let key_id = decode_header(token).ok().and_then(|header| header.kid);
        key_id.is_none_or(|id| self.keys.load().verifying.contains_key(&id))
    }

    /// The public halves as a JSON Web Key Set (RFC 7517 §5, RFC 8037 §2).
    pub fn json_web_key_set(&self) -> Value {
        let key = |key: &SigningKey| {
            json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
                "kid": key.id.to_string(), "x": URL_SAFE_NO_PAD.encode(&key.public_key),
            })
        };
        json!({ "keys": self.keys.load().all.iter().map(key).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;
    use cloudphone_core::{SessionId, TenantId, UserId};
    use uuid::Uuid;

    fn ring(secret: &str, now: DateTime<Utc>) -> KeyRing {
        let rotation = Rotation { period: TimeDelta::days(1), token_life: TimeDelta::minutes(15) };
        let ring = KeyRing::new(InternalSecret::new(secret.repeat(32)).unwrap(), rotation);
        ring.replace(vec![SigningKey::generate(ring.secret(), true, now, rotation)]);
        ring
    }

    fn claims(now: DateTime<Utc>) -> AccessClaims {
        AccessClaims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: UserId::new(),
            tid: TenantId::new(),
            sid: SessionId::new(),
            exp: now.timestamp() + 900,
            iat: now.timestamp(),
            jti: Uuid::now_v7(),
        }
    }

    #[test]
    fn a_token_verifies_until_it_ends() {
        let now = Utc::now();
        let (ring, claims) = (ring("a", now), claims(now));
        let token = ring.sign(&claims, now).unwrap();
        assert_eq!(ring.verify(&token, now), Some(claims));
        assert_eq!(ring.verify(&token, now + TimeDelta::seconds(900)), None);
    }

    #[test]
    fn a_token_of_another_key_or_issuer_or_shape_is_refused() {
        let now = Utc::now();
        let ours = ring("a", now);
        let theirs = ring("b", now).sign(&claims(now), now).unwrap();
        assert_eq!(ours.verify(&theirs, now), None);
        assert!(!ours.knows_key_of(&theirs));
        let foreign = ours.sign(&AccessClaims { iss: "elsewhere".into(), ..claims(now) }, now).unwrap();
        assert_eq!(ours.verify(&foreign, now), None);
        assert_eq!(ours.verify("garbage", now), None);
        let token = ours.sign(&claims(now), now).unwrap();
        let (head, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(ours.verify(&format!("{head}.{}", "A".repeat(signature.len())), now), None);
    }

    #[test]
    fn a_token_that_says_it_needs_no_signature_is_refused() {
        let now = Utc::now();
        let ring = ring("a", now);
        let kid = ring.json_web_key_set()["keys"][0]["kid"].as_str().unwrap().to_owned();
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({ "alg": "none", "kid": kid }));
        let body = part(serde_json::to_value(claims(now)).unwrap());
        assert_eq!(ring.verify(&format!("{header}.{body}."), now), None);
        let confused = part(json!({ "alg": "HS256", "kid": kid }));
        assert_eq!(ring.verify(&format!("{confused}.{body}.AAAA"), now), None);
    }

    #[test]
    fn the_key_set_shows_public_halves_that_verify() {
        let now = Utc::now();
        let ring = ring("a", now);
        let token = ring.sign(&claims(now), now).unwrap();
        let shown = ring.json_web_key_set();
        let jwk = serde_json::from_value(shown["keys"][0].clone()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[ISSUER]);
        assert!(decode::<AccessClaims>(&token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).is_ok());
        assert!(shown["keys"][0].get("d").is_none());
    }
}

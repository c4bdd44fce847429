//! Public keys by which tokens are verified, each with the algorithms that it may be used with.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Keys of one set beyond which no more are read.
const MAX_KEYS: usize = 100;
/// Keys that are tried when a token does not say which one it is signed with.
const MAX_TRIED: usize = 8;
/// The shortest RSA modulus, in bytes (RFC 7518 §3.3).
const MIN_RSA_BYTES: usize = 256;

/// An algorithm by its name in RFC 7518 or RFC 8037; `none` is not one.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    name.parse().ok()
}

/// Whether an algorithm uses a secret that both sides know.
pub(super) fn is_symmetric(algorithm: Algorithm) -> bool {
    algorithm.family() == AlgorithmFamily::Hmac
}

/// Whether this is an algorithm for such an issuer: one with whom a secret is shared, or one with public keys.
pub fn is_algorithm(name: &str, shares_secret: bool) -> bool {
    algorithm(name).is_some_and(|algorithm| is_symmetric(algorithm) == shares_secret)
}

/// The keys of an issuer at one time.
#[derive(Default)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    verifier: DecodingKey,
    /// What it was read from; none of a secret.
    source: Option<Jwk>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// The only key of an issuer with whom a secret is shared.
    pub(super) fn of_secret(secret: &str) -> Self {
        let algorithms = vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
        let verifier = DecodingKey::from_secret(secret.as_bytes());
        Self { keys: vec![Key { id: None, algorithms, verifier, source: None }] }
    }

    /// Reads a JSON Web Key Set. What is in it for other purposes, of unknown kinds or too weak is left out (RFC 7517 §5).
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let document: Document =
            serde_json::from_slice(text).map_err(|error| format!("not a JSON Web Key Set: {error}"))?;
        let keys: Vec<Key> = document.keys.into_iter().take(MAX_KEYS).filter_map(Key::read).collect();
        if keys.is_empty() { Err("there is no key in it that can be used".to_owned()) } else { Ok(Self { keys }) }
    }

    /// The keys that may have signed a token.
    pub(super) fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<&DecodingKey> {
        let fitting = self.keys.iter().filter(|key| key.algorithms.contains(&algorithm));
        // A key without a name may be any.
        let named = fitting.filter(|key| id.is_none() || key.id.is_none() || key.id.as_deref() == id);
        named.take(MAX_TRIED).map(|key| &key.verifier).collect()
    }

    /// Whether both have the same keys.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len() && self.includes(other)
    }

    /// Whether all keys of the other are also in this one, the same and under the same names.
    pub(super) fn includes(&self, other: &Self) -> bool {
        other.keys.iter().all(|key| self.keys.iter().any(|own| own.source == key.source))
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let common = &jwk.common;
        let signs = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
        let verifies =
            common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if !signs || !verifies {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(parameters) if parameters.n.len() * 3 / 4 >= MIN_RSA_BYTES => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(parameters) => match parameters.curve {
                EllipticCurve::P256 => vec![Algorithm::ES256],
                EllipticCurve::P384 => vec![Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(parameters) if parameters.curve == EllipticCurve::Ed25519 => {
                vec![Algorithm::EdDSA]
            }
            // A secret has no place among public keys.
            _ => return None,
        };
        if let Some(only) = common.key_algorithm {
            let only = algorithm(&only.to_string())?;
            algorithms.retain(|algorithm| *algorithm == only);
        }
        let verifier = DecodingKey::from_jwk(&jwk).ok()?;
        (!algorithms.is_empty()).then(|| Self {
            id: jwk.common.key_id.clone(),
            algorithms,
            verifier,
            source: Some(jwk),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// From RFC 8037, appendix A.2.
    const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn set(keys: &Value) -> Result<KeySet, String> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn a_key_takes_only_the_algorithms_of_its_kind() {
        let keys = set(&json!([{ "kty": "OKP", "crv": "Ed25519", "x": ED25519, "kid": "one" }])).unwrap();
        assert_eq!(keys.candidates(Some("one"), Algorithm::EdDSA).len(), 1);
        assert_eq!(keys.candidates(None, Algorithm::EdDSA).len(), 1);
        assert!(keys.candidates(Some("two"), Algorithm::EdDSA).is_empty());
        for other in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256] {
            assert!(keys.candidates(Some("one"), other).is_empty());
        }
    }

    #[test]
    fn what_cannot_verify_tokens_is_left_out() {
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519 });
        for useless in [
            json!({ "kty": "oct", "k": "c2VjcmV0", "alg": "HS256" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519, "use": "enc" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519, "key_ops": ["sign"] }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519, "alg": "RS256" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": ED25519 }),
            json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }),
            json!("nonsense"),
        ] {
            assert!(set(&json!([useless])).is_err(), "{useless}");
            assert_eq!(set(&json!([useless, good])).unwrap().keys.len(), 1);
        }
        assert!(KeySet::parse(b"{}").is_err());
    }

    #[test]
    fn a_set_reads_so_many_keys_and_no_more() {
        let many: Vec<Value> = (0..MAX_KEYS + 5)
            .map(|number| json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519, "kid": number.to_string() }))
            .collect();
        let keys = set(&json!(many)).unwrap();
        assert_eq!(keys.keys.len(), MAX_KEYS);
        assert_eq!(keys.candidates(None, Algorithm::EdDSA).len(), MAX_TRIED);
    }

    #[test]
    fn no_algorithm_is_called_none() {
        for name in ["none", "None", "NONE", "", "HS1"] {
            assert_eq!(algorithm(name), None);
        }
        assert_eq!(algorithm("EdDSA"), Some(Algorithm::EdDSA));
    }
}

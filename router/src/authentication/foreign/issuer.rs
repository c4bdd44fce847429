//! An issuer of tokens, and the rules by which one of its tokens holds (RFC 7519, RFC 8725).

use std::sync::Arc;

use jsonwebtoken::dangerous::insecure_decode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::claims::claim;
use super::key_set::{algorithm, is_symmetric};
use super::key_source::KeySource;
use super::{ForeignAuthenticatorError, IssuerOptions, Keys};
use crate::authentication::{AuthenticationError, ForeignCaller};

/// What is taken from an issuer with public keys when nothing else is said.
const ASYMMETRIC: [Algorithm; 9] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

pub(super) struct Issuer {
    name: Arc<str>,
    options: IssuerOptions,
    algorithms: Vec<Algorithm>,
    keys: Arc<KeySource>,
    passed_on: Vec<String>,
    leeway: chrono::Duration,
}

/// What a token says of itself before anything of it is believed.
#[derive(Deserialize)]
pub(super) struct Claimed {
    iss: Option<String>,
}

impl Claimed {
    /// Reads it; none when it is no token.
    pub(super) fn read(token: &str) -> Option<Self> {
        insecure_decode(token).ok().map(|token| token.claims)
    }
}

impl Issuer {
    pub(super) fn new(options: IssuerOptions, passed_on: &[String]) -> Result<Self, ForeignAuthenticatorError> {
        let shares_secret = matches!(options.keys, Keys::Secret(_));
        let mut algorithms = Vec::with_capacity(options.algorithms.len());
        for name in &options.algorithms {
            // A public key must never be taken for a secret (RFC 8725 §2.1).
            let known = algorithm(name).filter(|algorithm| is_symmetric(*algorithm) == shares_secret);
            algorithms.push(known.ok_or_else(|| ForeignAuthenticatorError::Algorithm {
                issuer: options.name.clone(),
                algorithm: name.clone(),
            })?);
        }
        if algorithms.is_empty() {
            algorithms.extend(if shares_secret { &[Algorithm::HS256][..] } else { &ASYMMETRIC });
        }
        Ok(Self {
            name: Arc::from(options.name.as_str()),
            algorithms,
            keys: Arc::new(KeySource::new(&options)?),
            passed_on: passed_on.to_vec(),
            leeway: chrono::Duration::from_std(options.leeway).unwrap_or_default(),
            options,
        })
    }

    pub(super) fn keys(&self) -> &Arc<KeySource> {
        &self.keys
    }

    /// Whether a token with this `iss` is to be verified by this issuer's keys.
    pub(super) fn may_have_issued(&self, claimed: &Claimed) -> bool {
        self.options.issuer.is_none() || self.options.issuer == claimed.iss
    }

    /// Whom a token is about, with the number of the keys that it was verified by.
    pub(super) async fn verify(&self, token: &str) -> Result<(ForeignCaller, u64), AuthenticationError> {
        let header = decode_header(token).map_err(|_| AuthenticationError::Invalid)?;
        // Extensions that must be understood, and are not (RFC 7515 §4.1.11).
        if header.crit.is_some() || !self.algorithms.contains(&header.alg) {
            return Err(AuthenticationError::Invalid);
        }
        let id = header.kid.as_deref();
        let (mut keys, mut generation) = self.keys.current();
        if keys.candidates(id, header.alg).is_empty() && self.keys.refetch().await {
            (keys, generation) = self.keys.current();
        }
        if !self.keys.has_keys() {
            return Err(AuthenticationError::Unavailable);
        }
        let validation = self.validation(header.alg);
        let mut refusal = AuthenticationError::Invalid;
        for key in keys.candidates(id, header.alg) {
            match decode::<Map<String, Value>>(token, key, &validation) {
                Ok(token) => return self.caller(&token.claims).map(|caller| (caller, generation)),
                Err(error) if *error.kind() == ErrorKind::ExpiredSignature => refusal = AuthenticationError::Expired,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let options = &self.options;
        let mut validation = Validation::new(algorithm);
        validation.leeway = options.leeway.as_secs();
        validation.validate_nbf = true;
        // What is expected must be there: an absent claim is not checked otherwise.
        let mut required = vec!["exp"];
        if options.audiences.is_empty() {
            validation.validate_aud = false;
        } else {
            validation.set_audience(&options.audiences);
            required.push("aud");
        }
        if let Some(issuer) = &options.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn caller(&self, claims: &Map<String, Value>) -> Result<ForeignCaller, AuthenticationError> {
        let options = &self.options;
        let complete = options.required_claims.iter().all(|name| claim(claims, name).is_some_and(|own| !own.is_null()));
        let caller = complete.then(|| options.claims.read(&self.name, claims, self.leeway, &self.passed_on));
        caller.flatten().ok_or(AuthenticationError::Invalid)
    }
}

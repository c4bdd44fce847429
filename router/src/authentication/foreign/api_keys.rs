//! API keys of the operator's own, of which only the hashes are known.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use tokio::sync::broadcast;
use tokio::time::sleep;

use super::CredentialDigest;
use super::key_source::Upkeep;
use crate::authentication::{AccessChange, ForeignCaller, ForeignIdentity};

/// Who vouches for keys.
const ISSUER: &str = "api-keys";
/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What of a digest finds candidates, whose digests are then compared in full and in constant time.
const PREFIX: usize = 8;

/// An API key as the operator lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Whose it is: the subject of its callers.
    pub name: String,
    /// The SHA-256 of the key in hexadecimal digits.
    pub sha256: String,
    /// Its scopes.
    #[serde(default)]
    pub scopes: BTreeSet<String>,
    /// The policies that are met.
    #[serde(default)]
    pub policies: BTreeSet<String>,
    /// Its rate limit tier.
    #[serde(default)]
    pub tier: Option<String>,
    /// When it ends; absent: it does not.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Why a list of keys cannot be used.
#[derive(Debug, Error)]
pub enum ApiKeyError {
    /// The file cannot be read.
    #[error("{file} cannot be read: {cause}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        cause: String,
    },
    /// A hash is none.
    #[error("the API key `{0}` needs a SHA-256 of 64 hexadecimal digits")]
    Hash(String),
}

/// The digest of 64 hexadecimal digits; none when it is something else.
pub fn digest_of(hexadecimal: &str) -> Option<[u8; 32]> {
    let digits = hexadecimal.as_bytes();
    let mut digest = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

type Known = HashMap<[u8; PREFIX], Vec<(CredentialDigest, ForeignCaller)>>;

/// The keys that count now.
pub(super) struct ApiKeys {
    fixed: Vec<ApiKey>,
    file: Option<PathBuf>,
    passed_on: Vec<String>,
    known: ArcSwap<Known>,
}

impl ApiKeys {
    pub(super) fn read(fixed: &[ApiKey], file: Option<PathBuf>, passed_on: &[String]) -> Result<Self, ApiKeyError> {
        let mut keys = fixed.to_vec();
        if let Some(file) = &file {
            let text = std::fs::read(file).map_err(|error| wrong(file, &error))?;
            keys.extend(parse(file, &text)?);
        }
        let known = ArcSwap::from_pointee(index(&keys, passed_on)?);
        Ok(Self { fixed: fixed.to_vec(), file, passed_on: passed_on.to_vec(), known })
    }

    /// Whom a key stands for, by the key's digest.
    pub(super) fn find(&self, digest: &CredentialDigest) -> Option<ForeignCaller> {
        let known = self.known.load();
        let mut found = None;
        for (own, caller) in known.get(&digest[..PREFIX])? {
            if bool::from(own.ct_eq(digest)) {
                found = Some(caller.clone());
            }
        }
        found
    }

    /// The work of reading the file when it changes; none without a file.
    pub(super) fn upkeep(self: Arc<Self>, changes: broadcast::Sender<AccessChange>) -> Option<Upkeep> {
        let file = self.file.clone()?;
        Some(Box::pin(async move {
            let mut last: Option<CredentialDigest> = None;
            loop {
                sleep(LOOK_EVERY).await;
                // A file that is away for a moment is being replaced.
                let Ok(text) = tokio::fs::read(&file).await else { continue };
                let digest = Sha256::digest(&text).into();
                if last.replace(digest) == Some(digest) {
                    continue;
                }
                let read = parse(&file, &text).and_then(|own| {
                    let keys: Vec<ApiKey> = self.fixed.iter().cloned().chain(own).collect();
                    index(&keys, &self.passed_on)
                });
                match read {
                    Ok(known) if known == **self.known.load() => {}
                    Ok(known) => {
                        self.known.store(Arc::new(known));
                        tracing::info!("the API keys have changed");
                        // An error only says that nobody listens.
                        let _ = changes.send(AccessChange::default());
                    }
                    Err(cause) => tracing::error!(%cause, "the API keys stay as they were"),
                }
            }
        }))
    }
}

fn wrong(file: &Path, cause: &dyn std::fmt::Display) -> ApiKeyError {
    ApiKeyError::File { file: file.display().to_string(), cause: cause.to_string() }
}

fn parse(file: &Path, text: &[u8]) -> Result<Vec<ApiKey>, ApiKeyError> {
    serde_json::from_slice(text).map_err(|error| wrong(file, &error))
}

fn index(keys: &[ApiKey], passed_on: &[String]) -> Result<Known, ApiKeyError> {
    let mut known = Known::new();
    for key in keys {
        let digest = digest_of(&key.sha256).ok_or_else(|| ApiKeyError::Hash(key.name.clone()))?;
        let scope = key.scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut claims = Map::new();
        for (name, value) in [("sub", Value::from(key.name.as_str())), ("scope", Value::from(scope))] {
            if passed_on.iter().any(|wanted| wanted == name) {
                claims.insert(name.to_owned(), value);
            }
        }
        let identity = ForeignIdentity {
            issuer: Arc::from(ISSUER),
            subject: key.name.clone(),
            scopes: key.scopes.clone(),
            policies: key.policies.clone(),
            tier: key.tier.clone(),
            claims,
            credential: None,
        };
        let caller = ForeignCaller { identity: Arc::new(identity), expires_at: key.expires_at };
        let prefix = digest[..PREFIX].try_into().expect("a digest is longer than its prefix");
        known.entry(prefix).or_default().push((digest, caller));
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_hashes_are_hashes() {
        assert_eq!(digest_of(&"ab".repeat(32)), Some([0xab; 32]));
        for wrong in ["", "ab", &"ab".repeat(33), &"zz".repeat(32), &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(digest_of(wrong), None, "{wrong}");
        }
    }
}

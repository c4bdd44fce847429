//! What an API key is, how its text is made and read, and when it holds.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApiKeyId, TenantId, UserId};
use diesel::prelude::*;
use rand::Rng;
use rand::distr::Alphanumeric;
use subtle::ConstantTimeEq;

use crate::schema::api_keys;
use crate::session::model::{random_secret, secret_hash};

/// Every API key's text begins with this, so that scanners for leaked secrets recognise one.
pub const SCHEME: &str = "cp_";

/// A long-lived credential for a program, acting for the person who made it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
pub struct ApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// The organisation whose rows it opens.
    pub tenant_id: TenantId,
    /// Who made it; it never allows more than that person may do.
    pub user_id: UserId,
    /// The name that its maker gave it.
    pub name: String,
    /// The public part of its text, by which it is found and recognised.
    pub prefix: String,
    /// SHA-256 of the secret part.
    pub secret_hash: Vec<u8>,
    /// What it allows, as far as its maker still may.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; absent when it does not.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to within a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKey {
    /// Whether the key still holds.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether a secret is this key's.
    pub fn has_secret(&self, secret: &str) -> bool {
        self.secret_hash.ct_eq(&secret_hash(secret)).into()
    }
}

/// The text of a key, in its two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyText {
    /// The public part.
    pub prefix: String,
    /// The secret part.
    pub secret: String,
}

impl KeyText {
    /// A fresh text.
    pub fn generate() -> Self {
        let prefix = rand::rng().sample_iter(Alphanumeric).take(12).map(char::from).collect();
        Self { prefix, secret: random_secret() }
    }

    /// Reads `cp_<prefix>_<secret>`; `None` for every other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, secret) = text.strip_prefix(SCHEME)?.split_once('_')?;
        (!prefix.is_empty() && !secret.is_empty()).then(|| Self { prefix: prefix.into(), secret: secret.into() })
    }

    /// The whole text, shown once.
    pub fn spelled(&self) -> String {
        format!("{SCHEME}{}_{}", self.prefix, self.secret)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;

    fn key(text: &KeyText, now: DateTime<Utc>) -> ApiKey {
        ApiKey {
            id: ApiKeyId::new(),
            tenant_id: TenantId::new(),
            user_id: UserId::new(),
            name: "ci".into(),
            prefix: text.prefix.clone(),
            secret_hash: secret_hash(&text.secret),
            permissions: vec!["device:read".into()],
            created_at: now,
            expires_at: Some(now + TimeDelta::days(1)),
            last_used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_text_reads_back_even_with_an_underscore_in_the_secret() {
        for _ in 0..200 {
            let text = KeyText::generate();
            assert_eq!(KeyText::parse(&text.spelled()), Some(text));
        }
        for wrong in ["", "cp_", "cp_abc", "cp__secret", "cp_abc_", "xx_abc_def"] {
            assert_eq!(KeyText::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_holds_for_its_secret_until_it_ends_or_is_revoked() {
        let (text, now) = (KeyText::generate(), Utc::now());
        let mut key = key(&text, now);
        assert!(key.has_secret(&text.secret));
        assert!(!key.has_secret(&KeyText::generate().secret));
        assert!(key.is_alive(now));
        assert!(!key.is_alive(now + TimeDelta::days(1)));
        key.revoked_at = Some(now);
        assert!(!key.is_alive(now));
    }
}

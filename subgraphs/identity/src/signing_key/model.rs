//! What a signing key is, how its private half is derived, and when it signs.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{SessionId, TenantId, UserId};
use diesel::prelude::*;
use ed25519_dalek::SigningKey as PrivateKey;
use hmac::{Hmac, Mac};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::schema::signing_keys;

/// Issuer and audience of every access token.
pub const ISSUER: &str = "cloudphone";

/// How long a new key is published before it signs, so that every verifier has read it by then.
pub const PUBLICATION_LEAD: TimeDelta = TimeDelta::minutes(10);

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who made the token.
    pub iss: String,
    /// Whom the token is for.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The user's tenant.
    pub tid: TenantId,
    /// The session that the token belongs to.
    pub sid: SessionId,
    /// When the token ends, in seconds since 1970.
    pub exp: i64,
    /// When the token was made, in seconds since 1970.
    pub iat: i64,
    /// The token's own id.
    pub jti: Uuid,
}

/// A key as the database keeps it: without the private half.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::pg::Pg))]
pub struct SigningKey {
    /// The key id in the header of tokens.
    pub id: Uuid,
    /// With the internal secret, the source of the private half.
    pub salt: Vec<u8>,
    /// The public half, 32 bytes.
    pub public_key: Vec<u8>,
    /// When the key was made.
    pub created_at: DateTime<Utc>,
    /// From when on the key signs.
    pub activates_at: DateTime<Utc>,
    /// Until when the key verifies.
    pub expires_at: DateTime<Utc>,
}

/// How long keys sign, and how long their tokens live after that.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// How long a key signs.
    pub period: TimeDelta,
    /// How long the last token of a key lives.
    pub token_life: TimeDelta,
}

impl SigningKey {
    /// A fresh key. The platform's first one signs at once, later ones once they have been published for a while.
    pub fn generate(secret: &[u8], is_first: bool, now: DateTime<Utc>, rotation: Rotation) -> Self {
        let mut salt = vec![0; 32];
        rand::rng().fill_bytes(&mut salt);
        let activates_at = if is_first { now } else { now + PUBLICATION_LEAD };
        Self {
            id: Uuid::now_v7(),
            public_key: derive(secret, &salt).verifying_key().to_bytes().to_vec(),
            salt,
            created_at: now,
            activates_at,
            expires_at: activates_at + rotation.period + rotation.token_life + PUBLICATION_LEAD * 2,
        }
    }

    /// The private half; `None` when the internal secret is no longer the one that the key was made with.
    pub fn private_key(&self, secret: &[u8]) -> Option<PrivateKey> {
        let private = derive(secret, &self.salt);
        (private.verifying_key().as_bytes() == self.public_key.as_slice()).then_some(private)
    }
}

/// HKDF's extract step (RFC 5869 §2.2) yields 32 uniform bytes, which is what an Ed25519 seed is (RFC 8032 §5.1.5).
fn derive(secret: &[u8], salt: &[u8]) -> PrivateKey {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.update(b"cloudphone access token signing key");
    mac.update(secret);
    PrivateKey::from_bytes(&mac.finalize().into_bytes().into())
}

/// The key that signs now: the newest active one that this platform can derive.
pub fn signing<'a>(keys: &'a [SigningKey], secret: &[u8], now: DateTime<Utc>) -> Option<&'a SigningKey> {
    keys.iter()
        .filter(|key| key.activates_at <= now && now < key.expires_at && key.private_key(secret).is_some())
        .max_by_key(|key| (key.activates_at, key.id))
}

/// Whether the next key has to be made: none can sign, or the newest has signed for its whole period.
pub fn needs_successor(keys: &[SigningKey], secret: &[u8], now: DateTime<Utc>, rotation: Rotation) -> bool {
    let newest = keys.iter().filter(|key| key.private_key(secret).is_some()).map(|key| key.activates_at).max();
    newest.is_none_or(|activated| now >= activated + rotation.period)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ROTATION: Rotation = Rotation { period: TimeDelta::days(90), token_life: TimeDelta::minutes(15) };

    fn start() -> DateTime<Utc> {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_key_cannot_be_derived_with_another_secret() {
        let key = SigningKey::generate(b"the secret", true, start(), ROTATION);
        assert!(key.private_key(b"the secret").is_some());
        assert!(key.private_key(b"another secret").is_none());
        assert!(needs_successor(&[key], b"another secret", start(), ROTATION));
    }

    #[test]
    fn a_successor_is_published_before_it_signs_and_the_old_key_outlives_its_tokens() {
        let first = SigningKey::generate(b"s", true, start(), ROTATION);
        assert!(!needs_successor(std::slice::from_ref(&first), b"s", start(), ROTATION));

        let later = start() + ROTATION.period;
        assert!(needs_successor(std::slice::from_ref(&first), b"s", later, ROTATION));
        let second = SigningKey::generate(b"s", false, later, ROTATION);
        let keys = [first.clone(), second.clone()];
        assert_eq!(signing(&keys, b"s", later), Some(&first), "the new key waits until verifiers know it");
        let switched = later + PUBLICATION_LEAD;
        assert_eq!(signing(&keys, b"s", switched), Some(&second));
        assert!(first.expires_at > switched + ROTATION.token_life, "the last token of the old key still verifies");
        assert!(!needs_successor(&keys, b"s", switched, ROTATION));
    }
}

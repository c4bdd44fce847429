//! The secret with which a device signs in to the broker.

use std::fmt;

use hmac::{Hmac, Mac};
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use cloudphone_core::DeviceId;

/// A device's password: 256 bits in hex. Printing it gives `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret(String);

impl DeviceSecret {
    /// A fresh random secret.
    pub fn random() -> Self {
        Self(hex::encode(rand::rng().random::<[u8; 32]>()))
    }

    /// The secret of a device that the platform plays itself: a function of the platform's key, so that neither a
    /// restart nor another process needs to store or rotate it.
    pub fn derived(key: &str, device_id: DeviceId, version: i32) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
        mac.update(b"simulated-device-credential");
        mac.update(device_id.0.as_bytes());
        mac.update(&version.to_be_bytes());
        Self(hex::encode(mac.finalize().into_bytes()))
    }

    /// A secret that somebody presents.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it. A plain hash suffices: 256 random bits cannot be guessed.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Whether it is the secret behind a stored hash, in a time that tells nothing.
    pub fn matches(&self, hash: &[u8]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeviceSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_its_own_hash_only() {
        let (one, other) = (DeviceSecret::random(), DeviceSecret::random());
        assert!(one.matches(&one.hash()));
        assert!(!other.matches(&one.hash()));
        assert_eq!(format!("{one:?}"), "DeviceSecret(***)");
    }

    #[test]
    fn a_derived_secret_changes_with_key_device_and_version() {
        let device = DeviceId::new();
        let secret = DeviceSecret::derived("a key", device, 1);
        assert_eq!(secret, DeviceSecret::derived("a key", device, 1));
        for other in [
            DeviceSecret::derived("another key", device, 1),
            DeviceSecret::derived("a key", DeviceId::new(), 1),
            DeviceSecret::derived("a key", device, 2),
        ] {
            assert_ne!(secret, other);
        }
    }
}

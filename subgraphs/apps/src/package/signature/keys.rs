//! Signature algorithms by their APK numbers, and checks of single signatures.

use aws_lc_rs::signature::{self as algorithms, UnparsedPublicKey, VerificationAlgorithm};

use super::content::Hash;

/// Whether any of the algorithms accepts the signature; an algorithm for another kind of key or curve never does.
fn any(candidates: &[&'static dyn VerificationAlgorithm], key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    candidates.iter().any(|algorithm| UnparsedPublicKey::new(*algorithm, key).verify(message, signature).is_ok())
}

/// An algorithm of schemes 2 and 3.
#[derive(Clone, Copy, Debug)]
pub(super) struct Algorithm {
    /// Its hash of the package's content.
    pub(super) hash: Hash,
    candidates: &'static [&'static dyn VerificationAlgorithm],
}

impl Algorithm {
    /// The algorithm of a number; `None` for DSA and for those that only add file-system verity.
    pub(super) fn of(number: u32) -> Option<Self> {
        let (hash, candidates): (_, &'static [&'static dyn VerificationAlgorithm]) = match number {
            0x0101 => (Hash::Sha256, &[&algorithms::RSA_PSS_2048_8192_SHA256]),
            0x0102 => (Hash::Sha512, &[&algorithms::RSA_PSS_2048_8192_SHA512]),
            0x0103 => (Hash::Sha256, &[&algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY]),
            0x0104 => (Hash::Sha512, &[&algorithms::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY]),
            0x0201 => (
                Hash::Sha256,
                &[
                    &algorithms::ECDSA_P256_SHA256_ASN1,
                    &algorithms::ECDSA_P384_SHA256_ASN1,
                    &algorithms::ECDSA_P521_SHA256_ASN1,
                ],
            ),
            0x0202 => (
                Hash::Sha512,
                &[
                    &algorithms::ECDSA_P256_SHA512_ASN1,
                    &algorithms::ECDSA_P384_SHA512_ASN1,
                    &algorithms::ECDSA_P521_SHA512_ASN1,
                ],
            ),
            _ => return None,
        };
        Some(Self { hash, candidates })
    }

    /// Whether the signature is the key's over the message. `key` is a `SubjectPublicKeyInfo`.
    pub(super) fn verifies(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        any(self.candidates, key, message, signature)
    }
}

/// Whether a JAR signature is the key's over the message, by RSA or ECDSA with the named hash.
pub(super) fn jar_signature_verifies(hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let candidates: &[&'static dyn VerificationAlgorithm] = match hash {
        Hash::Sha1 => &[&algorithms::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, &algorithms::ECDSA_P256_SHA1_ASN1],
        Hash::Sha256 => &[
            &algorithms::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            &algorithms::ECDSA_P256_SHA256_ASN1,
            &algorithms::ECDSA_P384_SHA256_ASN1,
        ],
        Hash::Sha512 => &[
            &algorithms::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            &algorithms::ECDSA_P256_SHA512_ASN1,
            &algorithms::ECDSA_P384_SHA512_ASN1,
        ],
    };
    any(candidates, key, message, signature)
}

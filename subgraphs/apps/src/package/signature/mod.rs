//! APK signatures, schemes 1 to 3.1 (source.android.com/docs/security/features/apksigning).
//!
//! As Android does, the newest scheme that a package carries decides: once one is there, older ones do not count, and when
//! it does not hold the package is refused, whatever older ones say.

mod block;
mod content;
mod cursor;
mod keys;
mod scheme_v1;
mod scheme_v2;

use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate as X509;
use x509_cert::der::{Decode as _, Encode as _};

use super::{Limits, PackageError};
use block::SigningBlock;

/// A signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// JAR signing.
    V1,
    /// Whole-file signing, since Android 7.
    V2,
    /// With key rotation, since Android 9.
    V3,
    /// With rotation aimed at a platform version, since Android 13.
    V31,
}

/// A certificate of a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject's distinguished name (RFC 4514).
    pub subject: String,
    /// SHA-256 of the DER form, in lower-case hexadecimal: the identity that Android compares.
    pub sha256: String,
    /// Beginning of validity; Android ignores it, people do not.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The schemes that the package carries, oldest first.
    pub schemes: Vec<Scheme>,
    /// The signers' certificates, in order.
    pub certificates: Vec<Certificate>,
}

/// Verifies a package's signatures.
pub fn verify(path: &Path, limits: &Limits) -> Result<Signature, PackageError> {
    let mut file = File::open(path)?;
    let block = SigningBlock::find(&mut file)?;
    let has_v1 = scheme_v1::is_present(path)?;
    let mut schemes = Vec::new();
    if has_v1 {
        schemes.push(Scheme::V1);
    }
    let present = [(Scheme::V2, block::V2), (Scheme::V3, block::V3), (Scheme::V31, block::V31)];
    schemes.extend(present.iter().filter(|(_, id)| block.value(*id).is_some()).map(|(scheme, _)| *scheme));
    let signers = match schemes.last() {
        None => return Err(PackageError::Unsigned),
        Some(Scheme::V1) => scheme_v1::verify(path, limits)?,
        Some(newest) => {
            let id = present.iter().find(|(scheme, _)| scheme == newest).map_or(block::V2, |(_, id)| *id);
            let value = block.value(id).unwrap_or_default();
            scheme_v2::verify(&mut file, &block, value, *newest)?
        }
    };
    let certificates = signers.iter().map(|der| certificate(der)).collect::<Result<_, _>>()?;
    Ok(Signature { schemes, certificates })
}

fn certificate(der: &[u8]) -> Result<Certificate, PackageError> {
    let parsed = X509::from_der(der)
        .map_err(|error| PackageError::BadSignature(format!("its certificate is malformed: {error}")))?;
    let validity = &parsed.tbs_certificate.validity;
    let moment = |time: x509_cert::time::Time| DateTime::<Utc>::from(time.to_system_time());
    Ok(Certificate {
        subject: parsed.tbs_certificate.subject.to_string(),
        sha256: hex::encode(Sha256::digest(der)),
        not_before: moment(validity.not_before),
        not_after: moment(validity.not_after),
    })
}

/// The public key of a certificate, in its `SubjectPublicKeyInfo` form.
fn public_key(certificate: &[u8]) -> Result<Vec<u8>, PackageError> {
    let malformed =
        |error: x509_cert::der::Error| PackageError::BadSignature(format!("its certificate is malformed: {error}"));
    let parsed = X509::from_der(certificate).map_err(malformed)?;
    parsed.tbs_certificate.subject_public_key_info.to_der().map_err(malformed)
}

//! Schemes 2, 3 and 3.1: signatures over the whole file, kept in the signing block.

use std::collections::BTreeMap;
use std::fs::File;

use super::block::SigningBlock;
use super::content::{Hash, digest};
use super::cursor::Cursor;
use super::keys::Algorithm;
use super::{Scheme, public_key};
use crate::package::PackageError;

/// More signers than this are an attack on time.
const MAX_SIGNERS: usize = 10;

/// Verifies every signer and answers their certificates.
pub(super) fn verify(
    file: &mut File,
    block: &SigningBlock,
    value: &[u8],
    scheme: Scheme,
) -> Result<Vec<Vec<u8>>, PackageError> {
    let signers = Cursor::new(value).sequence()?;
    if signers.is_empty() || signers.len() > MAX_SIGNERS {
        return Err(PackageError::BadSignature("it names no signer, or too many".to_owned()));
    }
    let mut certificates = Vec::new();
    let mut wanted: BTreeMap<Hash, Vec<Vec<u8>>> = BTreeMap::new();
    for signer in signers {
        let signed = signer_holds(signer, scheme)?;
        wanted.entry(signed.hash).or_default().push(signed.digest);
        certificates.push(signed.certificate);
    }
    for (hash, expected) in wanted {
        let actual = digest(file, block, hash)?;
        if expected.iter().any(|one| *one != actual) {
            return Err(PackageError::BadSignature("its content differs from what was signed".to_owned()));
        }
    }
    Ok(certificates)
}

struct Signed {
    hash: Hash,
    digest: Vec<u8>,
    certificate: Vec<u8>,
}

/// Checks one signer's signature over its signed data, which names the digest of the content.
fn signer_holds(signer: &[u8], scheme: Scheme) -> Result<Signed, PackageError> {
    let bad = |why: &str| PackageError::BadSignature(why.to_owned());
    let mut cursor = Cursor::new(signer);
    let signed_data = cursor.prefixed()?;
    if scheme >= Scheme::V3 {
        // The range of platform versions; the signed copy below is compared with it.
        cursor.u32()?;
        cursor.u32()?;
    }
    let signatures = cursor.numbered()?;
    let key = cursor.prefixed()?;

    let known = signatures.iter().filter_map(|(number, bytes)| Some((*number, Algorithm::of(*number)?, *bytes)));
    let Some((number, algorithm, signature)) = known.max_by_key(|(_, algorithm, _)| algorithm.hash) else {
        let numbers: Vec<String> = signatures.iter().map(|(number, _)| format!("{number:#06x}")).collect();
        return Err(PackageError::UnsupportedSignature(numbers.join(", ")));
    };
    if !algorithm.verifies(key, signed_data, signature) {
        return Err(bad("the signer's signature is wrong"));
    }

    let mut cursor = Cursor::new(signed_data);
    let digests = cursor.numbered()?;
    let certificates = cursor.sequence()?;
    // A stripped digest or signature must not lead to a weaker one being used.
    let same_numbers = digests.iter().map(|(number, _)| number).eq(signatures.iter().map(|(number, _)| number));
    if !same_numbers {
        return Err(bad("its digests and signatures use different algorithms"));
    }
    let digest = digests.iter().find(|(one, _)| *one == number).map(|(_, digest)| digest.to_vec());
    let digest = digest.ok_or_else(|| bad("it signs no digest"))?;
    let certificate = certificates.first().ok_or_else(|| bad("it has no certificate"))?.to_vec();
    if public_key(&certificate)? != key {
        return Err(bad("its key and its certificate differ"));
    }
    Ok(Signed { hash: algorithm.hash, digest, certificate })
}

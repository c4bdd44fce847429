//! Scheme 1, JAR signing: a manifest of digests, a signature file over it, and a CMS signature over that.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use x509_cert::der::asn1::{ObjectIdentifier, OctetString};
use x509_cert::der::{Decode as _, Encode as _};
use zip::ZipArchive;

use super::content::Hash;
use super::keys::jar_signature_verifies;
use super::public_key;
use crate::package::archive::{corrupted, open};
use crate::package::{Limits, PackageError};

type Archive = ZipArchive<BufReader<File>>;

const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// RFC 5652 §11.2.
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

fn bad(why: impl Into<String>) -> PackageError {
    PackageError::BadSignature(why.into())
}

fn is_block(name: &str) -> bool {
    name.strip_prefix("META-INF/").is_some_and(|rest| {
        !rest.contains('/') && [".RSA", ".EC", ".DSA"].iter().any(|ending| rest.to_ascii_uppercase().ends_with(ending))
    })
}

fn names(archive: &Archive) -> Result<Vec<String>, PackageError> {
    archive.file_names().map(|name| Ok(name.map_err(|error| corrupted(&error))?.into_owned())).collect()
}

/// Whether the package carries such a signature.
pub(super) fn is_present(path: &Path) -> Result<bool, PackageError> {
    let archive = open(File::open(path)?, path)?;
    Ok(names(&archive)?.iter().any(|name| is_block(name)))
}

/// Verifies every signature and every entry, and answers the signers' certificates.
pub(super) fn verify(path: &Path, limits: &Limits) -> Result<Vec<Vec<u8>>, PackageError> {
    let mut archive = open(File::open(path)?, path)?;
    let manifest = read(&mut archive, MANIFEST, limits)?;
    let sections = Sections::parse(&manifest)?;
    let mut blocks = names(&archive)?;
    blocks.retain(|name| is_block(name));
    blocks.sort();
    let mut certificates = Vec::new();
    for block in blocks {
        let stem = block.rsplit_once('.').map_or(block.as_str(), |(stem, _)| stem);
        let signature_file = read(&mut archive, &format!("{stem}.SF"), limits)?;
        let signature = read(&mut archive, &block, limits)?;
        certificates.push(signer_of(&signature, &signature_file)?);
        signature_file_covers(&signature_file, &manifest, &sections)?;
    }
    entries_match(&mut archive, &sections)?;
    Ok(certificates)
}

fn read(archive: &mut Archive, name: &str, limits: &Limits) -> Result<Vec<u8>, PackageError> {
    let entry = archive.by_name(name).map_err(|_| bad(format!("{name} is missing")))?;
    let mut bytes = Vec::new();
    entry.take(limits.held_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Checks the CMS signature over the signature file (RFC 5652 §5.6) and answers the signer's certificate.
fn signer_of(signature: &[u8], covered: &[u8]) -> Result<Vec<u8>, PackageError> {
    let malformed = |error: x509_cert::der::Error| bad(format!("its signature block is malformed: {error}"));
    let content = ContentInfo::from_der(signature).map_err(malformed)?;
    let data: SignedData = content.content.decode_as().map_err(malformed)?;
    let signer = data.signer_infos.0.iter().next().ok_or_else(|| bad("it names no signer"))?;
    let certificate = certificate_of(&data, signer)?.to_der().map_err(malformed)?;
    let hash = match signer.digest_alg.oid {
        SHA1 => Hash::Sha1,
        SHA256 => Hash::Sha256,
        SHA512 => Hash::Sha512,
        other => return Err(PackageError::UnsupportedSignature(other.to_string())),
    };
    let message = match &signer.signed_attrs {
        None => covered.to_vec(),
        Some(attributes) => {
            let digest = attributes.iter().find(|attribute| attribute.oid == MESSAGE_DIGEST);
            let digest =
                digest.and_then(|attribute| attribute.values.iter().next()).ok_or_else(|| bad("it signs no digest"))?;
            let digest: OctetString = digest.decode_as().map_err(malformed)?;
            if digest.as_bytes() != hash.digest(&[covered]) {
                return Err(bad("its signature file was changed"));
            }
            attributes.to_der().map_err(malformed)?
        }
    };
    let key = public_key(&certificate)?;
    if jar_signature_verifies(hash, &key, &message, signer.signature.as_bytes()) {
        Ok(certificate)
    } else {
        Err(bad("the signer's signature is wrong"))
    }
}

fn certificate_of<'a>(data: &'a SignedData, signer: &SignerInfo) -> Result<&'a x509_cert::Certificate, PackageError> {
    let certificates = data.certificates.as_ref().map(|set| set.0.iter()).into_iter().flatten();
    let mut plain = certificates.filter_map(|choice| match choice {
        CertificateChoices::Certificate(certificate) => Some(certificate),
        CertificateChoices::Other(_) => None,
    });
    let SignerIdentifier::IssuerAndSerialNumber(wanted) = &signer.sid else {
        return Err(PackageError::UnsupportedSignature("signer named by key identifier".to_owned()));
    };
    plain
        .find(|one| {
            one.tbs_certificate.issuer == wanted.issuer && one.tbs_certificate.serial_number == wanted.serial_number
        })
        .ok_or_else(|| bad("the signer's certificate is missing"))
}

/// The attributes of a manifest: those of the whole, and those of each named entry with the bytes they were read from.
struct Sections<'a> {
    main: BTreeMap<String, String>,
    entries: BTreeMap<String, (BTreeMap<String, String>, &'a [u8])>,
}

impl<'a> Sections<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, PackageError> {
        let mut parts = split_sections(bytes).into_iter();
        let main = attributes(parts.next().unwrap_or_default())?;
        let mut entries = BTreeMap::new();
        for part in parts {
            let values = attributes(part)?;
            let name = values.get("name").cloned().ok_or_else(|| bad("a section of its manifest has no name"))?;
            if entries.insert(name, (values, part)).is_some() {
                return Err(bad("its manifest names an entry twice"));
            }
        }
        Ok(Self { main, entries })
    }
}

/// Sections end with an empty line, which belongs to them.
fn split_sections(bytes: &[u8]) -> Vec<&[u8]> {
    let mut sections = Vec::new();
    let (mut begin, mut line_begin) = (0, 0);
    let mut has_content = false;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\n' {
            continue;
        }
        if bytes[line_begin..at].iter().all(|one| *one == b'\r') {
            if has_content {
                sections.push(&bytes[begin..=at]);
            }
            begin = at + 1;
            has_content = false;
        } else {
            has_content = true;
        }
        line_begin = at + 1;
    }
    if has_content {
        sections.push(&bytes[begin..]);
    }
    sections
}

/// `Name: value` lines; a line that begins with a space goes on with the one before.
fn attributes(section: &[u8]) -> Result<BTreeMap<String, String>, PackageError> {
    let text = std::str::from_utf8(section).map_err(|_| bad("its manifest is not text"))?;
    let text = text.replace("\r\n", "\n").replace("\n ", "");
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    Ok(pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect())
}

fn digest_attribute(values: &BTreeMap<String, String>, ending: &str) -> Option<(Hash, Vec<u8>)> {
    let named = [("sha-512", Hash::Sha512), ("sha-256", Hash::Sha256), ("sha1", Hash::Sha1), ("sha-1", Hash::Sha1)];
    named.iter().find_map(|(name, hash)| {
        let value = values.get(&format!("{name}{ending}"))?;
        Some((*hash, STANDARD.decode(value).ok()?))
    })
}

/// The signature file vouches for the manifest: as a whole, or section by section.
fn signature_file_covers(file: &[u8], manifest: &[u8], sections: &Sections<'_>) -> Result<(), PackageError> {
    let signed = Sections::parse(file)?;
    if signed.main.get("x-android-apk-signed").is_some_and(|schemes| schemes.contains(['2', '3'])) {
        return Err(bad("a newer signature was stripped from it"));
    }
    let whole = digest_attribute(&signed.main, "-digest-manifest");
    if whole.is_some_and(|(hash, digest)| hash.digest(&[manifest]) == digest) {
        return Ok(());
    }
    let covered = |(name, (_, bytes)): (&String, &(BTreeMap<String, String>, &[u8]))| {
        signed
            .entries
            .get(name)
            .and_then(|(values, _)| digest_attribute(values, "-digest"))
            .is_some_and(|(hash, digest)| hash.digest(&[bytes]) == digest)
    };
    if sections.entries.iter().all(covered) { Ok(()) } else { Err(bad("its manifest was changed")) }
}

/// Every file has its digest in the manifest, and no digest is without its file.
fn entries_match(archive: &mut Archive, sections: &Sections<'_>) -> Result<(), PackageError> {
    let mut seen = HashSet::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| corrupted(&error))?;
        let name = entry.name().map_err(|error| corrupted(&error))?.into_owned();
        if entry.is_dir() || name.starts_with("META-INF/") {
            continue;
        }
        let values = sections.entries.get(&name).map(|(values, _)| values);
        let (hash, expected) = values
            .and_then(|values| digest_attribute(values, "-digest"))
            .ok_or_else(|| bad(format!("{name} is not signed")))?;
        if hash.digest_reader(&mut entry)? != expected {
            return Err(bad(format!("{name} was changed")));
        }
        seen.insert(name);
    }
    let missing = sections.entries.keys().find(|name| !name.starts_with("META-INF/") && !seen.contains(*name));
    missing.map_or(Ok(()), |name| Err(bad(format!("{name} was removed"))))
}

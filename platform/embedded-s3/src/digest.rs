//! Checksums of content: computed while it arrives, compared with what the client declared.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use s3s::{
    S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    dto::{Checksum, ChecksumType},
    s3_error,
};
use serde::{Deserialize, Serialize};

/// The algorithms by the names S3 gives them.
pub(crate) const ALGORITHMS: [&str; 5] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

/// Checksums in Base64, by algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Checksums {
    pub crc32: Option<String>,
    pub crc32c: Option<String>,
    pub crc64nvme: Option<String>,
    pub sha1: Option<String>,
    pub sha256: Option<String>,
    /// Whether they are checksums of the parts' checksums instead of the whole content's.
    pub composite: bool,
}

impl Checksums {
    /// The checksum of one algorithm.
    pub fn get(&self, algorithm: &str) -> Option<&String> {
        match algorithm {
            "CRC32" => self.crc32.as_ref(),
            "CRC32C" => self.crc32c.as_ref(),
            "CRC64NVME" => self.crc64nvme.as_ref(),
            "SHA1" => self.sha1.as_ref(),
            "SHA256" => self.sha256.as_ref(),
            _ => None,
        }
    }

    /// Sets the checksum of one algorithm; others are passed over.
    pub fn set(&mut self, algorithm: &str, checksum: String) {
        match algorithm {
            "CRC32" => self.crc32 = Some(checksum),
            "CRC32C" => self.crc32c = Some(checksum),
            "CRC64NVME" => self.crc64nvme = Some(checksum),
            "SHA1" => self.sha1 = Some(checksum),
            "SHA256" => self.sha256 = Some(checksum),
            _ => {}
        }
    }

    /// How they were formed; nothing when there is none.
    pub fn checksum_type(&self) -> Option<ChecksumType> {
        let any = ALGORITHMS.iter().any(|algorithm| self.get(algorithm).is_some());
        let kind = if self.composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT };
        any.then(|| ChecksumType::from_static(kind))
    }

    /// Refuses content whose checksums differ from those declared.
    pub fn verify(&self, declared: &Self) -> S3Result<()> {
        for algorithm in ALGORITHMS {
            if let Some(expected) = declared.get(algorithm)
                && self.get(algorithm) != Some(expected)
            {
                return Err(s3_error!(
                    BadDigest,
                    "The {algorithm} you specified did not match the calculated checksum."
                ));
            }
        }
        Ok(())
    }
}

impl From<Checksum> for Checksums {
    fn from(checksum: Checksum) -> Self {
        Self {
            crc32: checksum.checksum_crc32,
            crc32c: checksum.checksum_crc32c,
            crc64nvme: checksum.checksum_crc64nvme,
            sha1: checksum.checksum_sha1,
            sha256: checksum.checksum_sha256,
            composite: false,
        }
    }
}

/// What a client says about the content it sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    pub content_md5: Option<String>,
    pub checksums: Checksums,
    /// Algorithms to compute, declared or not.
    pub algorithms: Vec<String>,
    /// Checksums that follow the content.
    pub trailers: Option<TrailingHeaders>,
    /// The names of the trailers announced.
    pub announced: Vec<String>,
    /// The length of the content when known beforehand.
    pub length: Option<u64>,
}

impl Declared {
    /// Completes what the input says by what only the headers say.
    pub fn with_headers(mut self, headers: &HeaderMap, trailers: Option<TrailingHeaders>) -> Self {
        self.announced = headers
            .get_all("x-amz-trailer")
            .iter()
            .filter_map(|names| names.to_str().ok())
            .flat_map(|names| names.split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        self.trailers = trailers;
        let length = headers.get("x-amz-decoded-content-length").or_else(|| headers.get(http::header::CONTENT_LENGTH));
        self.length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        self
    }

    fn wants(&self, algorithm: &str) -> bool {
        self.checksums.get(algorithm).is_some()
            || self.algorithms.iter().any(|wanted| wanted == algorithm)
            || self.announced.contains(&trailer_name(algorithm))
    }
}

fn trailer_name(algorithm: &str) -> String {
    format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase())
}

/// Hashes content as it arrives.
pub(crate) struct Digests {
    md5: Md5,
    checksums: ChecksumHasher,
}

impl Digests {
    pub fn new(declared: &Declared) -> Self {
        Self { md5: Md5::new(), checksums: hasher(|algorithm| declared.wants(algorithm)) }
    }

    pub fn update(&mut self, content: &[u8]) {
        self.md5.update(content);
        self.checksums.update(content);
    }

    /// Compares with all that was declared; answers with the MD5 and the checksums.
    pub fn finish(self, declared: &Declared) -> S3Result<([u8; 16], Checksums)> {
        let md5 = self.md5.finalize();
        let computed = Checksums::from(self.checksums.finalize());
        if let Some(expected) = &declared.content_md5 {
            let expected = STANDARD.decode(expected).map_err(|_| s3_error!(InvalidDigest))?;
            if expected != md5 {
                return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
            }
        }
        computed.verify(&declared.checksums)?;
        computed.verify(&declared.trailing_checksums()?)?;
        Ok((md5, computed))
    }
}

impl Declared {
    fn trailing_checksums(&self) -> S3Result<Checksums> {
        let headers = self.trailers.as_ref().and_then(|trailers| trailers.read(Clone::clone)).unwrap_or_default();
        let mut checksums = Checksums::default();
        for algorithm in ALGORITHMS {
            let name = trailer_name(algorithm);
            match headers.get(&name).and_then(|value| value.to_str().ok()) {
                Some(value) => checksums.set(algorithm, value.trim().to_owned()),
                None if self.announced.contains(&name) => {
                    return Err(s3_error!(
                        InvalidRequest,
                        "The trailer {name} was announced but did not follow the content."
                    ));
                }
                None => {}
            }
        }
        Ok(checksums)
    }
}

/// A hasher of the wanted algorithms.
pub(crate) fn hasher(wants: impl Fn(&str) -> bool) -> ChecksumHasher {
    ChecksumHasher {
        crc32: wants("CRC32").then(Crc32::new),
        crc32c: wants("CRC32C").then(Crc32c::new),
        crc64nvme: wants("CRC64NVME").then(Crc64Nvme::new),
        sha1: wants("SHA1").then(Sha1::new),
        sha256: wants("SHA256").then(Sha256::new),
    }
}

/// The checksum over the parts' checksums that multipart objects carry, such as `…=-3`.
pub(crate) fn composite(algorithm: &str, parts: &[&String]) -> S3Result<Checksums> {
    let mut hasher = hasher(|wanted| wanted == algorithm);
    for part in parts {
        hasher.update(&STANDARD.decode(part).map_err(|_| s3_error!(InvalidDigest))?);
    }
    let digest = Checksums::from(hasher.finalize());
    let mut checksums = Checksums { composite: true, ..Checksums::default() };
    if let Some(digest) = digest.get(algorithm) {
        checksums.set(algorithm, format!("{digest}-{}", parts.len()));
    }
    Ok(checksums)
}

/// The entity tag of a multipart object: the MD5 over the parts' MD5s, and their number.
pub(crate) fn multipart_e_tag<'a>(parts: impl ExactSizeIterator<Item = &'a str>) -> S3Result<String> {
    let count = parts.len();
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&hex::decode(part).map_err(|_| s3_error!(InvalidPart))?);
    }
    Ok(format!("{}-{count}", hex::encode(md5.finalize())))
}

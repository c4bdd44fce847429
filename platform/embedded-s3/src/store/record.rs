//! What is stored about an object beside its content.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use s3s::dto::{ChecksumType, ETag, Timestamp};
use serde::{Deserialize, Serialize};

use super::blob::{Blob, BlobReference};
use crate::digest::Checksums;

/// The headers a client gave an object, given back with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Attributes {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_disposition: Option<String>,
    pub cache_control: Option<String>,
    pub expires: Option<Timestamp>,
    /// The client's own `x-amz-meta-*` entries.
    pub metadata: BTreeMap<String, String>,
}

/// An object as it is written to disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    pub key: String,
    pub e_tag: String,
    pub modified_ms: u64,
    #[serde(default)]
    pub attributes: Attributes,
    #[serde(default)]
    pub checksums: Checksums,
    /// The multipart upload it came from, so that a repeated completion finds its answer.
    #[serde(default)]
    pub upload_id: Option<String>,
    /// Its content in order: one blob, or one per part.
    pub blobs: Vec<BlobReference>,
}

/// An object as it is served.
#[derive(Debug)]
pub(crate) struct Object {
    pub record: ObjectRecord,
    pub blobs: Vec<Arc<Blob>>,
}

impl Object {
    pub fn size(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size()).sum()
    }

    pub fn e_tag(&self) -> ETag {
        ETag::Strong(self.record.e_tag.clone())
    }

    pub fn modified(&self) -> Timestamp {
        timestamp(self.record.modified_ms)
    }

    pub fn checksum_type(&self) -> Option<ChecksumType> {
        self.record.checksums.checksum_type()
    }
}

/// Milliseconds since 1970, now.
pub(crate) fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// A moment as S3 writes it.
pub(crate) fn timestamp(milliseconds: u64) -> Timestamp {
    Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds))
}

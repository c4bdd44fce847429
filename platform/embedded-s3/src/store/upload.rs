//! Multipart uploads: parts arrive in any order and become one object without being copied.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    blob::{Blob, BlobReference},
    bucket::BlobRegistry,
    files,
    record::Attributes,
    storage_error,
};
use crate::digest::Checksums;

/// An upload as it is written to disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub bucket: String,
    pub key: String,
    pub initiated_ms: u64,
    pub attributes: Attributes,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
}

/// A part as it is written to disk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub number: i32,
    pub e_tag: String,
    pub modified_ms: u64,
    pub checksums: Checksums,
    pub blob: BlobReference,
}

/// A part that has arrived whole.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub record: PartRecord,
    pub blob: Arc<Blob>,
}

/// An upload in progress.
pub(crate) struct Upload {
    pub id: String,
    pub record: UploadRecord,
    directory: PathBuf,
    temporary: PathBuf,
    /// `None` once completed or aborted.
    parts: Mutex<Option<BTreeMap<i32, Part>>>,
}

impl Upload {
    /// Begins an upload; it exists as soon as its record does.
    pub fn create(uploads: &Path, temporary: PathBuf, record: UploadRecord) -> io::Result<Self> {
        let id = Uuid::new_v4().simple().to_string();
        let directory = uploads.join(&id);
        files::ensure_directory(&directory)?;
        files::replace(&temporary, &directory.join("upload.json"), &record)?;
        files::sync_directory(&directory)?;
        Ok(Self { id, record, directory, temporary, parts: Mutex::new(Some(BTreeMap::new())) })
    }

    /// Reads an upload from disk; `None` when its beginning or end was interrupted, which is cleared then.
    pub fn load(directory: PathBuf, temporary: PathBuf, blobs: &mut BlobRegistry<'_>) -> io::Result<Option<Self>> {
        let record = match files::read(&directory.join("upload.json")) {
            Ok(record) => record,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::remove_dir_all(&directory)?;
                return Ok(None);
            }
            Err(error) => {
                blobs.note_unreadable(&directory, &error);
                return Ok(None);
            }
        };
        let mut parts = BTreeMap::new();
        for path in files::entries(&directory)? {
            if path.ends_with("upload.json") {
                continue;
            }
            match files::read::<PartRecord>(&path) {
                Ok(record) => {
                    for blob in blobs.retain_all(std::slice::from_ref(&record.blob)) {
                        parts.insert(record.number, Part { record: record.clone(), blob });
                    }
                }
                Err(error) => blobs.note_unreadable(&path, &error),
            }
        }
        let id = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Some(Self { id, record, directory, temporary, parts: Mutex::new(Some(parts)) }))
    }

    /// The parts so far, in order.
    pub fn parts(&self) -> S3Result<Vec<Part>> {
        self.parts.lock().as_ref().map(|parts| parts.values().cloned().collect()).ok_or_else(|| s3_error!(NoSuchUpload))
    }

    /// The last moment something happened to the upload.
    pub fn last_activity_ms(&self) -> u64 {
        let parts = self.parts.lock();
        let newest = parts.iter().flat_map(BTreeMap::values).map(|part| part.record.modified_ms).max();
        newest.unwrap_or_default().max(self.record.initiated_ms)
    }

    /// Adds a part, in place of an older one of the same number.
    pub fn add(&self, part: Part) -> S3Result<()> {
        let mut parts = self.parts.lock();
        let parts = parts.as_mut().ok_or_else(|| s3_error!(NoSuchUpload))?;
        let path = self.directory.join(format!("{:05}.json", part.record.number));
        files::replace(&self.temporary, &path, &part.record).map_err(storage_error)?;
        part.blob.retain();
        if let Some(previous) = parts.insert(part.record.number, part) {
            previous.blob.release();
        }
        files::sync_directory(&self.directory).map_err(storage_error)
    }

    /// Ends the upload: `build` turns its parts into an object, or nothing when aborting. On failure the upload goes on.
    pub fn end<T>(&self, build: impl FnOnce(&BTreeMap<i32, Part>) -> S3Result<T>) -> S3Result<T> {
        let mut parts = self.parts.lock();
        let outcome = build(parts.as_ref().ok_or_else(|| s3_error!(NoSuchUpload))?)?;
        for part in parts.take().unwrap_or_default().values() {
            part.blob.release();
        }
        // The outcome stands; what stays on disk in case of trouble is swept later.
        let removed = files::remove(&self.directory.join("upload.json"))
            .and_then(|()| files::sync_directory(&self.directory))
            .and_then(|()| fs::remove_dir_all(&self.directory));
        if let Err(error) = removed {
            tracing::warn!(upload = %self.id, %error, "the remains of an ended upload could not be removed");
        }
        Ok(outcome)
    }
}

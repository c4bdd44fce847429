//! The content of an object or of a part of it: one file, written once, removed when nothing refers to it any more.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

/// A reference to a blob in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlobReference {
    pub id: String,
    pub size: u64,
}

/// A file of content. Records on disk refer to it by id; readers share it, so a download survives the object's replacement.
#[derive(Debug)]
pub(crate) struct Blob {
    reference: BlobReference,
    path: PathBuf,
    /// How many records on disk refer to it; with none left, the last holder removes the file.
    records: AtomicUsize,
}

impl Blob {
    /// A blob that no record refers to yet.
    pub fn new(blobs: &Path, reference: BlobReference) -> Self {
        let path = path(blobs, &reference.id);
        Self { reference, path, records: AtomicUsize::new(0) }
    }

    pub fn reference(&self) -> &BlobReference {
        &self.reference
    }

    pub fn size(&self) -> u64 {
        self.reference.size
    }

    pub fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// A record on disk refers to the blob from now on.
    pub fn retain(&self) {
        self.records.fetch_add(1, Ordering::AcqRel);
    }

    /// A record on disk refers to it no longer.
    pub fn release(&self) {
        self.records.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Where a blob lies; two letters of its id spread the files over directories.
pub(crate) fn path(blobs: &Path, id: &str) -> PathBuf {
    blobs.join(id.get(..2).unwrap_or("00")).join(id)
}

impl Drop for Blob {
    fn drop(&mut self) {
        if self.records.load(Ordering::Acquire) == 0 {
            remove_in_background(std::mem::take(&mut self.path));
        }
    }
}

/// Removing a large file takes time that a request's thread should not spend.
fn remove_in_background(path: PathBuf) {
    let remove = move || match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "unused content could not be removed; the next start tries again");
        }
        _ => {}
    };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(remove)),
        Err(_) => remove(),
    }
}

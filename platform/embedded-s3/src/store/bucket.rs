//! A bucket: its objects in memory for lookup and listing, their records on disk for good.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    blob::{Blob, BlobReference},
    files,
    record::{Object, ObjectRecord},
    storage_error,
};
use crate::condition::WriteCondition;

/// Writers of different keys rarely meet in one of these.
const STRIPES: usize = 64;

#[derive(Serialize, Deserialize)]
struct BucketRecord {
    created_ms: u64,
}

/// A bucket.
pub(crate) struct Bucket {
    pub name: String,
    pub created_ms: u64,
    directory: PathBuf,
    temporary: PathBuf,
    objects: RwLock<BTreeMap<String, Arc<Object>>>,
    /// Orders the writers of one key.
    stripes: [Mutex<()>; STRIPES],
    /// Held shared by writers; whoever deletes the bucket holds it alone and sets it.
    deleted: RwLock<bool>,
}

impl Bucket {
    /// Makes a bucket on disk; it exists as soon as its record does.
    pub fn create(directory: PathBuf, temporary: PathBuf, created_ms: u64) -> io::Result<Self> {
        files::ensure_directory(&directory)?;
        files::ensure_directory(&directory.join("objects"))?;
        files::replace(&temporary, &directory.join("bucket.json"), &BucketRecord { created_ms })?;
        files::sync_directory(&directory)?;
        Ok(Self::new(directory, temporary, created_ms))
    }

    fn new(directory: PathBuf, temporary: PathBuf, created_ms: u64) -> Self {
        let name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self {
            name,
            created_ms,
            directory,
            temporary,
            objects: RwLock::default(),
            stripes: std::array::from_fn(|_| Mutex::default()),
            deleted: RwLock::new(false),
        }
    }

    /// Reads a bucket from disk; `None` when its creation or deletion was interrupted, which is cleared then.
    pub fn load(directory: PathBuf, temporary: PathBuf, blobs: &mut BlobRegistry<'_>) -> io::Result<Option<Self>> {
        let record: BucketRecord = match files::read(&directory.join("bucket.json")) {
            Ok(record) => record,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::remove_dir_all(&directory)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let bucket = Self::new(directory, temporary, record.created_ms);
        for shelf in files::entries(&bucket.directory.join("objects"))? {
            for path in files::entries(&shelf)? {
                match files::read::<ObjectRecord>(&path) {
                    Ok(record) => {
                        let blobs = blobs.retain_all(&record.blobs);
                        bucket.objects.write().insert(record.key.clone(), Arc::new(Object { record, blobs }));
                    }
                    Err(error) => blobs.note_unreadable(&path, &error),
                }
            }
        }
        Ok(Some(bucket))
    }

    pub fn get(&self, key: &str) -> S3Result<Arc<Object>> {
        self.find(key).ok_or_else(|| s3_error!(NoSuchKey))
    }

    pub fn find(&self, key: &str) -> Option<Arc<Object>> {
        self.objects.read().get(key).cloned()
    }

    /// Looks at all objects in the order of their keys.
    pub fn view<T>(&self, look: impl FnOnce(&BTreeMap<String, Arc<Object>>) -> T) -> T {
        look(&self.objects.read())
    }

    /// Makes an object visible, in place of an older one. The content is on disk already.
    pub fn commit(&self, object: Object, condition: &WriteCondition) -> S3Result<Arc<Object>> {
        let deleted = self.deleted.read();
        if *deleted {
            return Err(s3_error!(NoSuchBucket));
        }
        let path = self.record_path(&object.record.key);
        let _turn = self.turn(&object.record.key);
        condition.check(self.find(&object.record.key).as_deref())?;
        let directory = path.parent().expect("a record lies in a directory");
        files::ensure_directory(directory).map_err(storage_error)?;
        files::replace(&self.temporary, &path, &object.record).map_err(storage_error)?;
        object.blobs.iter().for_each(|blob| blob.retain());
        let object = Arc::new(object);
        let previous = self.objects.write().insert(object.record.key.clone(), Arc::clone(&object));
        // The rename has happened, so memory follows it even if making it durable fails.
        let durable = files::sync_directory(directory);
        if let Some(previous) = previous {
            previous.blobs.iter().for_each(|blob| blob.release());
        }
        durable.map_err(storage_error)?;
        Ok(object)
    }

    /// Removes an object; its absence is fine, as S3 wants it.
    pub fn delete(&self, key: &str, condition: &WriteCondition) -> S3Result<()> {
        let _deleted = self.deleted.read();
        let path = self.record_path(key);
        let _turn = self.turn(key);
        let Some(object) = self.find(key) else {
            return if condition.is_none() { Ok(()) } else { Err(s3_error!(NoSuchKey)) };
        };
        condition.check(Some(&object))?;
        files::remove(&path).map_err(storage_error)?;
        self.objects.write().remove(key);
        let durable = path.parent().map_or(Ok(()), files::sync_directory);
        object.blobs.iter().for_each(|blob| blob.release());
        durable.map_err(storage_error)
    }

    /// Removes the bucket from disk unless it holds objects.
    pub fn remove(&self) -> S3Result<()> {
        let mut deleted = self.deleted.write();
        if !self.objects.read().is_empty() {
            return Err(s3_error!(BucketNotEmpty, "Delete the bucket's objects first."));
        }
        files::remove(&self.directory.join("bucket.json")).map_err(storage_error)?;
        *deleted = true;
        files::sync_directory(&self.directory).map_err(storage_error)?;
        fs::remove_dir_all(&self.directory).map_err(storage_error)
    }

    fn turn(&self, key: &str) -> parking_lot::MutexGuard<'_, ()> {
        let stripe = usize::from(Sha256::digest(key.as_bytes())[0]) % STRIPES;
        self.stripes[stripe].lock()
    }

    /// Keys may be anything a client likes, so the file is named by the key's hash; the record holds the key.
    fn record_path(&self, key: &str) -> PathBuf {
        let digest = hex::encode(Sha256::digest(key.as_bytes()));
        self.directory.join("objects").join(&digest[..2]).join(format!("{digest}.json"))
    }
}

/// The blobs that records refer to while the store is read.
pub(crate) struct BlobRegistry<'a> {
    directory: &'a Path,
    blobs: HashMap<String, Arc<Blob>>,
    /// Whether a record could not be read: then unused content may only seem unused.
    pub incomplete: bool,
}

impl<'a> BlobRegistry<'a> {
    pub fn new(directory: &'a Path) -> Self {
        Self { directory, blobs: HashMap::new(), incomplete: false }
    }

    /// The blobs of a record, shared with other records that refer to the same.
    pub fn retain_all(&mut self, references: &[BlobReference]) -> Vec<Arc<Blob>> {
        references
            .iter()
            .map(|reference| {
                let blob = self
                    .blobs
                    .entry(reference.id.clone())
                    .or_insert_with(|| Arc::new(Blob::new(self.directory, reference.clone())));
                blob.retain();
                Arc::clone(blob)
            })
            .collect()
    }

    pub fn note_unreadable(&mut self, path: &Path, error: &io::Error) {
        tracing::error!(path = %path.display(), %error, "a record of the object store is unreadable and is passed over");
        self.incomplete = true;
    }

    pub fn contains(&self, id: &str) -> bool {
        self.blobs.contains_key(id)
    }
}

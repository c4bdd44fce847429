//! The folder behind the S3 API: buckets, uploads and the content of both.

mod blob;
mod bucket;
mod files;
mod record;
mod upload;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::RwLock;
use s3s::{S3Error, S3Result, path::check_bucket_name, s3_error};
use uuid::Uuid;

use self::bucket::BlobRegistry;
pub(crate) use self::{
    blob::{Blob, BlobReference},
    bucket::Bucket,
    record::{Attributes, Object, ObjectRecord, now_ms, timestamp},
    upload::{Part, PartRecord, Upload, UploadRecord},
};
use crate::error::{Error, io_error};

/// The layout of the folder; a program refuses one it does not know.
const FORMAT: u32 = 1;

/// An open store.
pub(crate) struct Store {
    root: PathBuf,
    buckets: RwLock<BTreeMap<String, Arc<Bucket>>>,
    uploads: RwLock<BTreeMap<String, Arc<Upload>>>,
    /// Held as long as the store is open.
    _lock: File,
}

impl Store {
    /// Opens the folder, and clears what an interrupted run left in it.
    pub fn open(root: &Path) -> Result<Self, Error> {
        fs::create_dir_all(root).map_err(io_error("create", root))?;
        let lock = lock(root)?;
        check_format(root)?;
        for directory in ["temporary", "buckets", "uploads", "blobs"] {
            let path = root.join(directory);
            files::ensure_directory(&path).map_err(io_error("create", path))?;
        }
        let store =
            Self { root: root.to_path_buf(), buckets: RwLock::default(), uploads: RwLock::default(), _lock: lock };
        for draft in files::entries(&store.temporary()).map_err(io_error("read", store.temporary()))? {
            files::remove(&draft).map_err(io_error("remove", draft.as_path()))?;
        }
        store.load().map_err(io_error("read", root))?;
        Ok(store)
    }

    fn load(&self) -> io::Result<()> {
        let directory = self.blobs();
        let mut registry = BlobRegistry::new(&directory);
        for path in files::entries(&self.root.join("buckets"))? {
            if let Some(bucket) = Bucket::load(path, self.temporary(), &mut registry)? {
                self.buckets.write().insert(bucket.name.clone(), Arc::new(bucket));
            }
        }
        for path in files::entries(&self.root.join("uploads"))? {
            if let Some(upload) = Upload::load(path, self.temporary(), &mut registry)? {
                self.uploads.write().insert(upload.id.clone(), Arc::new(upload));
            }
        }
        if registry.incomplete {
            return Ok(());
        }
        for path in files::entries(&directory)?
            .iter()
            .map(|shelf| files::entries(shelf))
            .collect::<Result<Vec<_>, _>>()?
            .concat()
        {
            let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !registry.contains(&id) {
                files::remove(&path)?;
            }
        }
        Ok(())
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("temporary")
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// A path for content that arrives.
    pub fn draft(&self) -> PathBuf {
        self.temporary().join(Uuid::new_v4().simple().to_string())
    }

    /// Moves checked and synced content to its place; no record refers to it yet.
    pub fn keep(&self, draft: &Path, size: u64) -> io::Result<Arc<Blob>> {
        let id = Uuid::new_v4().simple().to_string();
        let path = blob::path(&self.blobs(), &id);
        let directory = path.parent().expect("a blob lies in a directory");
        files::ensure_directory(directory)?;
        fs::rename(draft, &path)?;
        let blob = Arc::new(Blob::new(&self.blobs(), BlobReference { id, size }));
        files::sync_directory(directory)?;
        Ok(blob)
    }

    pub fn create_bucket(&self, name: &str) -> S3Result<()> {
        if !check_bucket_name(name) {
            return Err(s3_error!(InvalidBucketName));
        }
        let mut buckets = self.buckets.write();
        if buckets.contains_key(name) {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        let directory = self.root.join("buckets").join(name);
        let bucket = Bucket::create(directory, self.temporary(), now_ms()).map_err(storage_error)?;
        buckets.insert(name.to_owned(), Arc::new(bucket));
        Ok(())
    }

    pub fn bucket(&self, name: &str) -> S3Result<Arc<Bucket>> {
        self.buckets.read().get(name).cloned().ok_or_else(|| s3_error!(NoSuchBucket))
    }

    pub fn buckets(&self) -> Vec<Arc<Bucket>> {
        self.buckets.read().values().cloned().collect()
    }

    /// Removes an empty bucket and aborts the uploads to it.
    pub fn delete_bucket(&self, name: &str) -> S3Result<()> {
        let mut buckets = self.buckets.write();
        let bucket = buckets.get(name).ok_or_else(|| s3_error!(NoSuchBucket))?;
        bucket.remove()?;
        buckets.remove(name);
        drop(buckets);
        for upload in self.uploads().iter().filter(|upload| upload.record.bucket == name) {
            self.abort(upload)?;
        }
        Ok(())
    }

    pub fn create_upload(&self, record: UploadRecord) -> S3Result<Arc<Upload>> {
        let uploads = self.root.join("uploads");
        let upload = Arc::new(Upload::create(&uploads, self.temporary(), record).map_err(storage_error)?);
        self.uploads.write().insert(upload.id.clone(), Arc::clone(&upload));
        Ok(upload)
    }

    /// The upload of this id, if it is to this object.
    pub fn upload(&self, id: &str, bucket: &str, key: &str) -> S3Result<Arc<Upload>> {
        let upload = self.uploads.read().get(id).cloned();
        upload
            .filter(|upload| upload.record.bucket == bucket && upload.record.key == key)
            .ok_or_else(|| s3_error!(NoSuchUpload))
    }

    pub fn uploads(&self) -> Vec<Arc<Upload>> {
        self.uploads.read().values().cloned().collect()
    }

    /// Forgets an upload that has ended.
    pub fn forget(&self, upload: &Upload) {
        self.uploads.write().remove(&upload.id);
    }

    /// Ends an upload without an object.
    pub fn abort(&self, upload: &Upload) -> S3Result<()> {
        upload.end(|_| Ok(()))?;
        self.forget(upload);
        Ok(())
    }

    /// Aborts uploads that rested for longer than `age`; answers with how many.
    pub fn sweep(&self, age: Duration) -> S3Result<usize> {
        let oldest = now_ms().saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        let mut aborted = 0;
        for upload in self.uploads() {
            if upload.last_activity_ms() <= oldest {
                match self.abort(&upload) {
                    Ok(()) => aborted += 1,
                    // Completed meanwhile, so it was not abandoned.
                    Err(error) if *error.code() == s3s::S3ErrorCode::NoSuchUpload => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(aborted)
    }
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(io_error("open", path.as_path()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: root.to_path_buf() }),
        Err(TryLockError::Error(error)) => Err(io_error("lock", path)(error)),
    }
}

fn check_format(root: &Path) -> Result<(), Error> {
    let path = root.join("format");
    match fs::read_to_string(&path) {
        Ok(found) if found.trim() == FORMAT.to_string() => Ok(()),
        Ok(found) => {
            Err(Error::UnknownFormat { path: root.to_path_buf(), found: found.trim().to_owned(), known: FORMAT })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let draft = root.join("format.new");
            fs::write(&draft, FORMAT.to_string())
                .and_then(|()| File::open(&draft)?.sync_all())
                .and_then(|()| fs::rename(&draft, &path))
                .map_err(io_error("write", path))
        }
        Err(error) => Err(io_error("read", path)(error)),
    }
}

/// Runs file work where it may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> S3Result<T> + Send + 'static) -> S3Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(S3Error::internal_error(error)))
}

/// What a client is told when the file system fails.
pub(crate) fn storage_error(error: io::Error) -> S3Error {
    tracing::error!(%error, "the object store's folder failed");
    if error.kind() == io::ErrorKind::StorageFull {
        return s3_error!(error, ServiceUnavailable, "The disk of the object store is full.");
    }
    S3Error::internal_error(error)
}

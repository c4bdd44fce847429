//! Takes content from a client to the disk: bounded memory, checked and synced before anything refers to it.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures::StreamExt;
use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, dto::StreamingBlob, s3_error};
use tokio::time::timeout;

use crate::{
    digest::{Checksums, Declared, Digests},
    store::{Blob, Store, blocking, storage_error},
};

/// The most that one request may send, as S3 has it.
const CONTENT_LIMIT: u64 = 5 * 1024 * 1024 * 1024;

/// How much is collected before it goes to the disk in one step.
const BATCH_BYTES: usize = 1024 * 1024;

/// How long a client may pause.
const PAUSE_LIMIT: Duration = Duration::from_mins(1);

/// Content that has arrived whole.
pub(crate) struct Received {
    pub blob: Arc<Blob>,
    pub e_tag: String,
    pub checksums: Checksums,
}

/// Receives content into a blob that no record refers to yet; dropped, it is removed.
pub(crate) async fn receive(store: &Arc<Store>, body: Option<StreamingBlob>, declared: Declared) -> S3Result<Received> {
    if declared.length.is_some_and(|length| length > CONTENT_LIMIT) {
        return Err(too_large());
    }
    let mut intake = Intake { draft: Draft(store.draft()), file: None, digests: Digests::new(&declared), size: 0 };
    let mut batch: Vec<Bytes> = Vec::new();
    let mut batch_bytes = 0;
    if let Some(mut body) = body {
        while let Some(chunk) = timeout(PAUSE_LIMIT, body.next()).await.map_err(|_| s3_error!(RequestTimeout))? {
            let chunk = chunk.map_err(|error| broken_body(&error))?;
            batch_bytes += chunk.len();
            batch.push(chunk);
            if batch_bytes >= BATCH_BYTES {
                let chunks = std::mem::take(&mut batch);
                batch_bytes = 0;
                intake = blocking(move || intake.write(&chunks)).await?;
            }
        }
    }
    let store = Arc::clone(store);
    blocking(move || intake.write(&batch)?.finish(&store, &declared)).await
}

/// Content on its way.
struct Intake {
    draft: Draft,
    file: Option<File>,
    digests: Digests,
    size: u64,
}

impl Intake {
    fn write(mut self, chunks: &[Bytes]) -> S3Result<Self> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => File::create_new(&self.draft.0).map_err(storage_error)?,
        };
        for chunk in chunks {
            self.size += chunk.len() as u64;
            if self.size > CONTENT_LIMIT {
                return Err(too_large());
            }
            self.digests.update(chunk);
            file.write_all(chunk).map_err(storage_error)?;
        }
        self.file = Some(file);
        Ok(self)
    }

    fn finish(self, store: &Store, declared: &Declared) -> S3Result<Received> {
        if declared.length.is_some_and(|length| length != self.size) {
            return Err(s3_error!(IncompleteBody));
        }
        let (md5, checksums) = self.digests.finish(declared)?;
        let file = self.file.expect("writing has made the file");
        file.sync_all().map_err(storage_error)?;
        let blob = store.keep(self.draft.path(), self.size).map_err(storage_error)?;
        Ok(Received { blob, e_tag: hex::encode(md5), checksums })
    }
}

/// A file that is removed unless it was moved away.
struct Draft(PathBuf);

impl Draft {
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Absent when it was moved to its place or never made; otherwise a start clears it.
        let _ = fs::remove_file(&self.0);
    }
}

fn too_large() -> S3Error {
    s3_error!(EntityTooLarge, "One request may send 5 GiB at most; use a multipart upload.")
}

/// The stream's own error types are private to the protocol crate, so their words tell them apart.
fn broken_body(error: &StdError) -> S3Error {
    let words = error.to_string();
    if words.contains("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let mut mismatch = S3Error::with_message(code, "The content does not match x-amz-content-sha256.");
        mismatch.set_status_code(StatusCode::BAD_REQUEST);
        mismatch
    } else if words.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch)
    } else {
        s3_error!(IncompleteBody, "The content broke off: {words}")
    }
}

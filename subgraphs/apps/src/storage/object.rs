//! Whole objects.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use tokio::time::timeout;

use super::{Result, Storage, StorageError, answered, sent};

/// How long the storage may be silent within an object.
const SILENCE: Duration = Duration::from_secs(30);

/// An object as it comes in.
#[derive(Debug)]
pub struct ObjectBody {
    body: ByteStream,
}

impl ObjectBody {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match timeout(SILENCE, self.body.next()).await {
            Ok(chunk) => chunk.transpose().map_err(|error| StorageError::Unavailable(error.to_string())),
            Err(_) => Err(StorageError::Unavailable(format!("it was silent for {SILENCE:?} within an object"))),
        }
    }
}

impl Storage {
    /// The size of an object; `None` when there is none.
    pub async fn size(&self, key: &str) -> Result<Option<i64>> {
        let found = self.calls.call(StorageError::may_pass, || {
            let request = self.client.head_object().bucket(&self.bucket).key(key);
            sent(request.send())
        });
        match answered(found.await) {
            Ok(head) => Ok(Some(head.content_length().unwrap_or_default())),
            Err(StorageError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins to read an object.
    pub async fn open(&self, key: &str) -> Result<ObjectBody> {
        let opened = self.calls.call(StorageError::may_pass, || {
            let request = self.client.get_object().bucket(&self.bucket).key(key);
            sent(request.send())
        });
        let object = answered(opened.await)?;
        Ok(ObjectBody { body: object.body })
    }

    /// Stores a small object.
    pub async fn put(&self, key: &str, media_type: &str, content: Bytes) -> Result<()> {
        let stored = self.calls.call(StorageError::may_pass, || {
            let request = self.client.put_object().bucket(&self.bucket).key(key).content_type(media_type);
            let request = request.body(ByteStream::from(content.clone()));
            sent(request.send())
        });
        answered(stored.await)?;
        Ok(())
    }

    /// Removes an object; one that is gone already is no error.
    pub async fn remove(&self, key: &str) -> Result<()> {
        let removed = self.calls.call(StorageError::may_pass, || {
            let request = self.client.delete_object().bucket(&self.bucket).key(key);
            sent(request.send())
        });
        match answered(removed.await) {
            Ok(_) | Err(StorageError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

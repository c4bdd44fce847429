//! Files that arrive in parts.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Result, Storage, StorageError, answered, sent};

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: i32,
    /// Its size in bytes.
    pub size_bytes: i64,
    /// The tag by which the storage knows its content.
    pub etag: String,
}

impl Storage {
    /// Begins a file; answers the storage's id of it.
    pub async fn begin_parts(&self, key: &str, media_type: &str) -> Result<String> {
        let begun = self.calls.call(StorageError::may_pass, || {
            let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key).content_type(media_type);
            sent(request.send())
        });
        let id = answered(begun.await)?.upload_id().map(str::to_owned);
        id.ok_or_else(|| StorageError::malformed("object storage began an upload without an id"))
    }

    /// The parts that have arrived, in order.
    pub async fn parts(&self, key: &str, multipart: &str) -> Result<Vec<StoredPart>> {
        let mut parts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let page = self.calls.call(StorageError::may_pass, || {
                let request = self.client.list_parts().bucket(&self.bucket).key(key).upload_id(multipart);
                let request = request.set_part_number_marker(marker.clone());
                sent(request.send())
            });
            let page = answered(page.await)?;
            parts.extend(page.parts().iter().map(|part| StoredPart {
                number: part.part_number().unwrap_or_default(),
                size_bytes: part.size().unwrap_or_default(),
                etag: part.e_tag().unwrap_or_default().to_owned(),
            }));
            marker = page.next_part_number_marker().map(str::to_owned);
            if !page.is_truncated().unwrap_or_default() || marker.is_none() {
                return Ok(parts);
            }
        }
    }

    /// Puts the parts together.
    pub async fn complete_parts(&self, key: &str, multipart: &str, parts: &[StoredPart]) -> Result<()> {
        let completed = |part: &StoredPart| CompletedPart::builder().part_number(part.number).e_tag(&part.etag).build();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(completed).collect())).build();
        let done = self.completions.call(StorageError::may_pass, || {
            let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(multipart);
            let request = request.multipart_upload(parts.clone());
            sent(request.send())
        });
        answered(done.await)?;
        Ok(())
    }

    /// Forgets a file and the parts that have arrived; one that is gone already is no error.
    pub async fn abort_parts(&self, key: &str, multipart: &str) -> Result<()> {
        let aborted = self.calls.call(StorageError::may_pass, || {
            let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(multipart);
            sent(request.send())
        });
        match answered(aborted.await) {
            Ok(_) | Err(StorageError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

//! Keeps a file of a form until its operation has run: in memory while it is small, then on the disk.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cloudphone_execution::{Upload, UploadContent};
use multer::Field;
use tokio::io::AsyncWriteExt as _;

use super::{UploadLimits, malformed};
use crate::clients::request::MalformedRequest;

/// Bytes of a file that stay in memory.
const IN_MEMORY: usize = 64 * 1024;

/// Reads a file to its end.
pub(super) async fn keep(
    mut field: Field<'static>,
    token: Arc<str>,
    silence: &AtomicU64,
    limits: &UploadLimits,
) -> Result<Upload, MalformedRequest> {
    let file_name = field.file_name().map(str::to_owned);
    let content_type = field.content_type().map(ToString::to_string);
    let mut spool = Spool::default();
    while let Some(chunk) = field.chunk().await.map_err(|error| malformed(&error, limits))? {
        silence.store(0, Ordering::Relaxed);
        spool.write(&chunk).await.map_err(|error| not_kept(&error))?;
    }
    let content = spool.finish().await.map_err(|error| not_kept(&error))?;
    Ok(Upload { token, file_name, content_type, content })
}

fn not_kept(error: &io::Error) -> MalformedRequest {
    tracing::error!(%error, "an upload could not be kept in the folder for temporary files");
    MalformedRequest::TooManyUploads
}

#[derive(Default)]
struct Spool {
    memory: Vec<u8>,
    disk: Option<tokio::fs::File>,
    length: u64,
}

impl Spool {
    async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.length += chunk.len() as u64;
        if self.disk.is_none() && self.memory.len() + chunk.len() > IN_MEMORY {
            // Without a name from the start, so that nothing is left behind whatever happens.
            let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
            let mut file = tokio::fs::File::from_std(file);
            file.write_all(&std::mem::take(&mut self.memory)).await?;
            self.disk = Some(file);
        }
        if let Some(file) = &mut self.disk {
            return file.write_all(chunk).await;
        }
        self.memory.extend_from_slice(chunk);
        Ok(())
    }

    async fn finish(self) -> io::Result<UploadContent> {
        let Some(mut file) = self.disk else { return Ok(UploadContent::Memory(self.memory.into())) };
        file.flush().await?;
        Ok(UploadContent::File { file: Arc::new(file.into_std().await), length: self.length })
    }
}

//! Streams a range of an object out of the files that hold it.

use std::{collections::VecDeque, fs::File, io, ops::Range, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use futures::stream;
use s3s::{S3Result, dto::StreamingBlob};

use crate::store::{Blob, Object, blocking, storage_error};

/// How much is read in one step.
const CHUNK_BYTES: u64 = 256 * 1024;

/// A stretch of one blob that is still to be sent.
struct Stretch {
    blob: Arc<Blob>,
    /// Opened when its turn comes, so that an object of many parts needs few descriptors.
    file: Option<Arc<File>>,
    range: Range<u64>,
}

/// A stream of `range`. The object may be replaced or deleted meanwhile; what is read stays.
pub(crate) async fn read(object: &Object, range: Range<u64>) -> S3Result<StreamingBlob> {
    let mut stretches = stretches(object, &range);
    if let Some(first) = stretches.pop_front() {
        // The first file is opened before the answer begins, while a failure can still be told.
        let first = blocking(move || first.opened().map_err(storage_error)).await?;
        stretches.push_front(first);
    }
    let chunks = stream::try_unfold(stretches, |mut stretches| async move {
        let Some(stretch) = stretches.pop_front() else { return Ok(None) };
        let (chunk, rest) = tokio::task::spawn_blocking(|| stretch.take_chunk()).await.map_err(io::Error::other)??;
        if let Some(rest) = rest {
            stretches.push_front(rest);
        }
        Ok::<_, io::Error>(Some((chunk, stretches)))
    });
    Ok(StreamingBlob::wrap(chunks))
}

/// The parts of an object's blobs that make up `range`.
fn stretches(object: &Object, range: &Range<u64>) -> VecDeque<Stretch> {
    let mut start = 0;
    let mut stretches = VecDeque::new();
    for blob in &object.blobs {
        let end = start + blob.size();
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            stretches.push_back(Stretch { blob: Arc::clone(blob), file: None, range: from - start..to - start });
        }
        start = end;
    }
    stretches
}

impl Stretch {
    fn opened(mut self) -> io::Result<Self> {
        if self.file.is_none() {
            self.file = Some(Arc::new(self.blob.open()?));
        }
        Ok(self)
    }

    /// Reads the next chunk; answers with it and what remains.
    fn take_chunk(self) -> io::Result<(Bytes, Option<Self>)> {
        let mut stretch = self.opened()?;
        let length = (stretch.range.end - stretch.range.start).min(CHUNK_BYTES);
        let mut chunk = vec![0; usize::try_from(length).expect("a chunk fits into memory")];
        let file = stretch.file.as_ref().expect("it was opened above");
        file.read_exact_at(&mut chunk, stretch.range.start)?;
        stretch.range.start += length;
        let rest = (stretch.range.start < stretch.range.end).then_some(stretch);
        Ok((chunk.into(), rest))
    }
}

/// Hashes a whole object, chunk by chunk.
pub(crate) fn hash(blobs: &[Arc<Blob>], mut update: impl FnMut(&[u8])) -> io::Result<()> {
    for blob in blobs {
        let mut next = Some(Stretch { blob: Arc::clone(blob), file: None, range: 0..blob.size() });
        while let Some(stretch) = next.take_if(|stretch| !stretch.range.is_empty()) {
            let (chunk, rest) = stretch.take_chunk()?;
            update(&chunk);
            next = rest;
        }
    }
    Ok(())
}

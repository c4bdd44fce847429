//! Brings a file here while its SHA-256 is computed, and reads the package, within limits of memory and time.

use std::io;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::{Obstacle, report, settle};
use crate::context::AppsContext;
use crate::failure::Failure;
use crate::package::{self, Package, PackageError};
use crate::upload::Upload;

/// The share of the whole work that the download is, in percent.
const DOWNLOAD_SHARE: i64 = 70;
/// Steps of the download that are reported, in percent of the whole.
const REPORT_STEP: i32 = 5;
/// The shortest time between two reports.
const REPORT_PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

/// Reads a package. The file is handed back, since it goes when it is dropped.
pub async fn read_package(
    context: &Arc<AppsContext>,
    upload: &Upload,
    lease: Uuid,
) -> Result<(Package, NamedTempFile), Obstacle> {
    let file = download(context, upload, lease).await?;
    settle::verified(context, upload, lease).await?;
    let (path, limits) = (file.path().to_owned(), context.limits);
    let reading = tokio::task::spawn_blocking(move || package::read(&path, &limits));
    match timeout(context.settings.reading_timeout, reading).await {
        Ok(Ok(Ok(package))) => Ok((package, file)),
        Ok(Ok(Err(PackageError::Io(error)))) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error.into()),
        Ok(Ok(Err(error))) => Err(Obstacle::Rejected(Failure::new(error.code(), error.to_string()))),
        Ok(Err(_)) => {
            Err(Obstacle::Rejected(Failure::new("CORRUPTED_PACKAGE", "The APK is malformed; build it again.")))
        }
        Err(_) => Err(Obstacle::Rejected(Failure::new("READING_TIMEOUT", "The APK takes too long to read."))),
    }
}

async fn download(context: &Arc<AppsContext>, upload: &Upload, lease: Uuid) -> Result<NamedTempFile, Obstacle> {
    let folder = context.settings.work_folder.clone();
    let temporary = tokio::task::spawn_blocking(move || match folder {
        Some(folder) => NamedTempFile::new_in(folder),
        None => NamedTempFile::new(),
    });
    let temporary = temporary.await.map_err(io::Error::other)??;
    let mut output = tokio::fs::File::from_std(temporary.reopen()?);
    let mut body = context.storage.open(&upload.object_key).await?;
    let (mut hash, mut received) = (Sha256::new(), 0_i64);
    let (mut reported, mut reported_at) = (0, Instant::now());
    while let Some(bytes) = body.next().await? {
        received += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        if received > upload.size_bytes {
            return Err(wrong_size(upload, received));
        }
        hash.update(&bytes);
        output.write_all(&bytes).await?;
        let percent = i32::try_from(received.saturating_mul(DOWNLOAD_SHARE) / upload.size_bytes).unwrap_or(0);
        if percent >= reported + REPORT_STEP && reported_at.elapsed() >= REPORT_PAUSE {
            report(context, upload, lease, percent).await?;
            (reported, reported_at) = (percent, Instant::now());
        }
    }
    output.flush().await?;
    if received != upload.size_bytes {
        return Err(wrong_size(upload, received));
    }
    if hex::encode(hash.finalize()) != upload.sha256 {
        let reason = "The file's SHA-256 is not the one that was announced; upload it again.";
        return Err(Obstacle::Rejected(Failure::new("HASH_MISMATCH", reason)));
    }
    Ok(temporary)
}

fn wrong_size(upload: &Upload, received: i64) -> Obstacle {
    let reason = format!("The file has {received} bytes or more instead of the {} announced.", upload.size_bytes);
    Obstacle::Rejected(Failure::new("SIZE_MISMATCH", reason))
}

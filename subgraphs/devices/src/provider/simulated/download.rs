//! Downloads a package the way a phone does: streamed, with a limit, and believed only when size and checksum fit.

use std::time::Duration;

use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::phone::InstallOrder;
use crate::command::CommandFailure;

/// How long a download may take in all.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(10);
/// How long a server may be silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Percent between two reports of progress.
const REPORT_EVERY: u8 = 5;

/// Why a package was not installed.
fn failure(code: &str, message: impl Into<String>) -> CommandFailure {
    CommandFailure { code: code.to_owned(), message: message.into() }
}

/// Downloads and verifies the package of an order, and tells the progress in percent.
pub async fn download(
    client: &reqwest::Client,
    order: &InstallOrder,
    progress: &mpsc::Sender<u8>,
) -> Result<(), CommandFailure> {
    match tokio::time::timeout(TOTAL_TIMEOUT, fetch(client, order, progress)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(failure("DOWNLOAD_TIMEOUT", "The download took too long.")),
    }
}

async fn fetch(
    client: &reqwest::Client,
    order: &InstallOrder,
    progress: &mpsc::Sender<u8>,
) -> Result<(), CommandFailure> {
    let unreachable = |error: reqwest::Error| failure("DOWNLOAD_FAILED", error.without_url().to_string());
    let response = tokio::time::timeout(READ_TIMEOUT, client.get(&order.url).send())
        .await
        .map_err(|_| failure("DOWNLOAD_TIMEOUT", "The server does not answer."))?
        .and_then(reqwest::Response::error_for_status)
        .map_err(unreachable)?;
    let mut stream = response.bytes_stream();
    let (mut hasher, mut received, mut reported) = (Sha256::new(), 0_u64, 0_u8);
    loop {
        let chunk = tokio::time::timeout(READ_TIMEOUT, stream.next())
            .await
            .map_err(|_| failure("DOWNLOAD_TIMEOUT", "The server fell silent."))?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(unreachable)?;
        received += chunk.len() as u64;
        if received > order.size_bytes {
            return Err(failure("SIZE_MISMATCH", "The package is longer than announced."));
        }
        hasher.update(&chunk);
        let percent = u8::try_from(received * 100 / order.size_bytes.max(1)).unwrap_or(100);
        if percent >= reported + REPORT_EVERY {
            reported = percent;
            // A phone that is busy can do without one of these.
            let _ = progress.try_send(percent);
        }
    }
    if received != order.size_bytes {
        return Err(failure("SIZE_MISMATCH", "The package is shorter than announced."));
    }
    if !hex::encode(hasher.finalize()).eq_ignore_ascii_case(&order.sha256) {
        return Err(failure("CHECKSUM_MISMATCH", "The package is not the one that was announced."));
    }
    Ok(())
}

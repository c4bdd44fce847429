//! Automatic persisted queries: documents that clients have sent once and name by their SHA-256 from then on.

use std::time::Duration;

use bytes::Bytes;
use cloudphone_cache::Engine;
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

/// How long the shared store may take; without it a client is asked to send its document again.
const SHARED_TIMEOUT: Duration = Duration::from_millis(250);

/// Documents by their hashes: the most used ones in this process, all of them in the store that replicas share.
pub struct AutomaticDocuments {
    here: Cache<String, String>,
    shared: Option<Engine>,
    time_to_live: Duration,
}

impl AutomaticDocuments {
    /// Keeps at most `max_bytes` in this process and, where there is a `shared` store, more there for `time_to_live`.
    pub fn new(max_bytes: u64, shared: Option<Engine>, time_to_live: Duration) -> Self {
        let weigh = |hash: &String, text: &String| u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX);
        let here = Cache::builder().weigher(weigh).max_capacity(max_bytes).time_to_idle(time_to_live).build();
        Self { here, shared, time_to_live }
    }

    pub(super) async fn get(&self, hash: &str) -> Option<String> {
        if let Some(text) = self.here.get(hash) {
            return Some(text);
        }
        let shared = self.shared.as_ref()?;
        let found = timeout(SHARED_TIMEOUT, shared.get(&key(hash))).await.ok()?;
        let found = found.inspect_err(|error| tracing::debug!(%error, "persisted queries cannot be shared")).ok()??;
        // The store is shared with others, which might have put anything there.
        let text = String::from_utf8(found.into()).ok().filter(|text| sha256(text) == hash)?;
        self.here.insert(hash.to_owned(), text.clone());
        Some(text)
    }

    pub(super) async fn put(&self, hash: &str, text: &str) {
        if self.here.get(hash).is_some() {
            return;
        }
        self.here.insert(hash.to_owned(), text.to_owned());
        if let Some(shared) = &self.shared {
            let value = Bytes::copy_from_slice(text.as_bytes());
            let kept = timeout(SHARED_TIMEOUT, shared.set(&key(hash), value, self.time_to_live)).await;
            if !matches!(kept, Ok(Ok(()))) {
                tracing::debug!("a persisted query could not be shared");
            }
        }
    }
}

fn key(hash: &str) -> String {
    format!("persisted-query:{hash}")
}

/// In lower-case hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

//! Automatic persisted queries: documents that clients have sent once and name by their SHA-256 from then on.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cloudphone_cache::{CacheError, Engine};
use moka::sync::Cache;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

/// How long the shared store may take; without it a client is asked to send its document again.
const SHARED_TIMEOUT: Duration = Duration::from_millis(250);
/// How long it is left alone after it failed, so that not every unknown hash waits for it.
const PAUSE: Duration = Duration::from_secs(5);

/// Documents by their hashes: the most used ones in this process, all of them in the store that replicas share.
pub struct AutomaticDocuments {
    here: Cache<String, String>,
    shared: Option<Shared>,
    time_to_live: Duration,
}

/// The store that replicas share.
struct Shared {
    engine: Engine,
    paused_until: Mutex<Option<Instant>>,
}

impl AutomaticDocuments {
    /// Keeps at most `max_bytes` in this process and, where there is a `shared` store, more there for `time_to_live`.
    pub fn new(max_bytes: u64, shared: Option<Engine>, time_to_live: Duration) -> Self {
        let weigh = |hash: &String, text: &String| u32::try_from(hash.len() + text.len()).unwrap_or(u32::MAX);
        let here = Cache::builder().weigher(weigh).max_capacity(max_bytes).time_to_idle(time_to_live).build();
        let shared = shared.map(|engine| Shared { engine, paused_until: Mutex::default() });
        Self { here, shared, time_to_live }
    }

    pub(super) async fn get(&self, hash: &str) -> Option<String> {
        if let Some(text) = self.here.get(hash) {
            return Some(text);
        }
        let shared = self.shared.as_ref()?;
        let found = shared.ask(shared.engine.get(&key(hash))).await??;
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
            // Without it clients are asked to send the document again elsewhere.
            let _ = shared.ask(shared.engine.set(&key(hash), value, self.time_to_live)).await;
        }
    }
}

impl Shared {
    /// What the store says in time; nothing while it is left alone.
    async fn ask<T>(&self, question: impl Future<Output = Result<T, CacheError>>) -> Option<T> {
        if self.paused_until.lock().is_some_and(|until| until > Instant::now()) {
            return None;
        }
        match timeout(SHARED_TIMEOUT, question).await {
            Ok(Ok(said)) => return Some(said),
            Ok(Err(error)) => tracing::warn!(%error, "persisted queries cannot be shared"),
            Err(_) => tracing::warn!("persisted queries cannot be shared: the store takes too long to answer"),
        }
        metrics::counter!("cloudphone_graphql_persisted_queries_unreachable_total").increment(1);
        *self.paused_until.lock() = Some(Instant::now() + PAUSE);
        None
    }
}

fn key(hash: &str) -> String {
    format!("persisted-query:{hash}")
}

/// In lower-case hexadecimal.
pub(super) fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

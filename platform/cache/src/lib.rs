//! State that replicas share and may lose: cached values, locks, counters and signals, in process or in Redis.

mod backend;
mod in_process;
mod lease;
mod quota;
mod redis;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

pub use backend::{CacheError, Signals};
pub use lease::Lease;
pub use quota::{Balance, Charge, Quota};

use backend::Backend;
use in_process::InProcess;
use redis::Redis;

/// The engine behind the interface; cheap to clone. Nothing in it is the only copy of anything: see the outbox for durable work.
#[derive(Clone)]
pub struct Engine {
    backend: Arc<dyn Backend>,
}

impl Engine {
    /// The engine for a single process: nothing to set up, gone with the process.
    pub fn in_process() -> Self {
        Self { backend: Arc::new(InProcess::new()) }
    }

    /// The engine for several processes. `url` is `redis://host:port/db`, `rediss://…` or `redis+unix:///path`.
    pub async fn redis(url: &str) -> Result<Self, CacheError> {
        Ok(Self { backend: Arc::new(Redis::connect(url).await?) })
    }

    /// The cached value, if it is there and has not expired.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        self.backend.get(key).await
    }

    /// Caches a value for a time.
    pub async fn set(&self, key: &str, value: Bytes, time_to_live: Duration) -> Result<(), CacheError> {
        self.backend.set(key, value, time_to_live).await
    }

    /// Forgets a cached value.
    pub async fn delete(&self, key: &str) -> Result<(), CacheError> {
        self.backend.delete(key).await
    }

    /// Takes the lock of this name for at most `time_to_live`; `None` while another holder has it.
    ///
    /// A lease guards against doing work twice, not against a holder that was paused beyond its lease:
    /// what must never happen twice also needs a constraint where the effect is stored.
    pub async fn acquire(&self, name: &str, time_to_live: Duration) -> Result<Option<Lease>, CacheError> {
        let token = uuid::Uuid::new_v4().to_string();
        let free = self.backend.lock(&lock_key(name), &token, time_to_live).await?;
        Ok(free.then(|| Lease::new(Arc::clone(&self.backend), lock_key(name), token)))
    }

    /// Adds to a counter that starts over `window` after its first increment; answers the new value.
    pub async fn increment(&self, key: &str, by: u64, window: Duration) -> Result<u64, CacheError> {
        self.backend.increment(key, by, window).await
    }

    /// Takes from all these quotas at once, or from none when one of them has too little left; answers how each stands.
    ///
    /// Keys that are charged together should have a part in braces in common, such as `rate:{ada}:minute`, so that a cluster
    /// keeps them in one place.
    pub async fn charge(&self, charges: &[Charge]) -> Result<Vec<Balance>, CacheError> {
        self.backend.charge(charges).await
    }

    /// Sends a signal to whoever listens at this moment; there is no replay.
    pub async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        self.backend.publish(channel, message).await
    }

    /// Listens to a channel. A listener that falls 1,024 signals behind misses the oldest and is told so.
    pub async fn subscribe(&self, channel: &str) -> Result<Signals, CacheError> {
        self.backend.subscribe(channel).await
    }

    /// Whether the engine answers.
    pub async fn ping(&self) -> Result<(), CacheError> {
        self.backend.ping().await
    }
}

fn lock_key(name: &str) -> String {
    format!("lock:{name}")
}

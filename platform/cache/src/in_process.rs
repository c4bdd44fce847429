//! The engine for a single process.

mod quotas;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use dashmap::DashMap;
use moka::Expiry;
use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::sync::broadcast;

use crate::CacheError;
use crate::backend::{Backend, SIGNAL_BUFFER, Signals};
use crate::{Balance, Charge};
use quotas::Quotas;

/// Bytes of cached keys and values before the least recently used go.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;
/// Counters and locks kept before expired ones are swept.
const SWEEP_ABOVE: usize = 10_000;

struct PerEntry;

impl Expiry<String, (Bytes, Duration)> for PerEntry {
    fn expire_after_create(&self, _: &String, value: &(Bytes, Duration), _: Instant) -> Option<Duration> {
        Some(value.1)
    }

    fn expire_after_update(
        &self,
        _: &String,
        value: &(Bytes, Duration),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(value.1)
    }
}

struct Until<T> {
    value: T,
    ends: Instant,
}

pub(crate) struct InProcess {
    values: Cache<String, (Bytes, Duration)>,
    locks: Mutex<HashMap<String, Until<String>>>,
    counters: Mutex<HashMap<String, Until<u64>>>,
    quotas: Quotas,
    channels: DashMap<String, broadcast::Sender<Bytes>>,
}

impl InProcess {
    pub(crate) fn new() -> Self {
        let weigh =
            |key: &String, value: &(Bytes, Duration)| u32::try_from(key.len() + value.0.len()).unwrap_or(u32::MAX);
        Self {
            values: Cache::builder().weigher(weigh).max_capacity(CAPACITY_BYTES).expire_after(PerEntry).build(),
            locks: Mutex::default(),
            counters: Mutex::default(),
            quotas: Quotas::new(),
            channels: DashMap::new(),
        }
    }
}

#[async_trait]
impl Backend for InProcess {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        Ok(self.values.get(key).map(|(value, _)| value))
    }

    async fn set(&self, key: &str, value: Bytes, time_to_live: Duration) -> Result<(), CacheError> {
        self.values.insert(key.to_owned(), (value, time_to_live));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        self.values.invalidate(key);
        Ok(())
    }

    async fn lock(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError> {
        let now = Instant::now();
        let mut locks = self.locks.lock();
        if locks.len() > SWEEP_ABOVE {
            locks.retain(|_, held| held.ends > now);
        }
        if locks.get(key).is_some_and(|held| held.ends > now) {
            return Ok(false);
        }
        locks.insert(key.to_owned(), Until { value: token.to_owned(), ends: now + time_to_live });
        Ok(true)
    }

    async fn extend(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError> {
        let now = Instant::now();
        let mut locks = self.locks.lock();
        match locks.get_mut(key) {
            Some(held) if held.ends > now && held.value == token => {
                held.ends = now + time_to_live;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn unlock(&self, key: &str, token: &str) -> Result<bool, CacheError> {
        let now = Instant::now();
        let mut locks = self.locks.lock();
        let held = locks.get(key).is_some_and(|held| held.ends > now && held.value == token);
        if held {
            locks.remove(key);
        }
        Ok(held)
    }

    async fn increment(&self, key: &str, by: u64, window: Duration) -> Result<u64, CacheError> {
        let now = Instant::now();
        let mut counters = self.counters.lock();
        if counters.len() > SWEEP_ABOVE {
            counters.retain(|_, counter| counter.ends > now);
        }
        let fresh = || Until { value: 0, ends: now + window };
        let counter = counters.entry(key.to_owned()).or_insert_with(fresh);
        if counter.ends <= now {
            *counter = fresh();
        }
        counter.value += by;
        Ok(counter.value)
    }

    async fn charge(&self, charges: &[Charge]) -> Result<Vec<Balance>, CacheError> {
        Ok(self.quotas.charge(charges))
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        if let Some(sender) = self.channels.get(channel) {
            // An error only says that nobody listens.
            let _ = sender.send(message);
        }
        self.channels.remove_if(channel, |_, sender| sender.receiver_count() == 0);
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<Signals, CacheError> {
        let sender = self.channels.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(SIGNAL_BUFFER).0);
        Ok(Signals::new(sender.subscribe(), None))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(())
    }
}

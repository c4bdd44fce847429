//! The interface that an engine implements.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::quota::{Balance, Charge};

/// Signals kept for a slow listener before the oldest are dropped.
pub(crate) const SIGNAL_BUFFER: usize = 1024;

/// What can go wrong with the engine.
#[derive(Debug, Error)]
pub enum CacheError {
    /// The engine's address is malformed.
    #[error("The address of the cache is not a Redis URL: {0}")]
    Address(String),
    /// The engine does not answer.
    #[error("The cache does not answer: {0}")]
    Unavailable(#[from] fred::error::Error),
}

/// The signals of one channel, from the moment of subscribing.
pub struct Signals {
    receiver: broadcast::Receiver<Bytes>,
    /// Keeps whatever feeds the receiver alive.
    _feed: Option<Box<dyn std::any::Any + Send + Sync>>,
}

impl Signals {
    pub(crate) fn new(
        receiver: broadcast::Receiver<Bytes>,
        feed: Option<Box<dyn std::any::Any + Send + Sync>>,
    ) -> Self {
        Self { receiver, _feed: feed }
    }

    /// The next signal; `None` once the engine is gone. Signals missed by being slow are skipped.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.receiver.recv().await {
                Ok(message) => return Some(message),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "a listener fell behind and missed signals");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

#[async_trait]
pub(crate) trait Backend: Send + Sync + 'static {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError>;
    async fn set(&self, key: &str, value: Bytes, time_to_live: Duration) -> Result<(), CacheError>;
    async fn delete(&self, key: &str) -> Result<(), CacheError>;
    async fn lock(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError>;
    async fn extend(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError>;
    async fn unlock(&self, key: &str, token: &str) -> Result<bool, CacheError>;
    async fn increment(&self, key: &str, by: u64, window: Duration) -> Result<u64, CacheError>;
    async fn charge(&self, charges: &[Charge]) -> Result<Vec<Balance>, CacheError>;
    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError>;
    async fn subscribe(&self, channel: &str) -> Result<Signals, CacheError>;
    async fn ping(&self) -> Result<(), CacheError>;
}

//! Retained messages, in memory and bounded.

use std::time::Duration;

use async_trait::async_trait;
use rmqtt::Result;
use rmqtt::retain::{DefaultRetainStorage, RetainStorage};
use rmqtt::types::{Retain, TopicFilter, TopicName};

/// Keeps the last retained message of each topic, up to a number of topics; further topics are not kept.
pub(crate) struct Retained {
    storage: DefaultRetainStorage,
    limit: isize,
}

impl Retained {
    pub(crate) fn new(limit: usize) -> Self {
        Self { storage: DefaultRetainStorage::new(), limit: isize::try_from(limit).unwrap_or(isize::MAX) }
    }
}

#[async_trait]
impl RetainStorage for Retained {
    fn enable(&self) -> bool {
        true
    }

    async fn set(&self, topic: &TopicName, retain: Retain, expiry: Option<Duration>) -> Result<()> {
        let clears = retain.publish.payload.is_empty();
        if !clears && self.storage.count().await >= self.limit && self.storage.get_message(topic).await?.is_empty() {
            tracing::warn!(limit = self.limit, "a retained message was not kept: too many topics");
            return Ok(());
        }
        self.storage.set_with_timeout(topic, retain, expiry).await
    }

    async fn get(&self, filter: &TopicFilter) -> Result<Vec<(TopicName, Retain)>> {
        self.storage.get_message(filter).await
    }

    async fn count(&self) -> isize {
        self.storage.count().await
    }

    async fn max(&self) -> isize {
        self.storage.max().await
    }
}

//! A way out of the broker that needs no connection: the process itself takes what is published on some topics.

use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::filter::topic_matches;

/// Why a message was not acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the message could not be kept; its sender has to send it again")]
pub struct NotKept;

/// Takes messages whose senders were allowed to publish them, in the order of each sender. A last will is not among them: whoever
/// left it is not there to hear that it was not kept.
#[async_trait]
pub trait Tap: Send + Sync + 'static {
    /// A message that nobody answers for (`QoS 0`). Its sender waits meanwhile, so this must not.
    fn receive(&self, topic: &str, payload: &[u8]);

    /// A message whose sender waits for an acknowledgement (`QoS 1` and 2), which it gets when this is done. Nothing else of the
    /// same connection is read before. May be abandoned at any moment.
    async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotKept>;
}

/// A tap and the topics that it takes.
pub(crate) struct Tapped {
    pub(crate) filter: String,
    pub(crate) tap: Arc<dyn Tap>,
}

impl Tapped {
    pub(crate) fn takes(&self, topic: &str) -> bool {
        topic_matches(&self.filter, topic)
    }
}

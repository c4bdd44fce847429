//! The way of events from relays to the inboxes of consumer groups, behind one small interface.

mod in_process;
mod redis;

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::CloudEvent;

pub use in_process::InProcessBus;
pub use redis::{RedisBus, RedisBusOptions};

/// Why events could not be handed over; the relay tries again.
#[derive(Debug, Error)]
pub enum BusError {
    /// The bus does not answer.
    #[error("the event bus does not answer: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A consumer group could not store what it was given.
    #[error("the consumer group `{group}` could not store events: {cause}")]
    Sink {
        /// The group.
        group: String,
        /// What its store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The address of the bus makes no sense.
    #[error("the address of the event bus is not usable: {0}")]
    Address(String),
}

/// A consumer group and the event types that it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The group's name, unique within its database; every event reaches a group once.
    pub group: String,
    /// Exact types, prefixes such as `devices.*`, or `*`.
    pub patterns: Vec<String>,
}

impl Subscription {
    /// Whether the group wants events of this type.
    pub fn wants(&self, event_type: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, event_type))
    }
}

/// Whether a pattern covers a type.
pub(crate) fn matches(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => event_type.starts_with(prefix),
        None => pattern == event_type,
    }
}

/// A move of a group's reading position, to be made only together with storing the events read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// What is being read.
    pub stream: String,
    /// Where the group stood; `None` at the beginning.
    pub from: Option<String>,
    /// Where it stands afterwards.
    pub to: String,
}

/// How a sink answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// The events are stored, or were before.
    Stored,
    /// Another reader of the group has moved on meanwhile; nothing was stored.
    Superseded,
}

/// Where a consumer group keeps what arrives: idempotent by event id.
#[async_trait]
pub trait Sink: Send + Sync + 'static {
    /// Stores events in the order given and moves the reading position, all or nothing.
    async fn receive(&self, events: &[&CloudEvent], advance: Option<&Advance>) -> Result<Received, BusError>;

    /// How far the group has read a stream; `None` at the beginning.
    async fn position(&self, stream: &str) -> Result<Option<String>, BusError>;
}

/// Carries events from publishers to consumer groups: at least once, and in the order of publishing per aggregate.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// The kind of bus, for receipts and logs.
    fn name(&self) -> &'static str;

    /// Takes over events; after that they are safe. Answers a receipt for the last one when the bus has a memory of its own.
    async fn publish(&self, events: &[CloudEvent]) -> Result<Option<String>, BusError>;

    /// Whether the bus still remembers the event behind a receipt.
    async fn remembers(&self, receipt: &str) -> Result<bool, BusError>;

    /// Delivers to a consumer group from now on; a bus with a memory begins where the group stopped reading.
    async fn attach(&self, subscription: Subscription, sink: Arc<dyn Sink>) -> Result<(), BusError>;

    /// Stops delivering and waits until nothing is under way.
    async fn close(&self);
}

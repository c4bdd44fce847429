//! The inbox of one consumer group: what arrives is stored first, then handled once, in order per aggregate.

mod dispatcher;
mod handler;
mod run;
mod sink;

use std::sync::Arc;
use std::time::Duration;

use cloudphone_database::Database;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Bus, BusError, DomainEvent, Subscription};
use dispatcher::Dispatcher;
use handler::{ErasedHandler, Raw, Typed};
use sink::InboxSink;

pub use handler::{Handle, HandleFn, HandlerError};

/// The wake-up call from stored events to the dispatcher of their group.
pub(crate) fn signal_name(group: &str) -> String {
    format!("inbox:{group}")
}

/// Settings of an inbox.
#[derive(Clone, Debug)]
pub struct InboxOptions {
    /// Aggregates whose events are handled at the same time; each takes a connection of the pool meanwhile.
    pub concurrency: usize,
    /// How often a handler may fail on an event before it is set aside as a dead letter.
    pub max_attempts: u32,
    /// The pause after the first failure; it doubles with each further one, with jitter.
    pub first_backoff: Duration,
    /// The longest pause between attempts.
    pub max_backoff: Duration,
    /// How long a handler may take.
    pub handler_timeout: Duration,
    /// How often the inbox is looked at when nothing wakes it.
    pub poll_interval: Duration,
    /// How long handled events are remembered, to recognise duplicates; longer than outboxes keep theirs.
    pub retention: Duration,
    /// How often handled events are deleted and the backlog is measured.
    pub upkeep_interval: Duration,
}

impl Default for InboxOptions {
    fn default() -> Self {
        Self {
            concurrency: 4,
            max_attempts: 8,
            first_backoff: Duration::from_millis(250),
            max_backoff: Duration::from_mins(1),
            handler_timeout: Duration::from_secs(25),
            poll_interval: Duration::from_millis(500),
            retention: Duration::from_hours(168),
            upkeep_interval: Duration::from_secs(30),
        }
    }
}

/// A consumer group while it is put together.
pub struct Inbox {
    pub(crate) database: Database,
    pub(crate) group: String,
    pub(crate) options: InboxOptions,
    pub(crate) handlers: Vec<(String, Arc<dyn ErasedHandler>)>,
}

impl Inbox {
    /// The consumer group of this name, whose events and effects live in this database.
    pub fn new(database: Database, group: impl Into<String>) -> Self {
        Self { database, group: group.into(), options: InboxOptions::default(), handlers: Vec::new() }
    }

    /// Replaces the settings.
    #[must_use]
    pub fn with_options(mut self, options: InboxOptions) -> Self {
        self.options = options;
        self
    }

    /// Handles events of one type: `on::<DeviceStarted>(handler)`. A payload that does not fit the type is a dead letter
    /// at once.
    ///
    /// The handler runs in a transaction of the event's tenant; what it changes commits together with the mark that the
    /// event is done. Events that it appends name the handled one as their cause.
    #[must_use]
    pub fn on<E: DomainEvent + DeserializeOwned + 'static>(mut self, handler: impl Handle<E>) -> Self {
        self.handlers.push((E::TYPE.to_owned(), Arc::new(Typed::new(handler))));
        self
    }

    /// Handles events whose type is `pattern`, or begins with it when it ends in `*`, with their payload as plain JSON.
    #[must_use]
    pub fn on_type(mut self, pattern: impl Into<String>, handler: impl Handle<Value>) -> Self {
        self.handlers.push((pattern.into(), Arc::new(Raw(handler))));
        self
    }

    /// What the group wants from the bus.
    pub fn subscription(&self) -> Subscription {
        let mut patterns: Vec<_> = self.handlers.iter().map(|(pattern, _)| pattern.clone()).collect();
        patterns.sort();
        patterns.dedup();
        Subscription { group: self.group.clone(), patterns }
    }

    /// Attaches the group to a bus and begins to handle what arrives and what was left from before.
    pub async fn start(self, bus: &dyn Bus) -> Result<RunningInbox, BusError> {
        let sink = InboxSink::new(self.database.clone(), self.group.clone());
        bus.attach(self.subscription(), Arc::new(sink)).await?;
        let cancelled = CancellationToken::new();
        let dispatcher = Dispatcher::new(self, cancelled.clone());
        Ok(RunningInbox { cancelled, task: Some(tokio::spawn(dispatcher.run())) })
    }
}

/// A consumer group at work. Dropping it asks it to end.
#[derive(Debug)]
pub struct RunningInbox {
    cancelled: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl RunningInbox {
    /// Finishes the handlers under way and ends; what is stored stays for the next start.
    pub async fn stop(mut self) {
        self.cancelled.cancel();
        if let Some(task) = self.task.take() {
            // An error says that the task panicked, which the runtime has reported.
            let _ = task.await;
        }
    }
}

impl Drop for RunningInbox {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}

//! What the broker has seen.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start, and connections at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Clients connected now.
    pub connections: u64,
    /// Messages accepted from clients.
    pub accepted: u64,
    /// Messages dropped on their way to clients, because a queue was full or they expired.
    pub dropped: u64,
    /// Publishes to topics that their sender may not use.
    pub refused_publishes: u64,
    /// Subscriptions outside a client's rights.
    pub refused_subscriptions: u64,
    /// Messages dropped because their sender sends too fast.
    pub rate_limited: u64,
    /// Messages that waited because their sender, who wants an acknowledgement, sends too fast.
    pub slowed: u64,
    /// Messages that were not acknowledged because they could not be kept in time; their senders were disconnected.
    pub withheld: u64,
    /// Connections refused for their credentials.
    pub refused_connections: u64,
}

/// What the broker counts; the page of metrics shows each number as it grows.
pub(crate) struct Counters {
    pub(crate) accepted: Counter,
    pub(crate) dropped: Counter,
    pub(crate) refused_publishes: Counter,
    pub(crate) refused_subscriptions: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) slowed: Counter,
    pub(crate) withheld: Counter,
    pub(crate) refused_connections: Counter,
    connections: metrics::Gauge,
}

pub(crate) struct Counter {
    count: AtomicU64,
    shown: metrics::Counter,
}

impl Counter {
    fn new(shown: metrics::Counter) -> Self {
        Self { count: AtomicU64::new(0), shown }
    }

    pub(crate) fn add_one(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.shown.increment(1);
    }

    fn get(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            accepted: Counter::new(metrics::counter!("cloudphone_mqtt_messages_accepted_total")),
            dropped: Counter::new(metrics::counter!("cloudphone_mqtt_messages_dropped_total")),
            refused_publishes: Counter::new(metrics::counter!("cloudphone_mqtt_publishes_refused_total")),
            refused_subscriptions: Counter::new(metrics::counter!("cloudphone_mqtt_subscriptions_refused_total")),
            rate_limited: Counter::new(metrics::counter!("cloudphone_mqtt_messages_rate_limited_total")),
            slowed: Counter::new(metrics::counter!("cloudphone_mqtt_messages_slowed_total")),
            withheld: Counter::new(metrics::counter!("cloudphone_mqtt_acknowledgements_withheld_total")),
            refused_connections: Counter::new(metrics::counter!("cloudphone_mqtt_connections_refused_total")),
            connections: metrics::gauge!("cloudphone_mqtt_connections"),
        }
    }

    /// Shows how many clients are connected now.
    pub(crate) fn connected(&self, clients: usize) {
        self.connections.set(u32::try_from(clients).unwrap_or(u32::MAX));
    }

    pub(crate) fn read(&self, connections: u64) -> Statistics {
        Statistics {
            connections,
            accepted: self.accepted.get(),
            dropped: self.dropped.get(),
            refused_publishes: self.refused_publishes.get(),
            refused_subscriptions: self.refused_subscriptions.get(),
            rate_limited: self.rate_limited.get(),
            slowed: self.slowed.get(),
            withheld: self.withheld.get(),
            refused_connections: self.refused_connections.get(),
        }
    }
}

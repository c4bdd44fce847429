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
    /// Connections refused for their credentials.
    pub refused_connections: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: Counter,
    pub(crate) dropped: Counter,
    pub(crate) refused_publishes: Counter,
    pub(crate) refused_subscriptions: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) refused_connections: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn read(&self, connections: u64) -> Statistics {
        let statistics = Statistics {
            connections,
            accepted: self.accepted.get(),
            dropped: self.dropped.get(),
            refused_publishes: self.refused_publishes.get(),
            refused_subscriptions: self.refused_subscriptions.get(),
            rate_limited: self.rate_limited.get(),
            refused_connections: self.refused_connections.get(),
        };
        metrics::gauge!("cloudphone_mqtt_connections").set(u32::try_from(connections).unwrap_or(u32::MAX));
        metrics::counter!("cloudphone_mqtt_messages_accepted_total").absolute(statistics.accepted);
        metrics::counter!("cloudphone_mqtt_messages_dropped_total").absolute(statistics.dropped);
        metrics::counter!("cloudphone_mqtt_publishes_refused_total").absolute(statistics.refused_publishes);
        metrics::counter!("cloudphone_mqtt_messages_rate_limited_total").absolute(statistics.rate_limited);
        metrics::counter!("cloudphone_mqtt_connections_refused_total").absolute(statistics.refused_connections);
        statistics
    }
}

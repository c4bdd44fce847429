//! What is counted of live streams, by the name of their operation.

use std::collections::HashMap;
use std::sync::Arc;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use parking_lot::Mutex;

use super::event::Event;

/// The counters of one operation.
#[derive(Clone)]
pub(super) struct Statistics {
    active: Gauge,
    upstreams: Gauge,
    events: Counter,
    deliveries: Counter,
    bytes: Counter,
    dropped: Counter,
    lag: Histogram,
}

impl Statistics {
    fn of(operation: &str) -> Self {
        let name = || operation.to_owned();
        Self {
            active: gauge!("cloudphone_graphql_subscriptions_active", "operation" => name()),
            upstreams: gauge!("cloudphone_graphql_subscription_upstreams", "operation" => name()),
            events: counter!("cloudphone_graphql_subscription_events_total", "operation" => name()),
            deliveries: counter!("cloudphone_graphql_subscription_deliveries_total", "operation" => name()),
            bytes: counter!("cloudphone_graphql_subscription_bytes_total", "operation" => name()),
            dropped: counter!("cloudphone_graphql_subscription_dropped_total", "operation" => name()),
            lag: histogram!("cloudphone_graphql_subscription_lag_seconds", "operation" => name()),
        }
    }

    pub(super) fn joined(&self) {
        self.active.increment(1.0);
    }

    pub(super) fn left(&self) {
        self.active.decrement(1.0);
    }

    pub(super) fn began(&self) {
        self.upstreams.increment(1.0);
    }

    pub(super) fn ended(&self) {
        self.upstreams.decrement(1.0);
    }

    pub(super) fn came(&self) {
        self.events.increment(1);
    }

    pub(super) fn delivered(&self, event: &Event) {
        self.deliveries.increment(1);
        self.bytes.increment(event.body().len() as u64);
    }

    pub(super) fn dropped(&self, events: u64) {
        self.dropped.increment(events);
    }

    /// An event is let go, by the last subscriber or because there is no room for more: how old it is by then tells how far
    /// behind the slowest is.
    pub(super) fn let_go(&self, event: &Event) {
        self.lag.record(event.made_at().elapsed().as_secs_f64());
    }
}

/// The counters of all operations, by names of which there are not too many.
#[derive(Default)]
pub(super) struct Operations(Mutex<HashMap<Arc<str>, Statistics>>);

impl Operations {
    pub(super) fn of(&self, name: &Arc<str>) -> Statistics {
        let mut known = self.0.lock();
        if let Some(statistics) = known.get(name) {
            return statistics.clone();
        }
        known.entry(Arc::clone(name)).or_insert_with(|| Statistics::of(name)).clone()
    }
}

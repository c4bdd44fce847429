//! What is counted of the calls to one subgraph.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use cloudphone_resilience::BreakerState;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use parking_lot::Mutex;

use crate::attempt::{Answer, Verdict, verdict};

/// Instances of a subgraph that are told apart; they come and go, and each leaves series behind.
const INSTANCES: usize = 64;

/// The meters of one subgraph, looked up once.
pub(crate) struct Measures {
    well: Counter,
    failed: Counter,
    refused: Counter,
    duration: Histogram,
    pub(crate) retries: Counter,
    pub(crate) shared: Counter,
    pub(crate) in_flight: Gauge,
    pub(crate) waiting: Gauge,
    breaker: Gauge,
    breaker_changes: [Counter; 3],
    breaker_before: AtomicU8,
    healthy: Gauge,
    unhealthy: Gauge,
    found: Counter,
    not_found: Counter,
    found_at: Gauge,
    subgraph: Arc<str>,
    /// The instances that have series of their own.
    told: Mutex<BTreeSet<String>>,
}

/// The meters of one instance.
pub(crate) struct InstanceMeters {
    well: Counter,
    failed: Counter,
    refused: Counter,
}

impl InstanceMeters {
    pub(crate) fn tried(&self, verdict: Verdict) {
        match verdict {
            Verdict::Well => self.well.increment(1),
            Verdict::Unwell => self.failed.increment(1),
            Verdict::Unknown => self.refused.increment(1),
        }
    }
}

impl Measures {
    pub(crate) fn new(subgraph: &str) -> Self {
        let calls = |outcome: &'static str| counter!("cloudphone_subgraph_calls_total", "subgraph" => subgraph.to_owned(), "outcome" => outcome);
        let changes = |to: &'static str| counter!("cloudphone_subgraph_breaker_changes_total", "subgraph" => subgraph.to_owned(), "to" => to);
        let lookups = |outcome: &'static str| counter!("cloudphone_subgraph_discoveries_total", "subgraph" => subgraph.to_owned(), "outcome" => outcome);
        let instances = |health: &'static str| gauge!("cloudphone_subgraph_instances", "subgraph" => subgraph.to_owned(), "health" => health);
        Self {
            well: calls("answered"),
            failed: calls("failed"),
            refused: calls("refused"),
            duration: histogram!("cloudphone_subgraph_call_duration_seconds", "subgraph" => subgraph.to_owned()),
            retries: counter!("cloudphone_subgraph_retries_total", "subgraph" => subgraph.to_owned()),
            shared: counter!("cloudphone_subgraph_calls_shared_total", "subgraph" => subgraph.to_owned()),
            in_flight: gauge!("cloudphone_subgraph_calls_in_flight", "subgraph" => subgraph.to_owned()),
            waiting: gauge!("cloudphone_subgraph_calls_waiting", "subgraph" => subgraph.to_owned()),
            breaker: gauge!("cloudphone_subgraph_breaker_state", "subgraph" => subgraph.to_owned()),
            breaker_changes: [changes("closed"), changes("half-open"), changes("open")],
            breaker_before: AtomicU8::new(0),
            healthy: instances("healthy"),
            unhealthy: instances("unhealthy"),
            found: lookups("found"),
            not_found: lookups("failed"),
            found_at: gauge!("cloudphone_subgraph_discovered_timestamp_seconds", "subgraph" => subgraph.to_owned()),
            subgraph: subgraph.into(),
            told: Mutex::default(),
        }
    }

    /// A try that reached the subgraph, or was refused on the way.
    pub(crate) fn tried(&self, answer: &Answer, took: Duration) {
        match verdict(answer) {
            Verdict::Well => self.well.increment(1),
            Verdict::Unwell => self.failed.increment(1),
            Verdict::Unknown => self.refused.increment(1),
        }
        self.duration.record(took.as_secs_f64());
    }

    pub(crate) fn breaker(&self, state: BreakerState) {
        let number: u8 = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        self.breaker.set(f64::from(number));
        if self.breaker_before.swap(number, Ordering::Relaxed) != number {
            self.breaker_changes[usize::from(number)].increment(1);
        }
    }

    /// Somebody was asked where the instances are.
    pub(crate) fn looked_up(&self, found: bool) {
        if !found {
            return self.not_found.increment(1);
        }
        self.found.increment(1);
        self.found_at.set(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64());
    }

    /// The meters of an instance, by where it is.
    pub(crate) fn instance(&self, place: &str) -> InstanceMeters {
        let mut told = self.told.lock();
        let place = if told.contains(place) || told.len() < INSTANCES { place } else { "other" };
        told.insert(place.to_owned());
        let calls = |outcome: &'static str| counter!("cloudphone_subgraph_instance_calls_total", "subgraph" => Arc::clone(&self.subgraph), "instance" => place.to_owned(), "outcome" => outcome);
        InstanceMeters { well: calls("answered"), failed: calls("failed"), refused: calls("refused") }
    }

    pub(crate) fn instances(&self, healthy: usize, unhealthy: usize) {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        self.healthy.set(count(healthy));
        self.unhealthy.set(count(unhealthy));
    }
}

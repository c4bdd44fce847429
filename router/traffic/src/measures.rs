//! What is counted of the calls to one subgraph.

use std::time::Duration;

use cloudphone_resilience::BreakerState;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::attempt::{Answer, Verdict, verdict};

/// The meters of one subgraph, looked up once.
pub(crate) struct Measures {
    well: Counter,
    failed: Counter,
    refused: Counter,
    duration: Histogram,
    pub(crate) retries: Counter,
    pub(crate) shared: Counter,
    pub(crate) in_flight: Gauge,
    breaker: Gauge,
    healthy: Gauge,
    unhealthy: Gauge,
}

impl Measures {
    pub(crate) fn new(subgraph: &str) -> Self {
        let calls = |outcome: &'static str| counter!("cloudphone_subgraph_calls_total", "subgraph" => subgraph.to_owned(), "outcome" => outcome);
        let instances = |health: &'static str| gauge!("cloudphone_subgraph_instances", "subgraph" => subgraph.to_owned(), "health" => health);
        Self {
            well: calls("answered"),
            failed: calls("failed"),
            refused: calls("refused"),
            duration: histogram!("cloudphone_subgraph_call_duration_seconds", "subgraph" => subgraph.to_owned()),
            retries: counter!("cloudphone_subgraph_retries_total", "subgraph" => subgraph.to_owned()),
            shared: counter!("cloudphone_subgraph_calls_shared_total", "subgraph" => subgraph.to_owned()),
            in_flight: gauge!("cloudphone_subgraph_calls_in_flight", "subgraph" => subgraph.to_owned()),
            breaker: gauge!("cloudphone_subgraph_breaker_state", "subgraph" => subgraph.to_owned()),
            healthy: instances("healthy"),
            unhealthy: instances("unhealthy"),
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
        self.breaker.set(match state {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        });
    }

    pub(crate) fn instances(&self, healthy: usize, unhealthy: usize) {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        self.healthy.set(count(healthy));
        self.unhealthy.set(count(unhealthy));
    }
}

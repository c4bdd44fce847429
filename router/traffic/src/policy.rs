//! How calls to one subgraph are treated.

use std::time::Duration;

use cloudphone_execution::subgraphs::recovery::Recovery;
use cloudphone_resilience::{Backoff, BreakerSettings};

use crate::instances::{Balancing, HealthCheck};

/// How calls to one subgraph are treated.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The longest that a call may take with all its tries.
    pub timeout: Duration,
    /// Whether and how queries are tried again. Mutations never are.
    pub retry: RetryPolicy,
    /// When calls stop for a while.
    pub breaker: BreakerSettings,
    /// How often an open breaker asks by itself whether the subgraph answers again.
    pub probe_interval: Duration,
    /// Calls under way at once.
    pub max_concurrent: usize,
    /// How long a call may wait for its place among them.
    pub max_wait: Duration,
    /// Whether equal queries under way at the same time share one call.
    pub deduplicate: bool,
    /// How an instance is chosen.
    pub balancing: Balancing,
    /// How instances are watched.
    pub health_check: HealthCheck,
    /// When to go on elsewhere with a subscription whose instance was lost.
    pub recovery: Recovery,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            breaker: BreakerSettings::default(),
            probe_interval: Duration::from_secs(1),
            max_concurrent: 1024,
            max_wait: Duration::from_secs(1),
            deduplicate: true,
            balancing: Balancing::default(),
            health_check: HealthCheck::default(),
            recovery: Recovery::default(),
        }
    }
}

/// How queries are tried again.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Further tries after the first.
    pub retries: u32,
    /// The waits between them, unless the subgraph asks for a longer one.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let backoff = Backoff { initial: Duration::from_millis(100), limit: Duration::from_secs(2) };
        Self { retries: 2, backoff }
    }
}

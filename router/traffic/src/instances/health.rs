//! Asks every instance now and then whether it is well.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::set::Instances;
use crate::attempt::{Verdict, verdict};
use crate::guard::probe;

/// How instances are watched. One that is alone is not: there is nobody to ask instead.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck {
    /// Whether they are.
    pub enabled: bool,
    /// Time between two questions.
    pub interval: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Bad news in a row after which an instance is passed over.
    pub failures_to_fall: u32,
    /// Good answers in a row after which it is asked again.
    pub successes_to_rise: u32,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            enabled: true,
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(5),
            failures_to_fall: 3,
            successes_to_rise: 2,
        }
    }
}

/// Watches the instances for as long as it is polled.
pub(crate) async fn watch(instances: Arc<Instances>, subgraph: Arc<str>, check: HealthCheck) {
    let mut tick = interval(check.interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let current = instances.current();
        if current.len() < 2 {
            continue;
        }
        let asked = current.iter().map(async |instance| {
            let answer = timeout(check.timeout, instance.service.execute(probe(&subgraph))).await;
            let well = answer.is_ok_and(|answer| answer.is_ok() && verdict(&answer) == Verdict::Well);
            instances.hear(instance, well);
        });
        join_all(asked).await;
    }
}

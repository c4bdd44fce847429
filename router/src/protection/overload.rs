//! Turns work away before everything gets slow: by places for operations, by memory, and by how late the runtime is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::{HeaderValue, StatusCode, header};
use cloudphone_core::Origin;
use cloudphone_observability::resident_bytes;
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::capacity::{Capacity, Place};
use crate::pipeline::Rejection;

/// The code of what is turned away.
pub(crate) const CODE: &str = "OVERLOADED";
/// What is told to whoever is turned away.
pub(crate) const MESSAGE: &str = "The router has too much to do; try again in a moment.";
/// When those who are turned away may come back, in seconds.
pub(crate) const RETRY_AFTER: &str = "1";

/// How often memory and lateness are measured.
const MEASURE_EVERY: Duration = Duration::from_millis(100);

/// What the process takes on.
#[derive(Clone, Debug)]
pub struct OverloadRules {
    /// Queries and mutations at once, and subscriptions that are being prepared.
    pub operations: usize,
    /// How long an operation may wait for a place.
    pub wait: Duration,
    /// Resident memory beyond which nothing new is begun; absent: unlimited.
    pub memory_bytes: Option<u64>,
    /// How late the runtime may be with what it has to do; absent: as late as it likes.
    pub lag: Option<Duration>,
}

/// Watches the process; dropping it ends the watch.
pub struct Overload {
    places: Arc<Capacity>,
    over: Arc<AtomicBool>,
    now: Mutex<Now>,
}

/// What holds until the rules change.
struct Now {
    wait: Duration,
    watching: Option<JoinHandle<()>>,
}

impl Overload {
    /// Begins to watch.
    pub fn new(rules: OverloadRules) -> Arc<Self> {
        let (over, places) = (Arc::new(AtomicBool::new(false)), Capacity::new(rules.operations));
        let now = Mutex::new(Now { wait: rules.wait, watching: watching(rules, &over) });
        Arc::new(Self { places, over, now })
    }

    /// Goes by other rules from now on; what is under way counts on.
    pub fn change(&self, rules: OverloadRules) {
        self.places.change(rules.operations);
        let mut now = self.now.lock();
        if let Some(watching) = now.watching.take() {
            watching.abort();
        }
        *now = Now { wait: rules.wait, watching: watching(rules, &self.over) };
        if now.watching.is_none() {
            self.over.store(false, Ordering::Relaxed);
            tell(false, false);
        }
    }

    /// Whether nothing new may begin, for want of memory or time.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// A place for an operation, for as long as it is held.
    pub(crate) async fn place(&self, origin: &Origin) -> Result<Place, Rejection> {
        let refusal = || {
            let retry = (header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
            let rejection = Rejection::new(CODE, MESSAGE, origin).with_status(StatusCode::SERVICE_UNAVAILABLE);
            rejection.with_headers(vec![retry])
        };
        if self.is_over() {
            return Err(refusal());
        }
        if let Some(place) = self.places.try_take() {
            return Ok(place);
        }
        let wait = self.now.lock().wait;
        timeout(wait, self.places.take()).await.map_err(|_| refusal())
    }
}

impl Drop for Overload {
    fn drop(&mut self) {
        if let Some(watching) = &self.now.lock().watching {
            watching.abort();
        }
    }
}

fn watching(rules: OverloadRules, over: &Arc<AtomicBool>) -> Option<JoinHandle<()>> {
    let is_watched = rules.memory_bytes.is_some() || rules.lag.is_some();
    is_watched.then(|| tokio::spawn(watch(rules, Arc::clone(over))))
}

async fn watch(rules: OverloadRules, over: Arc<AtomicBool>) {
    let mut short_of_memory = false;
    loop {
        let began = Instant::now();
        sleep(MEASURE_EVERY).await;
        let lag = began.elapsed().saturating_sub(MEASURE_EVERY);
        let late = rules.lag.is_some_and(|limit| lag > limit);
        if let (Some(limit), Some(resident)) = (rules.memory_bytes, resident_bytes()) {
            // Below the limit by a twentieth before work is taken on again, so that it does not go to and fro.
            let limit = if short_of_memory { limit - limit / 20 } else { limit };
            short_of_memory = resident > limit;
        }
        tell(short_of_memory, late);
        if over.swap(short_of_memory || late, Ordering::Relaxed) != (short_of_memory || late) {
            let overloaded = short_of_memory || late;
            tracing::warn!(overloaded, short_of_memory, late, "whether the router takes on work has changed");
        }
    }
}

fn tell(short_of_memory: bool, late: bool) {
    for (cause, holds) in [("memory", short_of_memory), ("lag", late)] {
        metrics::gauge!("cloudphone_router_overloaded", "cause" => cause).set(f64::from(u8::from(holds)));
    }
}

/// The memory that the control group of the process may use (Linux control groups, version 2), in bytes; absent when it is not
/// limited.
pub fn control_group_memory() -> Option<u64> {
    std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn nothing_begins_while_memory_is_short() {
        let rules = OverloadRules { operations: 1, wait: Duration::ZERO, memory_bytes: Some(1), lag: None };
        let overload = Overload::new(rules);
        let deadline = Instant::now() + Duration::from_secs(20);
        while overload.place(&Origin::internal()).await.is_ok() {
            assert!(Instant::now() < deadline, "the memory was never measured");
            sleep(Duration::from_millis(5)).await;
        }
        assert!(overload.is_over());
        overload.change(OverloadRules { operations: 1, wait: Duration::ZERO, memory_bytes: None, lag: None });
        assert!(overload.place(&Origin::internal()).await.is_ok(), "nobody asks about memory any more");
    }

    #[tokio::test]
    async fn what_is_under_way_counts_by_the_next_rules() {
        let rules = |operations| OverloadRules { operations, wait: Duration::ZERO, memory_bytes: None, lag: None };
        let overload = Overload::new(rules(1));
        let origin = Origin::internal();
        let held = overload.place(&origin).await.unwrap();
        overload.change(OverloadRules { lag: Some(Duration::from_hours(1)), ..rules(1) });
        assert!(overload.place(&origin).await.is_err());
        overload.change(rules(2));
        let second = overload.place(&origin).await.unwrap();
        assert!(overload.place(&origin).await.is_err());
        overload.change(rules(1));
        drop((held, second));
        assert!(overload.place(&origin).await.is_ok());
    }

    #[tokio::test]
    async fn a_runtime_that_is_late_takes_on_nothing_until_it_has_caught_up() {
        let lag = Some(Duration::from_millis(300));
        let rules = OverloadRules { operations: 1, wait: Duration::ZERO, memory_bytes: None, lag };
        let overload = Overload::new(rules);
        tokio::task::yield_now().await;
        let deadline = Instant::now() + Duration::from_secs(20);
        while !overload.is_over() {
            assert!(Instant::now() < deadline, "it was never late");
            // The only thread of this runtime.
            std::thread::sleep(Duration::from_millis(600));
            tokio::task::yield_now().await;
        }
        while overload.is_over() {
            assert!(Instant::now() < deadline, "it never caught up");
            sleep(Duration::from_millis(5)).await;
        }
        assert!(overload.place(&Origin::internal()).await.is_ok());
    }
}

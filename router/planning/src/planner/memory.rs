//! What was made before: each thing once, however many ask for it at the same time, and what failed not again at once.

use std::{hash::Hash, sync::Arc, time::Duration};

use ahash::AHashMap;
use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use metrics::{Counter, Gauge, counter, gauge};
use moka::{Expiry, sync::Cache};
use parking_lot::Mutex;

use super::prepare::failed;
use crate::error::PlanningError;

/// What all failures that are remembered may take together, in bytes.
const FAILURES_BYTES: u64 = 16 * 1024 * 1024;

/// For how long it counts that something could not be made in time: the machine may have been busy with something else.
const TIME_OUT_COUNTS_FOR: Duration = Duration::from_mins(5);

/// Something made, or why it was not.
pub(super) type Outcome<V> = Result<V, Arc<PlanningError>>;

/// Whether an outcome would be the same the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// It would be.
    Always,
    /// Perhaps, if it is tried soon.
    ForAWhile,
    /// It has nothing to do with what was asked for.
    No,
}

/// A failure, and whether to remember it.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) error: Arc<PlanningError>,
    pub(super) lasting: Lasting,
}

/// What something takes of a cache.
pub(super) trait Size {
    /// In bytes, about.
    fn bytes(&self) -> usize;
}

type Flight<V> = Shared<BoxFuture<'static, Outcome<V>>>;

/// Things by what they were made from.
pub(super) struct Memory<K, V> {
    inner: Arc<Inner<K, V>>,
}

struct Inner<K, V> {
    made: Cache<K, V>,
    failures: Cache<K, Failure>,
    /// What is being made.
    flights: Mutex<AHashMap<K, Flight<V>>>,
    meters: Meters,
}

struct Meters {
    hits: Counter,
    misses: Counter,
    joined: Counter,
    failures: Counter,
    entries: Gauge,
    failed_entries: Gauge,
}

impl Meters {
    fn new(cache: &'static str) -> Self {
        let lookups = |outcome: &'static str| counter!("cloudphone_graphql_plan_cache_lookups_total", "cache" => cache, "outcome" => outcome);
        let entries =
            |kept: &'static str| gauge!("cloudphone_graphql_plan_cache_entries", "cache" => cache, "kept" => kept);
        let meters = Self {
            hits: lookups("hit"),
            misses: lookups("miss"),
            joined: lookups("joined"),
            failures: lookups("failure"),
            entries: entries("plan"),
            failed_entries: entries("failure"),
        };
        meters.entries.set(0.0);
        meters.failed_entries.set(0.0);
        meters
    }
}

/// Failures that time alone may mend leave after a while.
struct Lifetimes;

impl<K> Expiry<K, Failure> for Lifetimes {
    fn expire_after_create(&self, _key: &K, failure: &Failure, _at: std::time::Instant) -> Option<Duration> {
        (failure.lasting == Lasting::ForAWhile).then_some(TIME_OUT_COUNTS_FOR)
    }
}

impl<K, V> Memory<K, V>
where
    K: Hash + Eq + Clone + Size + Send + Sync + 'static,
    V: Clone + Size + Send + Sync + 'static,
{
    /// Remembers about `capacity` things of `unit` bytes, the least used leave first; larger ones count as several.
    pub(super) fn new(cache: &'static str, capacity: u64, unit: usize) -> Self {
        let weight = move |key: &K, value: &V| {
            u32::try_from((key.bytes() + value.bytes()).div_ceil(unit.max(1))).unwrap_or(u32::MAX).max(1)
        };
        let failure_weight = |key: &K, failure: &Failure| {
            let told = failure.error.errors.iter().map(|error| error.message.len() + 256).sum::<usize>();
            u32::try_from(key.bytes() + told + 256).unwrap_or(u32::MAX)
        };
        let failures = Cache::builder().max_capacity(FAILURES_BYTES).weigher(failure_weight).expire_after(Lifetimes);
        let inner = Inner {
            made: Cache::builder().max_capacity(capacity).weigher(weight).build(),
            failures: failures.build(),
            flights: Mutex::default(),
            meters: Meters::new(cache),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What was made of a key before, or what is made of it now. That goes on when whoever asked first no longer waits, for
    /// others who wait or come later; it has to come to an end by itself.
    pub(super) async fn get<F>(&self, key: &K, make: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Result<V, Failure>> + Send + 'static,
    {
        if let Some(known) = self.inner.known(key) {
            return known;
        }
        let flight = {
            let mut flights = self.inner.flights.lock();
            if let Some(flight) = flights.get(key) {
                self.inner.meters.joined.increment(1);
                flight.clone()
            } else if let Some(known) = self.inner.known(key) {
                // It was made between the two looks.
                return known;
            } else {
                self.inner.meters.misses.increment(1);
                let flight = Inner::begin(&self.inner, key.clone(), make());
                flights.insert(key.clone(), flight.clone());
                flight
            }
        };
        flight.await
    }

    /// How many things are remembered now.
    pub(super) fn entries(&self) -> u64 {
        self.inner.made.run_pending_tasks();
        self.inner.made.entry_count()
    }
}

impl<K, V> Inner<K, V>
where
    K: Hash + Eq + Clone + Size + Send + Sync + 'static,
    V: Clone + Size + Send + Sync + 'static,
{
    fn known(&self, key: &K) -> Option<Outcome<V>> {
        if let Some(made) = self.made.get(key) {
            self.meters.hits.increment(1);
            return Some(Ok(made));
        }
        let failure = self.failures.get(key)?;
        self.meters.failures.increment(1);
        Some(Err(failure.error))
    }

    fn begin<F>(inner: &Arc<Self>, key: K, work: F) -> Flight<V>
    where
        F: Future<Output = Result<V, Failure>> + Send + 'static,
    {
        let landing = Landing { inner: Arc::clone(inner), key };
        let task = tokio::spawn(async move {
            let outcome = work.await;
            landing.inner.keep(&landing.key, outcome)
        });
        let outcome = task.map(|ended| ended.unwrap_or_else(|_| Err(Arc::new(failed("the planner stopped")))));
        outcome.boxed().shared()
    }

    fn keep(&self, key: &K, outcome: Result<V, Failure>) -> Outcome<V> {
        match outcome {
            Ok(made) => {
                self.made.insert(key.clone(), made.clone());
                self.meters.entries.set(count(self.made.entry_count()));
                Ok(made)
            }
            Err(failure) => {
                if failure.lasting != Lasting::No {
                    self.failures.insert(key.clone(), failure.clone());
                    self.meters.failed_entries.set(count(self.failures.entry_count()));
                }
                Err(failure.error)
            }
        }
    }
}

fn count(entries: u64) -> f64 {
    f64::from(u32::try_from(entries).unwrap_or(u32::MAX))
}

/// The end of a flight, however it comes: what it brought is remembered by then.
struct Landing<K: Hash + Eq, V> {
    inner: Arc<Inner<K, V>>,
    key: K,
}

impl<K: Hash + Eq, V> Drop for Landing<K, V> {
    fn drop(&mut self) {
        self.inner.flights.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use tokio::sync::Notify;

    use super::*;

    impl Size for String {
        fn bytes(&self) -> usize {
            self.len()
        }
    }

    impl Size for u32 {
        fn bytes(&self) -> usize {
            4
        }
    }

    fn failure(lasting: Lasting) -> Failure {
        Failure { error: Arc::new(failed("no")), lasting }
    }

    /// Makes an outcome, and counts how often it had to.
    async fn asked(memory: &Memory<String, u32>, key: &str, made: &Arc<AtomicUsize>, outcome: Result<u32, Failure>) {
        let made = Arc::clone(made);
        let expected = outcome.clone().map_err(|failure| failure.error.code);
        let make = || async move {
            made.fetch_add(1, Ordering::Relaxed);
            outcome
        };
        let got = memory.get(&key.to_owned(), make).await.map_err(|error| error.code);
        assert_eq!(got, expected);
    }

    #[tokio::test]
    async fn what_failed_is_not_tried_again_unless_it_was_by_chance() {
        for (lasting, tries) in [(Lasting::Always, 1), (Lasting::ForAWhile, 1), (Lasting::No, 3)] {
            let (memory, made) = (Memory::new("test", 10, 1), Arc::default());
            for _ in 0..3 {
                asked(&memory, "a", &made, Err(failure(lasting))).await;
            }
            assert_eq!(made.load(Ordering::Relaxed), tries, "{lasting:?}");
        }
    }

    #[tokio::test]
    async fn failures_take_no_more_than_their_share_of_memory() {
        let (memory, made) = (Memory::<String, u32>::new("test", 10, 1), Arc::default());
        let long = "x".repeat(1024 * 1024);
        for number in 0..40 {
            asked(&memory, &format!("{number}{long}"), &made, Err(failure(Lasting::Always))).await;
        }
        memory.inner.failures.run_pending_tasks();
        assert!(memory.inner.failures.weighted_size() <= FAILURES_BYTES);
        assert!(memory.inner.failures.entry_count() > 3);
    }

    #[tokio::test]
    async fn large_things_count_as_several() {
        let (memory, made) = (Memory::<String, u32>::new("test", 100, 1024), Arc::default());
        for number in 0..40 {
            asked(&memory, &format!("{number}{}", "x".repeat(10 * 1024)), &made, Ok(7)).await;
        }
        let kept = memory.entries();
        assert!((1..=10).contains(&kept), "{kept}");
    }

    #[tokio::test]
    async fn who_leaves_does_not_end_what_others_wait_for() {
        let memory: Arc<Memory<String, u32>> = Arc::new(Memory::new("test", 10, 1));
        let (made, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let ask = || {
            let (memory, made, go) = (Arc::clone(&memory), Arc::clone(&made), Arc::clone(&go));
            tokio::spawn(async move {
                let work = || async move {
                    made.fetch_add(1, Ordering::Relaxed);
                    go.notified().await;
                    Ok(7)
                };
                memory.get(&"a".to_owned(), work).await.unwrap()
            })
        };
        let first = ask();
        let deadline = Instant::now() + Duration::from_secs(30);
        while made.load(Ordering::Relaxed) == 0 {
            assert!(Instant::now() < deadline, "nothing was begun");
            tokio::task::yield_now().await;
        }
        first.abort();
        let others: Vec<_> = (0..10).map(|_| ask()).collect();
        go.notify_one();
        for other in others {
            assert_eq!(other.await.unwrap(), 7);
        }
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert!(memory.inner.flights.lock().is_empty());
    }
}

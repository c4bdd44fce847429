//! Bounds the calls under way to one subgraph, so that a slow one does not take everything from the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloudphone_execution::SubgraphError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::attempt::{Answer, Attempt, Events, Layer};
use crate::measures::Measures;

pub(crate) struct Bulkhead<L> {
    inner: L,
    places: Semaphore,
    size: usize,
    max_wait: Duration,
    waiting: AtomicUsize,
    measures: Arc<Measures>,
}

impl<L: Layer> Bulkhead<L> {
    pub(crate) fn new(inner: L, size: usize, max_wait: Duration, measures: Arc<Measures>) -> Self {
        Self { inner, places: Semaphore::new(size), size, max_wait, waiting: AtomicUsize::new(0), measures }
    }

    /// Calls under way, calls that wait, and the bound.
    pub(crate) fn load(&self) -> (usize, usize, usize) {
        let busy = self.size.saturating_sub(self.places.available_permits());
        (busy, self.waiting.load(Ordering::Relaxed), self.size)
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, SubgraphError> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waiting = Waiting::new(&self.waiting, &self.measures);
        match timeout(self.max_wait, self.places.acquire()).await {
            Ok(place) => Ok(place.expect("the places are never closed")),
            Err(_) => Err(SubgraphError::Overloaded),
        }
    }
}

impl<L: Layer> Layer for Bulkhead<L> {
    async fn call(&self, attempt: &Attempt) -> Answer {
        let _place = self.place().await?;
        let _under_way = InFlight::new(&self.measures);
        self.inner.call(attempt).await
    }

    /// A subscription lives long and asks little, so that it takes no place.
    async fn subscribe(&self, attempt: &Attempt) -> Result<Events, SubgraphError> {
        self.inner.subscribe(attempt).await
    }
}

struct Waiting<'a>(&'a AtomicUsize, &'a Measures);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize, measures: &'a Measures) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        measures.waiting.increment(1.0);
        Self(count, measures)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        self.1.waiting.decrement(1.0);
    }
}

struct InFlight<'a>(&'a Measures);

impl<'a> InFlight<'a> {
    fn new(measures: &'a Measures) -> Self {
        measures.in_flight.increment(1.0);
        Self(measures)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.decrement(1.0);
    }
}

//! The threads that plan: as many as there are processors, and few more in place of those that never come to an end.

use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};
use std::time::Duration;

use metrics::{Gauge, gauge};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

/// Threads that never end beyond which no others take their place.
const MAX_REPLACED: usize = 8;

/// Selections may be nested as deep as the limits allow, and each level takes room; only what is used becomes memory.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// No thread was free in time, or too much waits for one.
    Busy,
    /// It did not come to an end in time. Its thread goes on, for nothing.
    Endless,
    /// It panicked.
    Stopped,
}

/// Threads of their own, as a process can end while they work and the runtime's blocking threads are kept for what is short.
#[derive(Clone)]
pub(super) struct Threads {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    replaced: Arc<AtomicUsize>,
    limits: ThreadLimits,
    gauges: Gauges,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ThreadLimits {
    /// Threads at once.
    pub(super) threads: usize,
    /// How long work waits for a thread.
    pub(super) wait: Duration,
    /// Work that may wait for a thread.
    pub(super) max_waiting: usize,
    /// How long work may take.
    pub(super) work: Duration,
}

#[derive(Clone)]
struct Gauges {
    busy: Gauge,
    stuck: Gauge,
    waiting: Gauge,
}

impl Gauges {
    fn new() -> Self {
        let threads = |state: &'static str| gauge!("cloudphone_graphql_planning_threads", "state" => state);
        Self { busy: threads("busy"), stuck: threads("stuck"), waiting: gauge!("cloudphone_graphql_planning_waiting") }
    }
}

impl Threads {
    pub(super) fn new(limits: ThreadLimits) -> Self {
        let permits = Arc::new(Semaphore::new(limits.threads.clamp(1, Semaphore::MAX_PERMITS / 2)));
        Self { permits, waiting: Arc::default(), replaced: Arc::default(), limits, gauges: Gauges::new() }
    }

    /// Does work on a thread of its own, for which it may have to wait.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Undone> {
        let seat = self.seat().await?;
        let ended = Ended(Arc::clone(&seat));
        let (done, result) = oneshot::channel();
        let span = tracing::Span::current();
        let thread = std::thread::Builder::new().name("planning".to_owned()).stack_size(STACK_BYTES);
        let begun = thread.spawn(move || {
            let result = span.in_scope(work);
            // Before the result is told, so that whoever gets it finds the thread free.
            drop(ended);
            // An error says that nobody waits any more.
            let _ = done.send(result);
        });
        if let Err(error) = begun {
            tracing::error!(%error, "no thread could be begun for planning");
            return Err(Undone::Busy);
        }
        if let Ok(result) = timeout(self.limits.work, result).await {
            return result.map_err(|_| Undone::Stopped);
        }
        seat.give_up();
        Err(Undone::Endless)
    }

    async fn seat(&self) -> Result<Arc<Seat>, Undone> {
        let permits = || Arc::clone(&self.permits);
        let permit = if let Ok(permit) = permits().try_acquire_owned() {
            permit
        } else {
            let _waiting = Waiting::begin(self).ok_or(Undone::Busy)?;
            let permit = timeout(self.limits.wait, permits().acquire_owned()).await.map_err(|_| Undone::Busy)?;
            permit.expect("permits are never closed")
        };
        self.gauges.busy.increment(1.0);
        Ok(Arc::new(Seat {
            permit: parking_lot::Mutex::new(Some(permit)),
            state: AtomicU8::new(WORKING),
            permits: permits(),
            replaced: Arc::clone(&self.replaced),
            gauges: self.gauges.clone(),
        }))
    }
}

/// Counted among those who wait.
struct Waiting<'a>(&'a Threads);

impl<'a> Waiting<'a> {
    fn begin(threads: &'a Threads) -> Option<Self> {
        let limit = threads.limits.max_waiting;
        let more = |waiting| (waiting < limit).then_some(waiting + 1);
        threads.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        threads.gauges.waiting.increment(1.0);
        Some(Self(threads))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.gauges.waiting.decrement(1.0);
    }
}

const WORKING: u8 = 0;
const GIVEN_UP: u8 = 1;
const REPLACED: u8 = 2;
const ENDED: u8 = 3;

/// The place of one thread among those that plan.
struct Seat {
    permit: parking_lot::Mutex<Option<OwnedSemaphorePermit>>,
    state: AtomicU8,
    permits: Arc<Semaphore>,
    replaced: Arc<AtomicUsize>,
    gauges: Gauges,
}

impl Seat {
    /// Nobody waits for the thread any more, which cannot be ended. Another may take its place, as long as there are few of them.
    fn give_up(&self) {
        let more = |replaced| (replaced < MAX_REPLACED).then_some(replaced + 1);
        let is_replaced = self.replaced.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        let next = if is_replaced { REPLACED } else { GIVEN_UP };
        if self.state.compare_exchange(WORKING, next, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // It has ended just now.
            if is_replaced {
                self.replaced.fetch_sub(1, Ordering::Relaxed);
            }
            return;
        }
        self.gauges.busy.decrement(1.0);
        self.gauges.stuck.increment(1.0);
        if is_replaced {
            self.permits.add_permits(1);
        }
        tracing::error!(is_replaced, "the query planner does not come to an end");
    }
}

/// The end of a thread, also by a panic.
struct Ended(Arc<Seat>);

impl Drop for Ended {
    fn drop(&mut self) {
        let seat = &self.0;
        let permit = seat.permit.lock().take();
        match seat.state.swap(ENDED, Ordering::AcqRel) {
            REPLACED => {
                // There is another in its place.
                permit.into_iter().for_each(OwnedSemaphorePermit::forget);
                seat.replaced.fetch_sub(1, Ordering::Relaxed);
                seat.gauges.stuck.decrement(1.0);
            }
            GIVEN_UP => seat.gauges.stuck.decrement(1.0),
            _ => seat.gauges.busy.decrement(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    fn threads(threads: usize, max_waiting: usize, work: Duration) -> Threads {
        Threads::new(ThreadLimits { threads, wait: Duration::from_millis(50), max_waiting, work })
    }

    async fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    #[tokio::test]
    async fn threads_that_never_end_are_replaced_until_they_are_too_many() {
        let threads = threads(1, 10, Duration::from_millis(10));
        let mut doors = Vec::new();
        for _ in 0..=MAX_REPLACED {
            let (door, closed) = mpsc::channel::<()>();
            doors.push(door);
            assert_eq!(threads.run(move || closed.recv().is_ok()).await, Err(Undone::Endless));
        }
        assert_eq!(threads.run(|| ()).await, Err(Undone::Busy), "no further thread is spent on this");
        doors.pop();
        until("a thread that ends makes room again", || threads.permits.available_permits() == 1).await;
        assert_eq!(threads.run(|| 7).await, Ok(7));
        drop(doors);
        until("all have ended", || threads.replaced.load(Ordering::Relaxed) == 0).await;
        assert_eq!(threads.permits.available_permits(), 1, "those that were replaced leave no place behind");
    }

    #[tokio::test]
    async fn few_wait_and_none_for_long() {
        let threads = threads(1, 1, Duration::from_mins(1));
        let (door, closed) = mpsc::channel::<()>();
        let working = tokio::spawn({
            let threads = threads.clone();
            async move { threads.run(move || closed.recv().is_err()).await }
        });
        until("the thread is busy", || threads.permits.available_permits() == 0).await;
        let waiting = tokio::spawn({
            let threads = threads.clone();
            async move { threads.run(|| ()).await }
        });
        until("one waits", || threads.waiting.load(Ordering::Relaxed) == 1 || waiting.is_finished()).await;
        if !waiting.is_finished() {
            let began = Instant::now();
            assert_eq!(threads.run(|| ()).await, Err(Undone::Busy));
            assert!(began.elapsed() < Duration::from_secs(20));
        }
        assert_eq!(waiting.await.unwrap(), Err(Undone::Busy), "its patience is at an end");
        drop(door);
        assert_eq!(working.await.unwrap(), Ok(true));
        assert_eq!(threads.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_frees_its_place() {
        let threads = threads(1, 1, Duration::from_mins(1));
        assert_eq!(threads.run(|| panic!("an invariant broke")).await, Err::<(), _>(Undone::Stopped));
        until("its place is free", || threads.permits.available_permits() == 1).await;
    }
}

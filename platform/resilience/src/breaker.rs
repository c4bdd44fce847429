//! A circuit breaker: after failures in a row it refuses calls for a while, then lets a few try.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures_to_open: u32,
    /// Calls it must have seen since it last closed before it may open.
    pub minimum_volume: u32,
    /// How long it stays open before calls may try again.
    pub open_for: Duration,
    /// Successes in a row that close it again.
    pub successes_to_close: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures_to_open: 5, minimum_volume: 10, open_for: Duration::from_mins(1), successes_to_close: 2 }
    }
}

/// What a breaker does with calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open,
    /// One call at a time may try whether the other side answers again.
    HalfOpen,
}

impl BreakerState {
    /// The name used in health answers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A breaker at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSnapshot {
    /// What it does with calls.
    pub state: BreakerState,
    /// Calls seen since it last closed.
    pub volume: u32,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// Successes since the last failure.
    pub successes_in_a_row: u32,
    /// Whether it was opened by hand.
    pub forced: bool,
}

#[derive(Debug)]
struct Counts {
    state: BreakerState,
    volume: u32,
    failures_in_a_row: u32,
    successes_in_a_row: u32,
    open_until: Instant,
    trying: bool,
    forced: bool,
}

/// The breaker of one destination.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    counts: Mutex<Counts>,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, counts: Mutex::new(Counts::closed()) }
    }

    /// The state at this moment.
    pub fn state(&self) -> BreakerState {
        let mut counts = self.counts.lock();
        counts.let_time_pass();
        counts.state
    }

    /// Whether a call may go through; whoever gets `true` must report how it went by [`Self::record`] or [`Self::abandon`].
    pub fn admit(&self) -> bool {
        let mut counts = self.counts.lock();
        counts.let_time_pass();
        match counts.state {
            BreakerState::Closed => true,
            BreakerState::Open => false,
            BreakerState::HalfOpen => !std::mem::replace(&mut counts.trying, true),
        }
    }

    /// Reports how an admitted call went.
    pub fn record(&self, success: bool) {
        let mut counts = self.counts.lock();
        counts.trying = false;
        counts.volume = counts.volume.saturating_add(1);
        if success {
            counts.failures_in_a_row = 0;
            counts.successes_in_a_row = counts.successes_in_a_row.saturating_add(1);
            if counts.state == BreakerState::HalfOpen && counts.successes_in_a_row >= self.settings.successes_to_close {
                *counts = Counts::closed();
            }
            return;
        }
        counts.successes_in_a_row = 0;
        counts.failures_in_a_row = counts.failures_in_a_row.saturating_add(1);
        let enough =
            counts.failures_in_a_row >= self.settings.failures_to_open && counts.volume >= self.settings.minimum_volume;
        if counts.state == BreakerState::HalfOpen || (counts.state == BreakerState::Closed && enough) {
            counts.open(Instant::now() + self.settings.open_for);
        }
    }

    /// Reports that an admitted call was given up before it had an outcome.
    pub fn abandon(&self) {
        self.counts.lock().trying = false;
    }

    /// Ends the open time early, as somebody saw the other side answer; a breaker that was forced open stays so.
    pub fn let_try(&self) {
        let mut counts = self.counts.lock();
        if counts.state == BreakerState::Open && !counts.forced {
            counts.state = BreakerState::HalfOpen;
        }
    }

    /// The numbers behind the state, for health answers.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let mut counts = self.counts.lock();
        counts.let_time_pass();
        BreakerSnapshot {
            state: counts.state,
            volume: counts.volume,
            failures_in_a_row: counts.failures_in_a_row,
            successes_in_a_row: counts.successes_in_a_row,
            forced: counts.forced,
        }
    }

    /// Closes the breaker by hand.
    pub fn reset(&self) {
        *self.counts.lock() = Counts::closed();
    }

    /// Opens the breaker by hand until [`Self::reset`].
    pub fn force_open(&self) {
        let mut counts = self.counts.lock();
        counts.open(Instant::now());
        counts.forced = true;
    }
}

impl Counts {
    fn closed() -> Self {
        Self {
            state: BreakerState::Closed,
            volume: 0,
            failures_in_a_row: 0,
            successes_in_a_row: 0,
            open_until: Instant::now(),
            trying: false,
            forced: false,
        }
    }

    fn open(&mut self, until: Instant) {
        self.state = BreakerState::Open;
        self.open_until = until;
        self.successes_in_a_row = 0;
        self.trying = false;
    }

    fn let_time_pass(&mut self) {
        if self.state == BreakerState::Open && !self.forced && Instant::now() >= self.open_until {
            self.state = BreakerState::HalfOpen;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Breaker {
        let breaker = Breaker::new(BreakerSettings::default());
        (0..10).for_each(|_| breaker.record(false));
        breaker
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_only_after_enough_volume() {
        let breaker = Breaker::new(BreakerSettings::default());
        (0..9).for_each(|_| breaker.record(false));
        assert_eq!(breaker.state(), BreakerState::Closed);
        breaker.record(false);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(!breaker.admit());
    }

    #[tokio::test(start_paused = true)]
    async fn it_lets_one_call_try_and_closes_after_two_successes() {
        let breaker = broken();
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(breaker.admit());
        assert!(!breaker.admit(), "a second call must wait for the first one's outcome");
        breaker.record(true);
        assert!(breaker.admit());
        breaker.record(true);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_while_half_open_opens_it_again() {
        let breaker = broken();
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(breaker.admit());
        breaker.record(false);
        assert_eq!(breaker.state(), BreakerState::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn who_saw_the_other_side_answer_may_let_it_try_at_once() {
        let breaker = broken();
        breaker.let_try();
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        breaker.force_open();
        breaker.let_try();
        assert_eq!(breaker.state(), BreakerState::Open, "what was done by hand is undone by hand");
        assert!(breaker.snapshot().forced);
    }

    #[tokio::test(start_paused = true)]
    async fn forced_open_stays_open_until_reset() {
        let breaker = Breaker::new(BreakerSettings::default());
        breaker.force_open();
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(breaker.state(), BreakerState::Open);
        breaker.reset();
        assert!(breaker.admit());
    }
}

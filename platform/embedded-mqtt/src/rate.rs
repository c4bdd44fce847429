//! How fast one client sends.

use std::time::{Duration, Instant};

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Let it through.
    Pass,
    /// Drop it.
    Drop,
    /// Drop it and its sender.
    Disconnect,
}

/// How many times its rate a client may exceed before it is thrown out.
const GROSSLY: f64 = 5.0;

/// A token bucket that holds one second's worth, and a second one for flagrant floods.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: f64,
    tokens: f64,
    /// Messages that may yet be dropped before the sender is thrown out.
    patience: f64,
    last: Instant,
}

impl Bucket {
    pub(crate) fn new(rate: u32, now: Instant) -> Self {
        let rate = f64::from(rate.max(1));
        Self { rate, tokens: rate, patience: rate * GROSSLY, last: now }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.last).as_secs_f64();
        self.last = now;
        self.tokens = (self.tokens + elapsed * self.rate).min(self.rate);
        self.patience = (self.patience + elapsed * self.rate * (GROSSLY - 1.0)).min(self.rate * GROSSLY);
    }

    /// Lets a message through whose sender can wait; answers how long it has to.
    pub(crate) fn reserve(&mut self, now: Instant) -> Duration {
        self.refill(now);
        self.tokens -= 1.0;
        Duration::from_secs_f64((-self.tokens).max(0.0) / self.rate)
    }

    pub(crate) fn take(&mut self, now: Instant) -> Verdict {
        self.refill(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Verdict::Pass;
        }
        self.patience -= 1.0;
        if self.patience >= 0.0 { Verdict::Drop } else { Verdict::Disconnect }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_sender_within_its_rate_always_passes() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, start);
        let verdicts = (0..100).map(|tick| bucket.take(start + Duration::from_millis(tick * 100)));
        assert!(verdicts.into_iter().all(|verdict| verdict == Verdict::Pass));
    }

    #[test]
    fn a_flood_is_dropped_and_then_thrown_out() {
        let now = Instant::now();
        let mut bucket = Bucket::new(10, now);
        let verdicts: Vec<_> = (0..61).map(|_| bucket.take(now)).collect();
        assert_eq!(verdicts[9], Verdict::Pass);
        assert_eq!(verdicts[10], Verdict::Drop);
        assert_eq!(verdicts[59], Verdict::Drop);
        assert_eq!(verdicts[60], Verdict::Disconnect);
    }

    #[test]
    fn who_waits_for_answers_is_slowed_to_the_rate_and_never_dropped() {
        let mut now = Instant::now();
        let start = now;
        let mut bucket = Bucket::new(10, now);
        for _ in 0..60 {
            now += bucket.reserve(now);
        }
        let took = now.duration_since(start).as_secs_f64();
        assert!((4.9..5.1).contains(&took), "10 at once and 50 in {took} s");
        assert_eq!(bucket.take(now + Duration::from_secs(1)), Verdict::Pass);
    }
}

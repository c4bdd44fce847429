//! How a lost source of events is looked for again: with growing, jittered pauses, and not for ever.

use std::time::Duration;

use rand::Rng as _;
use tokio::time::Instant;

/// When to look for a lost source again.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// The first pause before trying again; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long to go on trying before the stream ends with an error; zero: the loss is told at once to whoever knows other places.
    pub patience: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            patience: Duration::from_mins(5),
        }
    }
}

/// The time between the loss of a source and its return.
#[derive(Debug)]
pub struct Outage {
    longest_pause: Duration,
    pause: Duration,
    give_up: Instant,
}

impl Outage {
    /// Begins now.
    pub fn begin(recovery: &Recovery) -> Self {
        Self {
            longest_pause: recovery.longest_pause,
            pause: recovery.first_pause,
            give_up: Instant::now() + recovery.patience,
        }
    }

    /// The outage after a connection that lasted for so long: a new one, or still the same when the connection was of no use.
    pub fn after(earlier: Option<Self>, recovery: &Recovery, lasted: Duration, events: bool) -> Self {
        let was_of_use = events || lasted >= recovery.longest_pause;
        earlier.filter(|_| !was_of_use).unwrap_or_else(|| Self::begin(recovery))
    }

    /// How long to wait before the next try; none when it is time to give up.
    pub fn next_pause(&mut self) -> Option<Duration> {
        if Instant::now() >= self.give_up {
            return None;
        }
        // Many sources are lost at once; they must not be called again all at once.
        let jitter = rand::rng().random_range(0.5..1.5);
        let pause = self.pause.mul_f64(jitter);
        self.pause = (self.pause * 2).min(self.longest_pause);
        Some(pause)
    }

    /// The other side has said how long to wait at least (`retry` of Server-Sent Events).
    pub fn at_least(&mut self, pause: Duration) {
        self.pause = self.pause.max(pause.min(self.longest_pause));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit() {
        let mut outage = Outage::begin(&Recovery::default());
        let pauses: Vec<_> = (0..10).map(|_| outage.next_pause().unwrap()).collect();
        assert!(pauses[0] <= Duration::from_millis(150) && pauses[9] >= Duration::from_millis(2_500), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= Duration::from_millis(7_500)));
    }

    #[test]
    fn a_connection_that_is_lost_at_once_is_no_end_of_the_outage() {
        let over = || Outage::begin(&Recovery { patience: Duration::ZERO, ..Recovery::default() });
        let recovery = Recovery::default();
        let mut same = Outage::after(Some(over()), &recovery, Duration::from_millis(20), false);
        assert_eq!(same.next_pause(), None);
        assert!(Outage::after(Some(over()), &recovery, Duration::from_millis(20), true).next_pause().is_some());
        assert!(Outage::after(Some(over()), &recovery, recovery.longest_pause, false).next_pause().is_some());
    }
}

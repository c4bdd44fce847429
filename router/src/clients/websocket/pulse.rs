//! When to ask a client whether it is there, and when to give it up.

use std::time::Duration;

use tokio::time::Instant;

/// What to do about a client that says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Nothing.
    Alive,
    /// Ask it.
    Ask,
    /// Give it up.
    Lost,
}

/// Asks a silent client whether it is there, and gives it up only when it did not answer: a subscriber has nothing to
/// say by itself, and a beat may come late on a busy machine.
pub(super) struct Pulse {
    heartbeat: Duration,
    pinged_at: Option<Instant>,
}

impl Pulse {
    /// Asks after so long a silence.
    pub(super) fn new(heartbeat: Duration) -> Self {
        Self { heartbeat, pinged_at: None }
    }

    /// A beat, after so long a silence.
    pub(super) fn beat(&mut self, silence: Duration, now: Instant) -> Beat {
        let unanswered = self.pinged_at.is_some_and(|pinged_at| silence > now.duration_since(pinged_at));
        if unanswered && silence > self.heartbeat * 2 {
            return Beat::Lost;
        }
        // Only a ping of the last beat counts: an older one was answered, or the client would be given up by now.
        self.pinged_at = (silence > self.heartbeat).then_some(now);
        if self.pinged_at.is_some() { Beat::Ask } else { Beat::Alive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(30);

    #[test]
    fn a_listener_is_asked_before_it_is_given_up_however_late_the_beats_are() {
        let (mut pulse, start) = (Pulse::new(HEARTBEAT), Instant::now());
        // It spoke just after the connection began, so that the first beat finds it not silent for long enough.
        assert_eq!(pulse.beat(Duration::from_millis(29_999), start + HEARTBEAT), Beat::Alive);
        assert_eq!(pulse.beat(Duration::from_millis(60_005), start + HEARTBEAT * 2), Beat::Ask);
        // It answers at once, so that every second beat finds it not silent for long enough, for hours.
        for beat in (3..1000).step_by(2) {
            assert_eq!(pulse.beat(Duration::from_millis(29_999), start + HEARTBEAT * beat), Beat::Alive);
            assert_eq!(pulse.beat(Duration::from_millis(60_005), start + HEARTBEAT * (beat + 1)), Beat::Ask);
        }
    }

    #[test]
    fn a_client_that_answers_nothing_is_given_up() {
        let (mut pulse, start) = (Pulse::new(HEARTBEAT), Instant::now());
        assert_eq!(pulse.beat(Duration::from_millis(30_001), start + HEARTBEAT), Beat::Ask);
        assert_eq!(pulse.beat(Duration::from_millis(60_001), start + HEARTBEAT * 2), Beat::Lost);
    }
}

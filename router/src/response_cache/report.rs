//! What the cache tells about one client's request: how long its answer is fresh, and for whom.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use cloudphone_planning::OperationKind;
use parking_lot::Mutex;

/// Travels with a request to all its fetches.
#[derive(Clone, Debug)]
pub(crate) struct CacheReport {
    /// Whether kept answers may be used: what follows from a change has to be as it is after the change.
    pub reads: bool,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Of all fetches so far; none before the first.
    freshness: Option<Freshness>,
}

/// How long a part of an answer is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// From now on; zero when it is not to be kept.
    pub lifetime: Duration,
    /// Whether it is the same for everybody.
    pub public: bool,
}

impl Freshness {
    /// Of what is not to be kept.
    pub(super) const NONE: Self = Self { lifetime: Duration::ZERO, public: false };
}

impl CacheReport {
    /// For an operation of this kind.
    pub(crate) fn new(kind: OperationKind) -> Self {
        Self { reads: kind != OperationKind::Mutation, state: Arc::default() }
    }

    /// Takes what a fetch got.
    pub(super) fn add(&self, part: Freshness) {
        let mut state = self.state.lock();
        state.freshness = Some(state.freshness.map_or(part, |known| Freshness {
            lifetime: known.lifetime.min(part.lifetime),
            public: known.public && part.public,
        }));
    }

    /// Of the whole answer; none when nothing was fetched.
    pub(crate) fn freshness(&self) -> Option<Freshness> {
        self.state.lock().freshness
    }
}

impl Freshness {
    /// The header for a client; `has_credential` tells whether it said who it is. What such a client gets passed this
    /// router's own checks for it, which a cache on the way would not make for the next one.
    pub(crate) fn header(self, has_credential: bool) -> Option<HeaderValue> {
        let seconds = self.lifetime.as_secs();
        if seconds == 0 {
            return None;
        }
        let circle = if self.public && !has_credential { "public" } else { "private" };
        HeaderValue::try_from(format!("{circle}, max-age={seconds}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freshness(seconds: u64, public: bool) -> Freshness {
        Freshness { lifetime: Duration::from_secs(seconds), public }
    }

    #[test]
    fn an_answer_is_as_fresh_and_as_public_as_its_worst_part() {
        let report = CacheReport::new(OperationKind::Query);
        assert_eq!(report.freshness(), None);
        report.add(freshness(60, true));
        report.add(freshness(30, true));
        assert_eq!(report.freshness(), Some(freshness(30, true)));
        report.add(freshness(45, false));
        assert_eq!(report.freshness(), Some(freshness(30, false)));
        report.add(Freshness::NONE);
        assert_eq!(report.freshness().and_then(|freshness| freshness.header(false)), None);
    }

    #[test]
    fn only_those_who_did_not_say_who_they_are_get_public_answers() {
        assert_eq!(freshness(9, true).header(false), Some(HeaderValue::from_static("public, max-age=9")));
        assert_eq!(freshness(9, true).header(true), Some(HeaderValue::from_static("private, max-age=9")));
        assert_eq!(freshness(9, false).header(false), Some(HeaderValue::from_static("private, max-age=9")));
    }
}

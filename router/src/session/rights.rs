//! What a session may do at this moment, and who is told when that changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::SessionState;

/// The state of one session. Every connection has one of its own, which a handful of others follow: a `watch` channel, made for
/// thousands that wait, takes four times the room.
pub(super) struct Rights {
    cell: Arc<Cell>,
}

struct Cell {
    state: Mutex<SessionState>,
    /// Counts the changes that are told; written under the lock of the state.
    changes: AtomicU64,
    changed: Notify,
}

impl Rights {
    /// As they are at first.
    pub(super) fn new(state: SessionState) -> Self {
        Self { cell: Arc::new(Cell { state: Mutex::new(state), changes: AtomicU64::new(0), changed: Notify::new() }) }
    }

    /// As they are now.
    pub(super) fn now(&self) -> SessionState {
        self.cell.state.lock().clone()
    }

    /// Others from now on. Whoever follows is told so when `matters` says of before and now that they differ.
    pub(super) fn put(&self, now: SessionState, matters: impl FnOnce(&SessionState, &SessionState) -> bool) {
        let mut state = self.cell.state.lock();
        let told = matters(&state, &now);
        *state = now;
        if told {
            self.cell.changes.fetch_add(1, Ordering::Release);
        }
        drop(state);
        if told {
            self.cell.changed.notify_waiters();
        }
    }

    /// Follows them from now on.
    pub(super) fn follow(&self) -> Entitled {
        Entitled { seen: self.cell.changes.load(Ordering::Acquire), cell: Arc::clone(&self.cell) }
    }
}

/// Sees what a session may do, and notices when that changes.
#[derive(Clone)]
pub struct Entitled {
    cell: Arc<Cell>,
    seen: u64,
}

impl Entitled {
    /// The state now.
    pub fn now(&self) -> SessionState {
        self.cell.state.lock().clone()
    }

    /// The state now, which is no change any more.
    pub fn see(&mut self) -> SessionState {
        let state = self.cell.state.lock();
        self.seen = self.cell.changes.load(Ordering::Acquire);
        state.clone()
    }

    /// Whether it changed since it was last seen.
    pub fn has_changed(&self) -> bool {
        self.cell.changes.load(Ordering::Acquire) != self.seen
    }

    /// Returns once it has changed since it was last seen.
    pub async fn changed(&self) {
        let changed = self.cell.changed.notified();
        tokio::pin!(changed);
        // From here on it is told of a change, which may have come before.
        changed.as_mut().enable();
        if !self.has_changed() {
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::FutureExt as _;

    use super::*;
    use crate::authentication::AuthenticationError::{Expired, Revoked};

    fn end(rights: &Rights, error: crate::authentication::AuthenticationError) {
        rights.put(SessionState::Ended(error), |_, _| true);
    }

    #[test]
    fn a_change_is_told_to_whoever_waits_and_to_whoever_asks_later() {
        let rights = Rights::new(SessionState::Anonymous);
        let (waits, mut asks) = (rights.follow(), rights.follow());
        let mut changed = pin!(waits.changed());
        assert!(changed.as_mut().now_or_never().is_none() && !asks.has_changed());
        end(&rights, Expired);
        assert!(changed.now_or_never().is_some());
        assert!(asks.has_changed() && asks.changed().now_or_never().is_some());
        assert_eq!(asks.see(), SessionState::Ended(Expired));
        assert!(!asks.has_changed(), "what was seen is no change any more");
        assert!(!rights.follow().has_changed(), "nor is what came before");
        end(&rights, Revoked);
        assert!(asks.clone().has_changed());
    }

    #[test]
    fn what_makes_no_difference_is_kept_and_not_told() {
        let rights = Rights::new(SessionState::Ended(Expired));
        let follows = rights.follow();
        rights.put(SessionState::Ended(Revoked), |before, now| before == now);
        assert!(!follows.has_changed());
        assert_eq!((follows.now(), rights.now()), (SessionState::Ended(Revoked), SessionState::Ended(Revoked)));
    }
}

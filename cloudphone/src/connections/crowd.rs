//! All open connections: how many there are, which of them ask for nothing at the moment, and who has to make room.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// When there is no room, this part of the connections that ask for nothing has to go, so that not every new one takes a search.
const SHARE: usize = 32;

/// The connections of one listener.
#[derive(Clone)]
pub(super) struct Crowd(Arc<Members>);

struct Members {
    began: Instant,
    numbers: AtomicU64,
    known: Mutex<HashMap<u64, Weak<Standing>>>,
}

/// One connection, as long as it is open.
pub(super) struct Standing {
    number: u64,
    members: Arc<Members>,
    /// Requests that are being answered, and all that there were.
    under_way: AtomicUsize,
    requests: AtomicU64,
    /// Since when there are none under way, in milliseconds of the crowd.
    idle_since: AtomicU64,
    /// It has to make room for others.
    dismissed: Notify,
}

impl Crowd {
    pub(super) fn new() -> Self {
        Self(Arc::new(Members { began: Instant::now(), numbers: AtomicU64::new(0), known: Mutex::default() }))
    }

    pub(super) fn join(&self) -> Arc<Standing> {
        let members = &self.0;
        let number = members.numbers.fetch_add(1, Ordering::Relaxed);
        let standing = Arc::new(Standing {
            number,
            members: Arc::clone(members),
            under_way: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            idle_since: AtomicU64::new(members.now()),
            dismissed: Notify::new(),
        });
        members.known.lock().insert(number, Arc::downgrade(&standing));
        metrics::gauge!("cloudphone_http_connections").increment(1.0);
        standing
    }

    /// Whether another connection fits among `most`. Where there are so many already, those leave that have asked for nothing for the
    /// longest time, be it that they rest or that they never come to the end of what they want.
    pub(super) fn has_room(&self, most: usize) -> bool {
        let mut known = self.0.known.lock();
        if known.len() < most {
            return true;
        }
        let standing: Vec<Arc<Standing>> = known.values().filter_map(Weak::upgrade).collect();
        let mut idle: Vec<(u64, &Arc<Standing>)> = standing
            .iter()
            .filter(|one| one.is_idle())
            .map(|one| (one.idle_since.load(Ordering::Relaxed), one))
            .collect();
        let leaving = idle.len().div_ceil(SHARE);
        if leaving > 0 {
            idle.select_nth_unstable_by_key(leaving - 1, |(since, one)| (*since, one.number));
        }
        for (_, one) in idle.iter().take(leaving) {
            known.remove(&one.number);
            one.dismissed.notify_one();
        }
        let has_room = known.len() < most;
        // Only then may the last hold on one of them be let go, which looks for itself among those that are known.
        drop(known);
        metrics::counter!("cloudphone_http_connections_dismissed_total").increment(leaving as u64);
        has_room
    }
}

impl Members {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Standing {
    /// A request has come whole, but for its body.
    pub(super) fn asks(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.requests.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    pub(super) fn is_idle(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) == 0
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Returns when it has to make room, and asks for nothing.
    pub(super) async fn dismissed(&self) {
        loop {
            self.dismissed.notified().await;
            // It may have asked for something since it was chosen.
            if self.is_idle() {
                return;
            }
        }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.members.known.lock().remove(&self.number);
        metrics::gauge!("cloudphone_http_connections").decrement(1.0);
    }
}

/// A request that is being answered, until its answer is handed over to the connection.
pub(super) struct UnderWay(Arc<Standing>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.members.now(), Ordering::Relaxed);
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer.
pub(super) struct Attended {
    body: Body,
    _until_the_end: UnderWay,
}

impl Attended {
    pub(super) fn new(body: Body, under_way: UnderWay) -> Self {
        Self { body, _until_the_end: under_way }
    }
}

impl hyper::body::Body for Attended {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn who_asks_for_nothing_makes_room_and_who_is_answered_stays() {
        let crowd = Crowd::new();
        let members: Vec<Arc<Standing>> = (0..3).map(|_| crowd.join()).collect();
        let answered = members[0].asks();
        assert!(crowd.has_room(4));
        assert!(members.iter().all(|one| one.dismissed().now_or_never().is_none()), "there was room");
        assert!(crowd.has_room(3));
        assert!(members[1].dismissed().now_or_never().is_some(), "the oldest that asks for nothing");
        assert!(members[0].dismissed().now_or_never().is_none() && members[2].dismissed().now_or_never().is_none());
        let (_new, _also_answered) = (crowd.join(), members[2].asks());
        assert!(crowd.has_room(3), "the new one asks for nothing either");
        let busy = crowd.join();
        let _third_answered = busy.asks();
        assert!(!crowd.has_room(3), "all are being answered");
        drop(answered);
        assert!(crowd.has_room(3));
        drop(members);
    }
}

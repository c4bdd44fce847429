//! A live stream with its subscribers: a ring of recent events that each reads at its own pace.
//!
//! The stream goes as fast as its fastest subscriber. Who is alone therefore holds back its source, which then coalesces
//! or drops by its own rules; among several, a slow one falls behind and is overrun. An event is let go as soon as all have
//! taken it, so that an idle stream holds none.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event::Event;
use super::listeners::{Listener, Listeners, Round};
use super::reload::Course;
use super::rules::Rule;
use super::statistics::Statistics;

/// Subscribers that are told of an event before any of their connections is written.
const TOLD_AT_ONCE: usize = 1024;
/// Connections that are written before other tasks of the thread have their turn: about a third of a millisecond.
const WRITTEN_AT_ONCE: usize = 64;

/// A stream that runs.
pub(super) struct Shared {
    ring: Mutex<Ring>,
    /// There is an event, or the end: for subscribers that wait for it.
    news: Notify,
    /// Subscribers that are told of it.
    listeners: Mutex<Listeners>,
    /// The fastest subscriber has made progress.
    room: Notify,
    /// The last subscriber has left.
    pub(super) deserted: CancellationToken,
    /// Its plan holds no longer.
    pub(super) superseded: CancellationToken,
    /// Its plan.
    pub(super) course: Course,
    pub(super) statistics: Statistics,
    pub(super) rule: Rule,
    capacity: u64,
}

struct Slot {
    event: Arc<Event>,
    /// Subscribers that have yet to take it.
    unread: usize,
}

struct Ring {
    slots: VecDeque<Slot>,
    /// The number of the next event; the slots hold those before it.
    head: u64,
    /// How far any subscriber ever came.
    fastest: u64,
    readers: usize,
    start: Start,
    /// No further events come, for this reason.
    over: Option<Over>,
}

/// Why no further events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The source has no more.
    Completed,
    /// The supergraph changed, and what was asked is answered by another plan or not at all.
    Superseded,
}

/// Who may join.
enum Start {
    /// Anybody, at any time.
    Open,
    /// Whoever comes while the start is still kept, which is repeated to it.
    Kept { events: Vec<Arc<Event>>, bytes: usize },
    /// Nobody any more.
    Closed,
}

/// What there is for a subscriber.
pub(super) enum Received {
    Event(Arc<Event>),
    /// It was overrun by so many events.
    Behind(u64),
    Over(Over),
}

impl Ring {
    fn first(&self) -> u64 {
        self.head - self.slots.len() as u64
    }

    /// Takes a reader's mark from all slots from `position` on.
    fn unmark(&mut self, position: u64, end: u64, statistics: &Statistics) {
        let first = self.first();
        let from = usize::try_from(position.saturating_sub(first)).unwrap_or(usize::MAX);
        let count = usize::try_from(end.saturating_sub(position.max(first))).unwrap_or(usize::MAX);
        for slot in self.slots.iter_mut().skip(from).take(count) {
            slot.unread -= 1;
            if slot.unread == 0 {
                statistics.let_go(&slot.event);
            }
        }
        while self.slots.front().is_some_and(|slot| slot.unread == 0) {
            self.slots.pop_front();
        }
    }
}

impl Shared {
    /// A stream with its first subscriber, who remembers at most `capacity` events for those who are slower.
    pub(super) fn new(course: Course, rule: Rule, capacity: usize, statistics: Statistics) -> (Arc<Self>, Reader) {
        let start = if rule.joinable { Start::Open } else { Start::Kept { events: Vec::new(), bytes: 0 } };
        let ring = Ring { slots: VecDeque::new(), head: 0, fastest: 0, readers: 1, start, over: None };
        statistics.joined();
        let shared = Arc::new(Self {
            ring: Mutex::new(ring),
            news: Notify::new(),
            listeners: Mutex::default(),
            room: Notify::new(),
            deserted: CancellationToken::new(),
            superseded: CancellationToken::new(),
            course,
            statistics,
            rule,
            capacity: capacity.max(1) as u64,
        });
        let reader = Reader { shared: Arc::clone(&shared), position: 0, start: VecDeque::new(), place: None };
        (shared, reader)
    }

    /// Another subscriber; none when it could no longer get what it would get alone.
    pub(super) fn join(self: &Arc<Self>) -> Option<Reader> {
        let mut ring = self.ring.lock();
        if ring.over.is_some() || ring.readers == 0 {
            return None;
        }
        let start = match &ring.start {
            Start::Open => VecDeque::new(),
            Start::Kept { events, .. } => {
                let first = events.first();
                if first.is_some_and(|first| first.made_at().elapsed() > self.rule.start_kept_for) {
                    ring.start = Start::Closed;
                    return None;
                }
                events.iter().cloned().collect()
            }
            Start::Closed => return None,
        };
        ring.readers += 1;
        // Whoever begins at the newest event has not been overrun by it.
        ring.fastest = ring.head;
        let position = ring.head;
        drop(ring);
        self.room.notify_one();
        self.statistics.joined();
        Some(Reader { shared: Arc::clone(self), position, start, place: None })
    }

    /// Hands an event to all; those who are too far behind lose their oldest.
    pub(super) fn publish(&self, event: Event) {
        self.statistics.came();
        let event = Arc::new(event);
        let mut ring = self.ring.lock();
        if ring.readers == 0 {
            return;
        }
        if ring.slots.len() as u64 >= self.capacity
            && let Some(overrun) = ring.slots.pop_front()
        {
            self.statistics.let_go(&overrun.event);
        }
        let keep = |bytes: usize, first: Option<&Arc<Event>>| {
            bytes <= self.rule.start_bytes
                && first.map_or(!self.rule.start_kept_for.is_zero(), |first| {
                    first.made_at().elapsed() <= self.rule.start_kept_for
                })
        };
        if let Start::Kept { events, bytes } = &mut ring.start {
            *bytes += event.body().len();
            // What failed for those who were first need not fail for others; after a gap the start is no longer whole.
            if event.has_errors() || event.follows_gap() || !keep(*bytes, events.first()) {
                ring.start = Start::Closed;
            } else {
                events.push(Arc::clone(&event));
            }
        }
        let unread = ring.readers;
        ring.slots.push_back(Slot { event, unread });
        ring.head += 1;
        drop(ring);
        self.news.notify_waiters();
    }

    /// Tells the listeners what was published. When this is cancelled, some may not have been told.
    pub(super) async fn tell(&self) {
        let (mut cursor, mut told) = (0, Vec::new());
        while self.next_listeners(&mut cursor, &mut told) {
            let mut round = Round::default();
            told.drain(..).for_each(|listener| listener.news(&mut round));
            while round.flush_some(WRITTEN_AT_ONCE) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn next_listeners(&self, cursor: &mut usize, found: &mut Vec<Arc<dyn Listener>>) -> bool {
        let listeners = self.listeners.lock();
        while found.is_empty() && *cursor < listeners.places() {
            listeners.next(cursor, TOLD_AT_ONCE, found);
        }
        !found.is_empty()
    }

    /// Waits until the fastest subscriber is not too far behind for another event.
    pub(super) async fn room(&self) {
        loop {
            let room = self.room.notified();
            if self.has_room() {
                return;
            }
            room.await;
        }
    }

    /// Whether another event is taken.
    pub(super) fn has_room(&self) -> bool {
        let ring = self.ring.lock();
        ring.head - ring.fastest < self.capacity
    }

    /// Until when the start is kept; none when there is none.
    pub(super) fn start_kept_until(&self) -> Option<Instant> {
        match &self.ring.lock().start {
            Start::Kept { events, .. } => events.first().map(|first| first.made_at() + self.rule.start_kept_for),
            Start::Open | Start::Closed => None,
        }
    }

    /// Lets go of the start: a quiet stream must not hold it for ever.
    pub(super) fn close_start(&self) {
        self.ring.lock().start = Start::Closed;
    }

    /// No further events come.
    pub(super) fn end(&self) {
        self.ring.lock().over.get_or_insert(Over::Completed);
        self.news.notify_waiters();
        let (mut cursor, mut told) = (0, Vec::new());
        let mut round = Round::default();
        while self.next_listeners(&mut cursor, &mut told) {
            told.drain(..).for_each(|listener| listener.news(&mut round));
        }
    }

    /// Another plan has taken the place of this stream's; its run ends by it, and tells the listeners.
    pub(super) fn supersede(&self) {
        self.ring.lock().over.get_or_insert(Over::Superseded);
        self.news.notify_waiters();
        self.superseded.cancel();
    }

    pub(super) fn is_superseded(&self) -> bool {
        self.ring.lock().over == Some(Over::Superseded)
    }

    fn has_news(&self, position: u64) -> bool {
        let ring = self.ring.lock();
        position < ring.head || ring.over.is_some()
    }

    fn take(&self, position: &mut u64) -> Option<Received> {
        let mut ring = self.ring.lock();
        let first = ring.first();
        if *position < first {
            return Some(Received::Behind(first - *position));
        }
        if *position == ring.head {
            return ring.over.map(Received::Over);
        }
        let index = usize::try_from(*position - first).expect("a ring is small");
        let event = Arc::clone(&ring.slots[index].event);
        ring.unmark(*position, *position + 1, &self.statistics);
        *position += 1;
        let further = *position > ring.fastest;
        if further {
            ring.fastest = *position;
        }
        drop(ring);
        if further {
            self.room.notify_one();
        }
        Some(Received::Event(event))
    }
}

/// One subscriber's place in a stream; dropping it leaves the stream.
pub(super) struct Reader {
    shared: Arc<Shared>,
    position: u64,
    /// The start of the stream, for one who came after it.
    start: VecDeque<Arc<Event>>,
    /// Where its listener is.
    place: Option<usize>,
}

impl Reader {
    /// The next event, if there is one.
    pub(super) fn take(&mut self) -> Option<Received> {
        if self.start.is_empty() {
            return self.shared.take(&mut self.position);
        }
        let event = self.start.pop_front();
        if self.start.is_empty() {
            self.start = VecDeque::new();
        }
        event.map(Received::Event)
    }

    /// Returns once there is something to take.
    pub(super) async fn news(&self) {
        let news = self.shared.news.notified();
        tokio::pin!(news);
        news.as_mut().enable();
        // It may have come before one could be told.
        if self.start.is_empty() && !self.shared.has_news(self.position) {
            news.await;
        }
    }

    /// Has somebody told of what there is to take from now on; what there is already must be looked for.
    pub(super) fn listen(&mut self, listener: Weak<dyn Listener>) {
        let place = self.shared.listeners.lock().add(listener);
        debug_assert!(self.place.is_none(), "a reader has one listener");
        self.place = Some(place);
    }

    /// Goes on with the oldest event that is remembered.
    pub(super) fn skip_to_oldest(&mut self) {
        self.position = self.position.max(self.shared.ring.lock().first());
    }

    /// Goes on with the newest event, and tells how many it left out that were remembered.
    pub(super) fn skip_to_newest(&mut self) -> u64 {
        let mut ring = self.shared.ring.lock();
        let oldest = self.position.max(ring.first());
        let newest = ring.head.saturating_sub(1).max(oldest);
        ring.unmark(oldest, newest, &self.shared.statistics);
        self.position = newest;
        newest - oldest
    }

    pub(super) fn stream(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.listeners.lock().remove(place);
        }
        let mut ring = self.shared.ring.lock();
        let head = ring.head;
        ring.unmark(self.position, head, &self.shared.statistics);
        ring.readers -= 1;
        let last = ring.readers == 0;
        drop(ring);
        self.shared.statistics.left();
        if last {
            self.shared.deserted.cancel();
        }
    }
}

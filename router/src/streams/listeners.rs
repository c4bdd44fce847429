//! Subscribers that are told of an event where it is made: without a task of their own, without a queue in between.

use std::sync::{Arc, Weak};

/// A subscriber that takes its events by itself when it is told that there are some.
pub trait Listener: Send + Sync {
    /// There may be something to take: an event, the end, or other rights. Never waits; what it has to write is written when
    /// the round ends, so that all that is due on one connection is written at once.
    fn news(self: Arc<Self>, round: &mut Round);

    /// What it had no room for before may now have some.
    fn room(self: Arc<Self>, round: &mut Round);
}

/// Something that gathers what is to be written.
pub trait Gathered: Send + Sync {
    /// Writes as much of it as goes without waiting.
    fn flush(&self);
}

/// One pass over subscribers, and where something is to be written for them. What is left is written when it is dropped.
#[derive(Default)]
pub struct Round {
    due: Vec<Arc<dyn Gathered>>,
}

impl Round {
    /// Writes this one when the round ends.
    pub fn due(&mut self, gathered: Arc<dyn Gathered>) {
        self.due.push(gathered);
    }

    /// Writes the oldest that are due, at most so many; whether there are more.
    pub(super) fn flush_some(&mut self, most: usize) -> bool {
        let from = self.due.len().saturating_sub(most);
        // From the end, where they come off at no cost; among connections the order is nobody's right.
        self.due.drain(from..).for_each(|gathered| gathered.flush());
        !self.due.is_empty()
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        self.flush_some(usize::MAX);
    }
}

/// The listeners of one stream, each in a place that it keeps.
#[derive(Default)]
pub(super) struct Listeners {
    places: Vec<Option<Weak<dyn Listener>>>,
    free: Vec<usize>,
}

impl Listeners {
    /// Takes a place.
    pub(super) fn add(&mut self, listener: Weak<dyn Listener>) -> usize {
        let Some(place) = self.free.pop() else {
            self.places.push(Some(listener));
            return self.places.len() - 1;
        };
        self.places[place] = Some(listener);
        place
    }

    /// Gives a place back.
    pub(super) fn remove(&mut self, place: usize) {
        self.places[place] = None;
        self.free.push(place);
        if self.free.len() == self.places.len() {
            *self = Self::default();
        }
    }

    /// Those in the next places from `cursor` on, which moves behind them.
    pub(super) fn next(&self, cursor: &mut usize, places: usize, found: &mut Vec<Arc<dyn Listener>>) {
        let rest = self.places.get(*cursor..).unwrap_or_default();
        let taken = &rest[..places.min(rest.len())];
        *cursor += taken.len();
        found.extend(taken.iter().flatten().filter_map(Weak::upgrade));
    }

    /// How many places there are up to the last.
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Listener for Count {
        fn news(self: Arc<Self>, round: &mut Round) {
            round.due(self);
        }

        fn room(self: Arc<Self>, round: &mut Round) {
            self.news(round);
        }
    }

    impl Gathered for Count {
        fn flush(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn each_is_told_once_whoever_comes_and_goes() {
        let counts: Vec<Arc<Count>> = (0..10).map(|_| Arc::default()).collect();
        let mut listeners = Listeners::default();
        for (place, count) in counts.iter().enumerate() {
            assert_eq!(listeners.add(Arc::<Count>::downgrade(count)), place);
        }
        listeners.remove(3);
        let (mut cursor, mut found) = (0, Vec::new());
        while cursor < listeners.places() {
            listeners.next(&mut cursor, 4, &mut found);
        }
        assert_eq!(found.len(), 9);
        assert_eq!(listeners.add(Arc::<Count>::downgrade(&counts[3])), 3, "a free place is taken again");
        for place in 0..10 {
            listeners.remove(place);
        }
        assert_eq!(listeners.places(), 0, "nothing is kept for those who left");
    }

    #[test]
    fn a_round_that_is_cut_short_still_writes() {
        let count = Arc::new(Count::default());
        let mut round = Round::default();
        for _ in 0..5 {
            Arc::clone(&count).news(&mut round);
        }
        assert!(round.flush_some(2));
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
        drop(round);
        assert_eq!(count.0.load(Ordering::Relaxed), 5);
    }
}

//! Samples that are not in the table for certain, and those who wait until they are.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ahash::AHashMap;
use thiserror::Error;
use tokio::sync::oneshot;

use super::sample::{Sample, SampleKey};

/// A sample that is not stored and will not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the sample is not stored; it has to be sent again")]
pub struct NotStored;

/// A message on its way to the table.
#[derive(Debug)]
pub struct Storing(Option<oneshot::Receiver<()>>);

impl Storing {
    /// There is nothing to store.
    pub fn nothing() -> Self {
        Self(None)
    }

    /// Waits until the sample is in the table. Whoever gives up waiting does not take it back.
    pub async fn done(self) -> Result<(), NotStored> {
        match self.0 {
            None => Ok(()),
            Some(answer) => answer.await.map_err(|_| NotStored),
        }
    }
}

struct Waiter {
    answer: oneshot::Sender<()>,
    since: Instant,
}

/// Which samples a batch takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those that somebody waits for.
    Awaited,
    /// Those, and then all others.
    All,
}

/// Samples on their way to the table, up to a number: those that somebody waits for go first, and push out others.
#[derive(Default)]
pub struct Unstored {
    capacity: usize,
    waiting: VecDeque<Arc<Sample>>,
    awaited: VecDeque<Arc<Sample>>,
    /// The batch that is being written.
    in_flight: Vec<Arc<Sample>>,
    /// For each sample in `awaited`, and those of them that are in flight.
    waiters: AHashMap<SampleKey, Vec<Waiter>>,
    ended: bool,
}

impl Unstored {
    /// Room for so many samples.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// Samples in the queues.
    pub fn queued(&self) -> usize {
        self.waiting.len() + self.awaited.len()
    }

    /// Samples in the queue of those that nobody waits for.
    pub fn unattended(&self) -> usize {
        self.waiting.len()
    }

    /// Whether somebody waits for a sample that is not in flight.
    pub fn has_awaited(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Every sample.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Sample>> {
        self.in_flight.iter().chain(&self.awaited).chain(&self.waiting)
    }

    /// Takes a sample that nobody waits for. Answers how many samples were lost for want of room: the oldest.
    pub fn add(&mut self, sample: Arc<Sample>) -> u64 {
        let lost = self.make_room();
        if self.queued() < self.capacity {
            self.waiting.push_back(sample);
            u64::from(lost)
        } else {
            1
        }
    }

    /// Takes a sample that somebody waits for. One that is on its way already gets another waiter.
    pub fn add_awaited(&mut self, sample: Arc<Sample>) -> (Storing, u64) {
        let (answer, answered) = oneshot::channel();
        let storing = Storing(Some(answered));
        if self.ended {
            return (storing, 0);
        }
        let waiter = Waiter { answer, since: Instant::now() };
        if let Some(others) = self.waiters.get_mut(&sample.key()) {
            others.retain(|other| !other.answer.is_closed());
            others.push(waiter);
            return (storing, 0);
        }
        let lost = self.make_room();
        if self.queued() < self.capacity {
            self.waiters.insert(sample.key(), vec![waiter]);
            self.awaited.push_back(sample);
        }
        (storing, u64::from(lost))
    }

    fn make_room(&mut self) -> bool {
        self.queued() >= self.capacity && self.waiting.pop_front().is_some()
    }

    /// The next batch, which is in flight from now on.
    pub fn take(&mut self, wanted: Wanted, rows: usize) -> Vec<Arc<Sample>> {
        let first = self.awaited.len().min(rows);
        let then = if wanted == Wanted::All { self.waiting.len().min(rows - first) } else { 0 };
        self.in_flight = self.awaited.drain(..first).chain(self.waiting.drain(..then)).collect();
        self.in_flight.clone()
    }

    /// The batch in flight is stored: tells those who wait, and how long each of them did.
    pub fn stored(&mut self, mut waited: impl FnMut(Duration)) {
        for sample in self.in_flight.drain(..) {
            // Nearly always nobody waits for anything.
            if self.waiters.is_empty() {
                continue;
            }
            for waiter in self.waiters.remove(&sample.key()).into_iter().flatten() {
                waited(waiter.since.elapsed());
                // Who has given up will send it again.
                let _ = waiter.answer.send(());
            }
        }
    }

    /// The batch in flight is not stored: its samples are the oldest again, as far as there is room. Answers how many are lost.
    pub fn put_back(&mut self) -> u64 {
        let mut lost = 0;
        for sample in std::mem::take(&mut self.in_flight).into_iter().rev() {
            let is_awaited = self.waiters.contains_key(&sample.key());
            if self.queued() >= self.capacity {
                self.waiters.remove(&sample.key());
                lost += 1;
            } else if is_awaited {
                self.awaited.push_front(sample);
            } else {
                self.waiting.push_front(sample);
            }
        }
        lost
    }

    /// Nothing is stored any more: nobody shall wait for it.
    pub fn end(&mut self) {
        self.ended = true;
        self.waiters.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::telemetry::testing::sample;
    use chrono::Utc;
    use cloudphone_core::DeviceId;
    use futures::FutureExt;

    fn samples(count: i64) -> Vec<Arc<Sample>> {
        let (device_id, now) = (DeviceId::new(), Utc::now());
        (0..count).map(|sequence| sample(device_id, now, sequence)).collect()
    }

    fn sequences(batch: &[Arc<Sample>]) -> Vec<i64> {
        batch.iter().map(|sample| sample.sequence).collect()
    }

    #[test]
    fn what_is_awaited_goes_first_and_is_answered_when_it_is_stored() {
        let (mut unstored, all) = (Unstored::new(10), samples(4));
        assert_eq!(unstored.add(all[0].clone()) + unstored.add(all[1].clone()), 0);
        let mut answers = [unstored.add_awaited(all[2].clone()).0, unstored.add_awaited(all[3].clone()).0]
            .map(|storing| Box::pin(storing.done()));
        assert_eq!(sequences(&unstored.take(Wanted::Awaited, 1)), [2]);
        assert_eq!(unstored.iter().count(), 4, "what is in flight is not stored yet");
        assert_eq!(answers[0].as_mut().now_or_never(), None);
        let mut waited = 0;
        unstored.stored(|_| waited += 1);
        assert_eq!((waited, answers[0].as_mut().now_or_never()), (1, Some(Ok(()))));
        assert_eq!(answers[1].as_mut().now_or_never(), None);
        assert_eq!(sequences(&unstored.take(Wanted::All, 2)), [3, 0]);
        unstored.stored(|_| {});
        assert_eq!(answers[1].as_mut().now_or_never(), Some(Ok(())));
        assert_eq!(sequences(&unstored.take(Wanted::All, 2)), [1]);
    }

    #[test]
    fn what_is_sent_again_is_kept_once_and_answered_to_both() {
        let (mut unstored, all) = (Unstored::new(10), samples(1));
        let first = unstored.add_awaited(all[0].clone()).0;
        unstored.take(Wanted::All, 10);
        let second = unstored.add_awaited(all[0].clone()).0;
        assert_eq!(unstored.put_back(), 0);
        let third = unstored.add_awaited(all[0].clone()).0;
        assert_eq!(unstored.take(Wanted::All, 10).len(), 1);
        unstored.stored(|_| {});
        for storing in [first, second, third] {
            assert_eq!(storing.done().now_or_never(), Some(Ok(())));
        }
        assert!(unstored.waiters.is_empty());
    }

    #[test]
    fn without_room_the_oldest_go_and_what_is_awaited_is_refused_last() {
        let (mut unstored, all) = (Unstored::new(2), samples(6));
        unstored.add(all[0].clone());
        unstored.add(all[1].clone());
        assert_eq!(unstored.add(all[2].clone()), 1);
        let (third, lost) = unstored.add_awaited(all[3].clone());
        assert_eq!(lost, 1);
        let (fourth, lost) = unstored.add_awaited(all[4].clone());
        assert_eq!(lost, 1);
        assert_eq!(unstored.add(all[5].clone()), 1, "nothing that is awaited goes for what is not");
        assert_eq!(unstored.add_awaited(all[5].clone()).0.done().now_or_never(), Some(Err(NotStored)));
        assert_eq!(sequences(&unstored.take(Wanted::All, 10)), [3, 4]);
        // New samples came while the database failed.
        unstored.add(all[0].clone());
        assert_eq!(unstored.put_back(), 1);
        assert_eq!(third.done().now_or_never(), Some(Err(NotStored)));
        assert_eq!(sequences(&unstored.take(Wanted::All, 10)), [4, 0]);
        unstored.stored(|_| {});
        assert_eq!(fourth.done().now_or_never(), Some(Ok(())));
    }

    #[test]
    fn at_the_end_nobody_waits_in_vain() {
        let (mut unstored, all) = (Unstored::new(10), samples(2));
        let before = unstored.add_awaited(all[0].clone()).0;
        unstored.end();
        let after = unstored.add_awaited(all[1].clone()).0;
        assert_eq!(before.done().now_or_never(), Some(Err(NotStored)));
        assert_eq!(after.done().now_or_never(), Some(Err(NotStored)));
    }
}

//! Samples for one subscription: those of the devices that match now, paced as the client chose, resumed without a gap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ahash::{AHashMap, AHashSet};
use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, DeviceId};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;

use super::hub::Follower;
use super::sample::Sample;
use super::store;
use crate::context::DevicesContext;
use crate::device::{Device, DeviceChange, DeviceFilter};
use crate::error::DevicesError;

/// Samples that a resumption brings at most; beyond it the client is told of a gap and should ask for the history.
const RESUMED_AT_MOST: i64 = 10_000;

/// One sample for a subscriber.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// The device as it is known now.
    pub device: Arc<Device>,
    /// The sample.
    pub sample: Arc<Sample>,
    /// Whether samples before this one were lost to the subscriber.
    pub gap: bool,
}

/// What a subscriber wants.
#[derive(Clone, Debug, Default)]
pub struct FeedOptions {
    /// Which devices; looked at again whenever a device changes.
    pub filter: DeviceFilter,
    /// The shortest time between two samples of a device; zero for every sample.
    pub min_interval: Duration,
    /// From when to resume; absent to begin with what comes next.
    pub resume_from: Option<DateTime<Utc>>,
}

/// The samples for one subscription.
pub struct TelemetryFeed {
    context: Arc<DevicesContext>,
    caller: Caller,
    options: FeedOptions,
    follower: Follower,
    changes: broadcast::Receiver<DeviceChange>,
    ready: VecDeque<DeviceId>,
    items: VecDeque<FeedItem>,
    sent_at: AHashMap<DeviceId, Instant>,
    waiting: AHashSet<DeviceId>,
    due: BinaryHeap<Reverse<(Instant, DeviceId)>>,
}

impl TelemetryFeed {
    /// Begins to follow what matches. Nothing is missed from here on.
    pub async fn open(
        context: Arc<DevicesContext>,
        caller: Caller,
        options: FeedOptions,
    ) -> Result<Self, DevicesError> {
        let changes = context.registry.changes();
        let mut follower = context.hub.follower();
        for device in context.registry.matching(caller.tenant_id, &options.filter) {
            follower.follow(device.id);
        }
        let mut feed = Self {
            context,
            caller,
            options,
            follower,
            changes,
            ready: VecDeque::new(),
            items: VecDeque::new(),
            sent_at: AHashMap::new(),
            waiting: AHashSet::new(),
            due: BinaryHeap::new(),
        };
        if let Some(from) = feed.options.resume_from {
            feed.resume(from).await?;
        }
        Ok(feed)
    }

    /// The next sample; `None` never, as long as the platform lives.
    pub async fn next(&mut self) -> Option<FeedItem> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(item);
            }
            if let Some(device_id) = self.ready.pop_front() {
                self.take(device_id);
                continue;
            }
            let next_due = self.due.peek().map(|Reverse((due, _))| *due);
            tokio::select! {
                biased;
                change = self.changes.recv() => match change {
                    Ok(change) => self.reconsider(&change),
                    Err(RecvError::Lagged(_)) => self.reconsider_all(),
                    Err(RecvError::Closed) => return None,
                },
                () = self.follower.changed() => self.ready.extend(self.follower.take_changed()),
                () = tokio::time::sleep_until(next_due.unwrap_or_else(Instant::now)), if next_due.is_some() => self.fall_due(),
            }
        }
    }

    /// Brings what was stored and what is remembered since `from`, each sample once. Afterwards the follower stands before
    /// the next live sample, so that the two meet without a gap.
    async fn resume(&mut self, from: DateTime<Utc>) -> Result<(), DevicesError> {
        let followed: Vec<DeviceId> = self.follower.followed().collect();
        // Before the database is asked: what may not be stored yet. After it: what came meanwhile.
        let mut recent: Vec<Arc<Sample>> = followed.iter().flat_map(|id| self.follower.take_recent(*id)).collect();
        let is_wanted = |sample: &Sample| sample.at > from && self.follower.follows(sample.device_id);
        recent.extend(self.context.writer.unstored(is_wanted));
        let stored = self
            .context
            .database
            .read(&self.caller, async |conn| store::samples_after(conn, &followed, from, RESUMED_AT_MOST).await)
            .await?;
        let mut overrun: AHashSet<DeviceId> = AHashSet::new();
        for id in &followed {
            let unseen = self.follower.take_unseen(*id);
            recent.extend(unseen.samples);
            if unseen.gap {
                overrun.insert(*id);
            }
        }
        let truncated = i64::try_from(stored.len()).is_ok_and(|count| count >= RESUMED_AT_MOST);
        let mut known: AHashSet<(DeviceId, DateTime<Utc>, i64)> = AHashSet::new();
        let mut samples: Vec<Arc<Sample>> =
            stored.into_iter().chain(recent.into_iter().filter(|sample| sample.at > from)).collect();
        samples.retain(|sample| known.insert((sample.device_id, sample.at, sample.sequence)));
        samples.sort_by_key(|sample| (sample.at, sample.device_id, sample.sequence));
        let first_live = truncated.then(|| samples.get(usize::try_from(RESUMED_AT_MOST).unwrap_or(0)).cloned());
        for sample in samples {
            let gap = first_live.iter().flatten().any(|first| Arc::ptr_eq(first, &sample));
            let overrun = overrun.remove(&sample.device_id);
            self.push(sample, gap || overrun);
        }
        Ok(())
    }

    fn take(&mut self, device_id: DeviceId) {
        if self.options.min_interval.is_zero() {
            let unseen = self.follower.take_unseen(device_id);
            for (index, sample) in unseen.samples.into_iter().enumerate() {
                self.push(sample, unseen.gap && index == 0);
            }
            return;
        }
        let now = Instant::now();
        let allowed_at = self.sent_at.get(&device_id).map_or(now, |sent| *sent + self.options.min_interval);
        if allowed_at > now {
            if self.waiting.insert(device_id) {
                self.due.push(Reverse((allowed_at, device_id)));
            }
            return;
        }
        self.sent_at.insert(device_id, now);
        if let Some(sample) = self.follower.take_latest(device_id) {
            self.push(sample, false);
        }
    }

    fn fall_due(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((due, device_id))) = self.due.peek().copied() {
            if due > now {
                return;
            }
            self.due.pop();
            self.waiting.remove(&device_id);
            self.ready.push_back(device_id);
        }
    }

    fn push(&mut self, sample: Arc<Sample>, gap: bool) {
        if let Some(device) = self.context.registry.get(sample.device_id) {
            self.items.push_back(FeedItem { device, sample, gap });
        }
    }

    fn reconsider(&mut self, change: &DeviceChange) {
        let device = &change.device;
        if device.tenant_id == self.caller.tenant_id && self.options.filter.matches(device) {
            self.follower.follow(device.id);
        } else {
            self.leave(device.id);
        }
    }

    fn reconsider_all(&mut self) {
        let matching = self.context.registry.matching(self.caller.tenant_id, &self.options.filter);
        let ids: AHashSet<DeviceId> = matching.iter().map(|device| device.id).collect();
        let gone: Vec<DeviceId> = self.follower.followed().filter(|id| !ids.contains(id)).collect();
        for id in gone {
            self.leave(id);
        }
        for id in ids {
            self.follower.follow(id);
        }
    }

    fn leave(&mut self, device_id: DeviceId) {
        if self.follower.follows(device_id) {
            self.follower.unfollow(device_id);
            self.sent_at.remove(&device_id);
            self.items.retain(|item| item.device.id != device_id);
        }
    }
}

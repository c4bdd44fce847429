//! The meeting point of samples and those who watch them: latest value and recent samples per device, without a queue per watcher.
//!
//! A follower keeps a position in each device's ring instead of a queue of its own, so a slow one costs
//! nothing but its own gaps. A sample costs each of its watchers one atomic exchange while that watcher is busy.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ahash::{AHashMap, RandomState};
use cloudphone_core::DeviceId;
use dashmap::DashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::sample::Sample;

struct Watch {
    device_id: DeviceId,
    dirty: AtomicBool,
    follower: Arc<Wakeup>,
}

/// The devices with news for one follower; at most one entry for each device it follows.
struct Wakeup {
    dirty: Mutex<Vec<DeviceId>>,
    notify: Notify,
}

#[derive(Default)]
struct Feed {
    /// Samples ever received; the position after the newest one.
    position: u64,
    recent: VecDeque<Arc<Sample>>,
    latest: Option<Arc<Sample>>,
    watches: Vec<Arc<Watch>>,
}

impl Feed {
    fn remembers(&self, sample: &Sample) -> bool {
        // Devices measure forwards, so that there is hardly ever something to search.
        self.latest.as_ref().is_some_and(|latest| sample.at <= latest.at)
            && self.recent.iter().rev().any(|recent| recent.key() == sample.key())
    }
}

/// The latest and the recent samples of every device.
pub struct Hub {
    feeds: DashMap<DeviceId, Feed, RandomState>,
    recent_per_device: usize,
}

impl Hub {
    /// A hub that remembers so many recent samples of each device.
    pub fn new(recent_per_device: usize) -> Self {
        Self { feeds: DashMap::with_hasher(RandomState::new()), recent_per_device: recent_per_device.max(1) }
    }

    /// Takes a sample in and wakes those who follow its device. One that is remembered was sent again and is no news.
    pub fn publish(&self, sample: Arc<Sample>) {
        let mut feed = self.feeds.entry(sample.device_id).or_default();
        if feed.remembers(&sample) {
            return;
        }
        feed.position += 1;
        if feed.recent.len() == self.recent_per_device {
            feed.recent.pop_front();
        }
        feed.recent.push_back(Arc::clone(&sample));
        // A device that was away sends what it buffered: late samples are kept but are not the latest.
        if feed.latest.as_ref().is_none_or(|latest| sample.at >= latest.at) {
            feed.latest = Some(sample);
        }
        for watch in &feed.watches {
            if !watch.dirty.swap(true, Ordering::AcqRel) {
                watch.follower.dirty.lock().push(watch.device_id);
                watch.follower.notify.notify_one();
            }
        }
    }

    /// The newest sample of a device; absent until one arrived.
    pub fn latest(&self, device_id: DeviceId) -> Option<Arc<Sample>> {
        self.feeds.get(&device_id).and_then(|feed| feed.latest.clone())
    }

    /// Forgets a device that is gone.
    pub fn forget(&self, device_id: DeviceId) {
        self.feeds.remove(&device_id);
    }

    /// Somebody who wants to hear of new samples; follows nothing yet.
    pub fn follower(self: &Arc<Self>) -> Follower {
        let wakeup = Arc::new(Wakeup { dirty: Mutex::default(), notify: Notify::new() });
        Follower { hub: Arc::clone(self), wakeup, followed: AHashMap::new() }
    }
}

struct Followed {
    watch: Arc<Watch>,
    position: u64,
}

/// Samples that a follower had not seen yet.
#[derive(Debug, Default, PartialEq)]
pub struct Unseen {
    /// The samples, oldest first.
    pub samples: Vec<Arc<Sample>>,
    /// Whether older ones were lost because the follower was too slow.
    pub gap: bool,
}

/// Hears of new samples of the devices it follows.
pub struct Follower {
    hub: Arc<Hub>,
    wakeup: Arc<Wakeup>,
    followed: AHashMap<DeviceId, Followed>,
}

impl Follower {
    /// Begins to follow a device, from its next sample on.
    pub fn follow(&mut self, device_id: DeviceId) {
        if self.followed.contains_key(&device_id) {
            return;
        }
        let watch = Arc::new(Watch { device_id, dirty: AtomicBool::new(false), follower: Arc::clone(&self.wakeup) });
        let mut feed = self.hub.feeds.entry(device_id).or_default();
        feed.watches.push(Arc::clone(&watch));
        self.followed.insert(device_id, Followed { watch, position: feed.position });
    }

    /// Ceases to follow a device.
    pub fn unfollow(&mut self, device_id: DeviceId) {
        if let Some(followed) = self.followed.remove(&device_id) {
            self.hub.detach(&followed.watch);
        }
    }

    /// Whether the device is followed.
    pub fn follows(&self, device_id: DeviceId) -> bool {
        self.followed.contains_key(&device_id)
    }

    /// Every followed device.
    pub fn followed(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.followed.keys().copied()
    }

    /// Waits until some followed device has news.
    pub async fn changed(&self) {
        self.wakeup.notify.notified().await;
    }

    /// The followed devices that have news since the last call.
    pub fn take_changed(&self) -> Vec<DeviceId> {
        let changed = std::mem::take(&mut *self.wakeup.dirty.lock());
        for device_id in &changed {
            if let Some(followed) = self.followed.get(device_id) {
                followed.watch.dirty.store(false, Ordering::Release);
            }
        }
        changed
    }

    /// Every sample of a device that was not taken before.
    pub fn take_unseen(&mut self, device_id: DeviceId) -> Unseen {
        let Some(followed) = self.followed.get_mut(&device_id) else {
            return Unseen::default();
        };
        let Some(feed) = self.hub.feeds.get(&device_id) else {
            return Unseen::default();
        };
        let missed = feed.position.saturating_sub(followed.position);
        followed.position = feed.position;
        let kept = feed.recent.len();
        let wanted = usize::try_from(missed).unwrap_or(usize::MAX);
        let samples = feed.recent.iter().skip(kept.saturating_sub(wanted)).cloned().collect();
        Unseen { samples, gap: wanted > kept }
    }

    /// Every remembered sample of a device, taken before or not; what comes later is unseen.
    pub fn take_recent(&mut self, device_id: DeviceId) -> Vec<Arc<Sample>> {
        let Some((followed, feed)) = self.followed.get_mut(&device_id).zip(self.hub.feeds.get(&device_id)) else {
            return Vec::new();
        };
        followed.position = feed.position;
        feed.recent.iter().cloned().collect()
    }

    /// The newest sample of a device; whatever lies between is skipped.
    pub fn take_latest(&mut self, device_id: DeviceId) -> Option<Arc<Sample>> {
        let followed = self.followed.get_mut(&device_id)?;
        let feed = self.hub.feeds.get(&device_id)?;
        followed.position = feed.position;
        feed.latest.clone()
    }
}

impl Hub {
    fn detach(&self, watch: &Arc<Watch>) {
        if let Some(mut feed) = self.feeds.get_mut(&watch.device_id) {
            feed.watches.retain(|other| !Arc::ptr_eq(other, watch));
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        for followed in self.followed.values() {
            self.hub.detach(&followed.watch);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::telemetry::testing::sample;
    use chrono::{TimeDelta, Utc};

    #[test]
    fn a_late_sample_is_kept_but_is_not_the_latest() {
        let (hub, device_id, now) = (Arc::new(Hub::new(10)), DeviceId::new(), Utc::now());
        let mut follower = hub.follower();
        follower.follow(device_id);
        hub.publish(sample(device_id, now, 2));
        hub.publish(sample(device_id, now - TimeDelta::minutes(1), 1));
        assert_eq!(hub.latest(device_id).unwrap().sequence, 2);
        assert_eq!(follower.take_recent(device_id).len(), 2);
        assert_eq!(follower.take_unseen(device_id), Unseen::default());
    }

    #[test]
    fn a_sample_that_is_sent_again_is_no_news() {
        let (hub, device_id, now) = (Arc::new(Hub::new(10)), DeviceId::new(), Utc::now());
        let mut follower = hub.follower();
        follower.follow(device_id);
        for sequence in [1, 2, 1, 2] {
            hub.publish(sample(device_id, now, sequence));
        }
        let unseen = follower.take_unseen(device_id).samples;
        assert_eq!(unseen.iter().map(|sample| sample.sequence).collect::<Vec<_>>(), [1, 2]);
        hub.publish(sample(device_id, now, 1));
        assert_eq!(follower.take_unseen(device_id), Unseen::default());
    }

    #[test]
    fn a_slow_follower_loses_only_the_oldest_and_is_told() {
        let (hub, device_id, now) = (Arc::new(Hub::new(4)), DeviceId::new(), Utc::now());
        let mut follower = hub.follower();
        follower.follow(device_id);
        for sequence in 0..3 {
            hub.publish(sample(device_id, now, sequence));
        }
        let unseen = follower.take_unseen(device_id);
        assert_eq!((unseen.samples.len(), unseen.gap), (3, false));
        for sequence in 3..10 {
            hub.publish(sample(device_id, now, sequence));
        }
        let unseen = follower.take_unseen(device_id);
        assert_eq!(unseen.samples.iter().map(|sample| sample.sequence).collect::<Vec<_>>(), [6, 7, 8, 9]);
        assert!(unseen.gap);
    }

    #[test]
    fn a_follower_that_does_not_read_never_grows() {
        let (hub, device_id, now) = (Arc::new(Hub::new(4)), DeviceId::new(), Utc::now());
        let mut follower = hub.follower();
        follower.follow(device_id);
        for sequence in 0..1000 {
            hub.publish(sample(device_id, now, sequence));
        }
        assert_eq!(follower.wakeup.dirty.lock().len(), 1);
        assert_eq!(follower.take_changed(), [device_id]);
        assert!(follower.take_changed().is_empty());
        hub.publish(sample(device_id, now, 1000));
        assert_eq!(follower.take_changed(), [device_id]);
    }

    #[test]
    fn a_follower_that_leaves_is_forgotten() {
        let (hub, device_id) = (Arc::new(Hub::new(4)), DeviceId::new());
        let mut follower = hub.follower();
        follower.follow(device_id);
        drop(follower);
        assert!(hub.feeds.get(&device_id).unwrap().watches.is_empty());
    }

    #[tokio::test]
    async fn a_waiting_follower_is_woken() {
        let (hub, device_id) = (Arc::new(Hub::new(4)), DeviceId::new());
        let mut follower = hub.follower();
        follower.follow(device_id);
        hub.publish(sample(device_id, Utc::now(), 1));
        follower.changed().await;
        assert_eq!(follower.take_unseen(device_id).samples.len(), 1);
    }
}

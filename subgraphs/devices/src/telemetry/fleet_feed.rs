//! A wall of devices for one subscription: everything once, then what changed, gathered over an interval, latest wins.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ahash::{AHashMap, AHashSet};
use cloudphone_core::{DeviceId, TenantId};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::time::Instant;

use super::hub::Follower;
use crate::context::DevicesContext;
use crate::device::{Device, DeviceChange, DeviceFilter};

/// Devices of one event.
const PAGE: usize = 200;

/// What an event of the wall is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "FleetEventKind")]
pub enum FleetEventKind {
    /// Devices that match at the beginning; further events of this kind may follow until all were sent.
    Snapshot,
    /// Devices with a newer sample.
    Telemetry,
    /// Devices that changed, or match from now on.
    Changed,
    /// Devices that match no longer.
    Removed,
}

/// One event of the wall.
#[derive(Clone, Debug)]
pub struct FleetBatch {
    /// Grows by one with each event of the subscription.
    pub sequence: i64,
    /// What it is about.
    pub kind: FleetEventKind,
    /// The devices as they are now.
    pub devices: Vec<Arc<Device>>,
    /// Those that are gone.
    pub removed: Vec<DeviceId>,
}

/// The events for one wall.
pub struct FleetFeed {
    context: Arc<DevicesContext>,
    tenant_id: TenantId,
    filter: DeviceFilter,
    min_interval: Duration,
    follower: Follower,
    changes: broadcast::Receiver<DeviceChange>,
    batches: VecDeque<FleetBatch>,
    changed: AHashMap<DeviceId, Arc<Device>>,
    measured: AHashSet<DeviceId>,
    removed: AHashSet<DeviceId>,
    sent_at: Instant,
    sequence: i64,
}

impl FleetFeed {
    /// Begins with everything that matches.
    pub fn open(
        context: Arc<DevicesContext>,
        tenant_id: TenantId,
        filter: DeviceFilter,
        min_interval: Duration,
    ) -> Self {
        let changes = context.registry.changes();
        let follower = context.hub.follower();
        let mut feed = Self {
            context,
            tenant_id,
            filter,
            min_interval,
            follower,
            changes,
            batches: VecDeque::new(),
            changed: AHashMap::new(),
            measured: AHashSet::new(),
            removed: AHashSet::new(),
            sent_at: Instant::now(),
            sequence: 0,
        };
        let devices = feed.context.registry.matching(tenant_id, &feed.filter);
        for device in &devices {
            feed.follower.follow(device.id);
        }
        feed.add(FleetEventKind::Snapshot, &devices);
        if feed.batches.is_empty() {
            // An empty wall is news as well: the client can stop waiting.
            feed.batch(FleetEventKind::Snapshot, Vec::new(), Vec::new());
        }
        feed
    }

    /// The next event; `None` never, as long as the platform lives.
    pub async fn next(&mut self) -> Option<FleetBatch> {
        loop {
            if let Some(batch) = self.batches.pop_front() {
                return Some(batch);
            }
            let has_news = !(self.changed.is_empty() && self.measured.is_empty() && self.removed.is_empty());
            let due = self.sent_at + self.min_interval;
            tokio::select! {
                biased;
                () = tokio::time::sleep_until(due), if has_news => self.gather(),
                change = self.changes.recv() => match change {
                    Ok(change) => self.note(&change),
                    Err(RecvError::Lagged(_)) => self.note_all(),
                    Err(RecvError::Closed) => return None,
                },
                // While there is news to send, new samples only mark their devices: they are taken when it is sent.
                () = self.follower.changed(), if self.measured.is_empty() => self.measured.extend(self.follower.take_changed()),
            }
        }
    }

    fn gather(&mut self) {
        self.drain_changes();
        self.measured.extend(self.follower.take_changed());
        let removed: Vec<DeviceId> = self.removed.drain().collect();
        for page in removed.chunks(PAGE) {
            self.batch(FleetEventKind::Removed, Vec::new(), page.to_vec());
        }
        let changed: AHashMap<DeviceId, Arc<Device>> = std::mem::take(&mut self.changed);
        let mut measured: AHashSet<DeviceId> = std::mem::take(&mut self.measured);
        // A changed device is sent with its latest sample anyway.
        measured.retain(|id| !changed.contains_key(id) && self.follower.follows(*id));
        let changed: Vec<_> = changed.into_values().collect();
        let measured: Vec<_> = measured.into_iter().filter_map(|id| self.context.registry.get(id)).collect();
        self.add(FleetEventKind::Changed, &changed);
        self.add(FleetEventKind::Telemetry, &measured);
        self.sent_at = Instant::now();
    }

    fn drain_changes(&mut self) {
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.note(&change),
                Err(TryRecvError::Lagged(_)) => return self.note_all(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn note(&mut self, change: &DeviceChange) {
        let device = &change.device;
        if device.tenant_id != self.tenant_id {
            return;
        }
        if self.filter.matches(device) {
            self.follower.follow(device.id);
            self.removed.remove(&device.id);
            self.changed.insert(device.id, Arc::clone(device));
        } else if self.follower.follows(device.id) {
            self.drop_device(device.id);
        }
    }

    fn note_all(&mut self) {
        let matching = self.context.registry.matching(self.tenant_id, &self.filter);
        let ids: AHashSet<DeviceId> = matching.iter().map(|device| device.id).collect();
        let gone: Vec<DeviceId> = self.follower.followed().filter(|id| !ids.contains(id)).collect();
        for id in gone {
            self.drop_device(id);
        }
        for device in matching {
            self.follower.follow(device.id);
            self.changed.insert(device.id, device);
        }
    }

    fn drop_device(&mut self, device_id: DeviceId) {
        self.follower.unfollow(device_id);
        self.changed.remove(&device_id);
        self.measured.remove(&device_id);
        self.removed.insert(device_id);
    }

    fn add(&mut self, kind: FleetEventKind, devices: &[Arc<Device>]) {
        for page in devices.chunks(PAGE) {
            self.batch(kind, page.to_vec(), Vec::new());
        }
    }

    fn batch(&mut self, kind: FleetEventKind, devices: Vec<Arc<Device>>, removed: Vec<DeviceId>) {
        self.sequence += 1;
        self.batches.push_back(FleetBatch { sequence: self.sequence, kind, devices, removed });
    }
}

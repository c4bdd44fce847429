//! Every listed device in memory, for what cannot wait for a query: telemetry, presence and subscriptions.

use std::sync::Arc;

use ahash::RandomState;
use cloudphone_core::{DeviceId, TenantId};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::broadcast;

use super::filter::DeviceFilter;
use super::model::{Device, Transition};

/// Changes that a slow listener may be behind before it is told to look at everything again.
const CHANGE_BUFFER: usize = 4096;

/// A device as it was and as it is.
#[derive(Clone, Debug)]
pub struct DeviceChange {
    /// As it is; in state `DELETED` when it is gone.
    pub device: Arc<Device>,
    /// As it was; absent when it is new.
    pub before: Option<Arc<Device>>,
    /// The move behind the change; absent when the state did not change.
    pub transition: Option<Arc<Transition>>,
}

/// The devices in memory. The database is the truth; versions keep late news from undoing newer ones.
pub struct Registry {
    devices: DashMap<DeviceId, Arc<Device>, RandomState>,
    changes: broadcast::Sender<DeviceChange>,
}

impl Default for Registry {
    fn default() -> Self {
        Self { devices: DashMap::with_hasher(RandomState::new()), changes: broadcast::channel(CHANGE_BUFFER).0 }
    }
}

impl Registry {
    /// Takes in a device as the database has it now. `false` when a newer one is known already.
    pub fn apply(&self, device: Device, transition: Option<Transition>) -> bool {
        let device = Arc::new(device);
        let before = match self.devices.entry(device.id) {
            Entry::Occupied(mut known) => {
                if known.get().version >= device.version {
                    return false;
                }
                if device.is_listed() { Some(known.insert(Arc::clone(&device))) } else { Some(known.remove()) }
            }
            Entry::Vacant(slot) => {
                if !device.is_listed() {
                    return false;
                }
                slot.insert(Arc::clone(&device));
                None
            }
        };
        // An error only says that nobody listens.
        let _ = self.changes.send(DeviceChange { device, before, transition: transition.map(Arc::new) });
        true
    }

    /// One device.
    pub fn get(&self, id: DeviceId) -> Option<Arc<Device>> {
        self.devices.get(&id).map(|entry| Arc::clone(&entry))
    }

    /// Whose device it is; the cheap question of every message.
    pub fn tenant_of(&self, id: DeviceId) -> Option<TenantId> {
        self.devices.get(&id).map(|entry| entry.tenant_id)
    }

    /// The devices of a tenant that match, by name.
    pub fn matching(&self, tenant_id: TenantId, filter: &DeviceFilter) -> Vec<Arc<Device>> {
        let of_tenant = |device: &Arc<Device>| device.tenant_id == tenant_id && filter.matches(device);
        let mut found: Vec<_> = match &filter.ids {
            Some(ids) => ids.iter().filter_map(|id| self.get(*id)).filter(of_tenant).collect(),
            None => self.devices.iter().map(|entry| Arc::clone(&entry)).filter(of_tenant).collect(),
        };
        found.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        found.dedup_by_key(|device| device.id);
        found
    }

    /// Every device.
    pub fn all(&self) -> Vec<Arc<Device>> {
        self.devices.iter().map(|entry| Arc::clone(&entry)).collect()
    }

    /// How many devices there are.
    pub fn count(&self) -> usize {
        self.devices.len()
    }

    /// Hears of changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<DeviceChange> {
        self.changes.subscribe()
    }
}

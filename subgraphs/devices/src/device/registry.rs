//! Every listed device in memory, for what cannot wait for a query: telemetry, presence and subscriptions.

use std::collections::VecDeque;
use std::sync::Arc;

use ahash::RandomState;
use cloudphone_core::{DeviceId, TenantId};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use parking_lot::Mutex;
use tokio::sync::broadcast;

use super::filter::DeviceFilter;
use super::model::{Device, Transition};

/// Changes that a slow listener may be behind before it is told to look at everything again.
const CHANGE_BUFFER: usize = 4096;

/// Devices that are remembered as gone: late news of them comes within moments.
const GONE_REMEMBERED: usize = 4096;

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
    /// The last ones that went, oldest first; nothing brings them back.
    gone: Mutex<VecDeque<DeviceId>>,
    changes: broadcast::Sender<DeviceChange>,
}

impl Default for Registry {
    fn default() -> Self {
        Self {
            devices: DashMap::with_hasher(RandomState::new()),
            gone: Mutex::default(),
            changes: broadcast::channel(CHANGE_BUFFER).0,
        }
    }
}

impl Registry {
    /// Takes in a device as the database has it now. `false` when a newer one is known already.
    pub fn apply(&self, device: Device, transition: Option<Transition>) -> bool {
        let device = Arc::new(device);
        let told = |before: Option<Arc<Device>>| {
            let change = DeviceChange { device: Arc::clone(&device), before, transition: transition.map(Arc::new) };
            // An error only says that nobody listens.
            let _ = self.changes.send(change);
        };
        // Changes are told while the entry is held, so that listeners hear of them in the order of their versions.
        match self.devices.entry(device.id) {
            Entry::Occupied(known) if known.get().version >= device.version => return false,
            Entry::Occupied(mut known) if device.is_listed() => told(Some(known.insert(Arc::clone(&device)))),
            Entry::Occupied(known) => {
                self.remember_gone(device.id);
                told(Some(Arc::clone(known.get())));
                known.remove();
            }
            Entry::Vacant(_) if !device.is_listed() || self.gone.lock().contains(&device.id) => return false,
            Entry::Vacant(slot) => {
                let _held = slot.insert(Arc::clone(&device));
                told(None);
            }
        }
        true
    }

    fn remember_gone(&self, id: DeviceId) {
        let mut gone = self.gone.lock();
        if gone.len() == GONE_REMEMBERED {
            gone.pop_front();
        }
        gone.push_back(id);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chrono::Utc;

    use super::*;
    use crate::device::{DeviceState, ProviderKind, Specification};

    fn device(id: DeviceId, state: DeviceState, version: i64) -> Device {
        let now = Utc::now();
        Device {
            id,
            tenant_id: TenantId::new(),
            name: "Pixel".to_owned(),
            state,
            state_reason: None,
            online: false,
            provider: ProviderKind::Simulated,
            specification: Specification::default(),
            tags: Vec::new(),
            group: None,
            owner_id: None,
            template_id: None,
            created_at: now,
            updated_at: now,
            expires_at: None,
            provisioned_at: None,
            start_when_provisioned: false,
            pending_command_id: None,
            pending_action: None,
            deadline_at: None,
            work_attempts: 0,
            work_due_at: None,
            reported: None,
            reported_at: None,
            status_at: None,
            version,
        }
    }

    #[test]
    fn late_news_neither_undoes_newer_ones_nor_brings_a_device_back() {
        let (registry, id) = (Registry::default(), DeviceId::new());
        let mut changes = registry.changes();
        assert!(registry.apply(device(id, DeviceState::Running, 2), None));
        assert!(!registry.apply(device(id, DeviceState::Starting, 1), None));
        assert!(registry.apply(device(id, DeviceState::Deleted, 4), None));
        assert!(!registry.apply(device(id, DeviceState::Stopped, 3), None));
        assert_eq!(registry.get(id), None);
        let told: Vec<i64> =
            std::iter::from_fn(|| changes.try_recv().ok()).map(|change| change.device.version).collect();
        assert_eq!(told, [2, 4]);
    }
}

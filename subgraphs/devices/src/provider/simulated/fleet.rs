//! Many simulated phones in one process, each a task of its own.

use std::sync::Arc;
use std::time::Duration;

use ahash::AHashMap;
use cloudphone_core::{DeviceId, TenantId};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::connection::Life;
use super::memory::PhoneMemory;
use super::phone::PhonePace;
use crate::credential::DeviceSecret;
use crate::device::Specification;

/// Who a phone is.
#[derive(Clone, Debug)]
pub struct PhoneIdentity {
    /// Whose phone it is.
    pub tenant_id: TenantId,
    /// The device that it plays.
    pub device_id: DeviceId,
    /// With what it signs in.
    pub secret: DeviceSecret,
    /// What it is made of.
    pub specification: Specification,
}

/// How phones are played.
pub struct FleetOptions {
    /// `mqtt://host:port` or `ws://host:port/path`.
    pub broker_url: String,
    /// How often a running phone measures.
    pub telemetry_interval: Duration,
    /// How fast phones boot.
    pub pace: PhonePace,
    /// The pause between two phones that join with others.
    pub joining_pause: Duration,
    /// Where phones keep what they remember.
    pub memory: Arc<dyn PhoneMemory>,
    /// What phones download with.
    pub http: reqwest::Client,
}

impl FleetOptions {
    /// The defaults for a broker and a memory.
    pub fn new(broker_url: impl Into<String>, memory: Arc<dyn PhoneMemory>) -> Self {
        Self {
            broker_url: broker_url.into(),
            telemetry_interval: Duration::from_secs(1),
            pace: PhonePace::default(),
            joining_pause: Duration::from_millis(4),
            memory,
            http: reqwest::Client::new(),
        }
    }
}

struct Member {
    secret: watch::Sender<DeviceSecret>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Phones at play.
pub struct Fleet {
    options: Arc<FleetOptions>,
    members: Mutex<AHashMap<DeviceId, Member>>,
    stop: CancellationToken,
}

impl Fleet {
    /// An empty fleet.
    pub fn new(options: FleetOptions, stop: CancellationToken) -> Self {
        Self { options: Arc::new(options), members: Mutex::default(), stop }
    }

    /// Has a phone join at once; one that is there already only learns its secret.
    pub fn add(&self, identity: PhoneIdentity) {
        self.join(identity, Duration::ZERO);
    }

    /// Has a phone join after those that joined before it, so that a crowd does not come at once.
    pub fn add_later(&self, identity: PhoneIdentity) {
        let place = u32::try_from(self.len()).unwrap_or(u32::MAX);
        self.join(identity, self.options.joining_pause.saturating_mul(place));
    }

    fn join(&self, identity: PhoneIdentity, after: Duration) {
        let mut members = self.members.lock();
        if let Some(member) = members.get(&identity.device_id) {
            announce_secret(&member.secret, identity.secret);
            return;
        }
        let (secret, current) = watch::channel(identity.secret.clone());
        let (device_id, options, stop) = (identity.device_id, Arc::clone(&self.options), self.stop.child_token());
        let stopping = stop.clone();
        let task = tokio::spawn(async move {
            let life = async {
                tokio::time::sleep(after).await;
                Life::begin(identity, options, current).await.live().await;
            };
            stopping.run_until_cancelled(life).await;
        });
        members.insert(device_id, Member { secret, stop, task });
    }

    /// Takes a phone off the network for good.
    pub async fn remove(&self, device_id: DeviceId) {
        let member = self.members.lock().remove(&device_id);
        if let Some(member) = member {
            member.stop.cancel();
            // An error says that the task panicked, which the runtime has reported.
            let _ = member.task.await;
        }
    }

    /// Has a phone sign in with another secret.
    pub fn change_secret(&self, device_id: DeviceId, secret: DeviceSecret) {
        if let Some(member) = self.members.lock().get(&device_id) {
            announce_secret(&member.secret, secret);
        }
    }

    /// Whether a phone joined.
    pub fn has(&self, device_id: DeviceId) -> bool {
        self.members.lock().contains_key(&device_id)
    }

    /// Phones that joined.
    pub fn len(&self) -> usize {
        self.members.lock().len()
    }

    /// Takes all phones off the network.
    pub async fn stop(&self) {
        self.stop.cancel();
        let members: Vec<Member> = self.members.lock().drain().map(|(_, member)| member).collect();
        for member in members {
            let _ = member.task.await;
        }
    }
}

fn announce_secret(known: &watch::Sender<DeviceSecret>, secret: DeviceSecret) {
    known.send_if_modified(|current| {
        let changed = *current != secret;
        *current = secret;
        changed
    });
}

/// Plays phones until told to stop: the whole of `cloudphone device simulate`.
pub async fn simulate_fleet(options: FleetOptions, phones: Vec<PhoneIdentity>, stop: CancellationToken) {
    let fleet = Fleet::new(options, stop.child_token());
    for phone in phones {
        fleet.add_later(phone);
    }
    stop.cancelled().await;
    fleet.stop().await;
}

//! What every use case works with: the engines, the memory of devices, and how changes are told.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use cloudphone_cache::Engine as Cache;
use cloudphone_core::{Caller, Clock, CommandId, DeviceId, TenantId};
use cloudphone_database::{AsyncPgConnection, Database};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};

use crate::credential::DeviceCredentials;
use crate::device::{Device, PendingAction, Registry, Transition, store};
use crate::error::DevicesError;
use crate::events;
use crate::provider::Providers;
use crate::settings::DevicesSettings;
use crate::telemetry::{Hub, Writer};

/// Where processes tell each other that a device changed.
pub const DEVICE_CHANGED: &str = "devices.device-changed";
/// Where processes tell each other that a command changed.
pub const COMMAND_CHANGED: &str = "devices.command-changed";
/// Where processes tell each other that a credential no longer holds.
pub const CREDENTIAL_CHANGED: &str = "devices.credential-changed";
/// Commands that a slow listener may be behind.
const COMMAND_BUFFER: usize = 4096;

/// Closes a device's connection to the broker.
#[async_trait::async_trait]
pub trait BrokerControl: Send + Sync + 'static {
    /// Ends the connection of a client, so that it must sign in anew. Best effort: an unknown client is no error.
    async fn disconnect(&self, client_id: &str);
}

/// Wake-up calls between parts of the domain; each part also looks by itself now and then.
#[derive(Default)]
pub struct Signals {
    /// There is a device to set up or to take down.
    pub work: Notify,
    /// There is a command to publish.
    pub dispatch: Notify,
}

/// What every use case works with.
pub struct DevicesContext {
    /// The domain's database.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub settings: DevicesSettings,
    /// Devices in memory.
    pub registry: Registry,
    /// Samples in memory.
    pub hub: Arc<Hub>,
    /// Samples on their way to the database.
    pub writer: Writer,
    /// The broker's questions about devices.
    pub credentials: DeviceCredentials,
    /// What devices run on.
    pub providers: Providers,
    /// Closes connections; absent when the broker cannot be told to.
    pub broker: Option<Arc<dyn BrokerControl>>,
    /// Signals between processes.
    pub cache: Cache,
    /// Wake-up calls within the process.
    pub signals: Signals,
    /// Commands that changed, of every tenant.
    pub command_changes: broadcast::Sender<CommandChanged>,
    /// Whether the broker is there.
    pub connections: Connections,
}

/// Whether the two connections to the broker stand.
#[derive(Default)]
pub struct Connections {
    /// That of telemetry.
    pub telemetry: AtomicBool,
    /// That of commands and answers.
    pub control: AtomicBool,
}

/// That a command changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommandChanged {
    /// Whose command it is.
    pub tenant_id: TenantId,
    /// The command.
    pub command_id: CommandId,
}

/// That a device changed, for other processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceChanged {
    /// The device.
    pub device_id: DeviceId,
    /// Its version now.
    pub version: i64,
    /// The move behind it.
    pub transition: Option<Transition>,
}

/// A device that a transaction has moved; told to others once it has committed.
#[derive(Debug)]
pub struct Moved {
    /// The device as it is now.
    pub device: Device,
    /// The move; absent when the state stayed.
    pub transition: Option<Transition>,
}

/// A new sender for [`DevicesContext::command_changes`].
pub fn command_changes() -> broadcast::Sender<CommandChanged> {
    broadcast::channel(COMMAND_BUFFER).0
}

impl DevicesContext {
    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        // PostgreSQL keeps microseconds; what is compared later must be what is stored.
        let now = self.clock.now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// The platform acting within a tenant.
    pub fn service(tenant_id: TenantId) -> Caller {
        Caller::service("devices", tenant_id)
    }

    /// Tells everybody of devices that a committed transaction has changed.
    pub async fn announce(&self, changes: impl IntoIterator<Item = Moved>) {
        for Moved { device, transition } in changes {
            let news = DeviceChanged { device_id: device.id, version: device.version, transition };
            let message = serde_json::to_vec(&news).expect("a change is plain values");
            if !device.is_listed() {
                self.hub.forget(device.id);
            }
            self.registry.apply(device, news.transition);
            self.publish(DEVICE_CHANGED, message).await;
        }
    }

    /// Tells everybody that commands changed.
    pub async fn announce_command(&self, tenant_id: TenantId, command_id: CommandId) {
        let changed = CommandChanged { tenant_id, command_id };
        self.publish(COMMAND_CHANGED, serde_json::to_vec(&changed).expect("a change is plain values")).await;
    }

    /// Has every process forget what it believes about a device's credential, and the broker end its connection.
    pub async fn withdraw_credential(&self, device_id: DeviceId) {
        self.credentials.forget(device_id).await;
        self.publish(CREDENTIAL_CHANGED, device_id.to_string().into_bytes()).await;
        if let Some(broker) = &self.broker {
            broker.disconnect(&crate::topic::username(device_id)).await;
        }
    }

    /// Signals are a courtesy: whoever misses one looks by itself later.
    pub async fn publish(&self, channel: &str, message: Vec<u8>) {
        if let Err(error) = self.cache.publish(channel, Bytes::from(message)).await {
            tracing::debug!(channel, %error, "a signal was not sent");
        }
    }
}

/// Stores a moved device with its history and event, in the caller's transaction. `wish` is what was pending before.
pub async fn store_move(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    device: &mut Device,
    transition: &Transition,
    wish: Option<PendingAction>,
) -> Result<(), DevicesError> {
    store_changed(conn, device, transition.at).await?;
    store::insert_transitions(conn, std::slice::from_ref(transition)).await?;
    events::append_moved(conn, caller, device, transition, wish).await?;
    Ok(())
}

/// Stores a changed device, unless somebody else changed it meanwhile.
pub async fn store_changed(
    conn: &mut AsyncPgConnection,
    device: &mut Device,
    now: DateTime<Utc>,
) -> Result<(), DevicesError> {
    if store::update(conn, device, now).await? { Ok(()) } else { Err(DevicesError::device_changed()) }
}

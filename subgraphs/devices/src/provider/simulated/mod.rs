//! The simulated provider: phones in software that speak only MQTT to the platform.

mod body;
mod connection;
mod download;
pub mod fleet;
pub mod memory;
mod phone;
#[cfg(test)]
mod phone_tests;

use async_trait::async_trait;
use cloudphone_core::DeviceId;
use cloudphone_database::{Database, DatabaseError};

pub use fleet::{Fleet, FleetOptions, PhoneIdentity, simulate_fleet};
pub use memory::{PhoneMemory, TableMemory, Volatile};
pub use phone::{PhonePace, PhoneState};

use super::{Capabilities, DeviceProvider, ProviderError};
use crate::credential::{self, DeviceSecret};
use crate::device::{Device, ProviderKind};

/// Devices asked for at once when phones resume.
const PAGE: usize = 500;

/// Plays simulated phones in this process.
///
/// The secret of a simulated phone is derived from the platform's key, its id and a version: the plain secret is stored
/// nowhere, a restart needs no rotation, and what `rotateDeviceCredential` showed stays valid until the next rotation.
pub struct SimulatedProvider {
    database: Database,
    key: String,
    /// Absent when another process plays the phones.
    fleet: Option<Fleet>,
}

impl SimulatedProvider {
    /// A provider over the domain's database.
    pub fn new(database: Database, key: String, fleet: Option<Fleet>) -> Self {
        Self { database, key, fleet }
    }

    /// Goes on with the phones that were played before the process ended.
    pub async fn resume(&self, devices: &[Device]) -> Result<usize, DatabaseError> {
        let Some(fleet) = &self.fleet else {
            return Ok(0);
        };
        let mine: Vec<&Device> = devices
            .iter()
            .filter(|device| device.provider == ProviderKind::Simulated && device.provisioned_at.is_some())
            .collect();
        for page in mine.chunks(PAGE) {
            let ids: Vec<DeviceId> = page.iter().map(|device| device.id).collect();
            let versions =
                self.database.system_transaction(async |conn| credential::store::versions(conn, &ids).await).await?;
            for (id, version) in versions {
                if let Some(device) = page.iter().find(|device| device.id == id) {
                    fleet.add_later(self.identity(device, version));
                }
            }
        }
        Ok(mine.len())
    }

    /// Switches all phones off as a power cut would.
    pub async fn stop(&self) {
        if let Some(fleet) = &self.fleet {
            fleet.stop().await;
        }
    }

    fn identity(&self, device: &Device, version: i32) -> PhoneIdentity {
        PhoneIdentity {
            tenant_id: device.tenant_id,
            device_id: device.id,
            secret: self.issue_secret(device.id, version),
            specification: device.specification.clone(),
        }
    }
}

#[async_trait]
impl DeviceProvider for SimulatedProvider {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Simulated
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { pause: true, gpu: true }
    }

    fn issue_secret(&self, device_id: DeviceId, version: i32) -> DeviceSecret {
        DeviceSecret::derived(&self.key, device_id, version)
    }

    async fn provision(&self, device: &Device, credential_version: i32) -> Result<(), ProviderError> {
        if let Some(fleet) = &self.fleet {
            fleet.add(self.identity(device, credential_version));
        }
        Ok(())
    }

    async fn adopt(&self, device: &Device) -> Result<(), ProviderError> {
        if self.fleet.as_ref().is_some_and(|fleet| !fleet.has(device.id)) {
            self.resume(std::slice::from_ref(device)).await?;
        }
        Ok(())
    }

    async fn deprovision(&self, device: &Device) -> Result<(), ProviderError> {
        if let Some(fleet) = &self.fleet {
            fleet.remove(device.id).await;
        }
        let id = device.id;
        self.database.tenant_transaction(device.tenant_id, async |conn| memory::forget(conn, id).await).await?;
        Ok(())
    }

    async fn credential_rotated(&self, device_id: DeviceId, version: i32) {
        if let Some(fleet) = &self.fleet {
            fleet.change_secret(device_id, self.issue_secret(device_id, version));
        }
    }
}

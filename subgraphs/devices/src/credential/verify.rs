//! Whether a client of the broker is the device it says it is, and which topics it may use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cloudphone_core::{DeviceId, TenantId};
use cloudphone_database::{Database, DatabaseError};
use moka::future::Cache;

use super::model::DeviceSecret;
use super::store;
use crate::topic::{self, Channel};

/// How long an answer of the database is believed; withdrawals are told at once within the process.
const BELIEVED_FOR: Duration = Duration::from_mins(1);
/// Answers kept.
const CAPACITY: u64 = 100_000;

#[derive(Clone)]
struct Known {
    tenant_id: TenantId,
    secret_hash: Arc<[u8]>,
}

/// Answers the broker's questions about devices.
#[derive(Clone)]
pub struct DeviceCredentials {
    database: Database,
    known: Cache<DeviceId, Option<Known>>,
    /// Grows with each withdrawal, so that an answer read before one is not kept after it.
    withdrawals: Arc<AtomicU64>,
}

impl DeviceCredentials {
    /// Over the domain's database.
    pub fn new(database: Database) -> Self {
        let known = Cache::builder().max_capacity(CAPACITY).time_to_live(BELIEVED_FOR).build();
        Self { database, known, withdrawals: Arc::default() }
    }

    /// The device behind a user name and password; `None` when they do not belong together or no longer hold.
    pub async fn verify(
        &self,
        username: &str,
        password: &[u8],
    ) -> Result<Option<(TenantId, DeviceId)>, Arc<DatabaseError>> {
        let Some((device_id, presented)) = topic::device_of_username(username).zip(std::str::from_utf8(password).ok())
        else {
            return Ok(None);
        };
        let known = self.known.try_get_with(device_id, self.load(device_id)).await?;
        Ok(known
            .filter(|known| DeviceSecret::presented(presented).matches(&known.secret_hash))
            .map(|known| (known.tenant_id, device_id)))
    }

    /// The topics on which a device may publish: its own four and nowhere else.
    pub fn publish_topics(tenant_id: TenantId, device_id: DeviceId) -> Vec<String> {
        Channel::ALL.into_iter().map(|channel| topic::upward(tenant_id, device_id, channel)).collect()
    }

    /// The filters to which a device may subscribe: its own commands and nothing else.
    pub fn subscribe_filters(tenant_id: TenantId, device_id: DeviceId) -> Vec<String> {
        vec![topic::commands(tenant_id, device_id)]
    }

    /// Forgets what is believed about a device, because its credential changed.
    pub async fn forget(&self, device_id: DeviceId) {
        self.withdrawals.fetch_add(1, Ordering::AcqRel);
        self.known.invalidate(&device_id).await;
    }

    async fn load(&self, device_id: DeviceId) -> Result<Option<Known>, DatabaseError> {
        let credential = loop {
            let withdrawals = self.withdrawals.load(Ordering::Acquire);
            let read = self.database.system_transaction(async |conn| store::find(conn, device_id).await).await?;
            if withdrawals == self.withdrawals.load(Ordering::Acquire) {
                break read;
            }
        };
        Ok(credential
            .filter(|credential| credential.revoked_at.is_none())
            .map(|credential| Known { tenant_id: credential.tenant_id, secret_hash: credential.secret_hash.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_its_own_topics_and_no_wildcards_to_publish_on() {
        let (tenant, device) = (TenantId::new(), DeviceId::new());
        let base = topic::base(tenant, device);
        let topics = DeviceCredentials::publish_topics(tenant, device);
        let expected = ["telemetry", "status", "reported", "acks"].map(|last| format!("{base}/{last}"));
        assert_eq!(topics, expected);
        assert_eq!(DeviceCredentials::subscribe_filters(tenant, device), [format!("{base}/commands/+")]);
    }
}

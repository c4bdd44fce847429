//! Giving a device a new secret.

use cloudphone_core::{Caller, DeviceId};
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::model::DeviceSecret;
use super::store;
use crate::context::DevicesContext;
use crate::device::{self, Device};
use crate::error::DevicesError;
use crate::permissions;

/// Replaces a device's secret and ends its connection; the answer is the only time the secret is shown.
pub async fn rotate_credential(
    context: &DevicesContext,
    caller: &Caller,
    device_id: DeviceId,
) -> Result<(Device, DeviceSecret), DevicesError> {
    caller.require(&permissions::DEVICE_UPDATE)?;
    let now = context.now();
    let (device, version, secret) = context
        .database
        .transaction(caller, async |conn| {
            let found = device::store::find(conn, device_id).await?.filter(Device::is_listed);
            let device = found.ok_or_else(DevicesError::no_device)?;
            let provider = context.providers.of(device.provider).map_err(cloudphone_core::CommonError::internal)?;
            let held = store::find_for_update(conn, device_id).await?.filter(|held| held.revoked_at.is_none());
            let version = held.ok_or(DevicesError::NotReady { state: device.state })?.version + 1;
            let secret = provider.issue_secret(device_id, version);
            store::rotate(conn, device_id, version, &secret.hash(), now).await?;
            let entry = AuditEntry {
                action: "device.rotate-credential",
                target_type: "device",
                target_id: Some(device_id.0),
                before: Some(json!({ "credentialVersion": version - 1 })),
                after: Some(json!({ "credentialVersion": version })),
            };
            audit::record(conn, caller, entry).await?;
            Ok::<_, DevicesError>((device, version, secret))
        })
        .await?;
    context.withdraw_credential(device_id).await;
    if let Ok(provider) = context.providers.of(device.provider) {
        provider.credential_rotated(device_id, version).await;
    }
    Ok((device, secret))
}

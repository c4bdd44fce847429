//! Ordering something from a device.

use cloudphone_core::{Caller, DeviceId, Validation};
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::model::{Command, NewCommand};
use super::store;
use crate::context::DevicesContext;
use crate::device::{self, Device, DeviceState};
use crate::error::DevicesError;
use crate::permissions;

/// Queues a command; it is published as soon as the device is on the network.
pub async fn send_command(
    context: &DevicesContext,
    caller: &Caller,
    device_id: DeviceId,
    order: NewCommand,
) -> Result<Command, DevicesError> {
    caller.require(&permissions::DEVICE_COMMAND)?;
    let mut validation = Validation::new();
    order.validate(&mut validation);
    validation.finish()?;
    let now = context.now();
    let command = context
        .database
        .transaction(caller, async |conn| {
            let found = device::store::find(conn, device_id).await?.filter(Device::is_listed);
            let device = found.ok_or_else(DevicesError::no_device)?;
            if device.provisioned_at.is_none() || device.state == DeviceState::Deleting {
                return Err(DevicesError::NotReady { state: device.state });
            }
            let command = order.clone().for_device(device.tenant_id, device.id, caller.user_id(), now);
            let command = store::insert(conn, command).await?;
            let entry = AuditEntry {
                action: "device.command",
                target_type: "device",
                target_id: Some(device_id.0),
                before: None,
                after: Some(json!({ "commandId": command.id, "kind": command.kind, "arguments": command.arguments })),
            };
            audit::record(conn, caller, entry).await?;
            Ok(command)
        })
        .await?;
    context.announce_command(command.tenant_id, command.id).await;
    context.signals.dispatch.notify_one();
    Ok(command)
}

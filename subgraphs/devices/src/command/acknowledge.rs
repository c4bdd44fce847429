//! A device's answer to a command, applied: status, result, and what follows for the device and an installation.

use cloudphone_core::{DeviceId, InstallationId, TenantId};

use super::message::Ack;
use super::model::{Command, CommandKind, CommandStatus};
use super::store;
use crate::context::{DevicesContext, Moved, store_move};
use crate::device::{self, Device, StateEvent};
use crate::error::DevicesError;
use crate::events::{self, InstallProgress};

/// Applies an answer. One that changes nothing is ignored: devices repeat themselves.
pub async fn apply_ack(
    context: &DevicesContext,
    tenant_id: TenantId,
    device_id: DeviceId,
    ack: &Ack,
) -> Result<(), DevicesError> {
    let (now, caller) = (context.now(), DevicesContext::service(tenant_id));
    let applied = context
        .database
        .transaction(&caller, async |conn| {
            // The device first, as every use case does, so that no two of them lock each other out.
            let Some(mut device) = device::store::find_for_update(conn, device_id).await?.filter(Device::is_listed)
            else {
                return Ok(None);
            };
            let Some(mut command) = store::find_for_update(conn, device_id, ack.command_id).await? else {
                return Ok(None);
            };
            if !command.acknowledge(ack, now) {
                return Ok(None);
            }
            store::update(conn, &command).await?;
            if command.status.is_final() {
                events::append_completed(conn, &caller, &command).await?;
            }
            let refused = command.status == CommandStatus::Failed && device.pending_command_id == Some(command.id);
            let wish = device.pending_action;
            let cause = command.error_message.clone().unwrap_or_default();
            let failed = if refused { device.advance(StateEvent::Failed, cause, None, now).ok() } else { None };
            let moved = match failed {
                Some(transition) => {
                    store_move(conn, &caller, &mut device, &transition, wish).await?;
                    Some(Moved { device, transition: Some(transition) })
                }
                None => None,
            };
            Ok::<_, DevicesError>(Some((command, moved)))
        })
        .await?;
    if let Some((command, moved)) = applied {
        context.announce(moved).await;
        context.announce_command(tenant_id, command.id).await;
        tell_progress(context, &command).await;
    }
    Ok(())
}

/// Tells the apps domain how far an installation is; the end is told by an event.
async fn tell_progress(context: &DevicesContext, command: &Command) {
    if command.kind != CommandKind::InstallApp || command.status != CommandStatus::Accepted {
        return;
    }
    let id = command.arguments.get("installationId").and_then(|id| id.as_str());
    if let Some(installation_id) = id.and_then(|id| id.parse::<InstallationId>().ok()) {
        let progress = InstallProgress { installation_id, progress: command.progress };
        let message = serde_json::to_vec(&progress).expect("progress is plain values");
        context.publish(&format!("devices.install-progress.{}", command.tenant_id), message).await;
    }
}

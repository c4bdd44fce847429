//! Starting, stopping, rebooting, pausing, resuming and deleting: a wish is recorded, the phone or the worker fulfils it.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{Caller, CommonError, DeviceId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::model::{Device, PendingAction, Transition};
use super::state::{DeviceAction, IllegalTransition};
use super::store;
use crate::command::{self, NewCommand};
use crate::context::{DevicesContext, Moved, store_move};
use crate::error::DevicesError;
use crate::{events, permissions};

/// Asks for an action on a device. The answer shows the device on its way; the phone's report brings it there.
pub async fn operate_device(
    context: &DevicesContext,
    caller: &Caller,
    id: DeviceId,
    action: DeviceAction,
) -> Result<Device, DevicesError> {
    let permission = match action {
        DeviceAction::Delete => permissions::DEVICE_DELETE,
        _ => permissions::DEVICE_OPERATE,
    };
    caller.require(&permission)?;
    let now = context.now();
    let moved = context
        .database
        .transaction(caller, async |conn| {
            let found = store::find_for_update(conn, id).await?.filter(Device::is_listed);
            let mut device = found.ok_or_else(DevicesError::no_device)?;
            let before = device.audit_view();
            let transition = begin(context, conn, caller, &mut device, action, action.verb(), now).await?;
            let entry = AuditEntry {
                action: audit_action(action),
                target_type: "device",
                target_id: Some(id.0),
                before: Some(before),
                after: Some(device.audit_view()),
            };
            audit::record(conn, caller, entry).await?;
            Ok::<_, DevicesError>(Moved { device, transition: Some(transition) })
        })
        .await?;
    let device = moved.device.clone();
    context.announce([moved]).await;
    context.signals.dispatch.notify_one();
    context.signals.work.notify_one();
    Ok(device)
}

/// Moves a device on its way, with the command that the phone has to obey, in one transaction.
pub async fn begin(
    context: &DevicesContext,
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    device: &mut Device,
    action: DeviceAction,
    cause: &str,
    now: DateTime<Utc>,
) -> Result<Transition, DevicesError> {
    let event = action.event();
    if !device.allowed_actions().contains(&action) {
        return Err(IllegalTransition { from: device.state, event }.into());
    }
    let freezes = matches!(action, DeviceAction::Pause | DeviceAction::Resume);
    let provider = context.providers.of(device.provider).map_err(CommonError::internal)?;
    if freezes && !provider.capabilities().pause {
        return Err(DevicesError::Unsupported { provider: device.provider });
    }
    let transition = device.advance(event, cause, caller.user_id(), now)?;
    supersede(conn, caller, device, action, now).await?;
    if let Some(kind) = action.command() {
        let timeout = context.settings.lifecycle_timeout;
        let order = NewCommand {
            kind,
            arguments: json!({}),
            timeout_seconds: i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX),
            idempotency_key: None,
        };
        let command = order.for_device(device.tenant_id, device.id, caller.user_id(), now);
        device.pending_command_id = Some(command.id);
        device.pending_action = PendingAction::of(action);
        device.deadline_at = Some(now + TimeDelta::from_std(timeout).unwrap_or(TimeDelta::MAX));
        command::store::insert(conn, command).await?;
    } else {
        device.work_attempts = 0;
        device.work_due_at = None;
    }
    store_move(conn, caller, device, &transition, device.pending_action).await?;
    Ok(transition)
}

/// Ends the commands that the new wish makes pointless: the earlier wish, or all of them when the device goes.
async fn supersede(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    device: &mut Device,
    action: DeviceAction,
    now: DateTime<Utc>,
) -> Result<(), DevicesError> {
    for mut command in command::store::unfinished_of(conn, device.id).await? {
        if action == DeviceAction::Delete || command.kind.is_power() {
            command.supersede(now);
            command::store::update(conn, &command).await?;
            events::append_completed(conn, caller, &command).await?;
        }
    }
    Ok(())
}

const fn audit_action(action: DeviceAction) -> &'static str {
    match action {
        DeviceAction::Start => "device.start",
        DeviceAction::Stop => "device.stop",
        DeviceAction::Reboot => "device.reboot",
        DeviceAction::Pause => "device.pause",
        DeviceAction::Resume => "device.resume",
        DeviceAction::Delete => "device.delete",
    }
}

//! What a device says about itself, applied: presence and the reported power.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{DeviceId, TenantId};

use super::model::Device;
use super::state::{DeviceState, StateEvent};
use super::store;
use crate::command;
use crate::context::{DevicesContext, Moved, store_changed, store_move};
use crate::error::DevicesError;
use crate::report::{ReportedPower, ReportedTwin, StatusMessage};

/// Notes that a device came to the network or left it. Its unfinished commands are published again when it comes.
pub async fn apply_status(
    context: &DevicesContext,
    tenant_id: TenantId,
    device_id: DeviceId,
    status: &StatusMessage,
) -> Result<(), DevicesError> {
    let now = context.now();
    let said_at = microseconds(status.ts).min(now);
    let moved = context
        .database
        .tenant_transaction(tenant_id, async |conn| {
            let Some(mut device) = listed(store::find_for_update(conn, device_id).await?) else {
                return Ok(None);
            };
            // The Last Will of an earlier connection may arrive after the greeting of the next one.
            if device.status_at.is_some_and(|known| said_at < known) {
                return Ok(None);
            }
            if status.online {
                command::store::resend_to(conn, &[device_id], now).await?;
            }
            if device.online == status.online && device.status_at == Some(said_at) {
                return Ok(None);
            }
            device.online = status.online;
            device.status_at = Some(said_at);
            store_changed(conn, &mut device, now).await?;
            Ok::<_, DevicesError>(Some(Moved { device, transition: None }))
        })
        .await?;
    context.announce(moved).await;
    if status.online {
        context.signals.dispatch.notify_one();
    }
    Ok(())
}

/// Takes in what a device reports, and moves its state when the report says so.
pub async fn apply_report(
    context: &DevicesContext,
    tenant_id: TenantId,
    device_id: DeviceId,
    twin: &ReportedTwin,
) -> Result<(), DevicesError> {
    let now = context.now();
    // A clock that runs ahead must not make later reports look old.
    let said_at = microseconds(twin.ts).min(now + TimeDelta::seconds(5));
    let seen = context.registry.get(device_id).and_then(|device| device.reported_at);
    if seen.is_some_and(|seen| said_at <= seen) {
        return Ok(());
    }
    let caller = DevicesContext::service(tenant_id);
    let moved = context
        .database
        .transaction(&caller, async |conn| {
            let Some(mut device) = listed(store::find_for_update(conn, device_id).await?) else {
                return Ok(None);
            };
            if device.reported_at.is_some_and(|known| said_at <= known) {
                return Ok(None);
            }
            let event = meaning(&device, twin);
            device.reported = serde_json::to_value(twin).ok();
            device.reported_at = Some(said_at);
            let wish = device.pending_action;
            let transition = event.and_then(|event| device.advance(event, cause(twin.state), None, now).ok());
            match &transition {
                Some(transition) => store_move(conn, &caller, &mut device, transition, wish).await?,
                None => store_changed(conn, &mut device, now).await?,
            }
            Ok::<_, DevicesError>(Some(Moved { device, transition }))
        })
        .await?;
    context.announce(moved).await;
    Ok(())
}

/// What a report means for a device in its state.
fn meaning(device: &Device, twin: &ReportedTwin) -> Option<StateEvent> {
    // A device that is to reboot and repeats that it runs, in the same boot as before, has not begun.
    let before = device.reported.clone().and_then(|reported| serde_json::from_value::<ReportedTwin>(reported).ok());
    let repeats = before.is_some_and(|before| (before.state, before.boot_id) == (twin.state, twin.boot_id));
    if device.state == DeviceState::Rebooting && twin.state == ReportedPower::Running && repeats {
        return None;
    }
    twin.state.event()
}

const fn cause(power: ReportedPower) -> &'static str {
    match power {
        ReportedPower::Booting => "the phone boots",
        ReportedPower::Running => "the phone runs",
        ReportedPower::Paused => "the phone is paused",
        ReportedPower::Stopped => "the phone is off",
        ReportedPower::Rebooting => "the phone reboots",
    }
}

fn listed(device: Option<Device>) -> Option<Device> {
    device.filter(Device::is_listed)
}

/// PostgreSQL keeps microseconds; what is compared later must be what is stored.
fn microseconds(moment: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(moment.timestamp_micros()).unwrap_or(moment)
}

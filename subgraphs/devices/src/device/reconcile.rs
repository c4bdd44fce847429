//! Nothing waits for ever: devices whose phone did not answer in time end in error, silent ones count as off the network.

use cloudphone_core::DeviceId;

use chrono::TimeDelta;

use super::state::{DeviceAction, StateEvent};
use super::{operate, store};
use crate::context::{DevicesContext, Moved, store_move};
use crate::error::DevicesError;
use crate::events;

/// Devices settled at once.
const AT_ONCE: i64 = 100;

/// Ends the waiting of devices whose time is over; answers how many.
pub async fn fail_overdue(context: &DevicesContext) -> Result<usize, DevicesError> {
    let now = context.now();
    let moved = context
        .database
        .system_transaction(async |conn| {
            let mut moved = Vec::new();
            for mut device in store::overdue(conn, now, AT_ONCE).await? {
                let caller = DevicesContext::service(device.tenant_id);
                let cause = match (device.online, device.pending_action) {
                    (false, _) => "The phone was not on the network in time.".to_owned(),
                    (true, Some(wish)) => format!("The phone did not confirm {wish} in time."),
                    (true, None) => "The phone did not answer in time.".to_owned(),
                };
                let wish = device.pending_action;
                device.deadline_at = None;
                let transition = device.advance(StateEvent::Failed, cause, None, now)?;
                store_move(conn, &caller, &mut device, &transition, wish).await?;
                moved.push(Moved { device, transition: Some(transition) });
            }
            Ok::<_, DevicesError>(moved)
        })
        .await?;
    let settled = moved.len();
    context.announce(moved).await;
    Ok(settled)
}

/// Has devices go whose time is over, as if somebody had deleted them; answers how many.
pub async fn delete_expired(context: &DevicesContext) -> Result<usize, DevicesError> {
    let now = context.now();
    let moved = context
        .database
        .system_transaction(async |conn| {
            let mut moved = Vec::new();
            for mut device in store::expired(conn, now, AT_ONCE).await? {
                let caller = DevicesContext::service(device.tenant_id);
                events::append_expired(conn, &caller, &device, now).await?;
                let transition =
                    operate::begin(context, conn, &caller, &mut device, DeviceAction::Delete, "expired", now).await?;
                moved.push(Moved { device, transition: Some(transition) });
            }
            Ok::<_, DevicesError>(moved)
        })
        .await?;
    let gone = moved.len();
    if gone > 0 {
        context.announce(moved).await;
        context.signals.work.notify_one();
    }
    Ok(gone)
}

/// Time in which nobody was there to hear a phone does not count against it.
pub async fn grant_time_anew(context: &DevicesContext) -> Result<(), DevicesError> {
    let until = context.now() + TimeDelta::from_std(context.settings.lifecycle_timeout).unwrap_or(TimeDelta::MAX);
    context.database.system_transaction(async |conn| store::extend_deadlines(conn, until).await).await?;
    Ok(())
}

/// Marks devices as off the network that should have said by now that they are there.
pub async fn mark_unheard(context: &DevicesContext, heard: &[DeviceId]) -> Result<usize, DevicesError> {
    let now = context.now();
    let silent =
        context.database.system_transaction(async |conn| store::mark_offline_unheard(conn, heard, now).await).await?;
    let count = silent.len();
    context.announce(silent.into_iter().map(|device| Moved { device, transition: None })).await;
    Ok(count)
}

/// Brings the devices in memory up to date with the database: all at the start, the recently changed ones later.
pub async fn refresh_registry(
    context: &DevicesContext,
    since: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<usize, DevicesError> {
    let devices = context
        .database
        .system_transaction(async |conn| match since {
            Some(since) => store::load_changed(conn, since).await,
            None => store::load_all(conn).await,
        })
        .await?;
    let mut applied = 0;
    for device in devices {
        if !device.is_listed() {
            context.hub.forget(device.id);
        }
        applied += usize::from(context.registry.apply(device, None));
    }
    Ok(applied)
}

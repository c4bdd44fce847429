//! Sets new devices up and takes deleted ones down: driven by the rows, resumed after a crash, repeated without harm.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::DeviceId;
use futures::StreamExt;
use parking_lot::Mutex;
use rumqttc::{AsyncClient, QoS};
use tokio_util::sync::CancellationToken;

use super::model::{Device, Transition};
use super::state::{DeviceAction, DeviceState, StateEvent};
use super::{operate, store};
use crate::context::{DevicesContext, Moved, store_changed, store_move};
use crate::credential::{self, Credential};
use crate::error::DevicesError;
use crate::provider::ProviderError;
use crate::topic::{self, Channel};

/// Devices taken on at once.
const AT_ONCE: i64 = 64;
/// Devices worked on side by side.
const SIDE_BY_SIDE: usize = 12;
/// How long devices that a worker took on are left to it after its last sign of life.
const LEASE: TimeDelta = TimeDelta::seconds(6);
/// How often a worker gives a sign of life.
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How often to look when nobody calls.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Attempts before a device that cannot be set up is in error.
const ATTEMPTS: i32 = 5;

/// Works until told to stop.
pub async fn run(context: Arc<DevicesContext>, client: AsyncClient, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let taken = match work_once(&context, &client).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::warn!(%error, "devices could not be worked on; trying again");
                0
            }
        };
        if taken == 0 {
            tokio::select! {
                () = stop.cancelled() => {}
                () = context.signals.work.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

/// Takes on what is due; answers how many devices.
async fn work_once(context: &DevicesContext, client: &AsyncClient) -> Result<usize, DevicesError> {
    let now = context.now();
    let claimed = context
        .database
        .system_transaction(async |conn| store::claim_work(conn, now, now + LEASE, AT_ONCE).await)
        .await?;
    let taken = claimed.len();
    let unfinished: Mutex<BTreeSet<DeviceId>> = Mutex::new(claimed.iter().map(|device| device.id).collect());
    let working = futures::stream::iter(claimed).for_each_concurrent(SIDE_BY_SIDE, async |device| {
        let (id, attempts) = (device.id, device.work_attempts);
        let outcome = match device.state {
            DeviceState::Deleting => take_down(context, client, device).await,
            _ => set_up(context, device).await,
        };
        unfinished.lock().remove(&id);
        if let Err(error) = outcome {
            tracing::warn!(device = %id, attempts, %error, "work on a device failed");
            postpone(context, id, attempts, &error).await;
        }
    });
    tokio::select! {
        () = working => {}
        () = keep_lease(context, &unfinished) => {}
    }
    Ok(taken)
}

/// Keeps other workers from devices that this one still works on; never ends by itself.
async fn keep_lease(context: &DevicesContext, unfinished: &Mutex<BTreeSet<DeviceId>>) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let ids: Vec<DeviceId> = unfinished.lock().iter().copied().collect();
        let until = context.now() + LEASE;
        let renewed =
            context.database.system_transaction(async |conn| store::renew_work(conn, &ids, until).await).await;
        if let Err(error) = renewed {
            tracing::debug!(%error, "the lease of devices was not renewed; whatever is done twice does no harm");
        }
    }
}

async fn set_up(context: &DevicesContext, mut device: Device) -> Result<(), WorkError> {
    if device.state == DeviceState::Creating {
        device = move_on(context, device, StateEvent::ProvisioningBegan, "being set up", |_| {}).await?;
    }
    let provider = context.providers.of(device.provider)?;
    let now = context.now();
    let (tenant_id, device_id) = (device.tenant_id, device.id);
    let version = context
        .database
        .tenant_transaction(tenant_id, async |conn| {
            let version = 1;
            let secret = provider.issue_secret(device_id, version);
            let credential = Credential {
                device_id,
                tenant_id,
                version,
                secret_hash: secret.hash().to_vec(),
                created_at: now,
                rotated_at: now,
                revoked_at: None,
            };
            credential::store::insert(conn, &credential).await?;
            let stored = credential::store::find(conn, device_id).await?;
            Ok::<_, DevicesError>(stored.map_or(version, |stored| stored.version))
        })
        .await?;
    context.credentials.forget(device_id).await;
    provider.provision(&device, version).await?;
    finish_set_up(context, device, now).await?;
    Ok(())
}

/// Notes that a device is set up and switches it on if that was asked for: both or neither, so that a crash forgets no wish.
async fn finish_set_up(context: &DevicesContext, device: Device, now: DateTime<Utc>) -> Result<(), DevicesError> {
    let caller = DevicesContext::service(device.tenant_id);
    let moves = context
        .database
        .transaction(&caller, async |conn| {
            let mut device = store::find_for_update(conn, device.id).await?.ok_or_else(DevicesError::no_device)?;
            let start = std::mem::take(&mut device.start_when_provisioned);
            let set_up = device.advance(StateEvent::Provisioned, "set up", None, now)?;
            device.provisioned_at = Some(now);
            device.work_due_at = None;
            store_move(conn, &caller, &mut device, &set_up, None).await?;
            let mut moves = vec![Moved { device: device.clone(), transition: Some(set_up) }];
            if start {
                let started =
                    operate::begin(context, conn, &caller, &mut device, DeviceAction::Start, "start", now).await?;
                moves.push(Moved { device, transition: Some(started) });
            }
            Ok::<_, DevicesError>(moves)
        })
        .await?;
    context.announce(moves).await;
    context.signals.dispatch.notify_one();
    Ok(())
}

async fn take_down(context: &DevicesContext, client: &AsyncClient, device: Device) -> Result<(), WorkError> {
    let (now, device_id) = (context.now(), device.id);
    context
        .database
        .tenant_transaction(device.tenant_id, async |conn| credential::store::revoke(conn, device_id, now).await)
        .await
        .map_err(DevicesError::from)?;
    context.withdraw_credential(device_id).await;
    context.providers.of(device.provider)?.deprovision(&device).await?;
    let gone = move_on(context, device, StateEvent::Removed, "taken down", |device| {
        device.online = false;
        device.work_due_at = None;
    })
    .await?;
    clear_retained(client, &gone);
    Ok(())
}

/// The broker would keep the last words of a device for ever. A broker that does not listen now may keep them.
fn clear_retained(client: &AsyncClient, device: &Device) {
    for channel in [Channel::Status, Channel::Reported] {
        let topic = topic::upward(device.tenant_id, device.id, channel);
        let _ = client.try_publish(topic, QoS::AtLeastOnce, true, Vec::new());
    }
}

/// Moves a device on, unless somebody else has meanwhile.
async fn move_on(
    context: &DevicesContext,
    device: Device,
    event: StateEvent,
    cause: &str,
    change: impl Fn(&mut Device) + Send + Sync,
) -> Result<Device, DevicesError> {
    let (now, caller) = (context.now(), DevicesContext::service(device.tenant_id));
    let (moved, transition): (Device, Transition) = context
        .database
        .transaction(&caller, async |conn| {
            let mut device = store::find_for_update(conn, device.id).await?.ok_or_else(DevicesError::no_device)?;
            let transition = device.advance(event, cause, None, now)?;
            change(&mut device);
            store_move(conn, &caller, &mut device, &transition, None).await?;
            Ok::<_, DevicesError>((device, transition))
        })
        .await?;
    context.announce([Moved { device: moved.clone(), transition: Some(transition) }]).await;
    Ok(moved)
}

#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error(transparent)]
    Domain(#[from] DevicesError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// Tries again later, longer each time; a device that cannot be set up ends in error, one that is to go never gives up.
async fn postpone(context: &DevicesContext, id: DeviceId, attempts: i32, error: &WorkError) {
    let now = context.now();
    let outcome = context
        .database
        .system_transaction(async |conn| {
            let Some(mut device) = store::find_for_update(conn, id).await? else {
                return Ok(None);
            };
            let being_set_up = matches!(device.state, DeviceState::Creating | DeviceState::Provisioning);
            if being_set_up && attempts >= ATTEMPTS {
                let caller = DevicesContext::service(device.tenant_id);
                let transition = device.advance(StateEvent::Failed, error.to_string(), None, now)?;
                device.work_due_at = None;
                store_move(conn, &caller, &mut device, &transition, None).await?;
                return Ok(Some(Moved { device, transition: Some(transition) }));
            }
            if being_set_up || device.state == DeviceState::Deleting {
                device.work_due_at = Some(retry_at(now, attempts));
                store_changed(conn, &mut device, now).await?;
            }
            Ok::<_, DevicesError>(None)
        })
        .await;
    match outcome {
        Ok(moved) => context.announce(moved).await,
        // The lease ends by itself.
        Err(error) => tracing::warn!(device = %id, %error, "the work on a device could not be postponed"),
    }
}

fn retry_at(now: DateTime<Utc>, attempts: i32) -> DateTime<Utc> {
    now + TimeDelta::seconds(1_i64 << attempts.clamp(0, 8))
}

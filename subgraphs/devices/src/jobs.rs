//! What runs on a schedule, and what listens to other processes.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, TimeDelta};
use cloudphone_core::{CommonError, DeviceId};
use cloudphone_database::DatabaseError;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::command;
use crate::context::{
    COMMAND_CHANGED, CREDENTIAL_CHANGED, CommandChanged, DEVICE_CHANGED, DeviceChanged, DevicesContext,
};
use crate::device::{self, reconcile};
use crate::error::DevicesError;
use crate::telemetry::{partitions, rollup, store};

/// How often waiting devices and commands are looked at.
const DEADLINES_EVERY: Duration = Duration::from_secs(1);
/// How often roll-ups are brought up to date.
const ROLL_UP_EVERY: Duration = Duration::from_secs(15);
/// How often the devices in memory are compared with the database.
const REFRESH_EVERY: Duration = Duration::from_secs(30);
/// How often partitions are made and old rows go.
const UPKEEP_EVERY: Duration = Duration::from_hours(1);
/// Days for which ended commands stay.
const COMMAND_DAYS: u64 = 90;
/// Days for which bad messages stay, and how many of each tenant.
const QUARANTINE_DAYS: u64 = 7;
const QUARANTINE_ROWS: i64 = 10_000;

/// Starts every job.
pub fn spawn(context: &Arc<DevicesContext>, stop: &CancellationToken, tasks: &TaskTracker) {
    let every = |name, interval, job: fn(Arc<DevicesContext>) -> Job| {
        tasks.spawn(run_every(name, interval, Arc::clone(context), stop.child_token(), job));
    };
    every("deadlines", DEADLINES_EVERY, |context| Box::pin(async move { deadlines(&context).await }));
    every("roll-ups", ROLL_UP_EVERY, |context| Box::pin(async move { roll_up(&context).await }));
    every("registry", REFRESH_EVERY, |context| Box::pin(async move { refresh(&context).await }));
    every("upkeep", UPKEEP_EVERY, |context| Box::pin(async move { upkeep(&context).await }));
    tasks.spawn(listen(Arc::clone(context), stop.child_token()));
}

type Job = std::pin::Pin<Box<dyn Future<Output = Result<(), DevicesError>> + Send>>;

async fn run_every(
    name: &'static str,
    interval: Duration,
    context: Arc<DevicesContext>,
    stop: CancellationToken,
    job: fn(Arc<DevicesContext>) -> Job,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(Err(error)) = stop.run_until_cancelled(job(Arc::clone(&context))).await {
            tracing::warn!(job = name, %error, "a job failed; it runs again");
        }
    }
}

async fn deadlines(context: &DevicesContext) -> Result<(), DevicesError> {
    reconcile::fail_overdue(context).await?;
    command::expire::expire_overdue(context).await?;
    reconcile::delete_expired(context).await?;
    Ok(())
}

async fn roll_up(context: &DevicesContext) -> Result<(), DevicesError> {
    // One process does it; the others look again later.
    let lease = context.cache.acquire("devices.roll-up", Duration::from_mins(1)).await;
    let Some(lease) = lease.map_err(CommonError::unavailable)? else {
        return Ok(());
    };
    let outcome = rollup::roll_up(&context.database, context.now()).await;
    // A lease that is not given back ends by itself.
    let _ = lease.release().await;
    outcome?;
    Ok(())
}

async fn refresh(context: &DevicesContext) -> Result<(), DevicesError> {
    let window = TimeDelta::from_std(REFRESH_EVERY * 3).unwrap_or(TimeDelta::MAX);
    reconcile::refresh_registry(context, Some(context.now() - window)).await?;
    Ok(())
}

async fn upkeep(context: &DevicesContext) -> Result<(), DevicesError> {
    let (settings, now) = (&context.settings, context.now());
    partitions::create_ahead(&context.database, now.date_naive()).await?;
    partitions::retain(&context.database, settings, now).await?;
    context
        .database
        .system_transaction(async |conn| {
            store::prune_quarantine(conn, now - Days::new(QUARANTINE_DAYS), QUARANTINE_ROWS).await?;
            command::store::prune(conn, now - Days::new(COMMAND_DAYS), 10_000).await?;
            Ok::<_, DatabaseError>(())
        })
        .await?;
    Ok(())
}

/// Hears what other processes changed. Their messages may be lost: the registry is refreshed anyway.
async fn listen(context: Arc<DevicesContext>, stop: CancellationToken) {
    let listening = async {
        loop {
            let subscribed = tokio::try_join!(
                context.cache.subscribe(DEVICE_CHANGED),
                context.cache.subscribe(COMMAND_CHANGED),
                context.cache.subscribe(CREDENTIAL_CHANGED),
            );
            match subscribed {
                Ok((mut devices, mut commands, mut credentials)) => loop {
                    tokio::select! {
                        Some(message) = devices.next() => device_changed(&context, &message).await,
                        Some(message) = commands.next() => {
                            if let Ok(changed) = serde_json::from_slice::<CommandChanged>(&message) {
                                // An error only says that nobody listens.
                                let _ = context.command_changes.send(changed);
                            }
                        }
                        Some(message) = credentials.next() => {
                            if let Ok(id) = String::from_utf8_lossy(&message).parse::<DeviceId>() {
                                context.credentials.forget(id).await;
                            }
                        }
                        else => break,
                    }
                },
                Err(error) => tracing::warn!(%error, "signals of other processes cannot be heard; trying again"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    stop.run_until_cancelled(listening).await;
}

async fn device_changed(context: &DevicesContext, message: &[u8]) {
    let Ok(changed) = serde_json::from_slice::<DeviceChanged>(message) else {
        return;
    };
    let known = context.registry.get(changed.device_id).map(|device| device.version);
    if known.is_some_and(|version| version >= changed.version) {
        return;
    }
    let id = changed.device_id;
    let found = context.database.system_transaction(async |conn| device::store::find(conn, id).await).await;
    if let Ok(Some(device)) = found {
        if !device.is_listed() {
            context.hub.forget(device.id);
            // The process that took it down may not be the one in which its phone was played.
            if let Ok(provider) = context.providers.of(device.provider)
                && let Err(error) = provider.deprovision(&device).await
            {
                tracing::warn!(device = %device.id, %error, "something may be left of a device that another process took down");
            }
        } else if device.provisioned_at.is_some()
            && let Ok(provider) = context.providers.of(device.provider)
            && let Err(error) = provider.adopt(&device).await
        {
            tracing::warn!(device = %device.id, %error, "a device that another process set up was not adopted");
        }
        context.registry.apply(device, changed.transition);
    }
}

/// Repeats work until it succeeds, ever more slowly.
pub async fn until_done<T, E: Display, F: Future<Output = Result<T, E>>>(name: &str, work: impl Fn() -> F) -> T {
    let mut pause = Duration::from_millis(200);
    loop {
        match work().await {
            Ok(done) => return done,
            Err(error) => tracing::warn!(work = name, %error, "not done yet; trying again"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

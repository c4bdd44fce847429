//! What runs beside requests: telling of changes, reading packages, following installations, and ending what rests.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloudphone_core::TenantId;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::context::{AppsContext, Change};
use crate::error::AppsError;
use crate::{installation, removal, upload};

/// How often overdue installations are looked at.
const DEADLINES_EVERY: Duration = Duration::from_secs(5);
/// How often resting uploads are looked at.
const UPLOADS_EVERY: Duration = Duration::from_mins(1);

/// The channel that tells of changed uploads of a tenant; a message is the upload's id.
pub fn upload_channel(tenant: TenantId) -> String {
    format!("apps.upload-changed.{tenant}")
}

/// The channel that tells of changed installations of a tenant; a message is the installation's id.
pub fn installation_channel(tenant: TenantId) -> String {
    format!("apps.installation-changed.{tenant}")
}

/// Starts every job.
pub fn spawn(
    context: &Arc<AppsContext>,
    changes: mpsc::Receiver<Change>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) {
    tasks.spawn(tell(Arc::clone(context), changes, stop.child_token()));
    for _ in 0..context.settings.reading_concurrency.max(1) {
        tasks.spawn(upload::reading::run(Arc::clone(context), stop.child_token()));
    }
    tasks.spawn(removal::run(Arc::clone(context), stop.child_token()));
    tasks.spawn(installation::progress::run(Arc::clone(context), stop.child_token()));
    let every = |name, interval, job: fn(Arc<AppsContext>) -> Job| {
        tasks.spawn(run_every(name, interval, Arc::clone(context), stop.child_token(), job));
    };
    every("deadlines", DEADLINES_EVERY, |context| {
        Box::pin(async move { installation::expire::expire_overdue(&context).await.map(drop) })
    });
    every("abandoned uploads", UPLOADS_EVERY, |context| {
        Box::pin(async move { upload::cancel::cancel_abandoned(&context).await.map(drop) })
    });
}

type Job = std::pin::Pin<Box<dyn Future<Output = Result<(), AppsError>> + Send>>;

async fn run_every(
    name: &'static str,
    interval: Duration,
    context: Arc<AppsContext>,
    stop: CancellationToken,
    job: fn(Arc<AppsContext>) -> Job,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Some(Err(error)) = stop.run_until_cancelled(job(Arc::clone(&context))).await {
            tracing::warn!(job = name, %error, "a job failed; it runs again");
        }
    }
}

/// Signals are a courtesy: whoever misses one looks by itself later.
async fn tell(context: Arc<AppsContext>, mut changes: mpsc::Receiver<Change>, stop: CancellationToken) {
    while let Some(Some(change)) = stop.run_until_cancelled(changes.recv()).await {
        let (channel, id) = match change {
            Change::Upload(tenant, id) => (upload_channel(tenant), id.to_string()),
            Change::Installation(tenant, id) => (installation_channel(tenant), id.to_string()),
        };
        if let Err(error) = context.cache.publish(&channel, Bytes::from(id)).await {
            tracing::debug!(channel, %error, "a signal was not sent");
        }
    }
}

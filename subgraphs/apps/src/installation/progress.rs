//! Listens to how far devices are, for as long as a tenant has something in motion, and notes the latest of each
//! installation a few times a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_core::{InstallationId, TenantId};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::store;
use crate::context::{AppsContext, Change};
use crate::error::AppsError;
use crate::events::InstallProgress;

/// How often it is looked at which tenants have something in motion when nothing wakes.
const LOOK: Duration = Duration::from_secs(5);
/// How long progress is gathered before it is noted.
const GATHER: Duration = Duration::from_millis(200);
/// Installations whose progress is gathered at most; more than that do not wait.
const MOST_GATHERED: usize = 2000;

/// Keeps one listener for each tenant with something in motion until told to stop.
pub async fn run(context: Arc<AppsContext>, stop: CancellationToken) {
    let (mut listeners, tasks) = (HashMap::<TenantId, CancellationToken>::new(), TaskTracker::new());
    while !stop.is_cancelled() {
        match stop.run_until_cancelled(tenants(&context)).await {
            Some(Ok(moving)) => {
                listeners.retain(|tenant, listener| {
                    let needed = moving.contains(tenant) && !listener.is_cancelled();
                    if !needed {
                        listener.cancel();
                    }
                    needed
                });
                for tenant in moving {
                    listeners.entry(tenant).or_insert_with(|| {
                        let ends = stop.child_token();
                        tasks.spawn(listen(Arc::clone(&context), tenant, ends.clone()));
                        ends
                    });
                }
            }
            Some(Err(error)) => tracing::warn!(%error, "it is not known which installations are in motion"),
            None => break,
        }
        let woken = async {
            let _ = timeout(LOOK, context.signals.motion.notified()).await;
        };
        stop.run_until_cancelled(woken).await;
    }
    tasks.close();
    tasks.wait().await;
}

async fn tenants(context: &AppsContext) -> Result<Vec<TenantId>, AppsError> {
    context.database.system_transaction(async |conn| Ok::<_, AppsError>(store::tenants_in_motion(conn).await?)).await
}

async fn listen(context: Arc<AppsContext>, tenant: TenantId, ends: CancellationToken) {
    // Whatever ends this, the next look may start it again.
    let _ended = ends.clone().drop_guard();
    let channel = format!("devices.install-progress.{tenant}");
    let Ok(mut signals) = context.cache.subscribe(&channel).await else { return };
    while let Some(Some(first)) = ends.run_until_cancelled(signals.next()).await {
        let mut latest = HashMap::new();
        keep_latest(&mut latest, &first);
        let gathered = sleep(GATHER);
        tokio::pin!(gathered);
        while latest.len() < MOST_GATHERED {
            tokio::select! {
                () = &mut gathered => break,
                message = signals.next() => match message {
                    Some(message) => keep_latest(&mut latest, &message),
                    None => break,
                },
            }
        }
        if let Err(error) = note(&context, tenant, &latest).await {
            // The next message tells more than the lost one.
            tracing::warn!(%error, "progress of installations could not be noted");
        }
    }
}

fn keep_latest(latest: &mut HashMap<InstallationId, i32>, message: &[u8]) {
    if let Ok(InstallProgress { installation_id, progress }) = serde_json::from_slice(message) {
        latest.insert(installation_id, progress);
    }
}

async fn note(context: &AppsContext, tenant: TenantId, latest: &HashMap<InstallationId, i32>) -> Result<(), AppsError> {
    let ids: Vec<_> = latest.keys().copied().collect();
    let (now, deadline) = (context.now(), context.after(context.settings.installation_timeout));
    context
        .database
        .tenant_transaction(tenant, async |conn| {
            for mut installation in store::lock_many(conn, tenant, &ids).await? {
                let percent = latest.get(&installation.id).copied().unwrap_or_default();
                if installation.progressed(percent, now, deadline) {
                    store::update(conn, &installation).await?;
                    context.announce(Change::Installation(tenant, installation.id));
                }
            }
            Ok::<_, AppsError>(())
        })
        .await
}

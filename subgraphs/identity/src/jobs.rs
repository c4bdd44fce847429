//! What runs beside requests: carrying news of changed rights, rotating signing keys, forgetting old sessions.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use cloudphone_cache::Engine;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::News;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::session::store;
use crate::signing_key::rotate_keys;

/// How often keys and old sessions are looked at.
const UPKEEP_INTERVAL: Duration = Duration::from_mins(5);
/// Pause before another try when the cache's channel broke off.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// The jobs at work; they end when told to stop.
pub(crate) struct Jobs {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Jobs {
    pub(crate) fn start(domain: &Arc<IdentityDomain>, cache: Engine, letters: mpsc::Receiver<News>) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(carry_news(Arc::clone(domain), cache, letters, stop.clone()));
        tasks.spawn(stop.clone().run_until_cancelled_owned(keep_up(Arc::clone(domain))));
        tasks.close();
        Self { stop, tasks }
    }

    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn carry_news(
    domain: Arc<IdentityDomain>,
    cache: Engine,
    mut letters: mpsc::Receiver<News>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        if let Err(error) = domain.access.carry(&cache, &mut letters, &stop).await {
            tracing::warn!(%error, "news of changed rights do not travel; trying again");
        }
        stop.run_until_cancelled(sleep(RECONNECT_PAUSE)).await;
    }
}

async fn keep_up(domain: Arc<IdentityDomain>) {
    let mut ticks = interval(UPKEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = rotate_keys(&domain).await {
            tracing::warn!(%error, "signing keys could not be looked at; trying again later");
        }
        if let Err(error) = purge_sessions(&domain).await {
            tracing::warn!(%error, "old sessions could not be forgotten; trying again later");
        }
    }
}

/// Forgets sessions that ended so long ago that they no longer tell a known client from a new one; idempotent.
pub(crate) async fn purge_sessions(domain: &IdentityDomain) -> Result<usize, IdentityError> {
    let oldest_kept = domain.now() - TimeDelta::days(i64::from(domain.settings.session.history_days));
    domain
        .database
        .system_transaction(async |connection| {
            Ok::<_, IdentityError>(store::delete_ended_before(connection, oldest_kept).await?)
        })
        .await
}

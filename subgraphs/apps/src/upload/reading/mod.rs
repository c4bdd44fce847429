//! The durable job that turns a file into an application: it takes a lease on an upload, reads the package, and settles it.
//!
//! Everything before settling can be repeated, so that a crash at any point costs time and nothing else: the lease runs
//! out, and somebody begins again.

mod content;
mod settle;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use cloudphone_core::{CodedError, CommonError, ErrorClass};
use cloudphone_database::DatabaseError;
use cloudphone_resilience::Backoff;
use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::model::Upload;
use super::store;
use crate::context::{AppsContext, Change};
use crate::error::AppsError;
use crate::failure::Failure;
use crate::storage::StorageError;

/// How often files are looked for when nothing wakes.
const POLL: Duration = Duration::from_secs(2);
/// Attempts in a row that may end with the process before the file is held to be the reason.
const MOST_BROKEN_ATTEMPTS: i32 = 5;
/// Pauses while an engine is away.
const BACKOFF: Backoff = Backoff { initial: Duration::from_secs(2), limit: Duration::from_mins(5) };

/// Why an attempt ended without an application.
#[derive(Debug, Error)]
enum Obstacle {
    /// The file cannot be accepted.
    #[error("{}: {}", .0.code, .0.message)]
    Rejected(Failure),
    /// Something does not answer; the file is not to blame.
    #[error("{0}")]
    Passing(String),
    /// Somebody else has the file, or it was cancelled.
    #[error("the file is no longer ours")]
    Lost,
}

impl From<StorageError> for Obstacle {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NotFound => {
                Self::Rejected(Failure::new("FILE_MISSING", "The file is no longer in storage; upload it again."))
            }
            other => Self::Passing(other.to_string()),
        }
    }
}

impl From<AppsError> for Obstacle {
    fn from(error: AppsError) -> Self {
        Self::Passing(match (&error, error.class()) {
            (AppsError::Common(CommonError::Internal(cause) | CommonError::Unavailable(cause)), _) => cause.to_string(),
            (_, ErrorClass::Expected) => return Self::Lost,
            _ => error.to_string(),
        })
    }
}

impl From<DatabaseError> for Obstacle {
    fn from(error: DatabaseError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<std::io::Error> for Obstacle {
    fn from(error: std::io::Error) -> Self {
        Self::Passing(format!("the work folder cannot be used: {error}"))
    }
}

/// Reads one file after the other until told to stop.
pub async fn run(context: Arc<AppsContext>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match read_next(&context, &stop).await {
            Ok(true) => {}
            Ok(false) => pause(&context, &stop).await,
            Err(error) => {
                tracing::warn!(%error, "packages cannot be read for now; trying again");
                stop.run_until_cancelled(tokio::time::sleep(POLL)).await;
            }
        }
    }
}

async fn pause(context: &AppsContext, stop: &CancellationToken) {
    let woken = async {
        let _ = timeout(POLL, context.signals.reading.notified()).await;
    };
    stop.run_until_cancelled(woken).await;
}

/// Takes the next file and reads it; false when there is none.
async fn read_next(context: &Arc<AppsContext>, stop: &CancellationToken) -> Result<bool, AppsError> {
    let (lease, now) = (Uuid::new_v4(), context.now());
    let until = context.after(context.settings.reading_lease);
    let claimed = context
        .database
        .system_transaction(async |conn| Ok::<_, AppsError>(store::claim(conn, lease, now, until).await?))
        .await?;
    let Some(upload) = claimed else { return Ok(false) };
    // There may be more for others who sleep.
    context.signals.reading.notify_one();
    let outcome = if upload.broken_attempts > MOST_BROKEN_ATTEMPTS {
        let reason = "The file could not be read after several attempts; it may be too large or malformed.";
        Some(Err(Obstacle::Rejected(Failure::new("READING_ABORTED", reason))))
    } else {
        attempt(context, &upload, lease, stop).await
    };
    match outcome {
        Some(Ok(()) | Err(Obstacle::Lost)) => {}
        Some(Err(Obstacle::Rejected(failure))) => reject(context, &upload, lease, &failure).await?,
        Some(Err(Obstacle::Passing(reason))) => postpone(context, &upload, lease, &reason).await?,
        // Told to stop: the next process takes it at once.
        None => give_back(context, &upload, lease, None).await?,
    }
    Ok(true)
}

/// Works on a file and keeps the lease meanwhile; `None` when told to stop.
async fn attempt(
    context: &Arc<AppsContext>,
    upload: &Upload,
    lease: Uuid,
    stop: &CancellationToken,
) -> Option<Result<(), Obstacle>> {
    let work = async {
        let (package, file) = content::read_package(context, upload, lease).await?;
        let stored = settle::accept(context, upload, lease, &package).await;
        drop(file);
        stored
    };
    tokio::pin!(work);
    let mut beats = interval(context.settings.reading_lease / 3);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            outcome = &mut work => return Some(outcome),
            _ = beats.tick() => match keep(context, upload, lease).await {
                Ok(true) => {}
                Ok(false) => return Some(Err(Obstacle::Lost)),
                // The lease may last until the database is back; if not, settling finds out.
                Err(error) => tracing::warn!(%error, "the lease of a file could not be renewed"),
            },
            () = stop.cancelled() => return None,
        }
    }
}

async fn keep(context: &AppsContext, upload: &Upload, lease: Uuid) -> Result<bool, AppsError> {
    let until = context.after(context.settings.reading_lease);
    context
        .database
        .tenant_transaction(upload.tenant_id, async |conn| {
            Ok::<_, AppsError>(store::keep(conn, upload.id, lease, until).await?)
        })
        .await
}

async fn reject(context: &Arc<AppsContext>, upload: &Upload, lease: Uuid, failure: &Failure) -> Result<(), AppsError> {
    match settle::reject(context, upload, lease, failure).await {
        Ok(()) | Err(Obstacle::Lost) => Ok(()),
        Err(obstacle) => postpone(context, upload, lease, &obstacle.to_string()).await,
    }
}

async fn postpone(context: &AppsContext, upload: &Upload, lease: Uuid, reason: &str) -> Result<(), AppsError> {
    tracing::warn!(upload_id = %upload.id, reason, "a file could not be read for now; trying again");
    let pause = BACKOFF.bound(u32::try_from(upload.postponements).unwrap_or(u32::MAX));
    let due_at = context.now() + TimeDelta::from_std(pause).unwrap_or(TimeDelta::MAX);
    give_back(context, upload, lease, Some(due_at)).await
}

async fn give_back(
    context: &AppsContext,
    upload: &Upload,
    lease: Uuid,
    due_at: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<(), AppsError> {
    context
        .database
        .tenant_transaction(upload.tenant_id, async |conn| {
            Ok::<_, AppsError>(store::give_back(conn, upload.id, lease, due_at).await?)
        })
        .await
}

/// Notes and tells how far a file is; fails when the file was lost.
async fn report(context: &AppsContext, upload: &Upload, lease: Uuid, percent: i32) -> Result<(), Obstacle> {
    let now = context.now();
    let ours = context
        .database
        .tenant_transaction(upload.tenant_id, async |conn| {
            let ours = store::set_progress(conn, upload.id, lease, percent, now).await?;
            context.announce(Change::Upload(upload.tenant_id, upload.id));
            Ok::<_, AppsError>(ours)
        })
        .await?;
    if ours { Ok(()) } else { Err(Obstacle::Lost) }
}

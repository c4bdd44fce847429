//! Handles the waiting events of one aggregate, oldest first, in one transaction.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{EventId, TenantId};
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError};
use diesel::prelude::*;
use diesel_async::{AsyncConnection, RunQueryDsl};
use parking_lot::Mutex;
use rand::Rng;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

use super::InboxOptions;
use super::handler::{ErasedHandler, HandlerError};
use crate::CloudEvent;
use crate::bus::matches;
use crate::outbox::CAUSE;
use crate::tables::{inbox, try_lock};

/// Events of one aggregate per transaction: enough to share the cost of a commit, few enough to keep locks short.
const RUN_LENGTH: i64 = 32;

/// What the tasks of one consumer group share.
pub(crate) struct Consumer {
    pub(crate) database: Database,
    pub(crate) group: String,
    pub(crate) options: InboxOptions,
    pub(crate) handlers: Vec<(String, Arc<dyn ErasedHandler>)>,
}

/// The event that a run is at, known outside of it so that a panic can be blamed on it.
pub(crate) type Progress = Arc<Mutex<Option<EventId>>>;

/// Why a run was torn down as a whole.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the handler took longer than {0:?}")]
    TimedOut(Duration),
    #[error("a handler failed where nothing separates its event from the others")]
    Unseparated,
}

/// How the events of a run share their transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separation {
    /// All together: two round trips less per event, but a failure undoes the whole run.
    None,
    /// Each in a savepoint: a failure undoes its own event only.
    Savepoints,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = inbox)]
struct Waiting {
    event_id: EventId,
    tenant_id: TenantId,
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    envelope: Value,
}

impl Consumer {
    /// Handles a run of events of one aggregate that belong to one tenant. A failing event ends the run; what succeeded
    /// before it stays.
    pub(crate) async fn run(
        &self,
        aggregate_id: Uuid,
        tenant_id: TenantId,
        progress: &Progress,
    ) -> Result<(), RunError> {
        match self.attempt(aggregate_id, tenant_id, progress, Separation::None).await {
            Err(RunError::Unseparated) => self.attempt(aggregate_id, tenant_id, progress, Separation::Savepoints).await,
            settled => settled,
        }
    }

    async fn attempt(
        &self,
        aggregate_id: Uuid,
        tenant_id: TenantId,
        progress: &Progress,
        separation: Separation,
    ) -> Result<(), RunError> {
        let lock = format!("inbox {} {aggregate_id}", self.group);
        self.database
            .tenant_transaction(tenant_id, async |conn| {
                // Another replica may be at the same aggregate, and it alone then.
                if !try_lock(conn, &lock).await? {
                    return Ok(());
                }
                let mut done = Vec::new();
                for waiting in self.waiting(conn, aggregate_id, tenant_id).await? {
                    *progress.lock() = Some(waiting.event_id);
                    match self.handle(conn, &waiting, separation).await? {
                        Ok(()) => done.push(waiting.event_id),
                        Err(_) if separation == Separation::None => return Err(RunError::Unseparated),
                        Err(error) => {
                            self.record_failure(conn, waiting.event_id, waiting.attempts, &error).await?;
                            break;
                        }
                    }
                }
                *progress.lock() = None;
                Ok(self.mark_done(conn, &done).await?)
            })
            .await
    }

    /// The oldest waiting events of the aggregate, as long as they belong to one tenant and none waits for its next attempt.
    async fn waiting(
        &self,
        conn: &mut AsyncPgConnection,
        aggregate_id: Uuid,
        tenant_id: TenantId,
    ) -> Result<Vec<Waiting>, DatabaseError> {
        let mut waiting: Vec<Waiting> = inbox::table
            .filter(inbox::consumer_group.eq(&self.group))
            .filter(inbox::aggregate_id.eq(aggregate_id))
            .filter(inbox::status.eq("pending"))
            .order(inbox::position)
            .limit(RUN_LENGTH)
            .select(Waiting::as_select())
            .load(conn)
            .await?;
        let now = Utc::now();
        let ready = |event: &Waiting| event.tenant_id == tenant_id && event.next_attempt_at.is_none_or(|at| at <= now);
        let count = waiting.iter().take_while(|event| ready(event)).count();
        waiting.truncate(count);
        Ok(waiting)
    }

    /// Runs the handlers of one event. The outer error means that the transaction is lost.
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        waiting: &Waiting,
        separation: Separation,
    ) -> Result<Result<(), HandlerError>, RunError> {
        let event = match CloudEvent::deserialize(&waiting.envelope) {
            Ok(event) => event,
            Err(error) => return Ok(Err(HandlerError::hopeless(error))),
        };
        let handling = async {
            match separation {
                Separation::None => self.call_handlers(conn, &event).await,
                Separation::Savepoints => conn.transaction(async |conn| self.call_handlers(conn, &event).await).await,
            }
        };
        let limit = self.options.handler_timeout;
        // What an abandoned handler left on the connection is unknown; the dispatcher counts its failure elsewhere.
        tokio::time::timeout(limit, CAUSE.scope(event.id, handling)).await.map_err(|_| RunError::TimedOut(limit))
    }

    async fn call_handlers(&self, conn: &mut AsyncPgConnection, event: &CloudEvent) -> Result<(), HandlerError> {
        for (_, handler) in self.handlers.iter().filter(|(pattern, _)| matches(pattern, &event.event_type)) {
            handler.handle(conn, event).await?;
        }
        Ok(())
    }

    async fn mark_done(&self, conn: &mut AsyncPgConnection, done: &[EventId]) -> Result<(), DatabaseError> {
        if !done.is_empty() {
            metrics::counter!("cloudphone_events_handled_total", "group" => self.group.clone())
                .increment(done.len() as u64);
            diesel::update(
                inbox::table.filter(inbox::consumer_group.eq(&self.group)).filter(inbox::event_id.eq_any(done)),
            )
            .set((
                inbox::status.eq("done"),
                inbox::settled_at.eq(Utc::now()),
                inbox::next_attempt_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(conn)
            .await?;
        }
        Ok(())
    }

    /// Counts a failure that tore its whole transaction down, such as a time-out or a panic.
    pub(crate) async fn record_torn(&self, id: EventId, cause: &str) -> Result<(), DatabaseError> {
        self.database
            .system_transaction(async |conn| {
                let attempts: Option<i32> = inbox::table
                    .find((&self.group, id))
                    .filter(inbox::status.eq("pending"))
                    .select(inbox::attempts)
                    .for_update()
                    .get_result(conn)
                    .await
                    .optional()?;
                match attempts {
                    Some(attempts) => self.record_failure(conn, id, attempts, &cause.into()).await,
                    None => Ok(()),
                }
            })
            .await
    }

    async fn record_failure(
        &self,
        conn: &mut AsyncPgConnection,
        id: EventId,
        attempts: i32,
        error: &HandlerError,
    ) -> Result<(), DatabaseError> {
        metrics::counter!("cloudphone_events_handler_failures_total", "group" => self.group.clone()).increment(1);
        let attempts = attempts.saturating_add(1);
        let given_up = error.hopeless || u32::try_from(attempts).is_ok_and(|count| count >= self.options.max_attempts);
        let cause = error.chain();
        let now = Utc::now();
        let (status, next_attempt_at, settled_at) = if given_up {
            tracing::error!(group = self.group, event = %id, attempts, cause, "an event became a dead letter");
            metrics::counter!("cloudphone_events_dead_letters_total", "group" => self.group.clone()).increment(1);
            ("dead", None, Some(now))
        } else {
            tracing::warn!(group = self.group, event = %id, attempts, cause, "an event could not be handled and waits");
            ("pending", Some(now + self.backoff(attempts)), None)
        };
        diesel::update(inbox::table.find((&self.group, id)))
            .set((
                inbox::status.eq(status),
                inbox::attempts.eq(attempts),
                inbox::next_attempt_at.eq(next_attempt_at),
                inbox::settled_at.eq(settled_at),
                inbox::last_error.eq(cause.chars().take(2000).collect::<String>()),
            ))
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Doubles with each attempt; half of it is jitter, so that events which failed together do not come back together.
    fn backoff(&self, attempts: i32) -> TimeDelta {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
        let full = self.options.first_backoff.saturating_mul(1 << doublings).min(self.options.max_backoff);
        let jittered = full.mul_f64(rand::rng().random_range(0.5..=1.0)).max(Duration::from_millis(1));
        TimeDelta::from_std(jittered).unwrap_or(TimeDelta::MAX)
    }
}

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
use serde_json::Value;
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

struct Waiting {
    id: EventId,
    attempts: i32,
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
    ) -> Result<(), DatabaseError> {
        let lock = format!("inbox {} {aggregate_id}", self.group);
        self.database
            .tenant_transaction(tenant_id, async |conn| {
                // Another replica may be at the same aggregate, and it alone then.
                if !try_lock(conn, &lock).await? {
                    return Ok(());
                }
                let mut done = Vec::new();
                for waiting in self.waiting(conn, aggregate_id, tenant_id).await? {
                    *progress.lock() = Some(waiting.id);
                    match self.handle(conn, &waiting).await? {
                        Ok(()) => done.push(waiting.id),
                        Err(error) => {
                            self.record_failure(conn, waiting.id, waiting.attempts, &error).await?;
                            break;
                        }
                    }
                }
                *progress.lock() = None;
                self.mark_done(conn, &done).await
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
        let rows: Vec<(EventId, TenantId, i32, Option<DateTime<Utc>>, Value)> = inbox::table
            .filter(inbox::consumer_group.eq(&self.group))
            .filter(inbox::aggregate_id.eq(aggregate_id))
            .filter(inbox::status.eq("pending"))
            .order(inbox::position)
            .limit(RUN_LENGTH)
            .select((inbox::event_id, inbox::tenant_id, inbox::attempts, inbox::next_attempt_at, inbox::envelope))
            .load(conn)
            .await?;
        let now = Utc::now();
        Ok(rows
            .into_iter()
            .take_while(|(_, tenant, _, next_attempt_at, _)| {
                *tenant == tenant_id && next_attempt_at.is_none_or(|at| at <= now)
            })
            .map(|(id, _, attempts, _, envelope)| Waiting { id, attempts, envelope })
            .collect())
    }

    /// Runs the handlers of one event within a savepoint. The outer error means that the transaction is lost.
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        waiting: &Waiting,
    ) -> Result<Result<(), HandlerError>, DatabaseError> {
        let event: CloudEvent = match serde_json::from_value(waiting.envelope.clone()) {
            Ok(event) => event,
            Err(error) => return Ok(Err(HandlerError::hopeless(error))),
        };
        let handling = conn.transaction::<(), HandlerError, _>(async |conn| {
            for (_, handler) in self.handlers.iter().filter(|(pattern, _)| matches(pattern, &event.event_type)) {
                handler.handle(conn, &event).await?;
            }
            Ok(())
        });
        let limit = self.options.handler_timeout;
        match tokio::time::timeout(limit, CAUSE.scope(event.id, handling)).await {
            Ok(outcome) => {
                let result = if outcome.is_ok() { "handled" } else { "failed" };
                metrics::counter!("events_handled_total", "group" => self.group.clone(), "type" => event.event_type, "result" => result)
                    .increment(1);
                Ok(outcome)
            }
            // What the abandoned handler left on the connection is unknown; the dispatcher counts the failure elsewhere.
            Err(_) => Err(DatabaseError::Query(diesel::result::Error::RollbackTransaction)),
        }
    }

    async fn mark_done(&self, conn: &mut AsyncPgConnection, done: &[EventId]) -> Result<(), DatabaseError> {
        if !done.is_empty() {
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
        let attempts = attempts.saturating_add(1);
        let given_up = error.hopeless || u32::try_from(attempts).is_ok_and(|count| count >= self.options.max_attempts);
        let cause = error.chain();
        let now = Utc::now();
        let (status, next_attempt_at, settled_at) = if given_up {
            tracing::error!(group = self.group, event = %id, attempts, cause, "an event became a dead letter");
            metrics::counter!("events_dead_letters_total", "group" => self.group.clone()).increment(1);
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

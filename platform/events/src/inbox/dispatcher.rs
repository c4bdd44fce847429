//! Finds aggregates with waiting events and runs their handlers, several aggregates at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::TenantId;
use cloudphone_database::DatabaseError;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::run::{Consumer, Progress, RunError};
use super::{Inbox, signal_name};
use crate::tables::inbox;

/// Rows looked at to find aggregates with work. An aggregate at work is left out, so a long queue of one hides no other.
const WINDOW: i64 = 512;

/// Waiting events in order of arrival, without aggregates that are at work or whose oldest event waits for its next attempt.
const FIND_WORK: &str = "
    SELECT aggregate_id, tenant_id FROM (
        SELECT DISTINCT ON (aggregate_id) aggregate_id, tenant_id, position FROM (
            SELECT aggregate_id, tenant_id, position FROM inbox AS candidate
            WHERE consumer_group = $1 AND status = 'pending' AND aggregate_id <> ALL ($2)
              AND NOT EXISTS (
                SELECT FROM inbox AS waiting
                WHERE waiting.consumer_group = $1 AND waiting.aggregate_id = candidate.aggregate_id
                  AND waiting.status = 'pending' AND waiting.next_attempt_at > $3)
            ORDER BY position LIMIT $4) AS arrivals
        ORDER BY aggregate_id, position) AS heads
    ORDER BY position";

#[derive(QueryableByName)]
struct Work {
    #[diesel(sql_type = SqlUuid)]
    aggregate_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    tenant_id: TenantId,
}

pub(crate) struct Dispatcher {
    consumer: Arc<Consumer>,
    cancelled: CancellationToken,
    running: JoinSet<Result<(), RunError>>,
    under_way: HashMap<Id, (Uuid, Progress)>,
    queue: VecDeque<Work>,
}

impl Dispatcher {
    pub(crate) fn new(inbox: Inbox, cancelled: CancellationToken) -> Self {
        let Inbox { database, group, options, handlers } = inbox;
        let consumer = Arc::new(Consumer { database, group, options, handlers });
        Self { consumer, cancelled, running: JoinSet::new(), under_way: HashMap::new(), queue: VecDeque::new() }
    }

    pub(crate) async fn run(mut self) {
        let signal = self.consumer.database.signal(&signal_name(&self.consumer.group));
        let mut next_upkeep = Instant::now();
        while !self.cancelled.is_cancelled() {
            if Instant::now() >= next_upkeep {
                self.keep_up().await;
                next_upkeep = Instant::now() + self.consumer.options.upkeep_interval;
            }
            if self.queue.is_empty() && self.running.len() < self.consumer.options.concurrency {
                self.find_work().await;
            }
            self.start_runs();
            tokio::select! {
                Some(joined) = self.running.join_next_with_id() => self.settle(joined).await,
                () = signal.notified() => {}
                () = tokio::time::sleep(self.consumer.options.poll_interval) => {}
                () = self.cancelled.cancelled() => {}
            }
        }
        while let Some(joined) = self.running.join_next_with_id().await {
            self.settle(joined).await;
        }
    }

    fn start_runs(&mut self) {
        while self.running.len() < self.consumer.options.concurrency {
            let Some(work) = self.queue.pop_front() else { return };
            let progress = Progress::default();
            let (consumer, known) = (Arc::clone(&self.consumer), Arc::clone(&progress));
            let task = self.running.spawn(async move { consumer.run(work.aggregate_id, work.tenant_id, &known).await });
            self.under_way.insert(task.id(), (work.aggregate_id, progress));
        }
    }

    async fn find_work(&mut self) {
        let at_work: Vec<Uuid> = self.under_way.values().map(|(aggregate_id, _)| *aggregate_id).collect();
        let found = self
            .consumer
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    diesel::sql_query(FIND_WORK)
                        .bind::<Text, _>(&self.consumer.group)
                        .bind::<Array<SqlUuid>, _>(&at_work)
                        .bind::<Timestamptz, _>(Utc::now())
                        .bind::<BigInt, _>(WINDOW)
                        .load(conn)
                        .await?,
                )
            })
            .await;
        match found {
            Ok(work) => self.queue = work.into(),
            Err(error) => {
                tracing::warn!(group = self.consumer.group, %error, "waiting events could not be read");
                self.pause().await;
            }
        }
    }

    /// Takes note of a finished run. When it was torn down by what a handler did, the event at fault has failed once more;
    /// when the database went away, nobody has.
    async fn settle(&mut self, joined: Result<(Id, Result<(), RunError>), JoinError>) {
        let (id, cause) = match joined {
            Ok((id, Ok(()))) => (id, None),
            Ok((id, Err(RunError::Database(error)))) if error.is_connection_loss() => {
                tracing::warn!(group = self.consumer.group, %error, "handled events could not be committed");
                self.under_way.remove(&id);
                self.pause().await;
                return;
            }
            Ok((id, Err(error))) => (id, Some(error.to_string())),
            Err(panic) => (panic.id(), Some(panic_message(panic))),
        };
        let Some((_, progress)) = self.under_way.remove(&id) else { return };
        let Some(cause) = cause else { return };
        let at_fault = *progress.lock();
        let recorded = match at_fault {
            Some(event) => self.consumer.record_torn(event, &cause).await,
            None => Ok(()),
        };
        if at_fault.is_none() || recorded.is_err() {
            tracing::error!(group = self.consumer.group, cause, ?recorded, "a run of events failed as a whole");
            self.pause().await;
        }
    }

    /// Keeps a failing database from being asked in a tight loop.
    async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(self.consumer.options.poll_interval) => {}
            () = self.cancelled.cancelled() => {}
        }
    }

    async fn keep_up(&self) {
        let Consumer { database, group, options, .. } = &*self.consumer;
        let retention = TimeDelta::from_std(options.retention).unwrap_or(TimeDelta::MAX);
        let oldest_kept = Utc::now().checked_sub_signed(retention).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let counted = database
            .system_transaction(async |conn| {
                diesel::delete(
                    inbox::table
                        .filter(inbox::consumer_group.eq(group))
                        .filter(inbox::status.eq("done"))
                        .filter(inbox::settled_at.lt(oldest_kept)),
                )
                .execute(conn)
                .await?;
                let count = async |conn: &mut _, status: &str| {
                    inbox::table
                        .filter(inbox::consumer_group.eq(group))
                        .filter(inbox::status.eq(status.to_owned()))
                        .count()
                        .get_result::<i64>(conn)
                        .await
                };
                Ok::<_, DatabaseError>((count(conn, "pending").await?, count(conn, "dead").await?))
            })
            .await;
        match counted {
            Ok((pending, dead)) => {
                // Gauges are floats; backlogs stay far below where those lose whole numbers.
                #[allow(clippy::cast_precision_loss)]
                {
                    metrics::gauge!("cloudphone_events_inbox_pending", "group" => group.clone()).set(pending as f64);
                    metrics::gauge!("cloudphone_events_dead_letters_waiting", "group" => group.clone())
                        .set(dead as f64);
                }
            }
            Err(error) => tracing::warn!(group, %error, "the upkeep of an inbox failed"),
        }
    }
}

fn panic_message(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(payload) => {
            let text = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned());
            format!("the handler panicked: {}", text.unwrap_or_default())
        }
        Err(_) => "the handler was cancelled".to_owned(),
    }
}

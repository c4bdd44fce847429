//! Hands the events of one database's outbox to the bus, in order, and forgets them after a while.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::EventId;
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde_json::Value;
use thiserror::Error;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::outbox::SIGNAL;
use crate::tables::{outbox, outbox_receipts, try_lock};
use crate::{Bus, BusError, CloudEvent};

/// Settings of a relay.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// The most events handed over at once.
    pub batch: i64,
    /// How often the outbox is looked at when no commit of this process wakes the relay.
    pub poll_interval: Duration,
    /// How long the bus may take for a batch.
    pub publish_timeout: Duration,
    /// The longest pause after failures; it starts at 100 ms and doubles.
    pub max_backoff: Duration,
    /// How long published events stay, to be published again should the bus lose its memory. Keep it shorter than the
    /// retention of inboxes, which recognise the duplicates.
    pub retention: Duration,
    /// How often the bus is asked whether it still remembers, old events are deleted and the backlog is measured.
    pub upkeep_interval: Duration,
}

impl Default for RelayOptions {
    fn default() -> Self {
        Self {
            batch: 500,
            poll_interval: Duration::from_millis(500),
            publish_timeout: Duration::from_secs(10),
            max_backoff: Duration::from_secs(5),
            retention: Duration::from_hours(72),
            upkeep_interval: Duration::from_secs(30),
        }
    }
}

/// A running relay. Replicas may run one each; the one that holds the outbox's lock publishes. Dropping it asks it to end.
#[derive(Debug)]
pub struct Relay {
    cancelled: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts relaying from a database to a bus.
    pub fn spawn(database: Database, bus: Arc<dyn Bus>, options: RelayOptions) -> Self {
        let cancelled = CancellationToken::new();
        let worker = Worker { database, bus, options, cancelled: cancelled.clone() };
        Self { cancelled, task: Some(tokio::spawn(worker.run())) }
    }

    /// Finishes the batch under way and ends.
    pub async fn stop(mut self) {
        self.cancelled.cancel();
        if let Some(task) = self.task.take() {
            // An error says that the task panicked, which the runtime has reported.
            let _ = task.await;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}

#[derive(Debug, Error)]
enum RelayError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("the event bus took longer than {0:?}")]
    TimedOut(Duration),
}

enum Batch {
    /// Another replica is publishing.
    Busy,
    /// So many events were taken over; fewer than asked for means that the outbox is empty.
    Published(usize),
}

struct Worker {
    database: Database,
    bus: Arc<dyn Bus>,
    options: RelayOptions,
    cancelled: CancellationToken,
}

impl Worker {
    async fn run(self) {
        let signal = self.database.signal(SIGNAL);
        let mut failures = 0_u32;
        let mut next_upkeep = Instant::now();
        while !self.cancelled.is_cancelled() {
            let round = async {
                if Instant::now() >= next_upkeep {
                    self.keep_up().await?;
                    next_upkeep = Instant::now() + self.options.upkeep_interval;
                }
                self.publish_batch().await
            };
            let pause = match round.await {
                Ok(Batch::Published(count)) if i64::try_from(count).is_ok_and(|count| count >= self.options.batch) => {
                    failures = 0;
                    continue;
                }
                Ok(Batch::Published(_)) => {
                    failures = 0;
                    self.options.poll_interval
                }
                // The other replica may not have seen what woke us.
                Ok(Batch::Busy) => Duration::from_millis(20),
                Err(error) => {
                    tracing::warn!(database = self.database.name(), %error, failures, "events could not be published; they stay in the outbox");
                    metrics::counter!("cloudphone_events_publish_failures_total", "database" => self.database.name().to_owned())
                        .increment(1);
                    // A bus that was away may have lost its memory.
                    next_upkeep = Instant::now();
                    failures += 1;
                    let pause = Duration::from_millis(100 << failures.min(10)).min(self.options.max_backoff);
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.cancelled.cancelled() => {}
                    }
                    continue;
                }
            };
            tokio::select! {
                () = signal.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = self.cancelled.cancelled() => {}
            }
        }
    }

    /// Hands over the oldest events and marks them in one transaction, under a lock that other replicas respect. Should the
    /// process die in between, the events are published again, and inboxes recognise them.
    async fn publish_batch(&self) -> Result<Batch, RelayError> {
        let published = self
            .database
            .system_transaction(async |conn| {
                if !try_lock(conn, "outbox relay").await? {
                    return Ok(None);
                }
                let (ids, events) = self.oldest(conn).await?;
                if !events.is_empty() {
                    // A crash that undoes the mark only has the events published again, so there is no disk to wait for.
                    conn.batch_execute("SET LOCAL synchronous_commit = off").await.map_err(DatabaseError::from)?;
                    let receipt = tokio::time::timeout(self.options.publish_timeout, self.bus.publish(&events))
                        .await
                        .map_err(|_| RelayError::TimedOut(self.options.publish_timeout))??;
                    self.keep_receipt(conn, receipt).await?;
                }
                mark_published(conn, &ids).await?;
                Ok::<_, RelayError>(Some(ids.len()))
            })
            .await?;
        let Some(count) = published else { return Ok(Batch::Busy) };
        if count > 0 {
            metrics::counter!("cloudphone_events_published_total", "database" => self.database.name().to_owned())
                .increment(count as u64);
        }
        Ok(Batch::Published(count))
    }

    async fn oldest(&self, conn: &mut AsyncPgConnection) -> Result<(Vec<EventId>, Vec<CloudEvent>), DatabaseError> {
        let rows: Vec<(EventId, Value)> = outbox::table
            .filter(outbox::published_at.is_null())
            .order(outbox::position)
            .limit(self.options.batch)
            .select((outbox::id, outbox::envelope))
            .load(conn)
            .await?;
        let mut ids = Vec::with_capacity(rows.len());
        let mut events = Vec::with_capacity(rows.len());
        for (id, envelope) in rows {
            ids.push(id);
            match serde_json::from_value(envelope) {
                Ok(event) => events.push(event),
                // Only somebody's hand in the table can cause this; stopping all events would help nobody.
                Err(error) => tracing::error!(%id, %error, "an envelope in the outbox is unreadable and was left out"),
            }
        }
        Ok((ids, events))
    }

    async fn keep_receipt(&self, conn: &mut AsyncPgConnection, receipt: Option<String>) -> Result<(), DatabaseError> {
        let Some(receipt) = receipt else { return Ok(()) };
        diesel::insert_into(outbox_receipts::table)
            .values((outbox_receipts::bus.eq(self.bus.name()), outbox_receipts::receipt.eq(&receipt)))
            .on_conflict(outbox_receipts::bus)
            .do_update()
            .set(outbox_receipts::receipt.eq(&receipt))
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn keep_up(&self) -> Result<(), RelayError> {
        let (lost, backlog) = self
            .database
            .system_transaction(async |conn| {
                let lost = self.publish_again_if_forgotten(conn).await?;
                self.prune(conn).await?;
                let backlog: (i64, Option<DateTime<Utc>>) = outbox::table
                    .filter(outbox::published_at.is_null())
                    .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::created_at)))
                    .get_result(conn)
                    .await
                    .map_err(DatabaseError::from)?;
                Ok::<_, RelayError>((lost, backlog))
            })
            .await?;
        if lost > 0 {
            tracing::warn!(database = self.database.name(), lost, "the event bus lost its memory; publishing again");
        }
        let (count, oldest) = backlog;
        let lag_ms = oldest.map_or(0, |oldest| (Utc::now() - oldest).num_milliseconds().max(0));
        let database = self.database.name().to_owned();
        // Gauges are floats; backlogs and lags stay far below where those lose whole numbers.
        #[allow(clippy::cast_precision_loss)]
        {
            metrics::gauge!("cloudphone_events_outbox_pending", "database" => database.clone()).set(count as f64);
            metrics::gauge!("cloudphone_events_outbox_lag_seconds", "database" => database).set(lag_ms as f64 / 1000.0);
        }
        Ok(())
    }

    /// When the bus has forgotten the newest event it confirmed, it may have forgotten others; inboxes drop what they know.
    async fn publish_again_if_forgotten(&self, conn: &mut AsyncPgConnection) -> Result<usize, RelayError> {
        let receipt: Option<String> = outbox_receipts::table
            .find(self.bus.name())
            .select(outbox_receipts::receipt)
            .for_update()
            .get_result(conn)
            .await
            .optional()
            .map_err(DatabaseError::from)?;
        let Some(receipt) = receipt else { return Ok(0) };
        let remembered = tokio::time::timeout(self.options.publish_timeout, self.bus.remembers(&receipt))
            .await
            .map_err(|_| RelayError::TimedOut(self.options.publish_timeout))??;
        if remembered {
            return Ok(0);
        }
        diesel::delete(outbox_receipts::table.find(self.bus.name()))
            .execute(conn)
            .await
            .map_err(DatabaseError::from)?;
        let lost = diesel::update(outbox::table.filter(outbox::published_at.is_not_null()))
            .set(outbox::published_at.eq(None::<DateTime<Utc>>))
            .execute(conn)
            .await
            .map_err(DatabaseError::from)?;
        Ok(lost)
    }

    async fn prune(&self, conn: &mut AsyncPgConnection) -> Result<(), DatabaseError> {
        let retention = TimeDelta::from_std(self.options.retention).unwrap_or(TimeDelta::MAX);
        let oldest_kept = Utc::now().checked_sub_signed(retention).unwrap_or(DateTime::<Utc>::MIN_UTC);
        diesel::delete(outbox::table.filter(outbox::published_at.lt(oldest_kept))).execute(conn).await?;
        Ok(())
    }
}

async fn mark_published(conn: &mut AsyncPgConnection, ids: &[EventId]) -> Result<(), DatabaseError> {
    if !ids.is_empty() {
        diesel::update(outbox::table.filter(outbox::id.eq_any(ids)))
            .set(outbox::published_at.eq(Utc::now()))
            .execute(conn)
            .await?;
    }
    Ok(())
}

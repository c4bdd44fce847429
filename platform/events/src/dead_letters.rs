//! Events that a consumer group gave up on: to look at, to handle again or to let go.

use chrono::{DateTime, Utc};
use cloudphone_core::{CommonError, EventId};
use cloudphone_database::{Database, DatabaseError, after_commit};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::CloudEvent;
use crate::inbox::signal_name;
use crate::tables::inbox;

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// The consumer group that gave up.
    pub group: String,
    /// The event.
    pub event: CloudEvent,
    /// How often the handler failed.
    pub attempts: i32,
    /// Its last failure.
    pub error: String,
    /// When the group gave up.
    pub failed_at: DateTime<Utc>,
}

/// The dead letters of one database's consumer groups.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    database: Database,
}

type Row = (String, Value, i32, Option<String>, Option<DateTime<Utc>>);

impl DeadLetters {
    /// The dead letters of this database.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The oldest dead letters of a group.
    pub async fn list(&self, group: &str, limit: i64) -> Result<Vec<DeadLetter>, CommonError> {
        let rows: Vec<Row> = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    inbox::table
                        .filter(inbox::consumer_group.eq(group))
                        .filter(inbox::status.eq("dead"))
                        .order(inbox::position)
                        .limit(limit)
                        .select((
                            inbox::consumer_group,
                            inbox::envelope,
                            inbox::attempts,
                            inbox::last_error,
                            inbox::settled_at,
                        ))
                        .load(conn)
                        .await?,
                )
            })
            .await?;
        rows.into_iter().map(dead_letter).collect()
    }

    /// Hands an event to its handler again, ahead of later events of the same aggregate that still wait. Answers whether it
    /// was a dead letter.
    pub async fn replay(&self, group: &str, id: EventId) -> Result<bool, CommonError> {
        Ok(self.revive(group, Some(id)).await? == 1)
    }

    /// Hands every dead letter of a group to its handler again; answers how many there were.
    pub async fn replay_all(&self, group: &str) -> Result<usize, CommonError> {
        self.revive(group, None).await
    }

    /// Lets an event go without handling it. Answers whether it was a dead letter.
    pub async fn discard(&self, group: &str, id: EventId) -> Result<bool, CommonError> {
        let discarded = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    diesel::update(inbox::table.find((group, id)).filter(inbox::status.eq("dead")))
                        .set((inbox::status.eq("done"), inbox::settled_at.eq(Utc::now())))
                        .execute(conn)
                        .await?,
                )
            })
            .await?;
        Ok(discarded == 1)
    }

    async fn revive(&self, group: &str, id: Option<EventId>) -> Result<usize, CommonError> {
        let revived = self
            .database
            .system_transaction(async |conn| {
                let mut dead = diesel::update(inbox::table)
                    .filter(inbox::consumer_group.eq(group))
                    .filter(inbox::status.eq("dead"))
                    .into_boxed();
                if let Some(id) = id {
                    dead = dead.filter(inbox::event_id.eq(id));
                }
                let revived = dead
                    .set((
                        inbox::status.eq("pending"),
                        inbox::attempts.eq(0),
                        inbox::settled_at.eq(None::<DateTime<Utc>>),
                        inbox::next_attempt_at.eq(None::<DateTime<Utc>>),
                    ))
                    .execute(conn)
                    .await?;
                let signal = signal_name(group);
                after_commit(move |database| database.signal(&signal).notify_one());
                Ok::<_, DatabaseError>(revived)
            })
            .await?;
        Ok(revived)
    }
}

fn dead_letter((group, envelope, attempts, error, failed_at): Row) -> Result<DeadLetter, CommonError> {
    Ok(DeadLetter {
        group,
        event: serde_json::from_value(envelope).map_err(CommonError::internal)?,
        attempts,
        error: error.unwrap_or_default(),
        failed_at: failed_at.unwrap_or_default(),
    })
}

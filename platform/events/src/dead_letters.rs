//! Events that a consumer group gave up on: to look at, to handle again or to let go.

use chrono::{DateTime, Utc};
use cloudphone_core::{CommonError, EventId};
use cloudphone_database::{Database, DatabaseError, after_commit};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::Value;

use crate::CloudEvent;
use crate::inbox::signal_name;
use crate::tables::inbox;

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The consumer group that gave up.
    pub group: String,
    /// How often the handler failed.
    pub attempts: i32,
    /// Its last failure.
    pub error: String,
    /// When the group gave up.
    pub failed_at: DateTime<Utc>,
    /// The event.
    pub event: CloudEvent,
}

/// Which dead letters are meant; absent conditions hold for all.
#[derive(Clone, Debug, Default)]
pub struct DeadLetterFilter {
    /// Of this consumer group.
    pub group: Option<String>,
    /// Of this type of event, or of all that begin with it when it ends in `*`.
    pub event_type: Option<String>,
    /// These events.
    pub events: Option<Vec<EventId>>,
    /// Given up at this moment or later.
    pub failed_from: Option<DateTime<Utc>>,
    /// Given up before this moment.
    pub failed_before: Option<DateTime<Utc>>,
}

impl DeadLetterFilter {
    /// One event of one group.
    pub fn of(group: &str, event: EventId) -> Self {
        Self { events: Some(vec![event]), ..Self::of_group(group) }
    }

    /// All of one group.
    pub fn of_group(group: &str) -> Self {
        Self { group: Some(group.to_owned()), ..Self::default() }
    }

    /// The beginning of all types that fit; `None` when a single one does.
    fn type_prefix(&self) -> Option<String> {
        self.event_type.as_deref()?.strip_suffix('*').map(|beginning| format!("{}%", literally(beginning)))
    }
}

/// Narrows a boxed statement over the inbox, be it a query or an update, to the dead letters that a filter means.
macro_rules! narrowed {
    ($statement:expr, $filter:expr) => {{
        let (filter, mut statement) = ($filter, $statement.filter(inbox::status.eq("dead")));
        if let Some(group) = &filter.group {
            statement = statement.filter(inbox::consumer_group.eq(group.clone()));
        }
        if let Some(prefix) = filter.type_prefix() {
            statement = statement.filter(inbox::event_type.like(prefix));
        } else if let Some(exact) = &filter.event_type {
            statement = statement.filter(inbox::event_type.eq(exact.clone()));
        }
        if let Some(events) = &filter.events {
            statement = statement.filter(inbox::event_id.eq_any(events.clone()));
        }
        if let Some(from) = filter.failed_from {
            statement = statement.filter(inbox::settled_at.ge(from));
        }
        if let Some(before) = filter.failed_before {
            statement = statement.filter(inbox::settled_at.lt(before));
        }
        statement
    }};
}

/// Text for `LIKE` that stands for itself.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
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

    /// The oldest dead letters.
    pub async fn list(&self, filter: &DeadLetterFilter, limit: i64) -> Result<Vec<DeadLetter>, CommonError> {
        let rows: Vec<Row> = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    narrowed!(inbox::table.into_boxed(), filter)
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

    /// How many wait.
    pub async fn count(&self, filter: &DeadLetterFilter) -> Result<i64, CommonError> {
        let count = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(narrowed!(inbox::table.count().into_boxed(), filter).get_result(conn).await?)
            })
            .await?;
        Ok(count)
    }

    /// Hands events to their handlers again, ahead of later events of the same aggregates that still wait. Answers group and
    /// event of each that was a dead letter: of two replays of one event, a single one finds it.
    pub async fn replay(&self, filter: &DeadLetterFilter) -> Result<Vec<(String, EventId)>, CommonError> {
        let revived = self
            .database
            .system_transaction(async |conn| {
                let revived: Vec<(String, EventId)> = narrowed!(diesel::update(inbox::table).into_boxed(), filter)
                    .set((
                        inbox::status.eq("pending"),
                        inbox::attempts.eq(0),
                        inbox::settled_at.eq(None::<DateTime<Utc>>),
                        inbox::next_attempt_at.eq(None::<DateTime<Utc>>),
                    ))
                    .returning((inbox::consumer_group, inbox::event_id))
                    .get_results(conn)
                    .await?;
                let mut groups: Vec<_> = revived.iter().map(|(group, _)| signal_name(group)).collect();
                groups.sort_unstable();
                groups.dedup();
                // Consumers in other processes find the events when they next look.
                after_commit(move |database| groups.iter().for_each(|group| database.signal(group).notify_one()));
                Ok::<_, DatabaseError>(revived)
            })
            .await?;
        Ok(revived)
    }

    /// Lets events go without handling them. Answers group and event of each that was a dead letter.
    pub async fn discard(&self, filter: &DeadLetterFilter) -> Result<Vec<(String, EventId)>, CommonError> {
        let discarded = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    narrowed!(diesel::update(inbox::table).into_boxed(), filter)
                        .set((inbox::status.eq("done"), inbox::settled_at.eq(Utc::now())))
                        .returning((inbox::consumer_group, inbox::event_id))
                        .get_results(conn)
                        .await?,
                )
            })
            .await?;
        Ok(discarded)
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

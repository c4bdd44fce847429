//! Stores arriving events in the inbox table, once each.

use async_trait::async_trait;
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError, after_commit};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use thiserror::Error;

use super::signal_name;
use crate::tables::{inbox, inbox_cursors};
use crate::{Advance, BusError, CloudEvent, Received, Sink};

/// Rows per statement: eight values each, far below the protocol's limit of 65,535.
const ROWS_PER_STATEMENT: usize = 1000;

pub(crate) struct InboxSink {
    database: Database,
    group: String,
}

#[derive(Debug, Error)]
enum SinkError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("another reader has moved on")]
    Superseded,
    #[error("an event cannot be stored: {0}")]
    Encoding(#[from] serde_json::Error),
}

impl InboxSink {
    pub(crate) fn new(database: Database, group: String) -> Self {
        Self { database, group }
    }

    fn failure(&self, cause: impl std::error::Error + Send + Sync + 'static) -> BusError {
        BusError::Sink { group: self.group.clone(), cause: Box::new(cause) }
    }

    async fn store(&self, conn: &mut AsyncPgConnection, events: &[&CloudEvent]) -> Result<(), SinkError> {
        for chunk in events.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk
                .iter()
                .map(|event| {
                    Ok((
                        inbox::consumer_group.eq(&self.group),
                        inbox::event_id.eq(event.id),
                        inbox::tenant_id.eq(event.tenant_id),
                        inbox::event_type.eq(&event.event_type),
                        inbox::aggregate_id.eq(event.aggregate_id),
                        inbox::envelope.eq(serde_json::to_value(event)?),
                    ))
                })
                .collect::<Result<Vec<_>, SinkError>>()?;
            diesel::insert_into(inbox::table)
                .values(rows)
                .on_conflict_do_nothing()
                .execute(conn)
                .await
                .map_err(DatabaseError::from)?;
        }
        Ok(())
    }

    /// Moves the position only from where this reader saw it, so that two readers of a group cannot mix their events.
    async fn advance(&self, conn: &mut AsyncPgConnection, advance: &Advance) -> Result<(), SinkError> {
        let moved = match &advance.from {
            None => {
                diesel::insert_into(inbox_cursors::table)
                    .values((
                        inbox_cursors::consumer_group.eq(&self.group),
                        inbox_cursors::stream.eq(&advance.stream),
                        inbox_cursors::position.eq(&advance.to),
                    ))
                    .on_conflict_do_nothing()
                    .execute(conn)
                    .await
            }
            Some(from) => {
                diesel::update(
                    inbox_cursors::table.find((&self.group, &advance.stream)).filter(inbox_cursors::position.eq(from)),
                )
                .set(inbox_cursors::position.eq(&advance.to))
                .execute(conn)
                .await
            }
        };
        if moved.map_err(DatabaseError::from)? == 1 { Ok(()) } else { Err(SinkError::Superseded) }
    }
}

#[async_trait]
impl Sink for InboxSink {
    async fn receive(&self, events: &[&CloudEvent], advance: Option<&Advance>) -> Result<Received, BusError> {
        let outcome = self
            .database
            .system_transaction(async |conn| {
                if let Some(advance) = advance {
                    self.advance(conn, advance).await?;
                }
                self.store(conn, events).await?;
                let signal = signal_name(&self.group);
                after_commit(move |database| database.signal(&signal).notify_one());
                Ok(())
            })
            .await;
        match outcome {
            Ok(()) => Ok(Received::Stored),
            Err(SinkError::Superseded) => Ok(Received::Superseded),
            Err(error) => Err(self.failure(error)),
        }
    }

    async fn position(&self, stream: &str) -> Result<Option<String>, BusError> {
        self.database
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    inbox_cursors::table
                        .find((&self.group, stream))
                        .select(inbox_cursors::position)
                        .get_result(conn)
                        .await
                        .optional()?,
                )
            })
            .await
            .map_err(|error| self.failure(error))
    }
}

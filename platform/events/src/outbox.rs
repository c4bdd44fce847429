//! Writing events in the transaction of the change that caused them.

use std::collections::BTreeMap;

use chrono::Utc;
use cloudphone_core::{Caller, CommonError, EventId};
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError, after_commit};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::tables::{outbox, outbox_sequences};
use crate::{CloudEvent, DomainEvent, catalogue};

/// The wake-up call from a commit to the relay of the same database.
pub(crate) const SIGNAL: &str = "outbox";

tokio::task_local! {
    /// The event whose handler is running; events that it appends name it as their cause.
    pub(crate) static CAUSE: EventId;
}

/// Appends an event to the outbox. It is published after the surrounding transaction commits, and never when it does not.
///
/// Transactions that append events of one aggregate wait for each other from here on, so append late.
pub async fn append<E: DomainEvent>(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    event: &E,
) -> Result<EventId, CommonError> {
    let ids = append_all(conn, caller, std::slice::from_ref(event)).await?;
    Ok(ids[0])
}

/// Appends several events of one type with two statements in all.
pub async fn append_all<E: DomainEvent>(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    events: &[E],
) -> Result<Vec<EventId>, CommonError> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let payloads = events.iter().map(payload).collect::<Result<Vec<_>, _>>()?;
    let mut next = allocate_sequences(conn, events).await?;
    let envelopes = events.iter().zip(payloads).map(|(event, data)| {
        let number = next.get_mut(&event.aggregate_id()).expect("each aggregate of the batch got numbers");
        *number += 1;
        envelope::<E>(caller, event.aggregate_id(), *number, data)
    });
    insert(conn, envelopes.collect()).await
}

fn payload<E: DomainEvent>(event: &E) -> Result<Value, CommonError> {
    let payload = serde_json::to_value(event).map_err(CommonError::internal)?;
    catalogue::check::<E>(&payload)?;
    Ok(payload)
}

/// Takes the next numbers of every aggregate concerned; answers the last number before them. In order of the ids, so that
/// two batches cannot block each other.
async fn allocate_sequences<E: DomainEvent>(
    conn: &mut AsyncPgConnection,
    events: &[E],
) -> Result<BTreeMap<Uuid, i64>, CommonError> {
    let mut wanted = BTreeMap::<Uuid, i64>::new();
    for event in events {
        *wanted.entry(event.aggregate_id()).or_default() += 1;
    }
    let rows: Vec<_> = wanted
        .iter()
        .map(|(aggregate_id, count)| {
            (outbox_sequences::aggregate_id.eq(*aggregate_id), outbox_sequences::sequence.eq(*count))
        })
        .collect();
    let last: Vec<(Uuid, i64)> = diesel::insert_into(outbox_sequences::table)
        .values(rows)
        .on_conflict(outbox_sequences::aggregate_id)
        .do_update()
        .set(outbox_sequences::sequence.eq(outbox_sequences::sequence + excluded(outbox_sequences::sequence)))
        .returning((outbox_sequences::aggregate_id, outbox_sequences::sequence))
        .get_results(conn)
        .await
        .map_err(DatabaseError::from)?;
    Ok(last.into_iter().map(|(aggregate_id, last)| (aggregate_id, last - wanted[&aggregate_id])).collect())
}

fn envelope<E: DomainEvent>(caller: &Caller, aggregate_id: Uuid, sequence: i64, data: Value) -> CloudEvent {
    let domain = Database::current_name().unwrap_or_else(|| E::TYPE.split('.').next().unwrap_or_default().to_owned());
    CloudEvent {
        spec_version: "1.0".to_owned(),
        id: EventId::new(),
        source: format!("/cloudphone/{domain}"),
        event_type: E::TYPE.to_owned(),
        time: Utc::now(),
        data_content_type: "application/json".to_owned(),
        data_schema: catalogue::schema_name(E::TYPE, E::VERSION),
        subject: aggregate_id.to_string(),
        tenant_id: caller.tenant_id,
        aggregate_id,
        sequence,
        correlation_id: caller.origin.correlation_id,
        causation_id: CAUSE.try_with(|cause| *cause).ok(),
        traceparent: caller.origin.traceparent.clone(),
        schema_version: E::VERSION,
        data,
    }
}

async fn insert(conn: &mut AsyncPgConnection, envelopes: Vec<CloudEvent>) -> Result<Vec<EventId>, CommonError> {
    let ids = envelopes.iter().map(|event| event.id).collect();
    let rows = envelopes
        .iter()
        .map(|event| {
            Ok((
                outbox::id.eq(event.id),
                outbox::tenant_id.eq(event.tenant_id),
                outbox::event_type.eq(&event.event_type),
                outbox::aggregate_id.eq(event.aggregate_id),
                outbox::sequence.eq(event.sequence),
                outbox::envelope.eq(serde_json::to_value(event).map_err(CommonError::internal)?),
            ))
        })
        .collect::<Result<Vec<_>, CommonError>>()?;
    diesel::insert_into(outbox::table).values(rows).execute(conn).await.map_err(DatabaseError::from)?;
    // Outside of a scoped transaction the relay's polling finds the event a little later.
    after_commit(|database| database.signal(SIGNAL).notify_one());
    Ok(ids)
}

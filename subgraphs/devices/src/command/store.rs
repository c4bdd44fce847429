//! All SQL about commands.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{CommandId, Cursor, DeviceId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::{Command, CommandStatus};
use crate::schema::device_commands;

type Connection = AsyncPgConnection;
type Result<T> = std::result::Result<T, DatabaseError>;

/// How long a sent command may stay unanswered before it is published again.
const RESEND_AFTER: TimeDelta = TimeDelta::seconds(5);

const UNFINISHED: [CommandStatus; 3] = [CommandStatus::Queued, CommandStatus::Sent, CommandStatus::Accepted];

/// Stores an order. Answers the order that is stored: the earlier one when this one repeats it.
pub async fn insert(conn: &mut Connection, command: Command) -> Result<Command> {
    let inserted = diesel::insert_into(device_commands::table)
        .values(&command)
        .on_conflict_do_nothing()
        .returning(Command::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    if let Some(row) = inserted {
        return Ok(row);
    }
    let earlier = device_commands::table
        .filter(device_commands::device_id.eq(command.device_id))
        .filter(device_commands::idempotency_key.eq(&command.idempotency_key));
    Ok(earlier.select(Command::as_select()).first(conn).await?)
}

/// Many commands, in no order.
pub async fn find_many(conn: &mut Connection, ids: &[CommandId]) -> Result<Vec<Command>> {
    Ok(device_commands::table.filter(device_commands::id.eq_any(ids)).select(Command::as_select()).load(conn).await?)
}

/// One command of a device, which nobody else changes until the transaction ends.
pub async fn find_for_update(conn: &mut Connection, device_id: DeviceId, id: CommandId) -> Result<Option<Command>> {
    let row = device_commands::table.find(id).filter(device_commands::device_id.eq(device_id));
    Ok(row.select(Command::as_select()).for_update().first(conn).await.optional()?)
}

/// Stores how a command stands.
pub async fn update(conn: &mut Connection, command: &Command) -> Result<()> {
    diesel::update(device_commands::table.find(command.id))
        .set((
            device_commands::status.eq(command.status),
            device_commands::progress.eq(command.progress),
            device_commands::error_code.eq(&command.error_code),
            device_commands::error_message.eq(&command.error_message),
            device_commands::result.eq(&command.result),
            device_commands::next_send_at.eq(command.next_send_at),
            device_commands::expires_at.eq(command.expires_at),
            device_commands::completed_at.eq(command.completed_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes commands that are due for devices on the network and marks them as sent, oldest first.
///
/// They are published after this commits: a crash in between repeats the publication, which devices recognise.
pub async fn claim_due(conn: &mut Connection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Command>> {
    let rows = diesel::sql_query(
        "UPDATE device_commands SET next_send_at = $2, status = CASE status WHEN 'ACCEPTED' THEN status ELSE 'SENT' END
         WHERE id IN (
             SELECT command.id FROM device_commands AS command JOIN devices ON devices.id = command.device_id
             WHERE command.status IN ('QUEUED', 'SENT', 'ACCEPTED') AND command.next_send_at <= $1 AND command.expires_at > $1
               AND devices.online
             ORDER BY command.created_at LIMIT $3 FOR UPDATE OF command SKIP LOCKED
         ) RETURNING *",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + RESEND_AFTER)
    .bind::<BigInt, _>(limit);
    let mut commands: Vec<Command> = rows.load(conn).await?;
    commands.sort_by_key(|command| (command.created_at, command.id));
    Ok(commands)
}

/// Has the unfinished commands of devices that just came back published again: they may have forgotten them.
pub async fn resend_to(conn: &mut Connection, devices: &[DeviceId], now: DateTime<Utc>) -> Result<usize> {
    let unfinished = device_commands::table
        .filter(device_commands::device_id.eq_any(devices))
        .filter(device_commands::status.eq_any(UNFINISHED));
    Ok(diesel::update(unfinished).set(device_commands::next_send_at.eq(now)).execute(conn).await?)
}

/// Commands whose time is over.
pub async fn overdue(conn: &mut Connection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Command>> {
    let late = device_commands::table
        .filter(device_commands::status.eq_any(UNFINISHED))
        .filter(device_commands::expires_at.le(now))
        .order(device_commands::expires_at)
        .limit(limit);
    Ok(late.select(Command::as_select()).for_update().skip_locked().load(conn).await?)
}

/// Every unfinished command of a device, oldest first.
pub async fn unfinished_of(conn: &mut Connection, device_id: DeviceId) -> Result<Vec<Command>> {
    let rows = device_commands::table
        .filter(device_commands::device_id.eq(device_id))
        .filter(device_commands::status.eq_any(UNFINISHED))
        .order(device_commands::created_at);
    Ok(rows.select(Command::as_select()).for_update().load(conn).await?)
}

/// The first commands of each device after one cursor, newest first, in one query for all devices.
pub async fn of_devices(
    conn: &mut Connection,
    ids: &[DeviceId],
    after: Option<&Cursor<DateTime<Utc>>>,
    limit: i64,
) -> Result<Vec<Command>> {
    let rows = diesel::sql_query(
        "SELECT page.* FROM unnest($1) AS wanted (device_id) CROSS JOIN LATERAL (
             SELECT * FROM device_commands
             WHERE device_id = wanted.device_id AND ($2 IS NULL OR (created_at, id) < ($2, $3))
             ORDER BY created_at DESC, id DESC LIMIT $4
         ) AS page",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Nullable<Timestamptz>, _>(after.map(|cursor| cursor.key))
    .bind::<Nullable<SqlUuid>, _>(after.map(|cursor| cursor.id))
    .bind::<BigInt, _>(limit);
    Ok(rows.load(conn).await?)
}

/// Removes commands that ended before `before`.
pub async fn prune(conn: &mut Connection, before: DateTime<Utc>, limit: i64) -> Result<usize> {
    let old = device_commands::table
        .filter(device_commands::completed_at.lt(before))
        .select(device_commands::id)
        .limit(limit);
    let ids: Vec<CommandId> = old.load(conn).await?;
    Ok(diesel::delete(device_commands::table.filter(device_commands::id.eq_any(ids))).execute(conn).await?)
}

//! SQL about the quarantine.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, Page, PageRequest};
use cloudphone_database::DatabaseError;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::{Connection, Result};
use crate::error::DevicesError;
use crate::schema::telemetry_quarantine;
use crate::telemetry::quarantine::QuarantinedMessage;

/// Keeps bad messages for people to look at.
pub async fn insert_quarantined(conn: &mut Connection, rows: &[QuarantinedMessage]) -> Result<()> {
    diesel::insert_into(telemetry_quarantine::table).values(rows).execute(conn).await?;
    Ok(())
}

/// A page of the quarantine, newest first.
pub async fn list_quarantined(
    conn: &mut Connection,
    page: &PageRequest,
) -> Result<Page<QuarantinedMessage>, DevicesError> {
    let total =
        telemetry_quarantine::table.select(count_star()).get_result::<i64>(conn).await.map_err(DatabaseError::from)?;
    let mut query = telemetry_quarantine::table.into_boxed().select(QuarantinedMessage::as_select());
    if let Some(after) = &page.after {
        let cursor = Cursor::<DateTime<Utc>>::decode(after)?;
        let follows = sql::<Bool>("(at, id) < (")
            .bind::<Timestamptz, _>(cursor.key)
            .sql(", ")
            .bind::<SqlUuid, _>(cursor.id)
            .sql(")");
        query = query.filter(follows);
    }
    let limit = i64::try_from(page.first).unwrap_or(i64::MAX).saturating_add(1);
    let ordered = query.order((telemetry_quarantine::at.desc(), telemetry_quarantine::id.desc())).limit(limit);
    let rows = ordered.load(conn).await.map_err(DatabaseError::from)?;
    Ok(Page::cut(rows, page, Some(total), |row: &QuarantinedMessage| Cursor { key: row.at, id: row.id }.encode()))
}

/// Keeps the quarantine within its bounds: the newest rows of each tenant, none older than `before`.
pub async fn prune_quarantine(conn: &mut Connection, before: DateTime<Utc>, keep: i64) -> Result<usize> {
    let removed = diesel::sql_query(
        "DELETE FROM telemetry_quarantine WHERE at < $1 OR id IN (
             SELECT id FROM (
                 SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY at DESC) AS place FROM telemetry_quarantine
             ) AS ranked WHERE place > $2)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(keep);
    Ok(removed.execute(conn).await?)
}

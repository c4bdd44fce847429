//! All SQL about samples, roll-ups and the quarantine.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use cloudphone_core::{Cursor, DeviceId, Page, PageRequest, TenantId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Date, Double, Float4, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;

use super::history::{HistoryWindow, Resolution, TelemetryPoint};
use super::quarantine::QuarantinedMessage;
use super::sample::Sample;
use super::sample::decimal;
use crate::error::DevicesError;
use crate::schema::telemetry_quarantine;

type Connection = AsyncPgConnection;
type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// Stores samples, ignoring those that are stored already, and marks the minutes whose roll-up they change.
pub async fn insert_samples(conn: &mut Connection, samples: &[Arc<Sample>]) -> Result<usize> {
    macro_rules! column {
        ($field:ident) => {
            samples.iter().map(|sample| sample.$field).collect::<Vec<_>>()
        };
    }
    let apps: Vec<Option<&str>> = samples.iter().map(|sample| sample.foreground_app.as_deref()).collect();
    let inserted = diesel::sql_query(
        "INSERT INTO telemetry_samples (
             device_id, at, sequence, tenant_id, cpu_percent, memory_percent, memory_used_mb, storage_used_mb,
             battery_percent, battery_charging, temperature_celsius, network_rx_kbps, network_tx_kbps,
             frames_per_second, foreground_app, latitude, longitude)
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(column!(device_id))
    .bind::<Array<Timestamptz>, _>(column!(at))
    .bind::<Array<BigInt>, _>(column!(sequence))
    .bind::<Array<SqlUuid>, _>(column!(tenant_id))
    .bind::<Array<Nullable<Float4>>, _>(column!(cpu_percent))
    .bind::<Array<Nullable<Float4>>, _>(column!(memory_percent))
    .bind::<Array<Nullable<Float4>>, _>(column!(memory_used_mb))
    .bind::<Array<Nullable<Float4>>, _>(column!(storage_used_mb))
    .bind::<Array<Nullable<Float4>>, _>(column!(battery_percent))
    .bind::<Array<Nullable<Bool>>, _>(column!(battery_charging))
    .bind::<Array<Nullable<Float4>>, _>(column!(temperature_celsius))
    .bind::<Array<Nullable<Float4>>, _>(column!(network_rx_kbps))
    .bind::<Array<Nullable<Float4>>, _>(column!(network_tx_kbps))
    .bind::<Array<Nullable<Float4>>, _>(column!(frames_per_second))
    .bind::<Array<Nullable<Text>>, _>(apps)
    .bind::<Array<Nullable<Double>>, _>(column!(latitude))
    .bind::<Array<Nullable<Double>>, _>(column!(longitude))
    .execute(conn)
    .await?;
    mark_stale(conn, samples).await?;
    Ok(inserted)
}

async fn mark_stale(conn: &mut Connection, samples: &[Arc<Sample>]) -> Result<()> {
    let minutes: BTreeSet<DateTime<Utc>> =
        samples.iter().filter_map(|sample| sample.at.duration_trunc(TimeDelta::minutes(1)).ok()).collect();
    // In order, so that two writers cannot lock each other out.
    diesel::sql_query(
        "INSERT INTO telemetry_stale_minutes (at, marked_at) SELECT minute, clock_timestamp() FROM unnest($1) AS minute
         ON CONFLICT (at) DO UPDATE SET marked_at = excluded.marked_at",
    )
    .bind::<Array<Timestamptz>, _>(minutes.into_iter().collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Integer)]
    count: i32,
}

/// Creates the missing partitions of some days; answers how many.
pub async fn create_partitions(conn: &mut Connection, first: NaiveDate, last: NaiveDate) -> Result<i32> {
    let created = diesel::sql_query("SELECT telemetry_create_partitions($1, $2) AS count")
        .bind::<Date, _>(first)
        .bind::<Date, _>(last)
        .get_result::<Count>(conn)
        .await?;
    Ok(created.count)
}

/// Drops the partitions before a day; answers how many.
pub async fn drop_partitions(conn: &mut Connection, oldest: NaiveDate) -> Result<i32> {
    let dropped = diesel::sql_query("SELECT telemetry_drop_partitions($1) AS count")
        .bind::<Date, _>(oldest)
        .get_result::<Count>(conn)
        .await?;
    Ok(dropped.count)
}

/// Removes roll-ups before these moments.
pub async fn prune_rollups(conn: &mut Connection, minutes: DateTime<Utc>, hours: DateTime<Utc>) -> Result<usize> {
    let by_minute = diesel::sql_query("DELETE FROM telemetry_minutes WHERE at < $1")
        .bind::<Timestamptz, _>(minutes)
        .execute(conn)
        .await?;
    let by_hour = diesel::sql_query("DELETE FROM telemetry_hours WHERE at < $1")
        .bind::<Timestamptz, _>(hours)
        .execute(conn)
        .await?;
    Ok(by_minute + by_hour)
}

/// A minute whose roll-up no longer agrees with its samples.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct StaleMinute {
    /// Its beginning.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// When it was last marked.
    #[diesel(sql_type = Timestamptz)]
    pub marked_at: DateTime<Utc>,
}

/// The minutes that ended before `before` and are to be rolled up again, oldest first.
pub async fn stale_minutes(conn: &mut Connection, before: DateTime<Utc>, limit: i64) -> Result<Vec<StaleMinute>> {
    let rows = diesel::sql_query("SELECT * FROM telemetry_stale_minutes WHERE at < $1 ORDER BY at LIMIT $2");
    Ok(rows.bind::<Timestamptz, _>(before).bind::<BigInt, _>(limit).load(conn).await?)
}

/// Computes a minute's roll-up from its samples. A sample that is committed meanwhile has marked the minute anew, and
/// that mark stays for the next run.
pub async fn roll_up_minute(conn: &mut Connection, stale: StaleMinute) -> Result<()> {
    diesel::sql_query(
        "INSERT INTO telemetry_minutes
         SELECT device_id, $1, tenant_id, count(*)::integer, avg(cpu_percent)::real, avg(memory_percent)::real,
                avg(battery_percent)::real, avg(temperature_celsius)::real, avg(network_rx_kbps)::real,
                avg(network_tx_kbps)::real, avg(frames_per_second)::real
         FROM telemetry_samples WHERE at >= $1 AND at < $1 + interval '1 minute'
         GROUP BY device_id, tenant_id
         ON CONFLICT (device_id, at) DO UPDATE SET
             samples = excluded.samples, cpu_percent = excluded.cpu_percent, memory_percent = excluded.memory_percent,
             battery_percent = excluded.battery_percent, temperature_celsius = excluded.temperature_celsius,
             network_rx_kbps = excluded.network_rx_kbps, network_tx_kbps = excluded.network_tx_kbps,
             frames_per_second = excluded.frames_per_second",
    )
    .bind::<Timestamptz, _>(stale.at)
    .execute(conn)
    .await?;
    diesel::sql_query("DELETE FROM telemetry_stale_minutes WHERE at = $1 AND marked_at = $2")
        .bind::<Timestamptz, _>(stale.at)
        .bind::<Timestamptz, _>(stale.marked_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Computes an hour's roll-up from its minutes, each weighted by its samples.
pub async fn roll_up_hour(conn: &mut Connection, hour: DateTime<Utc>) -> Result<()> {
    let averages = averages("samples");
    diesel::sql_query(format!(
        "INSERT INTO telemetry_hours
         SELECT device_id, $1, tenant_id, sum(samples)::integer, {averages}
         FROM telemetry_minutes WHERE at >= $1 AND at < $1 + interval '1 hour'
         GROUP BY device_id, tenant_id
         ON CONFLICT (device_id, at) DO UPDATE SET
             samples = excluded.samples, cpu_percent = excluded.cpu_percent, memory_percent = excluded.memory_percent,
             battery_percent = excluded.battery_percent, temperature_celsius = excluded.temperature_celsius,
             network_rx_kbps = excluded.network_rx_kbps, network_tx_kbps = excluded.network_tx_kbps,
             frames_per_second = excluded.frames_per_second"
    ))
    .bind::<Timestamptz, _>(hour)
    .execute(conn)
    .await?;
    Ok(())
}

/// The seven averages in the order of the roll-up tables. A device measures a value always or never, so the samples of
/// a bucket are a fair weight for each value that the bucket has.
fn averages(weight: &str) -> String {
    let columns = [
        "cpu_percent",
        "memory_percent",
        "battery_percent",
        "temperature_celsius",
        "network_rx_kbps",
        "network_tx_kbps",
        "frames_per_second",
    ];
    let average = |column: &str| {
        format!(
            "(sum({column} * {weight}) / nullif(sum({weight}) FILTER (WHERE {column} IS NOT NULL), 0))::real AS {column}"
        )
    };
    columns.map(average).join(", ")
}

/// Averages of some devices over a window, in as many buckets as the window allows, oldest first.
pub async fn history(
    conn: &mut Connection,
    ids: &[DeviceId],
    window: &HistoryWindow,
) -> Result<Vec<(DeviceId, TelemetryPoint)>> {
    let (table, weight) = match window.resolution {
        Resolution::Raw => ("telemetry_samples", "1"),
        Resolution::Minute => ("telemetry_minutes", "samples"),
        Resolution::Hour => ("telemetry_hours", "samples"),
    };
    let averages = averages(weight);
    let rows: Vec<PointRow> = diesel::sql_query(format!(
        "SELECT device_id, min(at) AS at, sum({weight})::integer AS samples, {averages}
         FROM {table} WHERE device_id = ANY($1) AND at >= $2 AND at < $3
         GROUP BY device_id, date_bin($4 * interval '1 microsecond', at, $2)
         ORDER BY 1, 2"
    ))
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(window.from)
    .bind::<Timestamptz, _>(window.to)
    .bind::<BigInt, _>(window.bucket().num_microseconds().unwrap_or(i64::MAX))
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(PointRow::split).collect())
}

#[derive(QueryableByName)]
struct PointRow {
    #[diesel(sql_type = SqlUuid)]
    device_id: DeviceId,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    samples: i32,
    #[diesel(sql_type = Nullable<Float4>)]
    cpu_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    memory_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    battery_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    temperature_celsius: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    network_rx_kbps: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    network_tx_kbps: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    frames_per_second: Option<f32>,
}

impl PointRow {
    fn split(self) -> (DeviceId, TelemetryPoint) {
        let point = TelemetryPoint {
            at: self.at,
            cpu_percent: self.cpu_percent.map(decimal),
            memory_percent: self.memory_percent.map(decimal),
            battery_percent: self.battery_percent.map(decimal),
            temperature_celsius: self.temperature_celsius.map(decimal),
            network_rx_kbps: self.network_rx_kbps.map(decimal),
            network_tx_kbps: self.network_tx_kbps.map(decimal),
            frames_per_second: self.frames_per_second.map(decimal),
            samples: self.samples,
        };
        (self.device_id, point)
    }
}

#[derive(QueryableByName)]
struct SampleRow {
    #[diesel(sql_type = SqlUuid)]
    tenant_id: TenantId,
    #[diesel(sql_type = SqlUuid)]
    device_id: DeviceId,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = Nullable<Float4>)]
    cpu_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    memory_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    memory_used_mb: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    storage_used_mb: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    battery_percent: Option<f32>,
    #[diesel(sql_type = Nullable<Bool>)]
    battery_charging: Option<bool>,
    #[diesel(sql_type = Nullable<Float4>)]
    temperature_celsius: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    network_rx_kbps: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    network_tx_kbps: Option<f32>,
    #[diesel(sql_type = Nullable<Float4>)]
    frames_per_second: Option<f32>,
    #[diesel(sql_type = Nullable<Text>)]
    foreground_app: Option<String>,
    #[diesel(sql_type = Nullable<Double>)]
    latitude: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    longitude: Option<f64>,
}

impl From<SampleRow> for Arc<Sample> {
    fn from(row: SampleRow) -> Self {
        Arc::new(Sample {
            tenant_id: row.tenant_id,
            device_id: row.device_id,
            at: row.at,
            sequence: row.sequence,
            cpu_percent: row.cpu_percent,
            memory_percent: row.memory_percent,
            memory_used_mb: row.memory_used_mb,
            storage_used_mb: row.storage_used_mb,
            battery_percent: row.battery_percent,
            battery_charging: row.battery_charging,
            temperature_celsius: row.temperature_celsius,
            network_rx_kbps: row.network_rx_kbps,
            network_tx_kbps: row.network_tx_kbps,
            frames_per_second: row.frames_per_second,
            foreground_app: row.foreground_app.map(Arc::from),
            latitude: row.latitude,
            longitude: row.longitude,
        })
    }
}

/// Samples of some devices after a moment, oldest first.
pub async fn samples_after(
    conn: &mut Connection,
    ids: &[DeviceId],
    after: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Arc<Sample>>> {
    let rows: Vec<SampleRow> = diesel::sql_query(
        "SELECT * FROM telemetry_samples WHERE device_id = ANY($1) AND at > $2 ORDER BY at, sequence LIMIT $3",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Arc::from).collect())
}

/// The newest sample of each device since a moment.
pub async fn latest_samples(conn: &mut Connection, ids: &[DeviceId], since: DateTime<Utc>) -> Result<Vec<Arc<Sample>>> {
    let rows: Vec<SampleRow> = diesel::sql_query(
        "SELECT newest.* FROM unnest($1) AS wanted (device_id) CROSS JOIN LATERAL (
             SELECT * FROM telemetry_samples WHERE device_id = wanted.device_id AND at > $2
             ORDER BY at DESC, sequence DESC LIMIT 1
         ) AS newest",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Timestamptz, _>(since)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(Arc::from).collect())
}

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

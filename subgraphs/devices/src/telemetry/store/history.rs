//! SQL about roll-ups and the history that is read from them.

use chrono::{DateTime, Utc};
use cloudphone_core::DeviceId;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Float4, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::{Connection, Result};
use crate::telemetry::history::{HistoryWindow, Resolution, TelemetryPoint};
use crate::telemetry::sample::decimal;

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

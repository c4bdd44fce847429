//! SQL about single samples and the partitions that they lie in.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use cloudphone_core::{DeviceId, TenantId};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Date, Double, Float4, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;

use super::{Connection, Result};
use crate::telemetry::sample::Sample;

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

//! The day partitions of samples: there before they are needed, gone when their time is over.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, Utc};
use cloudphone_database::{Database, DatabaseError};

use super::store;

/// Days for which partitions exist ahead.
const DAYS_AHEAD: u64 = 3;

/// Creates the partitions of yesterday, today and the coming days; samples may be a day late.
pub async fn create_ahead(database: &Database, today: NaiveDate) -> Result<i32, DatabaseError> {
    let (first, last) = (today - Days::new(1), today + Days::new(DAYS_AHEAD));
    database.system_transaction(async |conn| store::create_partitions(conn, first, last).await).await
}

/// Creates the partitions of some days.
pub async fn create(database: &Database, days: impl Iterator<Item = NaiveDate>) -> Result<(), DatabaseError> {
    let days: BTreeSet<NaiveDate> = days.collect();
    database
        .system_transaction(async |conn| {
            for day in &days {
                store::create_partitions(conn, *day, *day).await?;
            }
            Ok::<_, DatabaseError>(())
        })
        .await
}

/// Drops partitions and removes roll-ups whose time is over.
pub async fn retain(database: &Database, raw_days: u64, minute_days: u64, hour_days: u64) -> Result<(), DatabaseError> {
    let now = Utc::now();
    let oldest = now.date_naive() - Days::new(raw_days);
    let (minutes, hours) = (now - Days::new(minute_days), now - Days::new(hour_days));
    database
        .system_transaction(async |conn| {
            store::drop_partitions(conn, oldest).await?;
            store::prune_rollups(conn, minutes, hours).await
        })
        .await?;
    Ok(())
}

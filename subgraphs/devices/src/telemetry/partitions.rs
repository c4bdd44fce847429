//! The day partitions of samples: there before they are needed, gone when their time is over.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use cloudphone_database::{Database, DatabaseError};

use super::store;
use crate::settings::DevicesSettings;

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
pub async fn retain(database: &Database, settings: &DevicesSettings, now: DateTime<Utc>) -> Result<(), DatabaseError> {
    let oldest = now.date_naive() - Days::new(settings.raw_days);
    let (minutes, hours) = (now - Days::new(settings.minute_days), now - Days::new(settings.hour_days));
    database
        .system_transaction(async |conn| {
            store::drop_partitions(conn, oldest).await?;
            store::prune_rollups(conn, minutes, hours).await
        })
        .await?;
    Ok(())
}

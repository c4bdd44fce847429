//! Brings the roll-ups of minutes and hours up to date with the samples, late ones included.

use std::collections::BTreeSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use cloudphone_database::{Database, DatabaseError};

use super::store;

/// Minutes rolled up in one run; the next run goes on.
const MINUTES_AT_ONCE: i64 = 240;

/// Rolls up every marked minute that is over, and the hours they belong to. Answers how many minutes.
pub async fn roll_up(database: &Database, now: DateTime<Utc>) -> Result<usize, DatabaseError> {
    let over = now - TimeDelta::minutes(1);
    let stale =
        database.system_transaction(async |conn| store::stale_minutes(conn, over, MINUTES_AT_ONCE).await).await?;
    let hours: BTreeSet<DateTime<Utc>> =
        stale.iter().filter_map(|minute| minute.at.duration_trunc(TimeDelta::hours(1)).ok()).collect();
    // Minutes and their hour in one transaction: a crash in between leaves the marks, and the next run does both.
    for hour in hours {
        let end = hour + TimeDelta::hours(1);
        database
            .system_transaction(async |conn| {
                for minute in stale.iter().filter(|minute| (hour..end).contains(&minute.at)) {
                    store::roll_up_minute(conn, *minute).await?;
                }
                store::roll_up_hour(conn, hour).await
            })
            .await?;
    }
    Ok(stale.len())
}

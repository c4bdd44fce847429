//! All SQL about telemetry: samples and their partitions, roll-ups and history, the quarantine.

mod history;
mod quarantine;
mod samples;

use cloudphone_database::{AsyncPgConnection, DatabaseError};

pub use history::{history, prune_rollups, roll_up_hour, roll_up_minute, stale_minutes};
pub use quarantine::{insert_quarantined, list_quarantined, prune_quarantine};
pub use samples::{create_partitions, drop_partitions, insert_samples, latest_samples, samples_after};

type Connection = AsyncPgConnection;
type Result<T, E = DatabaseError> = std::result::Result<T, E>;

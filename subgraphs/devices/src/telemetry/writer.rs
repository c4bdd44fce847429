//! Brings samples to the database in batches, and holds them while it is away.

use std::sync::Arc;
use std::time::Duration;

use cloudphone_database::{Database, DatabaseError};
use metrics::{Counter, Gauge, Histogram};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::sample::Sample;
use super::unstored::{Storing, Unstored, Wanted};
use super::{partitions, store};

/// Rows of one insert.
const BATCH_ROWS: usize = 5000;
/// How long a sample waits for others.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// The shortest time between the beginnings of two inserts of samples that somebody waits for, so that those of many devices
/// share one. It is also what a device waits at least from one of its messages to the next.
const COMMIT_EVERY: Duration = Duration::from_millis(10);
/// How long to wait after a failure at most. Devices send again what was not acknowledged, and should find the database back.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Samples on their way to the database. When it is away for too long the oldest go first, and are counted.
pub struct Writer {
    unstored: Mutex<Unstored>,
    enough: Notify,
    awaited: Notify,
    lost: Counter,
    stored: Counter,
    depth: Gauge,
    waited: Histogram,
}

impl Writer {
    /// A writer that holds so many samples at most.
    pub fn new(capacity: usize) -> Self {
        Self {
            unstored: Mutex::new(Unstored::new(capacity)),
            enough: Notify::new(),
            awaited: Notify::new(),
            lost: metrics::counter!("cloudphone_devices_samples_lost_total"),
            stored: metrics::counter!("cloudphone_devices_samples_stored_total"),
            depth: metrics::gauge!("cloudphone_devices_samples_waiting"),
            waited: metrics::histogram!("cloudphone_devices_samples_acknowledgement_seconds"),
        }
    }

    /// Takes a sample; never waits.
    pub fn add(&self, sample: Arc<Sample>) {
        let mut unstored = self.unstored.lock();
        let lost = unstored.add(sample);
        let ready = unstored.unattended() == BATCH_ROWS;
        drop(unstored);
        self.count_lost(lost);
        if ready {
            self.enough.notify_one();
        }
    }

    /// Takes a sample that is to be stored at once, and tells when it is.
    pub fn store(&self, sample: Arc<Sample>) -> Storing {
        let (storing, lost) = self.unstored.lock().add_awaited(sample);
        self.count_lost(lost);
        self.awaited.notify_one();
        storing
    }

    /// Samples that are not in the database yet.
    pub fn waiting(&self) -> usize {
        self.unstored.lock().iter().count()
    }

    /// The samples among them that somebody looks for. Who asks before reading the table misses nothing.
    pub fn unstored(&self, wanted: impl Fn(&Sample) -> bool) -> Vec<Arc<Sample>> {
        self.unstored.lock().iter().filter(|sample| wanted(sample)).cloned().collect()
    }

    /// Writes until told to stop, and then what is left, once.
    pub async fn run(&self, database: Database, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        let mut all_at = Instant::now() + FLUSH_EVERY;
        let mut awaited_at = Instant::now();
        loop {
            let wanted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(all_at) => Wanted::All,
                () = self.enough.notified(), if pause.is_zero() => Wanted::All,
                () = self.commit_due(awaited_at), if pause.is_zero() => Wanted::Awaited,
            };
            awaited_at = Instant::now() + COMMIT_EVERY;
            pause = match self.flush(&database, wanted).await {
                Ok(()) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(%error, waiting = self.waiting(), "samples could not be stored; trying again");
                    (pause * 2).clamp(Duration::from_millis(500), LONGEST_PAUSE)
                }
            };
            if wanted == Wanted::All || !pause.is_zero() {
                all_at = Instant::now() + FLUSH_EVERY.max(pause);
            }
        }
        let last = tokio::time::timeout(Duration::from_secs(5), self.flush(&database, Wanted::All)).await;
        self.unstored.lock().end();
        if !matches!(last, Ok(Ok(()))) {
            tracing::warn!(samples = self.waiting(), "samples were not stored before the end");
        }
    }

    /// Waits until somebody waits for a sample, and the time of the next insert has come. May be abandoned.
    async fn commit_due(&self, earliest: Instant) {
        while !self.unstored.lock().has_awaited() {
            self.awaited.notified().await;
        }
        tokio::time::sleep_until(earliest).await;
    }

    /// Writes what is wanted: one batch of what is awaited, or everything. Only [`run`](Self::run) does this, so that one
    /// batch is in flight at a time.
    #[allow(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
    async fn flush(&self, database: &Database, wanted: Wanted) -> Result<(), DatabaseError> {
        loop {
            let (batch, left) = {
                let mut unstored = self.unstored.lock();
                (unstored.take(wanted, BATCH_ROWS), unstored.queued())
            };
            self.depth.set(left as f64);
            if batch.is_empty() {
                return Ok(());
            }
            let written = match write(database, &batch).await {
                Err(error) if is_missing_partition(&error) => write_with_partitions(database, &batch).await,
                other => other,
            };
            if let Err(error) = written {
                let lost = self.unstored.lock().put_back();
                self.count_lost(lost);
                return Err(error);
            }
            self.unstored.lock().stored(|waited| self.waited.record(waited));
            self.stored.increment(batch.len() as u64);
            if wanted == Wanted::Awaited {
                return Ok(());
            }
        }
    }

    fn count_lost(&self, samples: u64) {
        if samples > 0 {
            self.lost.increment(samples);
        }
    }
}

async fn write(database: &Database, batch: &[Arc<Sample>]) -> Result<usize, DatabaseError> {
    database.system_transaction(async |conn| store::insert_samples(conn, batch).await).await
}

async fn write_with_partitions(database: &Database, batch: &[Arc<Sample>]) -> Result<usize, DatabaseError> {
    partitions::create(database, batch.iter().map(|sample| sample.at.date_naive())).await?;
    write(database, batch).await
}

/// PostgreSQL has no name for it but its sentence.
fn is_missing_partition(error: &DatabaseError) -> bool {
    error.to_string().contains("no partition of relation")
}

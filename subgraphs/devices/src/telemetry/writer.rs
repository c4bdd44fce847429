//! Brings samples to the database in batches, and holds them while it is away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_database::{Database, DatabaseError};
use metrics::{Counter, Gauge};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::sample::Sample;
use super::{partitions, store};

/// Rows of one insert.
const BATCH_ROWS: usize = 5000;
/// How long a sample waits for others.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after a failure at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Samples that are not in the table for certain.
#[derive(Default)]
struct Unstored {
    waiting: VecDeque<Arc<Sample>>,
    /// The batch that is being written.
    in_flight: Vec<Arc<Sample>>,
}

/// Samples on their way to the database. When it is away for too long the oldest go first, and are counted.
pub struct Writer {
    unstored: Mutex<Unstored>,
    enough: Notify,
    capacity: usize,
    lost: Counter,
    stored: Counter,
    depth: Gauge,
}

impl Writer {
    /// A writer that holds so many samples at most.
    pub fn new(capacity: usize) -> Self {
        Self {
            unstored: Mutex::default(),
            enough: Notify::new(),
            capacity,
            lost: metrics::counter!("cloudphone.devices.samples.lost"),
            stored: metrics::counter!("cloudphone.devices.samples.stored"),
            depth: metrics::gauge!("cloudphone.devices.samples.waiting"),
        }
    }

    /// Takes a sample; never waits.
    pub fn add(&self, sample: Arc<Sample>) {
        let mut unstored = self.unstored.lock();
        if unstored.waiting.len() >= self.capacity {
            unstored.waiting.pop_front();
            self.lost.increment(1);
        }
        unstored.waiting.push_back(sample);
        let ready = unstored.waiting.len() == BATCH_ROWS;
        drop(unstored);
        if ready {
            self.enough.notify_one();
        }
    }

    /// Samples that are not in the database yet.
    pub fn waiting(&self) -> usize {
        let unstored = self.unstored.lock();
        unstored.waiting.len() + unstored.in_flight.len()
    }

    /// The samples among them that somebody looks for. Who asks before reading the table misses nothing.
    pub fn unstored(&self, wanted: impl Fn(&Sample) -> bool) -> Vec<Arc<Sample>> {
        let unstored = self.unstored.lock();
        unstored.in_flight.iter().chain(&unstored.waiting).filter(|sample| wanted(sample)).cloned().collect()
    }

    /// Writes until told to stop, and then what is left, once.
    pub async fn run(&self, database: Database, stop: CancellationToken) {
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.enough.notified(), if pause.is_zero() => {}
                () = tokio::time::sleep(FLUSH_EVERY.max(pause)) => {}
            }
            pause = match self.flush(&database).await {
                Ok(()) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(%error, waiting = self.waiting(), "samples could not be stored; trying again");
                    (pause * 2).clamp(Duration::from_millis(500), LONGEST_PAUSE)
                }
            };
        }
        let last = tokio::time::timeout(Duration::from_secs(5), self.flush(&database)).await;
        if !matches!(last, Ok(Ok(()))) {
            tracing::warn!(samples = self.waiting(), "samples were not stored before the end");
        }
    }

    /// Writes everything that waits. Only [`run`](Self::run) does this, so that one batch is in flight at a time.
    async fn flush(&self, database: &Database) -> Result<(), DatabaseError> {
        loop {
            let batch = {
                let mut unstored = self.unstored.lock();
                let rows = unstored.waiting.len().min(BATCH_ROWS);
                unstored.in_flight = unstored.waiting.drain(..rows).collect();
                unstored.in_flight.clone()
            };
            if batch.is_empty() {
                self.depth.set(0.0);
                return Ok(());
            }
            let written = match write(database, &batch).await {
                Err(error) if is_missing_partition(&error) => write_with_partitions(database, &batch).await,
                other => other,
            };
            if let Err(error) = written {
                self.put_back();
                return Err(error);
            }
            self.unstored.lock().in_flight.clear();
            self.stored.increment(batch.len() as u64);
        }
    }

    /// What could not be written is the oldest again, as far as there is room.
    #[allow(clippy::cast_precision_loss, reason = "a gauge need not be exact")]
    fn put_back(&self) {
        let mut unstored = self.unstored.lock();
        for sample in std::mem::take(&mut unstored.in_flight).into_iter().rev() {
            if unstored.waiting.len() < self.capacity {
                unstored.waiting.push_front(sample);
            } else {
                self.lost.increment(1);
            }
        }
        self.depth.set(unstored.waiting.len() as f64);
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

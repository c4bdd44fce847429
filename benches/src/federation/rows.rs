//! The table of queries over HTTP: one run of the load, one line.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::http_load::{self, Load, Operation, Outcome};
use super::memo::Calls;
use super::{Graph, Options};

/// Requests before a measurement, so that plans are made, connections open and code compiled where that happens.
const WARM_UP: usize = 500;

/// Who is measured.
pub struct Subject<'a> {
    /// What it is called.
    pub title: &'a str,
    /// Its process.
    pub pid: u32,
    /// Where it answers.
    pub address: SocketAddr,
    /// The subgraphs whose calls are counted, if it asks them.
    pub graph: Option<&'a Graph>,
}

/// One run.
pub struct Run<'a> {
    case: &'a str,
    delay: Duration,
    subject: &'a Subject<'a>,
    operations: &'a Arc<Vec<Operation>>,
    distinct: bool,
}

impl<'a> Run<'a> {
    /// Every request from another caller.
    pub fn new(case: &'a str, delay: Duration, subject: &'a Subject<'a>, operations: &'a Arc<Vec<Operation>>) -> Self {
        Self { case, delay, subject, operations, distinct: true }
    }

    /// All requests from the same caller.
    pub fn shared(self) -> Self {
        Self { distinct: false, ..self }
    }
}

/// Prints the head.
pub fn head() {
    println!(
        "| case | subgraph delay | who | requests/s | p50 | p99 | p99.9 | CPU for each request | subgraph calls for each | peak memory | answer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
}

/// Runs it once to warm up and once to measure, and prints a line.
pub async fn measure(options: &Options, run: Run<'_>) -> anyhow::Result<()> {
    let Run { case, delay, subject, operations, distinct } = run;
    let mut load = Load {
        address: subject.address,
        pid: subject.pid,
        operations: Arc::clone(operations),
        connections: options.connections,
        during: Duration::from_secs(20),
        at_most: WARM_UP,
        distinct,
    };
    http_load::run(load.clone()).await?;
    if options.pause_seconds > 0 {
        eprintln!("process {} is {} in the case \"{case}\"", subject.pid, subject.title);
        sleep(Duration::from_secs(options.pause_seconds)).await;
    }
    (load.during, load.at_most) = (options.during(), usize::MAX);
    let calls = || subject.graph.map(|graph| Calls::of(&graph.memos));
    let before = calls();
    let outcome = http_load::run(load).await?;
    let calls = calls().zip(before).map(|(now, before)| now.since(before).count);
    line(case, delay, subject.title, outcome, calls);
    Ok(())
}

/// Prints a line.
pub fn line(case: &str, delay: Duration, title: &str, mut outcome: Outcome, calls: Option<u64>) {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
    let calls = calls.map(|calls| calls as f64 / outcome.latencies.count().max(1) as f64);
    let mut ms = |share| outcome.latencies.per_mille(share).as_secs_f64() * 1000.0;
    let (p50, p99, p999) = (ms(500), ms(990), ms(999));
    println!(
        "| {case} | {} ms | {title} | {:.0} | {p50:.1} ms | {p99:.1} ms | {p999:.1} ms | {} µs | {} | {} MiB | {} bytes |",
        delay.as_millis(),
        outcome.per_second,
        outcome.cpu_per_request.as_micros(),
        calls.map_or_else(|| "–".to_owned(), |calls| format!("{calls:.1}")),
        outcome.memory.peak_mb,
        outcome.answer_bytes,
    );
}

/// Prints that there is nothing to print.
pub fn failure(case: &str, delay: Duration, title: &str, error: &anyhow::Error) {
    let told: String = format!("{error:#}").chars().take(200).collect();
    let told = told.replace(['|', '\n'], " ");
    println!("| {case} | {} ms | {title} | fails: {told} | | | | | | | |", delay.as_millis());
}

//! A long run: subscribers and callers come and go, the supergraph is reloaded, a subgraph is lost and found again, and the router's
//! memory must not grow. While the subgraph is away, partial answers are lawful; a few seconds after its return they no longer are.

mod load;
mod report;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::events::Events;
use super::memo::Memo;
use super::router::{self, Supergraph};
use super::wire::Wire;
use super::{machine, schemas, server};
use crate::process::resident_kb;
use load::Load;
use report::Report;

/// How long a run is, and what it may cost.
#[derive(Clone, Copy, clap::Args)]
pub struct Options {
    /// Length of the run in minutes, of which the first third warms up.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// How often a line is printed, in minutes; absent: 5, or 1 in runs of less than 20 minutes.
    #[arg(long)]
    report_minutes: Option<u64>,
    /// Subscribers who stay, each with a stream of its own; every twentieth of them reads nothing.
    #[arg(long, default_value_t = 400)]
    subscribers: usize,
    /// Subscribers who stay for five seconds, again and again.
    #[arg(long, default_value_t = 100)]
    visitors: usize,
    /// Callers with one request under way each.
    #[arg(long, default_value_t = 4)]
    callers: usize,
    /// How much the resident memory may grow after the warm-up, in MiB.
    #[arg(long, default_value_t = 24)]
    growth_mb: u64,
    /// How often the supergraph is reloaded, in seconds.
    #[arg(long, default_value_t = 20)]
    reload_seconds: u64,
    /// How often a subgraph is lost for two seconds, in seconds.
    #[arg(long, default_value_t = 15)]
    loss_seconds: u64,
}

impl Options {
    fn line_every(&self) -> Duration {
        Duration::from_secs(60 * self.report_minutes.unwrap_or(if self.minutes < 20 { 1 } else { 5 }).max(1))
    }
}

/// How often memory is read.
const READ_EVERY: Duration = Duration::from_secs(2);
/// Events of each topic per second.
const RATE: u32 = 10;
/// Of a thousand answers, so many may be other than they should; a machine that stands still for a moment makes some.
const TOLERATED_PER_MILLE: u64 = 1;

/// What has happened so far.
#[derive(Default)]
struct Tally {
    received: AtomicU64,
    returns: AtomicU64,
    /// Answers without errors.
    whole: AtomicU64,
    /// Answers with errors beside their data, while a subgraph was away or had just come back.
    partial: AtomicU64,
    /// The same long after its return.
    late: AtomicU64,
    /// Anything that is no GraphQL answer, or none at all.
    failed: AtomicU64,
    visits: AtomicU64,
    reloads: AtomicU64,
    losses: AtomicU64,
}

/// Runs for as long as it is told; an error when the router's memory grows, events stop coming, answers stay partial after the lost
/// subgraph is back, or subscriptions are not let go. A signal to stop ends it early, with what is known by then.
pub async fn run(program: &Path, options: Options) -> anyhow::Result<()> {
    println!("{}\n", machine());
    let memos: Vec<Arc<Memo>> =
        schemas::all().into_iter().map(|subgraph| Memo::new(subgraph, Duration::ZERO)).collect();
    let events = Events::new();
    let served = server::serve(&memos, &events).await?;
    let mut addresses = served.addresses.clone();
    let stock = memos.iter().position(|memo| memo.name == "stock").context("there is a stock")?;
    let wire = Wire::to(addresses[stock]).await?;
    addresses[stock] = wire.address;
    let supergraph = Supergraph::compose(program, &memos, &addresses).await?;
    // Few prepared operations, so that they are turned over many times; losses are no news here.
    let settings =
        [("CLOUDPHONE_ROUTER__PLAN_CACHE_ENTRIES", "200"), ("CLOUDPHONE_OBSERVABILITY__LOG_FILTER", "error")];
    let (router, address) = router::over_http(program, &supergraph, &settings).await?;

    let length = Duration::from_secs(options.minutes * 60);
    let load = Load { address, events, tally: Arc::default(), length };
    let mut work = load.begin(options, supergraph.file.clone(), wire);
    let mut report = Report::new(options.line_every(), length / 3);
    let whole = watch(router.pid, length, &load.tally, &mut work, &mut report).await?;
    work.shutdown().await;
    report.end(&load.tally);
    let ran = report.elapsed();
    if !whole {
        bail!("stopped after {} of {} minutes; what is above holds until then", ran.as_secs() / 60, options.minutes);
    }
    load::lets_go(address).await?;
    router.stop().await?;
    judge(&load.tally)?;
    let allowed = i64::try_from(options.growth_mb * 1024)?;
    println!("At most {allowed} KiB of growth are allowed.");
    ensure!(report.growth_kb() <= allowed, "the router's memory grows");
    Ok(())
}

/// Whether answers were what they must be, apart from the times of loss.
fn judge(tally: &Tally) -> anyhow::Result<()> {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (whole, partial, late, failed) =
        (read(&tally.whole), read(&tally.partial), read(&tally.late), read(&tally.failed));
    let tolerated = (whole + partial + late + failed) * TOLERATED_PER_MILLE / 1000;
    ensure!(late <= tolerated, "{late} answers were partial long after the lost subgraph was back");
    ensure!(failed <= tolerated, "{failed} requests had no GraphQL answer");
    Ok(())
}

/// Reads memory until the time is over; false when somebody stops it before.
async fn watch(
    pid: u32,
    length: Duration,
    tally: &Tally,
    work: &mut JoinSet<anyhow::Result<()>>,
    report: &mut Report,
) -> anyhow::Result<bool> {
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    report.begin();
    let (began, mut minute, mut before) = (Instant::now(), 0, 0);
    while began.elapsed() < length {
        if stopped(&mut interrupted, &mut terminated).await {
            return Ok(false);
        }
        // Only the source may end, and only at the end.
        if let Some(ended) = work.try_join_next() {
            ended??;
            ensure!(began.elapsed() + READ_EVERY * 2 >= length, "a part of the load ended early");
        }
        let resident = resident_kb(pid);
        ensure!(resident > 0, "the router is gone");
        report.read(resident, tally);
        if began.elapsed().as_secs() / 60 > minute {
            minute += 1;
            let received = tally.received.load(Ordering::Relaxed);
            ensure!(received > before, "nobody received anything in minute {minute}");
            before = received;
        }
    }
    Ok(true)
}

/// Waits until memory is read again; true when it was a signal that came.
async fn stopped(interrupted: &mut Signal, terminated: &mut Signal) -> bool {
    tokio::select! {
        () = sleep(READ_EVERY) => false,
        _ = interrupted.recv() => true,
        _ = terminated.recv() => true,
    }
}

//! A long run: subscribers and callers come and go, the supergraph is reloaded, a subgraph is lost and found again, and the router's
//! memory must not grow. What arrives is checked by the other benchmarks; while a subgraph is away, errors are lawful.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::events::Events;
use super::fanout::{Audience, Plan, Variety};
use super::memo::Memo;
use super::router::{self, Supergraph};
use super::wire::Wire;
use super::{machine, queries, schemas, server};
use crate::process::resident_kb;

/// How long a run is, and what it may cost.
#[derive(Clone, Copy, clap::Args)]
pub struct Options {
    /// Length of the run in minutes, of which the first third warms up.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
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

/// How often memory is read.
const READ_EVERY: Duration = Duration::from_secs(2);
/// Events of each topic per second.
const RATE: u32 = 10;
/// Different operations, several times as many as the router keeps prepared.
const OPERATIONS: usize = 1000;

#[derive(Default)]
struct Tally {
    received: AtomicU64,
    returns: AtomicU64,
    whole: AtomicU64,
    partial: AtomicU64,
    refused: AtomicU64,
    visits: AtomicU64,
    reloads: AtomicU64,
    losses: AtomicU64,
}

/// Runs for as long as it is told; an error when the router's memory grows, events stop coming, or it forgets to let go.
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

    let tally = Arc::new(Tally::default());
    let length = Duration::from_secs(options.minutes * 60);
    let mut work = JoinSet::new();
    let source = events.clone();
    work.spawn(async move {
        source.beat(RATE, length).await;
        anyhow::Ok(())
    });
    for caller in 0..options.callers {
        work.spawn(call(address, caller, Arc::clone(&tally)));
    }
    work.spawn(stay(address, options.subscribers, events.clone(), Arc::clone(&tally)));
    work.spawn(visit(address, options.visitors, events.clone(), Arc::clone(&tally)));
    work.spawn(reload(supergraph.file.clone(), options.reload_seconds, Arc::clone(&tally)));
    work.spawn(lose(wire, options.loss_seconds, Arc::clone(&tally)));

    let readings = watch(router.pid, length, &tally, &mut work).await?;
    work.shutdown().await;
    lets_go(address).await?;
    let (whole, partial) = (tally.whole.load(Ordering::Relaxed), tally.partial.load(Ordering::Relaxed));
    // While the subgraph is away, answers fail at once, so that there are many of them.
    ensure!(whole > partial, "{partial} of {} answers were not whole", whole + partial);
    router.stop().await?;

    let grown = growth(&readings);
    println!("\nGrown by {grown} KiB after the warm-up; {} MiB are allowed.", options.growth_mb);
    let allowed = i64::try_from(options.growth_mb * 1024)?;
    ensure!(grown <= allowed, "the router's memory grows");
    Ok(())
}

/// Reads memory until the time is over, and prints a line a minute.
async fn watch(
    pid: u32,
    length: Duration,
    tally: &Tally,
    work: &mut JoinSet<anyhow::Result<()>>,
) -> anyhow::Result<Vec<u64>> {
    println!(
        "| minute | resident | events received | returns | answers | partial | refused | visits | reloads | losses |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let (began, mut readings, mut minute, mut before) = (Instant::now(), Vec::new(), 0, 0);
    while began.elapsed() < length {
        sleep(READ_EVERY).await;
        // Only the source may end, and only at the end.
        if let Some(ended) = work.try_join_next() {
            ended??;
            ensure!(began.elapsed() + READ_EVERY * 2 >= length, "a part of the load ended early");
        }
        let resident = resident_kb(pid);
        ensure!(resident > 0, "the router is gone");
        readings.push(resident);
        if began.elapsed().as_secs() / 60 > minute {
            minute += 1;
            let received = tally.received.load(Ordering::Relaxed);
            ensure!(received > before, "nobody received anything in minute {minute}");
            before = received;
            let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            println!(
                "| {minute} | {} KiB | {} | {} | {} | {} | {} | {} | {} | {} |",
                resident,
                read(&tally.received),
                read(&tally.returns),
                read(&tally.whole),
                read(&tally.partial),
                read(&tally.refused),
                read(&tally.visits),
                read(&tally.reloads),
                read(&tally.losses),
            );
        }
    }
    Ok(readings)
}

/// The difference in KiB between the middle third and the last sixth of the readings, by their medians.
fn growth(readings: &[u64]) -> i64 {
    let median = |part: &[u64]| {
        let mut sorted = part.to_vec();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().and_then(|reading| i64::try_from(reading).ok()).unwrap_or_default()
    };
    let count = readings.len();
    median(&readings[count * 5 / 6..]) - median(&readings[count / 3..count * 2 / 3])
}

/// Asks without end: the large query, and operations that the router has to plan.
async fn call(address: SocketAddr, caller: usize, tally: Arc<Tally>) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let url = format!("http://{address}/graphql");
    for number in caller.. {
        let query =
            if number % 5 == 0 { queries::SEVEN.to_owned() } else { queries::distinct(number * 7 % OPERATIONS) };
        let sent = client.post(&url).json(&json!({ "query": query })).send().await;
        let answer = match sent {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        let counter = match answer.as_str() {
            whole if whole.starts_with("{\"data\":") && !whole.contains("\"errors\":") => &tally.whole,
            partial if partial.contains("\"data\":") => &tally.partial,
            refusal => {
                if tally.refused.load(Ordering::Relaxed) == 0 {
                    eprintln!("refused: {refusal}");
                }
                &tally.refused
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Subscribers who stay, and come back when the router ends what they follow, as clients do.
async fn stay(address: SocketAddr, subscribers: usize, events: Events, tally: Arc<Tally>) -> anyhow::Result<()> {
    loop {
        let clock = events.clone();
        let plan = Plan { variety: Variety::PerDevice, subscribers, join: true, stalled_every: 20 };
        let audience = Audience::connect(address, "/graphql", plan, move || clock.now()).await?;
        while audience.tally.ended.load(Ordering::Relaxed) == 0 {
            sleep(Duration::from_secs(1)).await;
            tally.received.fetch_add(audience.tally.received.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
        audience.leave().await;
        tally.returns.fetch_add(1, Ordering::Relaxed);
    }
}

async fn visit(address: SocketAddr, visitors: usize, events: Events, tally: Arc<Tally>) -> anyhow::Result<()> {
    loop {
        let clock = events.clone();
        let plan = Plan { variety: Variety::Selections, subscribers: visitors, join: true, stalled_every: 10 };
        let audience = Audience::connect(address, "/graphql", plan, move || clock.now()).await?;
        sleep(Duration::from_secs(5)).await;
        audience.leave().await;
        tally.visits.fetch_add(visitors as u64, Ordering::Relaxed);
    }
}

async fn reload(file: std::path::PathBuf, seconds: u64, tally: Arc<Tally>) -> anyhow::Result<()> {
    let text = tokio::fs::read_to_string(&file).await?;
    for version in 1_u64.. {
        sleep(Duration::from_secs(seconds)).await;
        tokio::fs::write(&file, format!("{text}\n# Version {version}.\n")).await?;
        tally.reloads.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn lose(wire: Wire, seconds: u64, tally: Arc<Tally>) -> anyhow::Result<()> {
    loop {
        sleep(Duration::from_secs(seconds)).await;
        wire.cut();
        sleep(Duration::from_secs(2)).await;
        wire.mend();
        tally.losses.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until the router counts no subscription and no stream any more: what is never let go would grow for ever.
async fn lets_go(address: SocketAddr) -> anyhow::Result<()> {
    let counted = ["cloudphone_graphql_subscriptions_active", "cloudphone_graphql_subscription_upstreams"];
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        let page = reqwest::get(format!("http://{address}/metrics")).await?.text().await?;
        let left: Vec<&str> = page
            .lines()
            .filter(|line| counted.iter().any(|name| line.starts_with(name)) && !line.ends_with(" 0"))
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < until, "nobody is there any more, and yet: {left:?}");
        sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_from_a_warm_up_and_from_waves() {
        let flat: Vec<u64> =
            (0..600).map(|reading| if reading < 100 { 1000 + reading * 50 } else { 6000 + reading % 7 }).collect();
        assert!(growth(&flat).abs() < 10, "{}", growth(&flat));
        let leaking: Vec<u64> = (0..600).map(|reading| 1000 + reading * 10).collect();
        assert!(growth(&leaking) > 2000, "{}", growth(&leaking));
    }
}

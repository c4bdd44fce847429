//! Fan-out of events to subscribers, with some that stall, and what each subscriber costs while nothing happens.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use tokio::time::sleep;

use super::events::Events;
use super::fanout::{Audience, Plan, Variety};
use super::mqtt::{Broker, Publisher};
use super::peers::{self, Peer};
use super::{Graph, Options, router};
use crate::process::{CpuMeter, memory, resident_kb};

/// Of twenty subscribers one reads nothing.
const STALLED_EVERY: usize = 20;
/// How long upstream subscriptions may take to be open.
const OPENING: Duration = Duration::from_secs(20);
/// How long a process is left alone before its memory is read.
const QUIET: Duration = Duration::from_secs(2);
/// Events before the measurement.
const WARM_UP: Duration = Duration::from_secs(1);

/// Where events come from.
enum Source {
    /// Our subgraphs' events.
    Subgraphs(Events),
    /// A broker, and the topics that subscribers follow.
    Broker { publisher: Publisher, topics: Vec<String>, events: Events },
}

impl Source {
    async fn beat(&mut self, per_second: u32, during: Duration) -> anyhow::Result<()> {
        match self {
            Self::Subgraphs(events) => events.beat(per_second, during).await,
            Self::Broker { publisher, topics, events } => publisher.beat(events, topics, per_second, during).await?,
        }
        Ok(())
    }
}

/// Runs every combination that is wanted and prints a line for each rate.
pub async fn run(program: &Path, options: &Options, peers: Option<&Path>) -> anyhow::Result<()> {
    println!(
        "| who | subscriptions | subscribers | join | events/s | deliveries/s | CPU for each | event to client p50 | p99 | p99.9 | missing | ended | idle memory each | peak memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for plan in plans(options) {
        if !options.only_peers {
            ours(program, options, plan).await?;
        }
        if let Some(folder) = peers.filter(|_| is_compared(plan)) {
            if !plan.join {
                yoga(folder, program, options, plan).await?;
            }
            hive(folder, program, options, plan).await?;
        }
    }
    println!();
    Ok(())
}

/// Peers take part where they do the same work; it is one combination with and without a join each.
fn is_compared(plan: Plan) -> bool {
    plan.subscribers == 1000 && plan.variety != Variety::Selections
}

fn plans(options: &Options) -> Vec<Plan> {
    let counts: &[usize] = if options.quick { &[1000] } else { &[100, 1000, 2500, 5000] };
    let counts = if options.subscribers.is_empty() { counts } else { &options.subscribers };
    let varieties: &[Variety] = if options.varieties.is_empty() {
        &[Variety::Same, Variety::PerDevice, Variety::Selections]
    } else {
        &options.varieties
    };
    let joins: &[bool] = match options.join {
        None => &[false, true],
        Some(true) => &[true],
        Some(false) => &[false],
    };
    let mut plans = Vec::new();
    for variety in varieties {
        for subscribers in counts {
            for join in joins {
                plans.push(Plan {
                    variety: *variety,
                    subscribers: *subscribers,
                    join: *join,
                    stalled_every: STALLED_EVERY,
                });
            }
        }
    }
    plans
}

async fn ours(program: &Path, options: &Options, plan: Plan) -> anyhow::Result<()> {
    let graph = Graph::start(program, Duration::ZERO).await?;
    let (router, address) = router::over_http(program, &graph.supergraph, &options.settings()).await?;
    let before = resident_kb(router.pid);
    let events = graph.events.clone();
    let clock = events.clone();
    let audience = Audience::connect(address, "/graphql", plan, move || clock.now()).await?;
    let until = Instant::now() + OPENING;
    while events.open() < plan.distinct() {
        ensure!(Instant::now() < until, "only {} of {} upstreams were opened", events.open(), plan.distinct());
        sleep(Duration::from_millis(20)).await;
    }
    sleep(QUIET).await;
    let idle_kb = resident_kb(router.pid).saturating_sub(before);
    measure("Cloudphone", router.pid, options, plan, &audience, Source::Subgraphs(events), idle_kb).await?;
    audience.leave().await;
    router.stop().await
}

async fn yoga(folder: &Path, program: &Path, options: &Options, plan: Plan) -> anyhow::Result<()> {
    let graph = Graph::start(program, Duration::ZERO).await?;
    let broker = Broker::start().await?;
    let title = Peer::Yoga.title(folder)?;
    let server = peers::start(Peer::Yoga, folder, &graph.supergraph, &graph.addresses(), Some(broker.address)).await?;
    let topics = match plan.variety {
        Variety::PerDevice => (0..plan.subscribers).map(|number| format!("stock/device-{number}")).collect(),
        Variety::Same | Variety::Selections => vec!["stock/all".to_owned()],
    };
    let events = graph.events.clone();
    let source = Source::Broker { publisher: Publisher::connect(broker.address).await?, topics, events };
    compare(&title, server.pid, server.address, options, plan, &graph, source).await?;
    server.stop().await
}

async fn hive(folder: &Path, program: &Path, options: &Options, plan: Plan) -> anyhow::Result<()> {
    let graph = Graph::start(program, Duration::ZERO).await?;
    let title = Peer::Hive.title(folder)?;
    let server = peers::start(Peer::Hive, folder, &graph.supergraph, &graph.addresses(), None).await?;
    let source = Source::Subgraphs(graph.events.clone());
    compare(&title, server.pid, server.address, options, plan, &graph, source).await?;
    server.stop().await
}

async fn compare(
    title: &str,
    pid: u32,
    address: SocketAddr,
    options: &Options,
    plan: Plan,
    graph: &Graph,
    source: Source,
) -> anyhow::Result<()> {
    let before = resident_kb(pid);
    let clock = graph.events.clone();
    let outcome = async {
        let audience = Audience::connect(address, "/graphql", plan, move || clock.now()).await?;
        sleep(QUIET).await;
        let idle_kb = resident_kb(pid).saturating_sub(before);
        measure(title, pid, options, plan, &audience, source, idle_kb).await?;
        audience.leave().await;
        anyhow::Ok(())
    };
    if let Err(error) = outcome.await {
        let told: String = error.to_string().chars().take(200).collect();
        println!(
            "| {title} | {:?} | {} | {} | fails: {told} | | | | | | | | | |",
            plan.variety, plan.subscribers, plan.join
        );
    }
    Ok(())
}

async fn measure(
    title: &str,
    pid: u32,
    options: &Options,
    plan: Plan,
    audience: &Audience,
    mut source: Source,
    idle_kb: u64,
) -> anyhow::Result<()> {
    source.beat(5, WARM_UP).await?;
    audience.measure();
    let rates: &[u32] = if options.quick { &[20] } else { &[1, 20] };
    let rates = if options.rates.is_empty() { rates } else { &options.rates };
    for rate in rates {
        audience.settle().await;
        let tally = &audience.tally;
        let read = || (tally.received.load(Ordering::Relaxed), tally.missing.load(Ordering::Relaxed));
        let (received, missing) = read();
        let cpu = CpuMeter::start(&[pid]);
        source.beat(*rate, options.during()).await?;
        let elapsed = cpu.read().elapsed;
        let mut latencies = audience.settle().await;
        let used = cpu.read();
        let (received, missing) = (read().0 - received, read().1 - missing);
        if let Some(wrong) = tally.wrong.get() {
            bail!("an event that is not what was asked for: {wrong}");
        }
        let mut ms = |share| latencies.per_mille(share).as_secs_f64() * 1000.0;
        let (p50, p99, p999) = (ms(500), ms(990), ms(999));
        #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
        let (per_second, each) = (
            received as f64 / elapsed.as_secs_f64(),
            (used.own + used.children).as_secs_f64() * 1e6 / received.max(1) as f64,
        );
        println!(
            "| {title} | {} | {} | {} | {rate} | {per_second:.0} | {each:.1} µs | {p50:.1} ms | {p99:.1} ms | {p999:.1} ms | {missing} | {} | {} KiB | {} MiB |",
            match plan.variety {
                Variety::Same => "the same",
                Variety::PerDevice => "one each",
                Variety::Selections => "50 selections",
            },
            plan.subscribers,
            if plan.join { "yes" } else { "no" },
            tally.ended.load(Ordering::Relaxed),
            idle_kb / plan.subscribers as u64,
            memory(pid).peak_mb,
        );
    }
    Ok(())
}

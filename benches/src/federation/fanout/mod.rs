//! Fan-out of events to subscribers, with some that stall, and what each subscriber costs while nothing happens.

mod plans;
mod subjects;
mod table;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{bail, ensure};

use super::audience::{Audience, Plan, Variety};
use super::events::{self, Events};
use super::mqtt::Publisher;
use super::peers::Peer;
use super::queries::Subscription;
use super::{Case, Options, floor};
use crate::process::{CpuMeter, memory_of_tree};
use table::Row;

/// Events before the measurement.
const WARM_UP: Duration = Duration::from_secs(1);

/// Who is measured.
struct Subject {
    title: String,
    /// Its process, with whose descendants it is measured.
    pid: u32,
    address: SocketAddr,
    /// Whether equal subscriptions must share what they follow.
    shares_upstreams: bool,
}

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

/// Runs every combination that is wanted and prints a line for each rate; an error at the end when one of ours failed.
pub async fn run(program: &Path, options: &Options, peers: Option<&Path>) -> anyhow::Result<()> {
    let combinations = plans::all(options);
    let mut failed = 0;
    table::head();
    if options.wants(Case::Floor) && !options.only_peers {
        for (connections, rate) in plans::floors(&combinations) {
            the_floor(connections, rate, options.during()).await?;
        }
    }
    if options.wants(Case::Fanout) {
        for combination in &combinations {
            if !options.only_peers
                && let Err(error) = subjects::ours(program, options, combination).await
            {
                // What comes after it is worth knowing all the same.
                table::failure("Cloudphone", combination.plan, &error);
                failed += 1;
            }
            if let Some(folder) = peers.filter(|_| combination.is_compared) {
                for peer in [Peer::Yoga, Peer::Hive, Peer::Mercurius] {
                    subjects::peer(peer, folder, program, options, combination).await?;
                }
            }
        }
    }
    println!();
    ensure!(failed == 0, "{failed} combinations failed; the table says how");
    Ok(())
}

/// Nothing but a write for each connection, by a process of its own.
async fn the_floor(connections: usize, rate: u32, during: Duration) -> anyhow::Result<()> {
    let same = Subscription { topic: "all".to_owned(), selection: 0, join: false };
    let bytes = events::wire_bytes(&same.query());
    let outcome = floor::measure_events(connections, bytes, rate, during).await?;
    table::line(Row {
        title: "nobody: one bare `write` each",
        plan: Plan {
            variety: Variety::Same,
            subscribers: connections,
            per_connection: 1,
            join: false,
            stalled_every: 0,
        },
        rate,
        per_second: outcome.per_second,
        cpu_each: outcome.cpu_each,
        latencies: outcome.latencies,
        missing: 0,
        ended: 0,
        idle_kb_each: None,
        peak_mb: None,
    });
    Ok(())
}

async fn measure(
    subject: &Subject,
    options: &Options,
    plan: Plan,
    rates: &[u32],
    audience: &Audience,
    source: &mut Source,
    idle_kb: u64,
) -> anyhow::Result<()> {
    source.beat(5, WARM_UP).await?;
    audience.measure();
    for rate in rates.iter().copied() {
        audience.settle().await;
        let tally = &audience.tally;
        let read = || (tally.received.load(Ordering::Relaxed), tally.missing.load(Ordering::Relaxed));
        let (received, missing) = read();
        let cpu = CpuMeter::start(&[subject.pid]);
        source.beat(rate, options.during()).await?;
        let elapsed = cpu.elapsed();
        let latencies = audience.settle().await;
        let used = cpu.read();
        let (received, missing) = (read().0 - received, read().1 - missing);
        if let Some(wrong) = tally.wrong.get() {
            bail!("an event that is not what was asked for: {wrong}");
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
        let (per_second, idle_kb_each) =
            (received as f64 / elapsed.as_secs_f64(), idle_kb as f64 / plan.subscribers.max(1) as f64);
        table::line(Row {
            title: &subject.title,
            plan,
            rate,
            per_second,
            cpu_each: (used.own + used.children) / u32::try_from(received.max(1))?,
            latencies,
            missing,
            ended: tally.ended.load(Ordering::Relaxed),
            idle_kb_each: Some(idle_kb_each),
            peak_mb: Some(memory_of_tree(subject.pid).peak_mb),
        });
    }
    Ok(())
}

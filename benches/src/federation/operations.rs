//! Queries over HTTP: seven fetches, one fetch, and a thousand operations that nobody has seen.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::http_load::{self, Load, Operation, Outcome, answer};
use super::peers::{self, Peer};
use super::{Case, Graph, Options, queries, router};

/// Operations of the case with distinct ones.
const DISTINCT: usize = 1000;
/// Requests before a measurement, so that plans are made, connections open and code compiled where that happens.
const WARM_UP: usize = 500;

/// Who is measured.
struct Subject<'a> {
    title: &'a str,
    pid: u32,
    address: SocketAddr,
}

/// Runs the cases that are wanted and prints a line for each.
pub async fn run(program: &Path, options: &Options, peers: Option<&Path>) -> anyhow::Result<()> {
    let cases = [Case::Seven, Case::InProcess, Case::Small, Case::Distinct];
    if !cases.into_iter().any(|case| options.wants(case)) {
        return Ok(());
    }
    println!(
        "| case | subgraph delay | who | requests/s | p50 | p99 | p99.9 | CPU for each request | peak memory | answer |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for delay_ms in &options.delays_ms {
        let delay = Duration::from_millis(*delay_ms);
        let graph = Graph::start(program, delay).await?;
        queries_of(program, options, peers, &graph, delay).await?;
    }
    if options.wants(Case::Distinct) {
        let graph = Graph::start(program, Duration::ZERO).await?;
        distinct(program, options, &graph).await?;
    }
    println!();
    Ok(())
}

async fn queries_of(
    program: &Path,
    options: &Options,
    peers: Option<&Path>,
    graph: &Graph,
    delay: Duration,
) -> anyhow::Result<()> {
    let settings = options.settings();
    let (ours, address) = router::over_http(program, &graph.supergraph, &settings).await?;
    let (_, seven) = answer(address, queries::SEVEN).await?;
    let (_, small) = answer(address, queries::SMALL).await?;
    let seven = Arc::new(vec![Operation::new(queries::SEVEN, seven)]);
    let small = Arc::new(vec![Operation::new(queries::SMALL, small)]);
    let subject = Subject { title: "Cloudphone, subgraphs over HTTP", pid: ours.pid, address };
    if !options.only_peers {
        if options.wants(Case::Seven) {
            measure("seven fetches", delay, &subject, &seven, true, options).await?;
        }
        if options.wants(Case::Small) && delay.is_zero() {
            measure("small query", delay, &subject, &small, true, options).await?;
        }
    }
    ours.stop().await?;
    if options.wants(Case::InProcess) && !options.only_peers {
        let (ours, address) = router::in_process(&graph.supergraph, delay).await?;
        let subject = Subject { title: "Cloudphone, subgraphs in process", pid: ours.pid, address };
        measure("seven fetches", delay, &subject, &seven, true, options).await?;
        if options.wants(Case::Small) && delay.is_zero() {
            measure("small query", delay, &subject, &small, true, options).await?;
        }
        ours.stop().await?;
    }
    let Some(folder) = peers else { return Ok(()) };
    for peer in [Peer::Hive, Peer::Mercurius] {
        let title = peer.title(folder)?;
        let running = match peers::start(peer, folder, &graph.supergraph, &graph.addresses(), None).await {
            Ok(running) => running,
            Err(error) => {
                println!(
                    "| seven fetches | {} ms | {title} | does not start: {error} | | | | | | |",
                    delay.as_millis()
                );
                continue;
            }
        };
        let subject = Subject { title: &title, pid: running.pid, address: running.address };
        for (case, name, operations) in [(Case::Seven, "seven fetches", &seven), (Case::Small, "small query", &small)] {
            if options.wants(case) && (case == Case::Seven || delay.is_zero()) {
                let outcome = measure(name, delay, &subject, operations, true, options).await;
                if let Err(error) = outcome {
                    let told: String = error.to_string().chars().take(200).collect();
                    println!("| {name} | {} ms | {title} | fails: {told} | | | | | | |", delay.as_millis());
                }
            }
        }
        running.stop().await?;
    }
    Ok(())
}

async fn measure(
    case: &str,
    delay: Duration,
    subject: &Subject<'_>,
    operations: &Arc<Vec<Operation>>,
    distinct: bool,
    options: &Options,
) -> anyhow::Result<()> {
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
    let outcome = http_load::run(load).await?;
    print(case, delay, subject.title, outcome);
    Ok(())
}

/// Each operation comes once, so that each is parsed, validated and planned.
async fn distinct(program: &Path, options: &Options, graph: &Graph) -> anyhow::Result<()> {
    let settings = options.settings();
    let (first, address) = router::over_http(program, &graph.supergraph, &settings).await?;
    let mut operations = Vec::with_capacity(DISTINCT);
    for number in 0..DISTINCT {
        let query = queries::distinct(number);
        let (_, expected) = answer(address, &query).await?;
        operations.push(Operation::new(&query, expected));
    }
    first.stop().await?;
    let (fresh, address) = router::over_http(program, &graph.supergraph, &settings).await?;
    let load = Load {
        address,
        pid: fresh.pid,
        operations: Arc::new(operations),
        connections: options.connections,
        during: Duration::from_mins(1),
        at_most: DISTINCT,
        distinct: true,
    };
    let outcome = http_load::run(load.clone()).await?;
    print("1,000 new operations", Duration::ZERO, "Cloudphone, subgraphs over HTTP", outcome);
    let outcome = http_load::run(load).await?;
    print("the same 1,000 again", Duration::ZERO, "Cloudphone, subgraphs over HTTP", outcome);
    fresh.stop().await
}

fn print(case: &str, delay: Duration, title: &str, mut outcome: Outcome) {
    let mut ms = |share| outcome.latencies.per_mille(share).as_secs_f64() * 1000.0;
    let (p50, p99, p999) = (ms(500), ms(990), ms(999));
    println!(
        "| {case} | {} ms | {title} | {:.0} | {p50:.1} ms | {p99:.1} ms | {p999:.1} ms | {} µs | {} MiB | {} bytes |",
        delay.as_millis(),
        outcome.per_second,
        outcome.cpu_per_request.as_micros(),
        outcome.memory.peak_mb,
        outcome.answer_bytes,
    );
}

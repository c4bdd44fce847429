//! Queries over HTTP: seven fetches, one fetch, and a thousand operations that nobody has seen.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::floor::{Bare, RoundTrips};
use super::http_load::{self, Load, Operation, answer};
use super::memo::Calls;
use super::rows::{self, Run, Subject};
use super::{Case, Graph, Options, gateways, queries, router};

/// Operations of the case with distinct ones.
const DISTINCT: usize = 1000;
/// Every caller is answered for himself.
const NOTHING_SHARED: (&str, &str) = ("CLOUDPHONE_ROUTER__TRAFFIC__DEDUPLICATE", "false");

/// The operations, with the answers that they must have.
pub struct Known {
    /// Seven fetches.
    pub seven: Arc<Vec<Operation>>,
    /// One fetch.
    pub small: Arc<Vec<Operation>>,
    /// The seven fetches' answer.
    answer: Bytes,
    /// What the seven fetches are.
    fetches: RoundTrips,
}

/// Runs the cases that are wanted and prints a line for each.
pub async fn run(program: &Path, options: &Options, peers: Option<&Path>) -> anyhow::Result<()> {
    let cases = [Case::Seven, Case::Shared, Case::InProcess, Case::Small, Case::Distinct, Case::Floor];
    if !cases.into_iter().any(|case| options.wants(case)) {
        return Ok(());
    }
    rows::head();
    for delay_ms in &options.delays_ms {
        let delay = Duration::from_millis(*delay_ms);
        let graph = Graph::start(program, delay).await?;
        let known = known(program, options, &graph).await?;
        if !options.only_peers {
            over_http(program, options, &graph, &known, delay).await?;
            in_process(options, &graph, &known, delay).await?;
            if delay.is_zero() && options.wants(Case::Floor) {
                the_floor(options, &known).await?;
            }
        }
        if let Some(folder) = peers {
            gateways::run(folder, options, &graph, &known, delay).await?;
        }
    }
    if options.wants(Case::Distinct) && !options.only_peers {
        let graph = Graph::start(program, Duration::ZERO).await?;
        distinct(program, options, &graph).await?;
    }
    println!();
    Ok(())
}

/// Asks each once, of a router that has nothing else to do.
async fn known(program: &Path, options: &Options, graph: &Graph) -> anyhow::Result<Known> {
    let (router, address) = router::over_http(program, &graph.supergraph, &options.settings()).await?;
    let before = Calls::of(&graph.memos);
    let (bytes, seven) = answer(address, queries::SEVEN).await?;
    let calls = Calls::of(&graph.memos).since(before);
    let (_, small) = answer(address, queries::SMALL).await?;
    router.stop().await?;
    Ok(Known {
        seven: Arc::new(vec![Operation::new(queries::SEVEN, seven)]),
        small: Arc::new(vec![Operation::new(queries::SMALL, small)]),
        answer: bytes,
        fetches: RoundTrips { times: calls.count, sent: calls.request_bytes, received: calls.answer_bytes },
    })
}

async fn over_http(
    program: &Path,
    options: &Options,
    graph: &Graph,
    known: &Known,
    delay: Duration,
) -> anyhow::Result<()> {
    let (seven, small) = (options.wants(Case::Seven), options.wants(Case::Small) && delay.is_zero());
    if seven || small {
        let settings = [&[NOTHING_SHARED], options.settings().as_slice()].concat();
        let (ours, address) = router::over_http(program, &graph.supergraph, &settings).await?;
        let subject = Subject { title: "Cloudphone, subgraphs over HTTP", pid: ours.pid, address, graph: Some(graph) };
        if seven {
            rows::measure(options, Run::new("seven fetches", delay, &subject, &known.seven)).await?;
        }
        if small {
            rows::measure(options, Run::new("small query", delay, &subject, &known.small)).await?;
        }
        ours.stop().await?;
    }
    if options.wants(Case::Shared) {
        let (ours, address) = router::over_http(program, &graph.supergraph, &options.settings()).await?;
        let subject = Subject { title: "Cloudphone, subgraphs over HTTP", pid: ours.pid, address, graph: Some(graph) };
        rows::measure(options, Run::new("seven fetches, shared", delay, &subject, &known.seven).shared()).await?;
        ours.stop().await?;
    }
    Ok(())
}

async fn in_process(options: &Options, graph: &Graph, known: &Known, delay: Duration) -> anyhow::Result<()> {
    if !options.wants(Case::InProcess) {
        return Ok(());
    }
    let (ours, address) = router::in_process(&graph.supergraph, delay).await?;
    let subject = Subject { title: "Cloudphone, subgraphs in process", pid: ours.pid, address, graph: None };
    rows::measure(options, Run::new("seven fetches", delay, &subject, &known.seven)).await?;
    if options.wants(Case::Small) && delay.is_zero() {
        rows::measure(options, Run::new("small query", delay, &subject, &known.small)).await?;
    }
    ours.stop().await
}

/// The same bytes by a process that does nothing with them.
async fn the_floor(options: &Options, known: &Known) -> anyhow::Result<()> {
    let trips = known.fetches.times;
    let with_trips = format!("nobody: a bare read and write, {trips} round trips before it");
    for (title, round_trips) in [("nobody: a bare read and write", None), (&with_trips, Some(known.fetches))] {
        let bare = Bare::start(&known.answer, round_trips).await?;
        let subject = Subject { title, pid: bare.program.pid, address: bare.address, graph: None };
        rows::measure(options, Run::new("seven fetches", Duration::ZERO, &subject, &known.seven)).await?;
    }
    Ok(())
}

/// Each operation comes once, so that each is parsed, validated and planned.
async fn distinct(program: &Path, options: &Options, graph: &Graph) -> anyhow::Result<()> {
    let settings = [&[NOTHING_SHARED], options.settings().as_slice()].concat();
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
    for case in ["1,000 new operations", "the same 1,000 again"] {
        let before = Calls::of(&graph.memos);
        let outcome = http_load::run(load.clone()).await?;
        let calls = Calls::of(&graph.memos).since(before).count;
        rows::line(case, Duration::ZERO, "Cloudphone, subgraphs over HTTP", outcome, Some(calls));
    }
    fresh.stop().await
}

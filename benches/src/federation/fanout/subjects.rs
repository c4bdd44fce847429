//! Those whose fan-out is measured: the router, and the peers beside it, each with the source of events that it has.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::time::sleep;

use super::super::audience::{Audience, Plan};
use super::super::mqtt::{Broker, Publisher};
use super::super::peers::{self, Peer};
use super::super::{Graph, Options, router};
use super::plans::Combination;
use super::{Source, Subject, table};
use crate::process::resident_of_tree_kb;

/// How long upstream subscriptions may take to be open.
const OPENING: Duration = Duration::from_mins(1);
/// How long a process is left alone before its memory is read.
const QUIET: Duration = Duration::from_secs(3);
/// Subscribers who come and go first, so that what a process needs only once is not counted as theirs.
const FIRST: usize = 20;

/// Our router over HTTP.
pub async fn ours(program: &Path, options: &Options, combination: &Combination) -> anyhow::Result<()> {
    let graph = Graph::start(program, Duration::ZERO).await?;
    let (router, address) = router::over_http(program, &graph.supergraph, &options.settings()).await?;
    let source = Source::Subgraphs(graph.events.clone());
    let subject = Subject { title: "Cloudphone".to_owned(), pid: router.pid, address, shares_upstreams: true };
    subscribe(&subject, &graph, source, options, combination.plan, &combination.rates).await?;
    router.stop().await
}

/// A peer; that it fails is part of the table.
pub async fn peer(
    peer: Peer,
    folder: &Path,
    program: &Path,
    options: &Options,
    combination: &Combination,
) -> anyhow::Result<()> {
    let plan = combination.plan;
    let title = peer.title(folder)?;
    if plan.join && peer == Peer::Yoga {
        // One server with one schema has nobody to ask for further fields.
        return Ok(());
    }
    let highest: Vec<u32> = combination.rates.iter().copied().max().into_iter().collect();
    let outcome = async {
        let graph = Graph::start(program, Duration::ZERO).await?;
        let broker = if peer == Peer::Yoga { Some(Broker::start().await?) } else { None };
        let at = broker.as_ref().map(|broker| broker.address);
        let running = peers::start(peer, folder, &graph.supergraph, &graph.addresses(), at, false).await?;
        let source = match at {
            Some(at) => Source::Broker {
                publisher: Publisher::connect(at).await?,
                topics: vec!["stock/all".to_owned()],
                events: graph.events.clone(),
            },
            None => Source::Subgraphs(graph.events.clone()),
        };
        let subject =
            Subject { title: title.clone(), pid: running.pid, address: running.address, shares_upstreams: false };
        subscribe(&subject, &graph, source, options, plan, &highest).await?;
        running.stop().await
    };
    if let Err(error) = outcome.await {
        table::failure(&title, plan, &error);
    }
    Ok(())
}

/// Connects an audience, reads what it costs while nothing happens, and lets events come.
async fn subscribe(
    subject: &Subject,
    graph: &Graph,
    mut source: Source,
    options: &Options,
    plan: Plan,
    rates: &[u32],
) -> anyhow::Result<()> {
    let clock = graph.events.clone();
    let now = move || clock.now();
    let few = Plan { subscribers: FIRST.min(plan.subscribers), stalled_every: 0, ..plan };
    let first = Audience::connect(subject.address, "/graphql", few, now.clone()).await?;
    source.beat(5, Duration::from_secs(1)).await?;
    first.settle().await;
    first.leave().await;
    let before = resident_of_tree_kb(subject.pid);
    let audience = Audience::connect(subject.address, "/graphql", plan, now).await?;
    let until = Instant::now() + OPENING;
    let open = || graph.events.open();
    while subject.shares_upstreams && open() < plan.distinct() {
        let told = audience.tally.wrong.get().map_or("", String::as_str);
        ensure!(Instant::now() < until, "only {} of {} upstreams were opened; {told}", open(), plan.distinct());
        sleep(Duration::from_millis(20)).await;
    }
    sleep(QUIET).await;
    let idle_kb = resident_of_tree_kb(subject.pid).saturating_sub(before);
    super::measure(subject, options, plan, rates, &audience, &mut source, idle_kb).await?;
    audience.leave().await;
    Ok(())
}

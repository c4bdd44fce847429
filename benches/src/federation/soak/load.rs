//! What a long run does to the router: callers, subscribers who stay and who leave, reloads, and a subgraph that is lost and returns.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::ensure;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::super::audience::{Audience, Plan, Variety};
use super::super::events::Events;
use super::super::queries;
use super::super::wire::Wire;
use super::{Options, RATE, Tally};

/// Different operations, several times as many as the router keeps prepared.
const OPERATIONS: usize = 1000;
/// How long the subgraph is lost each time.
const LOST_FOR: Duration = Duration::from_secs(2);
/// Within this time of its return a lost subgraph must be used again.
const BACK_WITHIN: Duration = Duration::from_secs(5);

/// The subgraph that is lost again and again.
#[derive(Clone, Copy, Debug)]
enum Stock {
    /// It cannot be reached.
    Lost,
    /// It can be, since that moment.
    There(Instant),
}

impl Stock {
    /// Whether a call that begins now may well be without it.
    fn may_be_missed(self) -> bool {
        match self {
            Self::Lost => true,
            Self::There(since) => since.elapsed() < BACK_WITHIN,
        }
    }
}

/// Whom the load is for.
pub struct Load {
    /// The router.
    pub address: SocketAddr,
    /// The source of events.
    pub events: Events,
    /// What has happened so far.
    pub tally: Arc<Tally>,
    /// How long it goes on.
    pub length: Duration,
}

impl Load {
    /// Begins everything; only the source of events ends by itself.
    pub fn begin(&self, options: Options, supergraph: PathBuf, wire: Wire) -> JoinSet<anyhow::Result<()>> {
        let mut work = JoinSet::new();
        let (source, length) = (self.events.clone(), self.length);
        work.spawn(async move {
            source.beat(RATE, length).await;
            anyhow::Ok(())
        });
        // At its start it has been there for long.
        let stock = watch::Sender::new(Stock::There(Instant::now()));
        for caller in 0..options.callers {
            work.spawn(call(self.address, caller, stock.subscribe(), Arc::clone(&self.tally)));
        }
        work.spawn(stay(self.address, options.subscribers, self.events.clone(), Arc::clone(&self.tally)));
        work.spawn(visit(self.address, options.visitors, self.events.clone(), Arc::clone(&self.tally)));
        work.spawn(reload(supergraph, options.reload_seconds, Arc::clone(&self.tally)));
        work.spawn(lose(wire, options.loss_seconds, stock, Arc::clone(&self.tally)));
        work
    }
}

/// Asks without end: the large query, and operations that the router has to plan.
async fn call(
    address: SocketAddr,
    caller: usize,
    stock: watch::Receiver<Stock>,
    tally: Arc<Tally>,
) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let url = format!("http://{address}/graphql");
    for number in caller.. {
        let query =
            if number % 5 == 0 { queries::SEVEN.to_owned() } else { queries::distinct(number * 7 % OPERATIONS) };
        let missed = stock.borrow().may_be_missed();
        let sent = client.post(&url).json(&json!({ "query": query })).send().await;
        let answer = match sent {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        // It may also have been lost on the way.
        let missed = missed || stock.borrow().may_be_missed();
        // Errors null what they are about, up to all of it where nothing in between may be null.
        let (counter, told) = match answer.as_str() {
            whole if whole.starts_with("{\"data\":{") && !whole.contains("\"errors\":") => (&tally.whole, None),
            partial if partial.starts_with("{\"data\":") && missed => (&tally.partial, None),
            partial if partial.starts_with("{\"data\":") => (&tally.late, Some("partial long after the loss")),
            _ => (&tally.failed, Some("failed")),
        };
        if counter.fetch_add(1, Ordering::Relaxed) == 0
            && let Some(how) = told
        {
            // The errors stand at the end.
            let from = answer.floor_char_boundary(answer.len().saturating_sub(500));
            eprintln!("{how}: …{}", &answer[from..]);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Subscribers who stay, and come back when the router ends what they follow, as clients do.
async fn stay(address: SocketAddr, subscribers: usize, events: Events, tally: Arc<Tally>) -> anyhow::Result<()> {
    loop {
        let clock = events.clone();
        let plan = Plan { variety: Variety::PerDevice, subscribers, per_connection: 1, join: true, stalled_every: 20 };
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
        let plan = Plan {
            variety: Variety::Selections,
            subscribers: visitors,
            per_connection: 1,
            join: true,
            stalled_every: 10,
        };
        let audience = Audience::connect(address, "/graphql", plan, move || clock.now()).await?;
        sleep(Duration::from_secs(5)).await;
        audience.leave().await;
        tally.visits.fetch_add(visitors as u64, Ordering::Relaxed);
    }
}

async fn reload(file: PathBuf, seconds: u64, tally: Arc<Tally>) -> anyhow::Result<()> {
    let text = tokio::fs::read_to_string(&file).await?;
    for version in 1_u64.. {
        sleep(Duration::from_secs(seconds)).await;
        tokio::fs::write(&file, format!("{text}\n# Version {version}.\n")).await?;
        tally.reloads.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

async fn lose(wire: Wire, seconds: u64, stock: watch::Sender<Stock>, tally: Arc<Tally>) -> anyhow::Result<()> {
    loop {
        sleep(Duration::from_secs(seconds)).await;
        stock.send_replace(Stock::Lost);
        wire.cut();
        sleep(LOST_FOR).await;
        wire.mend();
        stock.send_replace(Stock::There(Instant::now()));
        tally.losses.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits until the router counts no subscription and no stream any more: what is never let go would grow for ever.
pub async fn lets_go(address: SocketAddr) -> anyhow::Result<()> {
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

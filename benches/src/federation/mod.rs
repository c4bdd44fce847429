//! The federation router before foreign subgraphs: queries, fan-out of events and new operations, beside other gateways.

mod audience;
mod embedded;
mod events;
mod fanout;
mod floor;
mod gateways;
mod http_load;
mod memo;
mod mqtt;
mod operations;
mod peers;
mod queries;
mod reader;
mod router;
mod rows;
mod schemas;
mod server;
pub mod soak;
mod wire;
mod world;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

pub use embedded::{Options as EmbeddedOptions, serve as serve_in_process};
use events::Events;
pub use floor::{Options as FloorOptions, serve as serve_floor};
use memo::Memo;
use router::Supergraph;
use server::Served;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Case {
    /// A query of seven fetches, each caller for himself, subgraphs over HTTP.
    Seven,
    /// The same query, all callers alike, whose calls to subgraphs may be shared.
    Shared,
    /// Seven fetches with the subgraphs in the router's process.
    InProcess,
    /// A query of one fetch.
    Small,
    /// A thousand operations that the router has not seen before.
    Distinct,
    /// Subscriptions.
    Fanout,
    /// What the operating system alone takes for the same messages.
    Floor,
}

/// What is measured, and for how long.
#[derive(Clone, clap::Args)]
pub struct Options {
    /// The cases; without any, all.
    #[arg(long = "case", value_enum, value_delimiter = ',')]
    cases: Vec<Case>,
    /// Shorter runs, fewer combinations: three minutes instead of fifteen.
    #[arg(long)]
    quick: bool,
    /// Measure the peers from npm as well.
    #[arg(long)]
    peers: bool,
    /// Leave our own router out.
    #[arg(long)]
    only_peers: bool,
    /// Where the peers' `package.json` is.
    #[arg(long, default_value = "benches/peers")]
    peers_folder: PathBuf,
    /// HTTP connections, each with one request under way.
    #[arg(long, default_value_t = 50)]
    connections: usize,
    /// Length of each run in seconds; absent: 8, or 4 with `--quick`.
    #[arg(long)]
    seconds: Option<u64>,
    /// What subgraphs take to answer, in milliseconds, one run after the other.
    #[arg(long, value_delimiter = ',', default_value = "0,4")]
    delays_ms: Vec<u64>,
    /// Subscriptions in all; absent: 100, 1,000 and 5,000, or 1,000 with `--quick`.
    #[arg(long, value_delimiter = ',')]
    subscribers: Vec<usize>,
    /// Events of each subscription per second; absent: 1 and 20, or 20 with `--quick`.
    #[arg(long, value_delimiter = ',')]
    rates: Vec<u32>,
    /// Subscriptions on each connection.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    per_connection: Vec<usize>,
    /// What subscribers have in common; absent: each of them.
    #[arg(long, value_enum, value_delimiter = ',')]
    varieties: Vec<audience::Variety>,
    /// Whether events take fields of a second subgraph; absent: both.
    #[arg(long)]
    join: Option<bool>,
    /// A setting of the router under test, as `CLOUDPHONE_ROUTER__NAME=value`.
    #[arg(long = "setting", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// Wait so many seconds before each load over HTTP, so that a profiler can be attached to the process that is named.
    #[arg(long, default_value_t = 0)]
    pause_seconds: u64,
}

impl Options {
    fn wants(&self, case: Case) -> bool {
        self.cases.is_empty() || self.cases.contains(&case)
    }

    fn during(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(if self.quick { 4 } else { 8 }))
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().filter_map(|setting| setting.split_once('=')).collect()
    }
}

/// Subgraphs that listen, and the supergraph that says where.
struct Graph {
    memos: Vec<Arc<Memo>>,
    served: Served,
    supergraph: Supergraph,
    events: Events,
}

impl Graph {
    async fn start(program: &Path, delay: Duration) -> anyhow::Result<Self> {
        let memos: Vec<_> = schemas::all().into_iter().map(|subgraph| Memo::new(subgraph, delay)).collect();
        let events = Events::new();
        let served = server::serve(&memos, &events).await?;
        let supergraph = Supergraph::compose(program, &memos, &served.addresses).await?;
        Ok(Self { memos, served, supergraph, events })
    }

    fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        self.memos.iter().map(|memo| memo.name).zip(self.served.addresses.iter().copied()).collect()
    }
}

/// Runs the benchmark and prints it as Markdown.
pub async fn run(program: &Path, options: Options) -> anyhow::Result<()> {
    let peers = if options.peers || options.only_peers {
        Some(peers::install(&options.peers_folder).await.context("the peers cannot be installed")?)
    } else {
        None
    };
    println!("{}\n", machine());
    operations::run(program, &options, peers.as_deref()).await?;
    if options.wants(Case::Fanout) || options.wants(Case::Floor) {
        fanout::run(program, &options, peers.as_deref()).await?;
    }
    Ok(())
}

/// What the numbers are from.
fn machine() -> String {
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let model = model.map_or("an unknown processor", |(_, model)| model);
    format!("{cores} cores, {model}; load average {load} before the run.")
}

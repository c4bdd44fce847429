//! A router with the four subgraphs in its own process: the router's routes over services that hand out prebuilt bytes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use cloudphone_execution::subgraphs::in_process::{InProcessSubgraph, LocalSubgraph};
use cloudphone_execution::{Executor, ServiceOptions, SubgraphRequest};
use cloudphone_planning::PlannerOptions;
use cloudphone_router::authentication::Anonymous;
use cloudphone_router::gateway::Gateway;
use cloudphone_router::live::Live;
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{CrossSite, Limits};
use cloudphone_router::server::{Edge, Pages, routes};
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::memo::Memo;
use super::schemas;

/// Where it listens and what it serves.
#[derive(clap::Args)]
pub struct Options {
    /// Where clients connect.
    #[arg(long)]
    listen: SocketAddr,
    /// The supergraph.
    #[arg(long)]
    supergraph: PathBuf,
    /// How long subgraphs take, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay_ms: u64,
}

struct Local(Arc<Memo>);

#[async_trait]
impl LocalSubgraph for Local {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        self.0.answer(request.to_json()).await
    }

    fn subscribe(&self, _: SubgraphRequest) -> BoxStream<'static, Bytes> {
        stream::empty().boxed()
    }
}

/// Serves until it is told to stop.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    let delay = Duration::from_millis(options.delay_ms);
    let mut builder = Executor::builder();
    for subgraph in schemas::all() {
        let name = subgraph.name;
        let local = InProcessSubgraph::new(Arc::new(Local(Memo::new(subgraph, delay))));
        builder = builder.service(name, Arc::new(local), ServiceOptions::default());
    }
    let sdl = tokio::fs::read_to_string(&options.supergraph).await?;
    let gateway = Gateway::new(&sdl, builder.build(), PlannerOptions::default(), Duration::from_secs(30))?;
    let edge = Edge {
        gateway,
        authenticator: Arc::new(Anonymous::default()),
        limits: Limits::default(),
        cross_site: CrossSite::new(&[]),
        stages: Stages::default(),
        connections: Arc::new(Semaphore::new(1000)),
        draining: CancellationToken::new(),
    };
    let live = Live::new(edge.gateway.clone());
    let routes = routes(edge, &live, &Pages::default(), Router::new());
    let listener = TcpListener::bind(options.listen).await?;
    println!("router on http://{}/graphql", listener.local_addr()?);
    let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // A failure only delays small answers.
        let _ = stream.set_nodelay(true);
    });
    tokio::select! {
        served = async { axum::serve(listener, routes).await } => Ok(served?),
        _ = stop.recv() => Ok(()),
    }
}

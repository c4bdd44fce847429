//! A router with the four subgraphs in its own process: the router's routes over services that hand out prebuilt bytes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
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
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::memo::Memo;
use super::{queries, schemas};

/// Answers before those that are measured.
const FIRST: u32 = 20;
/// What is remembered of what the subgraphs were asked: seven requests for each of the first answers.
const AT_MOST_ASKED: usize = 7 * FIRST as usize;

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
    /// Instead of listening, answer the query of seven fetches so many times and tell what an answer takes in this thread.
    #[arg(long)]
    repeat: Option<u32>,
}

/// What the subgraphs were asked, in order.
type Asked = Arc<Mutex<Vec<(Arc<Memo>, SubgraphRequest)>>>;

struct Local {
    memo: Arc<Memo>,
    asked: Option<Asked>,
}

#[async_trait]
impl LocalSubgraph for Local {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        if let Some(asked) = &self.asked {
            let mut asked = asked.lock().expect("no holder panics");
            if asked.len() < AT_MOST_ASKED {
                asked.push((Arc::clone(&self.memo), request.clone()));
            }
        }
        self.memo.answer(request.to_json()).await
    }

    fn subscribe(&self, _: SubgraphRequest) -> BoxStream<'static, Bytes> {
        stream::empty().boxed()
    }
}

/// Serves until it is told to stop.
pub async fn serve(options: Options) -> anyhow::Result<()> {
    let delay = Duration::from_millis(options.delay_ms);
    let asked = Asked::default();
    let mut builder = Executor::builder();
    for subgraph in schemas::all() {
        let name = subgraph.name;
        let local = Local { memo: Memo::new(subgraph, delay), asked: options.repeat.map(|_| Arc::clone(&asked)) };
        let local = InProcessSubgraph::new(Arc::new(local));
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
    if let Some(times) = options.repeat {
        return repeat(&routes, &asked, times).await;
    }
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

/// Answers the query of seven fetches without sockets, and tells what an answer takes and how much of it is the subgraphs'.
async fn repeat(routes: &Router, asked: &Asked, times: u32) -> anyhow::Result<()> {
    // The first answers make the plan and are what the subgraphs remember.
    let bytes = answer(routes, FIRST).await?;
    let began = Instant::now();
    answer(routes, times).await?;
    let whole = began.elapsed() / times;
    let asked = std::mem::take(&mut *asked.lock().expect("no holder panics"));
    let began = Instant::now();
    for _ in 0..times {
        for (memo, request) in &asked[..asked.len() / FIRST as usize] {
            memo.answer(request.to_json()).await;
        }
    }
    let subgraphs = began.elapsed() / times;
    println!("{whole:?} for an answer of {bytes} bytes, {subgraphs:?} of it in the subgraphs");
    Ok(())
}

/// Asks so many times and gives the size of the last answer.
async fn answer(routes: &Router, times: u32) -> anyhow::Result<usize> {
    let query = Bytes::from(serde_json::json!({ "query": queries::SEVEN }).to_string());
    let mut bytes = 0;
    for _ in 0..times {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Body::from(query.clone()))?;
        let response = routes.clone().oneshot(request).await?;
        bytes = response.into_body().collect().await?.to_bytes().len();
    }
    Ok(bytes)
}

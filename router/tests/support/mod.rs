//! A live router over two real subgraphs, in this process or in processes of their own as far as it can tell.
#![allow(clippy::unwrap_used, clippy::unused_async, dead_code, missing_docs)]

pub mod accounts;
pub mod doorman;
pub mod faults;
pub mod files;
pub mod issuer;
pub mod notes;
pub mod raw;
pub mod socket;
pub mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use cloudphone_cache::Engine;
use cloudphone_composition::{Subgraph as Part, compose};
use cloudphone_execution::{ErrorFilter, Executor, ServiceOptions, SubgraphService};
use cloudphone_graphql::identity_token::InternalSecret;
use cloudphone_graphql::{Subgraph, serve};
use cloudphone_planning::{PlannerOptions, Supergraph};
use cloudphone_router::authentication::Authenticator;
use cloudphone_router::authorization::AuthorizationMode;
use cloudphone_router::gateway::{Gateway, masked_errors};
use cloudphone_router::live::Live;
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{CrossSite, Limits};
use cloudphone_router::server::{Edge, Pages, routes};
use cloudphone_router::subgraphs::{SubscriptionOptions, in_process, remote};
use cloudphone_testkit::RedisServer;
use doorman::Doorman;
use faults::FaultyWire;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use notes::Notes;
use serde_json::Value;
use tokio::io::BufStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// An origin that may call from another site.
pub const PARTNER: &str = "https://partner.example.com";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    InProcess,
    Network,
}

/// Makes one story into two tests: subgraphs in this process, and over HTTP and WebSocket.
#[macro_export]
macro_rules! over_both_transports {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test]
            async fn in_process() {
                super::$story($crate::support::Transport::InProcess).await;
            }

            #[tokio::test]
            async fn over_the_network() {
                super::$story($crate::support::Transport::Network).await;
            }
        }
    )+};
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The metrics of this process, which is the test's own.
fn metrics() -> &'static PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap())
}

/// The sum of a metric over all its labels.
pub fn measured(name: &str) -> f64 {
    let text = metrics().render();
    let samples = text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Waits until there are so many subscriptions; each has joined its stream by then.
pub async fn subscribed(count: u32) {
    let active = || measured("cloudphone_graphql_subscriptions_active");
    until(&format!("{count} subscriptions"), || (active() - f64::from(count)).abs() < 0.5).await;
}

/// What a test may set before the router starts.
pub struct Settings {
    pub transport: Transport,
    pub limits: Limits,
    pub errors: ErrorFilter,
    /// Puts something before each subgraph.
    pub before: Option<Before>,
    pub stages: Stages,
    /// Puts a wire that can break before the accounts over the network, which then have so long to answer.
    pub accounts_wire: Option<Duration>,
    /// Who knows the callers; the doorman unless somebody else is asked.
    pub authenticator: Option<Arc<dyn Authenticator>>,
    /// What the supergraph says in place of what was composed.
    pub rules: Vec<(String, String)>,
    pub authorization: AuthorizationMode,
    pub planner: PlannerOptions,
    /// Whether connections are something else than plain sockets to the router, as encrypted ones are.
    pub wrapped: bool,
    /// Further subgraphs.
    pub more: Vec<(Part, Arc<dyn SubgraphService>)>,
}

/// Puts something before a subgraph of a supergraph.
pub type Before = Box<dyn Fn(Arc<dyn SubgraphService>, &Arc<Supergraph>) -> Arc<dyn SubgraphService> + Send + Sync>;

impl Settings {
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            limits: Limits::default(),
            errors: masked_errors(),
            stages: Stages::default(),
            before: None,
            accounts_wire: None,
            authenticator: None,
            rules: Vec::new(),
            authorization: AuthorizationMode::default(),
            planner: PlannerOptions::default(),
            wrapped: false,
            more: Vec::new(),
        }
    }

    pub fn stages(mut self, change: impl FnOnce(&mut Stages)) -> Self {
        change(&mut self.stages);
        self
    }

    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }
}

/// Hands out connections that hold what is written until it is flushed.
struct Wrapping(TcpListener);

impl axum::serve::Listener for Wrapping {
    type Io = BufStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = self.0.accept().await.unwrap();
        (BufStream::new(stream), address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The router with all that it needs.
pub struct Platform {
    pub address: SocketAddr,
    pub doorman: Arc<Doorman>,
    pub notes: Notes,
    pub accounts: accounts::Accounts,
    pub gateway: Gateway,
    /// Reaches the subgraphs, whatever the supergraph says.
    pub executor: Executor,
    parts: Vec<Part>,
    pub connections: Arc<Semaphore>,
    pub draining: CancellationToken,
    pub server: JoinHandle<()>,
    pub accounts_process: Option<Process>,
    pub accounts_wire: Option<Arc<FaultyWire>>,
    pub notes_process: Option<Process>,
}

impl Platform {
    pub async fn start(transport: Transport) -> Self {
        Self::start_with(Settings::new(transport)).await
    }

    pub async fn start_with(settings: Settings) -> Self {
        metrics();
        let (doorman, notes) = (Arc::new(Doorman::new()), Notes::new());
        let accounts = accounts::Accounts::new();
        let account_graph = accounts::subgraph(accounts.clone(), Arc::clone(&doorman));
        let note_graph = notes::subgraph(notes.clone());
        let own = [&account_graph, &note_graph].map(|part| Part {
            name: part.name().to_owned(),
            url: String::new(),
            sdl: part.sdl().to_owned(),
        });
        let parts: Vec<Part> = own.into_iter().chain(settings.more.iter().map(|(part, _)| part.clone())).collect();
        let mut supergraph = compose(&parts).unwrap_or_else(|errors| panic!("{errors:?}"));
        for (before, after) in &settings.rules {
            assert!(supergraph.supergraph_sdl.contains(before), "{}", supergraph.supergraph_sdl);
            supergraph.supergraph_sdl = supergraph.supergraph_sdl.replacen(before, after, 1);
        }
        let (mut account_service, accounts_process) = service(settings.transport, account_graph);
        let accounts_wire = settings.accounts_wire.zip(accounts_process.as_ref()).map(|(timeout, process)| {
            let wire = FaultyWire::to(process.address);
            account_service = network(wire.address, timeout);
            Arc::new(wire)
        });
        let (mut note_service, notes_process) = service(settings.transport, note_graph);
        if let Some(before) = &settings.before {
            let parsed = Supergraph::parse(&supergraph.supergraph_sdl).unwrap();
            account_service = before(account_service, &parsed);
            note_service = before(note_service, &parsed);
        }
        let mut executor = Executor::builder()
            .error_filter(settings.errors)
            .service("accounts", account_service, ServiceOptions::default())
            .service("notes", note_service, ServiceOptions::default());
        for (part, service) in settings.more {
            executor = executor.service(&part.name, service, ServiceOptions::default());
        }
        let executor = executor.build();
        let timeout = settings.limits.request_timeout;
        let gateway = Gateway::new(&supergraph.supergraph_sdl, executor.clone(), settings.planner, timeout).unwrap();
        let gateway = gateway.with_authorization(settings.authorization);
        let draining = CancellationToken::new();
        let connections = Arc::new(Semaphore::new(settings.limits.connections));
        let edge = Edge {
            gateway: gateway.clone(),
            authenticator: settings.authenticator.unwrap_or_else(|| Arc::clone(&doorman) as _),
            limits: settings.limits,
            cross_site: CrossSite::new(&[PARTNER.to_owned()]),
            stages: settings.stages,
            connections: Arc::clone(&connections),
            draining: draining.clone(),
        };
        let pages = Pages::default();
        let health = Router::new().route("/health/liveness", get(async || "up"));
        let app = routes(edge, &Live::new(gateway.clone()), &pages, health);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = draining.clone().cancelled_owned();
        let server = tokio::spawn(async move {
            if settings.wrapped {
                axum::serve(Wrapping(listener), app).with_graceful_shutdown(stop).await.unwrap();
            } else {
                let app = app.into_make_service_with_connect_info::<SocketAddr>();
                axum::serve(listener, app).with_graceful_shutdown(stop).await.unwrap();
            }
        });
        Self {
            address,
            doorman,
            notes,
            accounts,
            gateway,
            executor,
            parts,
            connections,
            draining,
            server,
            accounts_process,
            accounts_wire,
            notes_process,
        }
    }

    /// The supergraph after a change of its subgraphs' schemas.
    pub fn supergraph(&self, change: impl Fn(&mut Part)) -> String {
        let mut parts = self.parts.clone();
        parts.iter_mut().for_each(change);
        compose(&parts).unwrap_or_else(|errors| panic!("{errors:?}")).supergraph_sdl
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// A POST of a document by nobody in particular.
    pub async fn ask(&self, document: &str) -> Value {
        self.post(&serde_json::json!({ "query": document })).send().await.unwrap().json().await.unwrap()
    }

    /// A POST of any body.
    pub fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        reqwest::Client::new().post(self.url()).json(body)
    }

    /// A GET of a document.
    pub fn get(&self, document: &str) -> reqwest::RequestBuilder {
        let mut url: url::Url = self.url().parse().unwrap();
        url.query_pairs_mut().append_pair("query", document);
        reqwest::Client::new().get(url)
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.draining.cancel();
        self.server.abort();
    }
}

/// A connection of one replica.
pub async fn replica(redis: &RedisServer) -> Engine {
    Engine::redis(&redis.url()).await.unwrap()
}

pub fn secret() -> InternalSecret {
    InternalSecret::new("an-internal-secret-for-these-tests-only").unwrap()
}

fn service(transport: Transport, subgraph: Subgraph) -> (Arc<dyn SubgraphService>, Option<Process>) {
    match transport {
        Transport::InProcess => (in_process(subgraph), None),
        Transport::Network => {
            let process = Process::start(subgraph, None);
            (network(process.address, Duration::from_secs(10)), Some(process))
        }
    }
}

fn network(address: SocketAddr, timeout: Duration) -> Arc<dyn SubgraphService> {
    let base = format!("http://{address}").parse().unwrap();
    remote(&base, &secret(), timeout, &SubscriptionOptions::default()).unwrap()
}

/// A subgraph with threads and connections of its own, which all end at once when it is killed.
pub struct Process {
    pub address: SocketAddr,
    subgraph: Subgraph,
    runtime: Option<Runtime>,
}

impl Process {
    fn start(subgraph: Subgraph, address: Option<SocketAddr>) -> Self {
        let listener = std::net::TcpListener::bind(address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap())).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let app = serve(subgraph.clone(), secret());
        runtime.spawn(async move { axum::serve(TcpListener::from_std(listener).unwrap(), app).await.unwrap() });
        Self { address, subgraph, runtime: Some(runtime) }
    }

    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub fn restart(&mut self) {
        *self = Self::start(self.subgraph.clone(), Some(self.address));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

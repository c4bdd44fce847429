//! Scripted subgraphs and a router before them.
#![allow(clippy::unwrap_used, clippy::unused_async, missing_docs)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cloudphone_composition::{Subgraph as Part, compose};
use cloudphone_execution::subgraphs::http::HttpOptions;
use cloudphone_execution::{Executor, ServiceOptions};
use cloudphone_planning::PlannerOptions;
use cloudphone_router::authentication::Anonymous;
use cloudphone_router::gateway::{Gateway, correlated_errors};
use cloudphone_router::live::Live;
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{CrossSite, Limits, PlanAccess};
use cloudphone_router::server::{Edge, Pages, routes};
use cloudphone_router::streams::FieldRule;
use cloudphone_router::subgraphs::{Operator, SubscriptionOptions, connect_foreign, pages};
use cloudphone_traffic::headers::{AnswerRules, Forwarding, RequestRules};
use cloudphone_traffic::{Destination, Place, Policy, Source, Traffic, Weighted};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The longest that a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The token of the operator.
pub const TOKEN: &str = "the-operators-token";

/// Waits until something holds.
pub async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The metrics of this process, which is the test's own.
pub fn metrics() -> String {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap()).render()
}

/// How a subgraph answers its next calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// A status without a GraphQL response, for so many calls.
    Fails {
        status: u16,
        calls: usize,
    },
    /// The same for ever, with the headers of answers.
    FailsWithHeaders(u16),
    /// Answers whoever asks how it is, and fails at everything else.
    OnlyAlive,
    /// Accepts calls and says nothing until the mood is another one.
    Silent,
}

/// A call as a subgraph saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub query: String,
    pub headers: HeaderMap,
    pub version: axum::http::Version,
}

/// What a scripted subgraph does and has seen.
pub struct Script {
    name: String,
    mood: watch::Sender<Mood>,
    seen: Mutex<Vec<Seen>>,
    pub answer_headers: Mutex<HeaderMap>,
    pub large: Mutex<usize>,
}

impl Script {
    pub fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            mood: watch::Sender::new(Mood::Well),
            seen: Mutex::default(),
            answer_headers: Mutex::default(),
            large: Mutex::default(),
        })
    }

    pub fn is(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// The calls for clients, without those by which the router looks whether it is well.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().iter().filter(|call| call.query != "{__typename}").cloned().collect()
    }

    pub fn last(&self) -> Seen {
        self.seen().pop().expect("it was called")
    }

    pub fn routes(self: &Arc<Self>) -> Router {
        Router::new().route("/graphql", get(socket).post(answer)).with_state(Arc::clone(self))
    }
}

async fn answer(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1024 * 1024).await.unwrap();
    let told: Value = serde_json::from_slice(&body).unwrap();
    let query = told["query"].as_str().unwrap().to_owned();
    script.seen.lock().push(Seen { query: query.clone(), headers: parts.headers, version: parts.version });
    let mut failing = None;
    script.mood.send_if_modified(|mood| {
        if let Mood::Fails { status, calls } = *mood {
            failing = Some(status);
            // Looking whether it is well uses nothing up.
            if query == "{__typename}" {
                return false;
            }
            *mood = if calls > 1 { Mood::Fails { status, calls: calls - 1 } } else { Mood::Well };
        }
        failing.is_some()
    });
    if let Some(status) = failing {
        return (StatusCode::from_u16(status).unwrap(), "not now").into_response();
    }
    if let Mood::FailsWithHeaders(status) = *script.mood.borrow() {
        let headers = script.answer_headers.lock().clone();
        return (StatusCode::from_u16(status).unwrap(), headers, "not now").into_response();
    }
    if *script.mood.borrow() == Mood::OnlyAlive && query != "{__typename}" {
        return (StatusCode::INTERNAL_SERVER_ERROR, "not this").into_response();
    }
    let mut mood = script.mood.subscribe();
    mood.wait_for(|mood| *mood != Mood::Silent).await.unwrap();
    let padding = "x".repeat(*script.large.lock());
    let name = format!("{}{padding}", script.name);
    let data = if query.starts_with("mutation") {
        json!({ "change": name })
    } else if query.contains("other") {
        json!({ "other": name })
    } else {
        json!({ "name": name, "__typename": "Query" })
    };
    let mut response = axum::Json(json!({ "data": data })).into_response();
    response.headers_mut().extend(script.answer_headers.lock().clone());
    response
}

async fn socket(State(script): State<Arc<Script>>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    script.seen.lock().push(Seen { query: "socket".to_owned(), headers, version: axum::http::Version::HTTP_11 });
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(async move |socket| stream(socket).await)
}

/// Acknowledges everything and sends one event, then stays.
async fn stream(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        let message: Value = serde_json::from_str(&text).unwrap();
        let reply = match message["type"].as_str().unwrap() {
            "connection_init" => json!({ "type": "connection_ack" }),
            "subscribe" => json!({ "id": message["id"], "type": "next", "payload": { "data": { "ticked": 1 } } }),
            "ping" => json!({ "type": "pong" }),
            _ => continue,
        };
        if socket.send(Message::text(reply.to_string())).await.is_err() {
            return;
        }
    }
}

/// A scripted subgraph on a port of its own.
pub struct Instance {
    pub script: Arc<Script>,
    pub address: SocketAddr,
    server: Mutex<JoinHandle<()>>,
    stop: Mutex<CancellationToken>,
}

impl Instance {
    pub async fn start(name: &str) -> Self {
        Self::start_at(name, "127.0.0.1:0").await
    }

    pub async fn start_at(name: &str, address: &str) -> Self {
        let script = Script::new(name);
        let (address, server, stop) = serve(script.routes(), address.parse().unwrap()).await;
        Self { script, address, server: Mutex::new(server), stop: Mutex::new(stop) }
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub fn weighted(&self, weight: u32) -> Weighted {
        Weighted { weight, ..Weighted::new(Place::new(self.url().parse().unwrap())) }
    }

    /// Ends it with all its connections.
    pub async fn kill(&self) {
        self.stop.lock().cancel();
        let server = std::mem::replace(&mut *self.server.lock(), tokio::spawn(async {}));
        let _ = server.await;
    }

    pub async fn restart(&self) {
        let (_, server, stop) = serve(self.script.routes(), self.address).await;
        *self.server.lock() = server;
        *self.stop.lock() = stop;
    }
}

/// A server of which nothing is left once it is stopped: each connection is a task that ends with it.
async fn serve(routes: Router, address: SocketAddr) -> (SocketAddr, JoinHandle<()>, CancellationToken) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    let listener = socket.listen(256).unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let stopped = stop.clone();
    let server = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let stream = tokio::select! {
                accepted = listener.accept() => accepted.unwrap().0,
                () = stopped.cancelled() => break,
            };
            let service = hyper_util::service::TowerToHyperService::new(routes.clone());
            connections.spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
                let io = hyper_util::rt::TokioIo::new(stream);
                let _ = builder.serve_connection_with_upgrades(io, service).await;
            });
        }
        connections.shutdown().await;
    });
    (address, server, stop)
}

/// What a test may set for the subgraph `things`.
pub struct Setup {
    pub source: Source,
    pub policy: Policy,
    pub request_rules: RequestRules,
    pub answer_rules: AnswerRules,
    pub options: HttpOptions,
    pub subscriptions: SubscriptionOptions,
    pub payload_fields: BTreeMap<String, String>,
}

impl Setup {
    pub fn new(source: Source) -> Self {
        Self {
            source,
            policy: Policy::default(),
            request_rules: RequestRules::default(),
            answer_rules: AnswerRules::default(),
            options: HttpOptions::new("http://localhost/".parse().unwrap()),
            subscriptions: SubscriptionOptions::default(),
            payload_fields: BTreeMap::new(),
        }
    }

    pub fn of(instances: &[&Instance]) -> Self {
        Self::new(Source::Fixed(instances.iter().map(|instance| instance.weighted(1)).collect()))
    }

    pub fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }
}

/// A router before `things`, and before `others`, which is always well.
pub struct Routed {
    pub address: SocketAddr,
    pub others: Instance,
    client: reqwest::Client,
    draining: CancellationToken,
    server: JoinHandle<()>,
}

impl Routed {
    pub async fn start(setup: Setup) -> Self {
        metrics();
        let others = Instance::start("others").await;
        let things = "type Query { name: String } type Mutation { change: String } type Subscription { ticked: Int }";
        let part = |name: &str, sdl: &str| Part { name: name.to_owned(), url: String::new(), sdl: sdl.to_owned() };
        let parts = [part("things", things), part("others", "type Query { other: String }")];
        let supergraph = compose(&parts).unwrap_or_else(|errors| panic!("{errors:?}"));
        let traffic = Traffic::default();
        let (request_rules, answer_rules) = (Arc::new(setup.request_rules), Arc::new(setup.answer_rules));
        let destination = |source: Source, policy: Policy| Destination {
            source,
            policy,
            decorator: Arc::clone(&request_rules) as _,
            answer_rules: Arc::clone(&answer_rules),
            connect: connect_foreign(
                setup.options.clone(),
                Arc::clone(&request_rules) as _,
                setup.subscriptions.clone(),
            ),
        };
        let timeout = ServiceOptions { timeout: setup.policy.timeout + Duration::from_secs(1) };
        let things = traffic.subgraph("things", destination(setup.source, setup.policy.clone())).unwrap();
        let fixed = Source::Fixed(vec![others.weighted(1)]);
        let other = traffic.subgraph("others", destination(fixed, Policy::default())).unwrap();
        let executor = Executor::builder()
            .error_filter(correlated_errors())
            .service("things", things, timeout)
            .service("others", other, timeout)
            .build();
        let mut limits = Limits { query_plans: PlanAccess::Everybody, ..Limits::default() };
        // So that equal subscriptions share a stream at any time.
        limits.streams.fields.insert("ticked".to_owned(), FieldRule::next(&[]));
        let gateway =
            Gateway::new(&supergraph.supergraph_sdl, executor, PlannerOptions::default(), limits.request_timeout)
                .unwrap();
        let fields = setup.payload_fields.into_iter().map(|(field, name)| (field, name.parse().unwrap()));
        gateway.forward(Forwarding::new([&*request_rules]).with_payload_fields(fields));
        let draining = CancellationToken::new();
        let edge = Edge {
            gateway,
            authenticator: Arc::new(Anonymous::default()),
            stages: Stages::default(),
            connections: Arc::new(Semaphore::new(limits.connections)),
            limits,
            cross_site: CrossSite::new(&[]),
            draining: draining.clone(),
        };
        let operator = Operator { token: Some(TOKEN.to_owned()), authenticator: None };
        let live = Live::new(edge.gateway.clone());
        let app = routes(edge, &live, &Pages::default(), pages(traffic, operator));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, others, client: reqwest::Client::new(), draining, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(self.url()).json(body)
    }

    pub async fn ask(&self, document: &str) -> Value {
        self.post(&json!({ "query": document })).send().await.unwrap().json().await.unwrap()
    }

    pub async fn page(&self, path: &str) -> Value {
        self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap().json().await.unwrap()
    }

    /// Who answered, this many times in a row.
    pub async fn answered(&self, times: usize) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..times {
            let answer = self.ask("{ name }").await;
            let name = answer["data"]["name"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
            *counts.entry(name).or_default() += 1;
        }
        counts
    }
}

impl Drop for Routed {
    fn drop(&mut self) {
        self.draining.cancel();
        self.server.abort();
    }
}

/// The code of the only error of an answer.
pub fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error: {answer}"))
}

//! The router as an HTTP service: its routes and what stands before them.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use cloudphone_core::Origin;
use cloudphone_observability::continue_trace;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::services::{ServeDir, ServeFile};
use tracing::Instrument as _;

use crate::authentication::Authenticator;
use crate::clients::reservations::{Reservations, reserve, stop};
use crate::clients::{graphiql, http, websocket};
use crate::gateway::Gateway;
use crate::live::Live;
use crate::origin::{CORRELATION_HEADER, Client, Peer};
use crate::pipeline::{Pipeline, Stages};
use crate::protection::door::door;
use crate::protection::{ContentPolicy, CrossSite, Limits, SecurityHeaders, Shares, StrictTransport, secure};
use crate::streams::Streams;

pub use crate::clients::websocket::SocketBelow;

/// What the edge needs to answer.
pub struct Edge {
    /// Plans and executes.
    pub gateway: Gateway,
    /// Tells who is asking.
    pub authenticator: Arc<dyn Authenticator>,
    /// Limits of the edge.
    pub limits: Limits,
    /// Which other sites may call.
    pub cross_site: CrossSite,
    /// What operations pass before they run.
    pub stages: Stages,
    /// Places for live connections.
    pub connections: Arc<Semaphore>,
    /// Cancelled when the process begins to shut down, so that clients move on.
    pub draining: CancellationToken,
}

/// The edge once its doors are open, with what is live behind them.
pub(crate) struct OpenEdge {
    edge: Edge,
    /// What operations pass before they run.
    pub pipeline: Pipeline,
    live: Live,
}

impl OpenEdge {
    fn open(mut edge: Edge, live: Live) -> Arc<Self> {
        let pipeline = Pipeline::new(edge.gateway.clone(), std::mem::take(&mut edge.stages));
        let open = Arc::new(Self { edge, pipeline, live });
        open.live.opened(&open);
        open
    }

    /// What clients are subscribed to.
    pub fn streams(&self) -> &Streams {
        self.live.streams()
    }

    /// Held by a WebSocket for as long as it is served.
    pub fn socket(&self) -> TaskTrackerToken {
        self.live.socket()
    }

    /// How many live connections each caller has.
    pub fn shares(&self) -> &Arc<Shares> {
        self.live.shares()
    }

    /// Event streams that many operations share.
    pub fn reservations(&self) -> &Reservations {
        self.live.reservations()
    }

    /// The edge of the newest settings, for the next operation of a connection that began under older ones.
    pub fn newest(self: &Arc<Self>) -> Arc<Self> {
        self.live.newest().unwrap_or_else(|| Arc::clone(self))
    }
}

impl Deref for OpenEdge {
    type Target = Edge;

    fn deref(&self) -> &Edge {
        &self.edge
    }
}

/// What is served besides the graph.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Folder with the built console; absent: no console.
    pub console: Option<PathBuf>,
    /// Whether the explorer page is served.
    pub explorer: bool,
    /// What the pages may load.
    pub content: ContentPolicy,
    /// Whether browsers may come by TLS only; absent: nothing is said of it.
    pub transport: Option<StrictTransport>,
}

/// All routes of the edge; `more` brings health, metrics and what identity publishes. The edge can be made anew from other
/// settings at any time, before what is `live`: requests that come by the new routes, and new operations of old connections,
/// then go by the new one.
pub fn routes(edge: Edge, live: &Live, pages: &Pages, more: Router) -> Router {
    let cross_site = edge.cross_site.layer();
    let state = OpenEdge::open(edge, live.clone());
    let graph = Router::new()
        .route("/graphql", get(graphql_or_socket).post(http::graphql).put(reserve).delete(stop))
        .route("/graphql/ws", get(websocket::upgrade))
        .layer(ServiceBuilder::new().layer(cross_site).layer(middleware::from_fn_with_state(Arc::clone(&state), door)))
        .with_state(state);
    let mut router = Router::new().merge(graph).merge(more);
    if pages.explorer {
        router = router.route("/graphiql", get(graphiql::page)).route(
            "/graphiql/explorer.js",
            get(async || ([(header::CONTENT_TYPE, "text/javascript")], include_str!("clients/explorer.js"))),
        );
    }
    if let Some(folder) = &pages.console {
        // Addresses inside the console are its own business, so that every unknown one gets its first page.
        let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
        let files = files.fallback(ServeFile::new(folder.join("index.html")));
        let console = Router::new().fallback_service(files).layer(middleware::from_fn(freshness));
        router = router.fallback_service(console);
    }
    let compress = DefaultPredicate::new()
        .and(NotForContentType::new("text/event-stream"))
        .and(NotForContentType::new("multipart/mixed"));
    let headers = SecurityHeaders::new(&pages.content, pages.transport);
    // As one layer: of each that is added to the routes, every request has a copy made.
    router.layer(
        ServiceBuilder::new()
            .layer(middleware::from_fn(trace))
            .layer(CatchPanicLayer::new())
            .layer(CompressionLayer::new().compress_when(compress))
            .layer(middleware::from_fn_with_state(headers, secure)),
    )
}

/// A GET may be a query or the opening of a WebSocket.
async fn graphql_or_socket(state: axum::extract::State<Arc<OpenEdge>>, client: Client, request: Request) -> Response {
    if request.headers().get(header::UPGRADE).is_none() {
        return http::graphql(state, client, request).await;
    }
    websocket::upgrade(state, client, request).await
}

/// Files under `/assets` have their content's hash in their names and never change; pages are asked for each time.
async fn freshness(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    // An unknown address is answered by the first page, also below `/assets`.
    let page =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/html"));
    let rule = if hashed && !page { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    response
}

/// Gives every request its span and every answer its correlation id.
async fn trace(request: Request, next: Next) -> Response {
    use axum::extract::FromRequestParts as _;
    let (mut parts, body) = request.into_parts();
    let Ok(Client { origin }) = Client::from_request_parts(&mut parts, &()).await;
    // OpenTelemetry semantic conventions for HTTP servers.
    let (began, method, route) = (Instant::now(), method(&parts.method), route(parts.uri.path()));
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        url.path = parts.uri.path(),
        correlation_id = %origin.correlation_id,
        client.address = origin.address,
        url.scheme = parts.extensions.get::<Peer>().map(|peer| peer.scheme.as_str()),
    );
    if let Some(traceparent) = &origin.traceparent {
        continue_trace(&span, traceparent);
    }
    let mut response = next.run(Request::from_parts(parts, body)).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    drop(span);
    let status = response.status().as_u16().to_string();
    metrics::histogram!("http_server_request_duration_seconds", "http_request_method" => method, "http_route" => route, "http_response_status_code" => status)
        .record(began.elapsed().as_secs_f64());
    tag(&mut response, &origin);
    response
}

/// Methods that a metric tells apart; clients may make up others.
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "HEAD" => "HEAD",
        _ => "_OTHER",
    }
}

/// Routes that a metric tells apart; the console and unknown addresses are one.
fn route(path: &str) -> &'static str {
    match path {
        "/graphql" => "/graphql",
        "/graphql/ws" => "/graphql/ws",
        "/metrics" => "/metrics",
        _ if path.starts_with("/health") => "/health",
        _ => "other",
    }
}

fn tag(response: &mut Response, origin: &Origin) {
    if let Ok(id) = HeaderValue::try_from(origin.correlation_id.to_string()) {
        response.headers_mut().insert(CORRELATION_HEADER, id);
    }
}

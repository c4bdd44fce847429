//! A subgraph that streams numbers when a test says so: by WebSocket and by Server-Sent Events, over TCP, TLS or a Unix socket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cloudphone_router::subgraphs::{SubscriptionOptions, SubscriptionProtocol};
use cloudphone_traffic::{Place, Weighted};
use futures::{SinkExt as _, StreamExt as _, stream};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::support::until;

/// The two ways by which a subgraph streams today.
pub fn protocols() -> [SubscriptionOptions; 2] {
    [SubscriptionProtocol::WebSocket, SubscriptionProtocol::EventStream]
        .map(|protocol| SubscriptionOptions { protocol, ..SubscriptionOptions::default() })
}

/// What the subgraph has been asked.
#[derive(Clone, Debug)]
pub struct Start {
    pub last_event_id: Option<String>,
}

#[derive(Clone)]
struct Stand {
    said: broadcast::Sender<u32>,
    starts: Arc<Mutex<Vec<Start>>>,
    /// Whether events of event streams have names.
    named: bool,
    /// Closes WebSockets with this code in place of a welcome.
    unwelcome: Option<u16>,
    /// WebSockets are tasks of their own, which end by this.
    stop: CancellationToken,
}

/// An instance of such a subgraph.
pub struct Streamer {
    stand: Stand,
    pub place: Place,
    server: JoinHandle<()>,
}

enum Door {
    Open(TcpListener),
    Tls(TcpListener, TlsAcceptor),
    Unix(UnixListener),
}

/// How an instance behaves besides.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    pub named: bool,
    pub unwelcome: Option<u16>,
}

impl Streamer {
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        Self::run(Door::Open(listener), &url, manner)
    }

    /// At `https://localhost:…`.
    pub async fn with_tls(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}/graphql", listener.local_addr().unwrap().port());
        let mut streamer = Self::run(Door::Tls(listener, acceptor), &url, Manner::default());
        streamer.place.address = Some(SocketAddr::from(([127, 0, 0, 1], 0)).ip());
        streamer
    }

    pub fn at_socket(path: &Path) -> Self {
        let url = format!("unix:{}?path=/graphql", path.display());
        Self::run(Door::Unix(UnixListener::bind(path).unwrap()), &url, Manner::default())
    }

    fn run(door: Door, url: &str, manner: Manner) -> Self {
        let stop = CancellationToken::new();
        let stand = Stand {
            stop: stop.clone(),
            said: broadcast::Sender::new(64),
            starts: Arc::default(),
            named: manner.named,
            unwelcome: manner.unwelcome,
        };
        let routes = Router::new().route("/graphql", get(socket).post(post)).with_state(stand.clone());
        let server = tokio::spawn(serve(door, routes, stop));
        Self { stand, place: Place::new(url.parse().unwrap()), server }
    }

    pub fn weighted(&self) -> Weighted {
        Weighted::new(self.place.clone())
    }

    /// Tells all who watch; at least one must.
    pub fn say(&self, number: u32) {
        self.stand.said.send(number).unwrap();
    }

    pub fn starts(&self) -> Vec<Start> {
        self.stand.starts.lock().clone()
    }

    pub fn streams(&self) -> usize {
        self.stand.said.receiver_count()
    }

    pub async fn is_watched_by(&self, count: usize) {
        until("it is watched", async || self.streams() == count).await;
    }

    /// Ends it with all its connections.
    pub async fn kill(&mut self) {
        self.stand.stop.cancel();
        (&mut self.server).await.unwrap();
    }
}

/// Each connection is a task that ends with the server.
async fn serve(door: Door, routes: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepting = async {
            match &door {
                Door::Open(listener) | Door::Tls(listener, _) => {
                    let (stream, _) = listener.accept().await.unwrap();
                    match &door {
                        Door::Tls(_, acceptor) => acceptor.accept(stream).await.ok().map(boxed),
                        _ => Some(boxed(stream)),
                    }
                }
                Door::Unix(listener) => Some(boxed(listener.accept().await.unwrap().0)),
            }
        };
        let connection = tokio::select! {
            connection = accepting => connection,
            () = stop.cancelled() => break,
        };
        let Some(connection) = connection else { continue };
        let service = TowerToHyperService::new(routes.clone());
        connections.spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            // An error is how a connection that was cut ends.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(connection), service).await;
        });
    }
    connections.shutdown().await;
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}

fn boxed(connection: impl Connection + 'static) -> Box<dyn Connection> {
    Box::new(connection)
}

fn event(number: u32) -> Value {
    json!({ "data": { "ticked": number } })
}

impl Stand {
    fn begin(&self, last_event_id: Option<String>) -> broadcast::Receiver<u32> {
        let numbers = self.said.subscribe();
        self.starts.lock().push(Start { last_event_id });
        numbers
    }
}

async fn post(State(stand): State<Stand>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap();
    assert!(serde_json::from_slice::<Value>(&body).unwrap()["query"].is_string());
    if parts.headers[header::ACCEPT] != "text/event-stream" {
        return axum::Json(json!({ "data": { "name": "streamer", "__typename": "Query" } })).into_response();
    }
    let last = parts.headers.get("last-event-id").map(|id| id.to_str().unwrap().to_owned());
    let numbers = stand.begin(last);
    let frames = stream::unfold((numbers, stand.named), async |(mut numbers, named)| {
        let number = numbers.recv().await.ok()?;
        let id = if named { format!("id: event-{number}\n") } else { String::new() };
        let frame = Bytes::from(format!("{id}event: next\ndata: {}\n\n", event(number)));
        Some((Ok::<_, Infallible>(frame), (numbers, named)))
    });
    // So that the head of the answer goes out at once.
    let frames = stream::iter([Ok(Bytes::from_static(b":\n\n"))]).chain(frames);
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames)).into_response()
}

async fn socket(State(stand): State<Stand>, upgrade: WebSocketUpgrade) -> Response {
    let stop = stand.stop.clone();
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(async move |socket| {
        stop.run_until_cancelled(converse(socket, stand)).await;
    })
}

/// Carries any number of operations until the other side leaves.
async fn converse(socket: WebSocket, stand: Stand) {
    let (mut sink, mut messages) = socket.split();
    let mut operations: Vec<(Value, broadcast::Receiver<u32>)> = Vec::new();
    loop {
        let news = async {
            match operations.first_mut() {
                Some((_, numbers)) => numbers.recv().await.unwrap(),
                None => std::future::pending().await,
            }
        };
        let replies = tokio::select! {
            received = messages.next() => {
                let Some(Ok(Message::Text(text))) = received else { return };
                let message: Value = serde_json::from_str(&text).unwrap();
                match message["type"].as_str().unwrap() {
                    "connection_init" => match stand.unwelcome {
                        Some(code) => {
                            let _ = sink.send(Message::Close(Some(CloseFrame { code, reason: "no".into() }))).await;
                            return;
                        }
                        None => vec![json!({ "type": "connection_ack" })],
                    },
                    "subscribe" => {
                        let numbers = stand.begin(None);
                        operations.push((message["id"].clone(), numbers));
                        Vec::new()
                    }
                    "complete" => {
                        operations.retain(|(id, _)| *id != message["id"]);
                        Vec::new()
                    }
                    "ping" => vec![json!({ "type": "pong" })],
                    _ => Vec::new(),
                }
            }
            number = news => {
                // Each operation hears each number; the first one has just taken it.
                for (_, numbers) in operations.iter_mut().skip(1) {
                    assert_eq!(numbers.recv().await.unwrap(), number);
                }
                let next = |(id, _): &(Value, _)| json!({ "id": id, "type": "next", "payload": event(number) });
                operations.iter().map(next).collect()
            }
        };
        for reply in replies {
            if sink.send(Message::text(reply.to_string())).await.is_err() {
                return;
            }
        }
    }
}

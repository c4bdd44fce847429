//! Clients that vanish: whatever they were about, it ends in bounded time, and nobody else notices.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::Request;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Site;
use crate::connections::is_held;
use crate::support::{Cable, Incoming, Socket, apart, eventually, holds};

const SETTINGS: &str = "[http]
    header_read_timeout_seconds = 2
    keep_alive_seconds = 2
    write_timeout_seconds = 4
    request_timeout_seconds = 5
    [router]
    heartbeat_seconds = 2";
/// Three heartbeats take six seconds, the time for a write and what the kernel has beyond it nine; the rest is the machine's.
const LIMIT_SECONDS: u64 = 25;
/// The same where nothing is ever sent but a sign of life every twelve seconds.
const SILENT_LIMIT_SECONDS: u64 = 40;
/// Events after which a subscriber was there for longer than any of the limits above, and was let be.
const ENOUGH: usize = 80;

const BUSY: &str = "subscription($of: String!) { ticks(of: $of, bytes: 50000) }";
const QUIET: &str = "subscription($of: String!) { silence(of: $of) }";

/// A subscriber at the far host, who reads all that comes.
struct Subscriber {
    of: &'static str,
    here: SocketAddr,
    heard: Arc<AtomicUsize>,
}

impl Subscriber {
    async fn by_socket(site: &Site, of: &'static str, query: &str) -> Self {
        let stream = site.cable.connect(site.port);
        let here = stream.local_addr().unwrap();
        let mut socket = Socket::open_over(&site.client, stream).await;
        socket.start(query, json!({ "of": of })).await;
        let heard = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Incoming::Next(_) = socket.next(600).await {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { of, here, heard }
    }

    async fn by_stream(site: &Site, of: &'static str, query: &str, accept: &str) -> Self {
        let mut stream = site.cable.connect(site.port);
        let here = stream.local_addr().unwrap();
        let body = json!({ "query": query, "variables": { "of": of } }).to_string();
        stream.write_all(post(accept, body.len()).as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let heard = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(1..) = stream.read(&mut bytes).await {
                counted.fetch_add(bytes.windows(9).filter(|text| text == b"{\"ticks\":").count(), Ordering::Relaxed);
            }
        });
        Self { of, here, heard }
    }

    /// By an event stream over HTTP/2, on a connection of its own.
    async fn by_frames(site: &Site, of: &'static str, query: &str) -> Self {
        let stream = site.cable.connect(site.port);
        let here = stream.local_addr().unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = Request::post(format!("http://127.0.0.1:{}/graphql", site.port));
        let request = request.header("accept", "text/event-stream").header("content-type", "application/json");
        let mut sender = sender.ready().await.unwrap();
        let (response, mut body) = sender.send_request(request.body(()).unwrap(), false).unwrap();
        let document = json!({ "query": query, "variables": { "of": of } }).to_string();
        body.send_data(document.into(), true).unwrap();
        let heard = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&heard);
        let mut events = response.await.unwrap().into_body();
        tokio::spawn(async move {
            while let Some(Ok(bytes)) = events.data().await {
                events.flow_control().release_capacity(bytes.len()).unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
            drop(sender);
        });
        Self { of, here, heard }
    }
}

fn post(accept: &str, length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
}

/// The router's end of a connection from the far host.
fn is_open(site: &Site, far: SocketAddr) -> bool {
    is_held((Ipv4Addr::new(10, 77, 0, 1), site.port).into(), far)
}

/// Subscribers, of whom the first is the busy one, come, listen and vanish.
async fn vanish(site: &Site, subscribers: &[Subscriber], seconds: u64) {
    let busy = &subscribers[0];
    eventually(30, "the subscribers are there and stay", async || {
        let is_there = |one: &Subscriber| site.near.followers(one.of) == 1 && is_open(site, one.here);
        holds(subscribers.iter().all(is_there) && busy.heard.load(Ordering::Relaxed) >= ENOUGH)
    })
    .await;
    site.cable.pull();
    for one in subscribers {
        eventually(seconds, &format!("`{}` is let go", one.of), async || {
            holds(site.near.followers(one.of) == 0 && !is_open(site, one.here))
        })
        .await;
    }
}

#[test]
fn subscribers_by_websocket_who_vanish_are_let_go_and_nobody_else_notices() {
    apart(async |cable: Cable| {
        let site = Site::start(cable, SETTINGS).await;
        let witness = site.witness().await;
        let busy = Subscriber::by_socket(&site, "busy", BUSY).await;
        let quiet = Subscriber::by_socket(&site, "quiet", QUIET).await;
        vanish(&site, &[busy, quiet], LIMIT_SECONDS).await;
        eventually(5, "only the witness is counted", async || {
            let sockets = site.client.metric("cloudphone_websocket_connections", "").await;
            let active = site.client.metric("cloudphone_graphql_subscriptions_active", "").await;
            let upstreams = site.client.metric("cloudphone_graphql_subscription_upstreams", "").await;
            holds([sockets, active, upstreams].iter().all(|count| (count - 1.0).abs() < 0.1))
        })
        .await;
        witness.noticed_nothing().await;
    });
}

#[test]
fn subscribers_by_streamed_responses_who_vanish_are_let_go_and_nobody_else_notices() {
    apart(async |cable: Cable| {
        let site = Site::start(cable, SETTINGS).await;
        let witness = site.witness().await;
        let (events, parts) = ("text/event-stream", "multipart/mixed;subscriptionSpec=1.0, application/json");
        let subscribers = [
            Subscriber::by_stream(&site, "busy by events", BUSY, events).await,
            Subscriber::by_stream(&site, "busy by parts", BUSY, parts).await,
            Subscriber::by_stream(&site, "quiet by events", QUIET, events).await,
            Subscriber::by_stream(&site, "quiet by parts", QUIET, parts).await,
            Subscriber::by_frames(&site, "busy by frames", BUSY).await,
            Subscriber::by_frames(&site, "quiet by frames", QUIET).await,
        ];
        vanish(&site, &subscribers, SILENT_LIMIT_SECONDS).await;
        eventually(5, "only the witness is counted", async || {
            let streams = site.client.metric("cloudphone_http_streams", "").await;
            let active = site.client.metric("cloudphone_graphql_subscriptions_active", "").await;
            holds(streams < 0.1 && (active - 1.0).abs() < 0.1)
        })
        .await;
        witness.noticed_nothing().await;
    });
}

/// A connection from the far host on which this was said.
async fn said(site: &Site, words: &str) -> TcpStream {
    let mut stream = site.cable.connect(site.port);
    stream.write_all(words.as_bytes()).await.unwrap();
    stream
}

/// A connection on which something was answered, so that it rests.
async fn rested(site: &Site) -> TcpStream {
    let mut stream = said(site, "GET /health/liveness HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
    stream
}

/// The same over HTTP/2, where the client answers pings for as long as it is there.
async fn rested_by_frames(site: &Site) -> SocketAddr {
    let stream = site.cable.connect(site.port);
    let here = stream.local_addr().unwrap();
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    let mut sender = sender.ready().await.unwrap();
    let request = Request::get(format!("http://127.0.0.1:{}/health/liveness", site.port)).body(()).unwrap();
    let (response, _) = sender.send_request(request, true).unwrap();
    tokio::spawn(async move {
        // Without anybody who may ask it would end by itself.
        let _sender = sender;
        let _ = connection.await;
    });
    assert_eq!(response.await.unwrap().status(), 200);
    here
}

#[test]
fn connections_whose_clients_vanish_are_given_back_whatever_they_were_about() {
    apart(async |cable: Cable| {
        let site = Site::start(cable, SETTINGS).await;
        let witness = site.witness().await;
        let by_frames = rested_by_frames(&site).await;
        let large = json!({ "query": "{ large }" }).to_string();
        let reading = said(&site, &format!("{}{large}", post("application/json", large.len()))).await;
        reading.readable().await.unwrap();
        let vanishing = [
            ("rests", rested(&site).await),
            ("has sent nothing", said(&site, "").await),
            ("has sent half of a head", said(&site, "POST /graphql HTTP/1.1\r\nho").await),
            ("has sent half of a body", said(&site, &format!("{}{{", post("application/json", 100))).await),
            ("has read half of an answer", reading),
        ];
        site.cable.pull();
        let addresses = vanishing.iter().map(|(what, stream)| (*what, stream.local_addr().unwrap()));
        for (what, here) in addresses.chain([("rests by frames", by_frames)]) {
            eventually(LIMIT_SECONDS, &format!("the connection is given back of who {what}"), async || {
                holds(!is_open(&site, here))
            })
            .await;
        }
        witness.noticed_nothing().await;
    });
}

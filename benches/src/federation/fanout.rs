//! Subscribers over graphql-transport-ws: what an event costs on its way to each of them, how long it takes, and what is lost.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::queries;
use crate::latency::Latencies;

/// Connections opened at the same time.
const SIDE_BY_SIDE: usize = 32;
/// How long one subscriber may take to be connected.
const CONNECT: Duration = Duration::from_secs(30);
/// The receive buffer of a reader that stalls, in bytes: the kernel must not read on for it for long.
const STALLED_BUFFER: u32 = 4096;

type Socket = WebSocketStream<TcpStream>;

/// What subscribers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Variety {
    /// All ask for the same.
    Same,
    /// Each follows a topic of its own.
    PerDevice,
    /// Fifty different selections of one topic.
    Selections,
}

/// How a fan-out looks.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What subscribers have in common.
    pub variety: Variety,
    /// How many there are.
    pub subscribers: usize,
    /// Whether an event takes fields of a second subgraph.
    pub join: bool,
    /// Every so-manieth subscriber reads nothing after it has subscribed; zero: all read.
    pub stalled_every: usize,
}

impl Plan {
    fn query(&self, number: usize) -> String {
        match self.variety {
            Variety::Same => queries::subscription("all", 0, self.join),
            Variety::PerDevice => queries::subscription(&format!("device-{number}"), 0, self.join),
            Variety::Selections => queries::subscription("all", number % 50, self.join),
        }
    }

    /// Upstream subscriptions when everything that is equal is shared.
    pub fn distinct(&self) -> u64 {
        let distinct = match self.variety {
            Variety::Same => 1,
            Variety::PerDevice => self.subscribers,
            Variety::Selections => self.subscribers.min(50),
        };
        distinct as u64
    }
}

/// What subscribers received.
#[derive(Default)]
pub struct Tally {
    /// Events.
    pub received: AtomicU64,
    /// Events missing between two that came.
    pub missing: AtomicU64,
    /// Connections that ended by themselves.
    pub ended: AtomicU64,
    /// The first event that was not what was asked for.
    pub wrong: OnceLock<String>,
    measuring: AtomicBool,
    latencies: std::sync::Mutex<Latencies>,
}

/// Connected subscribers.
pub struct Audience {
    /// What they received.
    pub tally: Arc<Tally>,
    running: JoinSet<()>,
}

impl Audience {
    /// Connects and subscribes everybody. `now` gives the time of the source's clock in microseconds.
    pub async fn connect(
        address: SocketAddr,
        path: &str,
        plan: Plan,
        now: impl Fn() -> u64 + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let tally = Arc::new(Tally::default());
        let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        let (mut opening, mut running) = (JoinSet::new(), JoinSet::new());
        for number in 0..plan.subscribers {
            let (places, url) = (Arc::clone(&places), format!("ws://{address}{path}"));
            opening.spawn(async move {
                let _place = places.acquire().await?;
                let stalled = plan.stalled_every > 0 && number % plan.stalled_every == plan.stalled_every - 1;
                let opened = timeout(CONNECT, open(address, &url, &plan.query(number), stalled)).await;
                anyhow::Ok((opened.context("a subscriber was not connected in time")??, stalled))
            });
        }
        while let Some(opened) = opening.join_next().await {
            let (socket, stalled) = opened??;
            let (tally, now) = (Arc::clone(&tally), now.clone());
            running.spawn(async move {
                if stalled {
                    // Holds the connection open and takes nothing from it.
                    let _held = socket;
                    return std::future::pending().await;
                }
                read(socket, &tally, plan.join, now).await;
                tally.ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        Ok(Self { tally, running })
    }

    /// Begins to note how long events take.
    pub fn measure(&self) {
        self.tally.measuring.store(true, Ordering::Relaxed);
    }

    /// Waits until events stop coming, and gives how long they took.
    pub async fn settle(&self) -> Latencies {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let before = self.tally.received.load(Ordering::Relaxed);
            sleep(Duration::from_millis(300)).await;
            if self.tally.received.load(Ordering::Relaxed) == before || Instant::now() > until {
                break;
            }
        }
        std::mem::take(&mut *self.tally.latencies.lock().expect("no holder panics"))
    }

    /// Leaves.
    pub async fn leave(mut self) {
        self.running.shutdown().await;
    }
}

async fn open(address: SocketAddr, url: &str, query: &str, stalled: bool) -> anyhow::Result<Socket> {
    let socket = TcpSocket::new_v4()?;
    if stalled {
        socket.set_recv_buffer_size(STALLED_BUFFER)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    socket.send(Message::text("{\"type\":\"connection_init\",\"payload\":{}}")).await?;
    loop {
        match socket.next().await.context("the connection ended before it began")?? {
            Message::Text(text) if text.contains("connection_ack") => break,
            Message::Text(text) if text.contains("ping") => {}
            other => bail!("expected an acknowledgement, not {other:?}"),
        }
    }
    let subscribe = json!({ "id": "1", "type": "subscribe", "payload": { "query": query } });
    socket.send(Message::text(subscribe.to_string())).await?;
    Ok(socket)
}

async fn read(mut socket: Socket, tally: &Tally, join: bool, now: impl Fn() -> u64) {
    let mut last = 0;
    let mut waits = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if text.contains("\"type\":\"ping\"") {
            let _ = socket.send(Message::text("{\"type\":\"pong\"}")).await;
            continue;
        }
        let Ok((sequence, sent_at)) = check(&text, join) else {
            tally.wrong.get_or_init(|| text.to_string());
            continue;
        };
        if last > 0 && sequence > last + 1 {
            tally.missing.fetch_add(sequence - last - 1, Ordering::Relaxed);
        }
        last = sequence;
        tally.received.fetch_add(1, Ordering::Relaxed);
        if tally.measuring.load(Ordering::Relaxed) {
            waits.push(Duration::from_micros(now().saturating_sub(sent_at)));
            if waits.len() >= 20 {
                let mut latencies = tally.latencies.lock().expect("no holder panics");
                waits.drain(..).for_each(|wait| latencies.add(wait));
            }
        }
    }
}

/// An event's sequence number and when it was sent; an error when it is not whole.
fn check(text: &Utf8Bytes, join: bool) -> anyhow::Result<(u64, u64)> {
    let number = |name: &str| -> anyhow::Result<u64> {
        let (_, rest) = text.split_once(name).context("a number is missing")?;
        let (number, _) = rest.split_once('"').context("a number has no end")?;
        Ok(number.parse()?)
    };
    ensure!(text.contains("\"type\":\"next\"") && !text.contains("\"errors\""), "no event");
    ensure!(text.contains("phone-7") && (!join || text.contains("\"title\":\"Phone of type 7\"")), "another phone");
    Ok((number("\"sequence\":\"")?, number("\"sentAt\":\"")?))
}

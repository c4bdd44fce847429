//! Subscribers over graphql-transport-ws, some of which stall, and what they have received.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::queries::Subscription;
use super::reader;
use crate::latency::Latencies;

/// Connections opened at the same time.
const SIDE_BY_SIDE: usize = 32;
/// How long one subscriber may take to be connected.
const CONNECT: Duration = Duration::from_secs(30);

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
    /// Subscriptions in all.
    pub subscribers: usize,
    /// Subscriptions on each connection.
    pub per_connection: usize,
    /// Whether an event takes fields of a second subgraph.
    pub join: bool,
    /// Every so-manieth connection reads nothing after it has subscribed; zero: all read.
    pub stalled_every: usize,
}

impl Plan {
    fn subscription(&self, number: usize) -> Subscription {
        let (topic, selection) = match self.variety {
            Variety::Same => ("all".to_owned(), 0),
            Variety::PerDevice => (format!("device-{number}"), 0),
            Variety::Selections => ("all".to_owned(), number % 50),
        };
        Subscription { topic, selection, join: self.join }
    }

    /// What one connection after the other subscribes to.
    fn connections(&self) -> Vec<Vec<Subscription>> {
        let all: Vec<Subscription> = (0..self.subscribers).map(|number| self.subscription(number)).collect();
        all.chunks(self.per_connection.max(1)).map(<[Subscription]>::to_vec).collect()
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

impl Tally {
    /// Whether it is noted how long events take.
    pub fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    /// Notes how long an event took.
    pub fn note(&self, wait: Duration) {
        self.latencies.lock().expect("no holder panics").add(wait);
    }
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
        for (number, subscriptions) in plan.connections().into_iter().enumerate() {
            let (places, url) = (Arc::clone(&places), format!("ws://{address}{path}"));
            opening.spawn(async move {
                let _place = places.acquire().await?;
                let stalled = plan.stalled_every > 0 && number % plan.stalled_every == plan.stalled_every - 1;
                let opened = timeout(CONNECT, reader::open(address, &url, &subscriptions, stalled)).await;
                let socket = opened.context("a subscriber was not connected in time")??;
                anyhow::Ok((socket, subscriptions, stalled))
            });
        }
        while let Some(opened) = opening.join_next().await {
            let (socket, subscriptions, stalled) = opened??;
            let (tally, now) = (Arc::clone(&tally), now.clone());
            running.spawn(async move {
                if stalled {
                    // Holds the connection open and takes nothing from it.
                    let _held = socket;
                    return std::future::pending().await;
                }
                reader::read(socket, &subscriptions, &tally, now).await;
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

//! One connection at work: it carries the operations of one identity, and outlives the sockets that it is made of.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use bytes::Bytes;
use futures::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, pending},
    stream::FuturesUnordered,
};
use http::HeaderMap;
use metrics::{counter, gauge};
use serde_json::value::RawValue;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    WebSocketOptions,
    handshake::{self, Broken, Socket, send, send_message},
    identity::{Identity, connection_headers},
    message::{Dialect, ServerMessage},
    operation::{End, Operation},
    pool::{Line, Pool},
};
use crate::{
    request::SubgraphError,
    subgraphs::{http::RequestDecorator, recovery::Outage},
};

/// Why a connection ends.
enum Close {
    /// Nobody needs it.
    Idle,
    /// Nothing more can be had of it.
    Failed(SubgraphError),
    /// It was looked for long enough.
    Lost(SubgraphError),
    /// One of several operations does harm to the others, and nobody can tell which.
    Scattered,
}

/// An event that waits for its slow subscriber, and everything behind it.
struct Held {
    id: u64,
    body: Bytes,
    since: Instant,
    room: BoxFuture<'static, Option<OwnedSemaphorePermit>>,
}

pub(super) struct Connection {
    options: Arc<WebSocketOptions>,
    client: reqwest::Client,
    decorator: Option<Arc<dyn RequestDecorator>>,
    pool: Weak<Pool>,
    line: Arc<Line>,
    identity: Option<Arc<Identity>>,
    subgraph: Arc<str>,
    starts: mpsc::Receiver<Box<Operation>>,
    capacity: usize,
    operations: BTreeMap<u64, Box<Operation>>,
    /// Ids of operations whose subscribers have left.
    gone: FuturesUnordered<BoxFuture<'static, u64>>,
    next_id: u64,
    /// Whether the present socket has brought an event.
    events: bool,
}

impl Connection {
    pub(super) fn new(
        pool: &Arc<Pool>,
        line: Arc<Line>,
        identity: Option<Arc<Identity>>,
        first: Box<Operation>,
        starts: mpsc::Receiver<Box<Operation>>,
    ) -> Self {
        let mut connection = Self {
            options: Arc::clone(pool.options()),
            client: pool.client().clone(),
            decorator: pool.decorator().cloned(),
            pool: Arc::downgrade(pool),
            line,
            identity,
            subgraph: Arc::clone(&first.request.subgraph),
            capacity: starts.max_capacity(),
            starts,
            operations: BTreeMap::new(),
            gone: FuturesUnordered::new(),
            next_id: 1,
            events: false,
        };
        connection.admit(first);
        connection
    }

    /// Runs until nobody needs it, nothing more can be had of it, or the pool is gone.
    pub(super) async fn run(mut self, stop: CancellationToken, _place: OwnedSemaphorePermit) {
        let close = stop.run_until_cancelled(self.work()).await.unwrap_or(Close::Idle);
        if let Some(pool) = self.pool.upgrade() {
            pool.remove(&self.line, self.identity.as_ref());
        }
        self.starts.close();
        while let Ok(late) = self.starts.try_recv() {
            self.admit(late);
        }
        for (_, operation) in std::mem::take(&mut self.operations) {
            operation.end(match &close {
                // With the pool all its subscribers are gone.
                Close::Idle => End::Completed,
                Close::Failed(error) => End::Failed(error.clone()),
                Close::Lost(error) => End::Lost(error.clone()),
                Close::Scattered => End::Apart,
            });
        }
    }

    async fn work(&mut self) -> Close {
        let mut outage: Option<Outage> = None;
        let mut last = SubgraphError::Timeout;
        loop {
            let mut socket = match Box::pin(self.open(&mut outage, last)).await {
                Ok(socket) => socket,
                Err(close) => return close,
            };
            let began = Instant::now();
            self.events = false;
            let open = Open::count(&self.subgraph);
            let broken = self.serve(&mut socket).await;
            drop(open);
            self.line.set_waiting(false);
            match broken {
                None => {
                    handshake::close(socket, 1000, "Normal Closure").await;
                    return Close::Idle;
                }
                Some(Broken::Refused(error)) => return Close::Failed(error),
                Some(Broken::Violated(error)) => {
                    tracing::warn!(subgraph = %self.subgraph, %error, "a subgraph broke the protocol of subscriptions");
                    counter!("cloudphone_graphql_upstream_lost_total", "subgraph" => self.subgraph.to_string())
                        .increment(1);
                    handshake::close(socket, 4400, "Invalid message").await;
                    return if self.operations.len() > 1 { Close::Scattered } else { Close::Failed(error) };
                }
                Some(Broken::Lost(error)) => {
                    tracing::warn!(subgraph = %self.subgraph, %error, operations = self.operations.len(), "a connection of subscriptions was lost");
                    counter!("cloudphone_graphql_upstream_lost_total", "subgraph" => self.subgraph.to_string())
                        .increment(1);
                    outage = Some(Outage::after(outage, &self.options.recovery, began.elapsed(), self.events));
                    self.operations.values_mut().for_each(|operation| operation.mark_gap());
                    last = error;
                }
            }
        }
    }

    /// Connects, as often as it takes for those who were under way before.
    async fn open(&mut self, outage: &mut Option<Outage>, mut last: SubgraphError) -> Result<Socket, Close> {
        loop {
            if let Some(outage) = outage {
                let Some(pause) = outage.next_pause() else { return Err(Close::Lost(last)) };
                self.meanwhile(sleep(pause)).await.ok_or(Close::Idle)?;
            }
            let Some(headers) = self.headers().await else { return Err(Close::Idle) };
            let (client, options) = (self.client.clone(), Arc::clone(&self.options));
            // Boxed, as a connection must not keep the room that its beginning took.
            let attempt =
                self.meanwhile(Box::pin(handshake::connect(&client, &options, &headers))).await.ok_or(Close::Idle)?;
            last = match attempt {
                Ok(socket) => return Ok(socket),
                Err(Broken::Refused(error)) => return Err(Close::Failed(error)),
                Err(Broken::Lost(error) | Broken::Violated(error)) => error,
            };
            // Who has not begun yet is told at once.
            let new: Vec<u64> =
                self.operations.iter().filter(|(_, one)| one.started.is_some()).map(|(id, _)| *id).collect();
            for id in new {
                self.end(id, End::Failed(last.clone()));
            }
            if self.operations.is_empty() && self.is_retired() {
                return Err(Close::Idle);
            }
            outage.get_or_insert_with(|| Outage::begin(&self.options.recovery));
        }
    }

    /// The headers that the next socket is opened with; none when nobody needs it.
    async fn headers(&mut self) -> Option<HeaderMap> {
        while self.operations.is_empty() {
            if self.is_retired() {
                return None;
            }
            let operation = self.starts.recv().await?;
            self.admit(operation);
        }
        let (_, any) = self.operations.first_key_value()?;
        // Made anew each time, as a signature does not last.
        Some(connection_headers(&any.request, self.decorator.as_ref()))
    }

    /// Does something that takes a while, during which operations come and go; none when the last has gone.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                Some(id) = self.gone.next(), if !self.gone.is_empty() => {
                    self.operations.remove(&id);
                    if self.operations.is_empty() && self.is_retired() {
                        return None;
                    }
                }
                Some(operation) = self.starts.recv() => {
                    self.admit(operation);
                }
                done = &mut work => return Some(done),
            }
        }
    }

    fn admit(&mut self, mut operation: Box<Operation>) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let gone = operation.gone();
        self.gone.push(gone.map(move |()| id).boxed());
        self.operations.insert(id, operation);
        id
    }

    fn end(&mut self, id: u64, end: End) {
        if let Some(operation) = self.operations.remove(&id) {
            operation.end(end);
        }
    }

    fn is_retired(&self) -> bool {
        self.pool.upgrade().is_none_or(|pool| pool.retire(&self.line, self.identity.as_ref(), self.capacity))
    }

    /// Passes events on until the socket is of no more use; none when nobody needs it.
    async fn serve(&mut self, socket: &mut Socket) -> Option<Broken> {
        self.converse(socket).await.err()
    }

    async fn converse(&mut self, socket: &mut Socket) -> Result<(), Broken> {
        let ids: Vec<u64> = self.operations.keys().copied().collect();
        for id in ids {
            self.begin(id, socket).await?;
        }
        let (ping, idle) = (self.options.ping_interval, self.options.idle_timeout);
        let mut heard = Instant::now();
        let mut deserted: Option<Instant> = None;
        let mut held: Option<Held> = None;
        let mut clock = interval(ping.min(idle));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let holding = held.is_some();
            let budget = held.as_ref().filter(|_| self.operations.len() > 1).and_then(|held| {
                let waited = self.operations.get(&held.id)?.waited;
                Some(held.since + self.options.slow_reader_grace.saturating_sub(waited))
            });
            tokio::select! {
                received = socket.next(), if !holding => {
                    heard = Instant::now();
                    if let Some(text) = handshake::text_of(received, &self.options)? {
                        held = self.hear(&text, socket).await?;
                        if held.is_some() {
                            self.line.set_waiting(true);
                        }
                    }
                }
                Some(operation) = self.starts.recv() => {
                    let id = self.admit(operation);
                    self.begin(id, socket).await?;
                }
                Some(id) = self.gone.next(), if !self.gone.is_empty() => {
                    held = held.filter(|held| held.id != id);
                    if self.operations.remove(&id).is_some() {
                        stop(id, self.options.dialect, socket).await?;
                    }
                }
                room = async { match &mut held { Some(held) => (&mut held.room).await, None => pending().await } } => {
                    if let Some(Held { id, body, since, .. }) = held.take()
                        && let Some(operation) = self.operations.get_mut(&id)
                        && let Some(room) = room
                    {
                        operation.waited += since.elapsed();
                        operation.put(body, room);
                    }
                }
                () = async { match budget { Some(end) => sleep_until(end).await, None => pending().await } } => {
                    if let Some(Held { id, .. }) = held.take() {
                        counter!("cloudphone_graphql_upstream_slow_readers_total", "subgraph" => self.subgraph.to_string())
                            .increment(1);
                        self.end(id, End::Apart);
                        stop(id, self.options.dialect, socket).await?;
                    }
                }
                _ = clock.tick() => {
                    if self.operations.is_empty() {
                        if deserted.get_or_insert_with(Instant::now).elapsed() >= idle && self.is_retired() {
                            return Ok(());
                        }
                    } else {
                        deserted = None;
                    }
                    // While a slow subscriber is waited for, the other side is not listened to.
                    if !holding {
                        if heard.elapsed() >= ping * 3 {
                            return Err(handshake::lost("the other side is silent"));
                        }
                        if heard.elapsed() * 10 >= ping * 9 {
                            ask(self.options.dialect, socket).await?;
                        }
                    }
                }
            }
            if holding && held.is_none() {
                heard = Instant::now();
                self.line.set_waiting(false);
            }
        }
    }

    async fn begin(&mut self, id: u64, socket: &mut Socket) -> Result<(), Broken> {
        let Some(operation) = self.operations.get_mut(&id) else { return Ok(()) };
        send(socket, &operation.subscribe(id, self.options.dialect)).await?;
        if let Some(started) = operation.started.take() {
            // Whoever no longer waits has left, which is noticed by itself.
            let _ = started.send(Ok(()));
        }
        Ok(())
    }

    /// Takes a message in; an event that has no room is given back, to be waited for.
    async fn hear(&mut self, text: &str, socket: &mut Socket) -> Result<Option<Held>, Broken> {
        match ServerMessage::parse(text, self.options.dialect) {
            Some(ServerMessage::Next { id, payload }) => {
                // It may have been ended a moment ago.
                let Some(operation) = self.operations.get_mut(&id) else { return Ok(None) };
                self.events = true;
                let body = Bytes::copy_from_slice(payload.map_or("{}", RawValue::get).as_bytes());
                if operation.offer(&body) {
                    return Ok(None);
                }
                let room = operation.room_for(&body).boxed();
                return Ok(Some(Held { id, body, since: Instant::now(), room }));
            }
            Some(ServerMessage::Error { id, payload }) => {
                self.events = true;
                let errors = payload.map_or("[]", RawValue::get);
                let list = if errors.starts_with('[') { errors.to_owned() } else { format!("[{errors}]") };
                self.end(id, End::Last(format!("{{\"data\":null,\"errors\":{list}}}").into()));
            }
            Some(ServerMessage::Complete { id }) => {
                self.events = true;
                self.end(id, End::Completed);
            }
            Some(ServerMessage::Ping) => send(socket, "{\"type\":\"pong\"}").await?,
            Some(ServerMessage::Acknowledged | ServerMessage::Refused | ServerMessage::Unknown) => {}
            None => return Err(handshake::violated("a message of no known form")),
        }
        Ok(None)
    }
}

async fn stop(id: u64, dialect: Dialect, socket: &mut Socket) -> Result<(), Broken> {
    send(socket, &format!("{{\"id\":\"{id}\",\"type\":\"{}\"}}", dialect.complete())).await
}

async fn ask(dialect: Dialect, socket: &mut Socket) -> Result<(), Broken> {
    match dialect {
        Dialect::Current => send(socket, "{\"type\":\"ping\"}").await,
        // The legacy protocol has no question of its own (RFC 6455 §5.5.2 has one).
        Dialect::Legacy => send_message(socket, Message::Ping(Bytes::new())).await,
    }
}

/// Counts an open socket.
struct Open(metrics::Gauge);

impl Open {
    fn count(subgraph: &str) -> Self {
        let open = gauge!("cloudphone_graphql_upstream_connections", "subgraph" => subgraph.to_owned());
        open.increment(1.0);
        Self(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

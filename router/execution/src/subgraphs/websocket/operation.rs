//! One subscription on a connection: the end that the connection fills, and the end that its subscriber reads.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    message::Dialect,
    pool::{Company, Pool},
};
use crate::request::{SubgraphError, SubgraphEvent, SubgraphRequest};

/// What an event counts in a queue at least.
const SMALLEST_EVENT_BYTES: usize = 1024;

/// How an operation ended.
pub(super) enum End {
    Completed,
    /// With this as its last event.
    Last(Bytes),
    Failed(SubgraphError),
    /// Its subgraph is lost, but may be found elsewhere.
    Lost(SubgraphError),
    /// It cannot stay with the others; it goes on by itself.
    Apart,
}

/// Told whether the operation could be started.
pub(super) type Started = oneshot::Sender<Result<(), SubgraphError>>;

/// The connection's end.
pub(super) struct Operation {
    pub(super) request: SubgraphRequest,
    /// Until it has been started for the first time.
    pub(super) started: Option<Started>,
    /// Its place on the connection.
    pub(super) slot: Option<OwnedSemaphorePermit>,
    /// How long the connection has waited for its subscriber since that last kept up.
    pub(super) waited: Duration,
    events: mpsc::Sender<Item>,
    room: Arc<Semaphore>,
    end: Arc<OnceLock<End>>,
    gone: Option<oneshot::Receiver<()>>,
    after_gap: bool,
    /// The trace that the subscription is a part of; a connection that several share is a part of none.
    traceparent: Option<String>,
}

struct Item {
    body: Bytes,
    after_gap: bool,
    _room: OwnedSemaphorePermit,
}

impl Operation {
    /// Both ends of an operation with a queue of so many bytes.
    pub(super) fn new(pool: &Arc<Pool>, request: SubgraphRequest, started: Option<Started>) -> (Box<Self>, Subscriber) {
        let places = (pool.options().queue_bytes / SMALLEST_EVENT_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        let (sender, events) = mpsc::channel(places);
        let (here, gone) = oneshot::channel();
        let end = Arc::new(OnceLock::new());
        let operation = Self {
            request: request.clone(),
            started,
            slot: None,
            waited: Duration::ZERO,
            events: sender,
            room: Arc::new(Semaphore::new(places)),
            end: Arc::clone(&end),
            gone: Some(gone),
            after_gap: false,
            traceparent: trace_of(&request),
        };
        let subscriber =
            Subscriber { pool: Arc::clone(pool), request, events, end, _here: here, waiting: None, over: false };
        (Box::new(operation), subscriber)
    }

    /// The message that begins it.
    pub(super) fn subscribe(&self, id: u64, dialect: Dialect) -> String {
        let body = self.request.to_json();
        let payload = std::str::from_utf8(&body).expect("a request is written as UTF-8");
        let kind = dialect.subscribe();
        match &self.traceparent {
            // As servers of graphql-ws read it, which have no headers for each operation; the older protocol knows no extensions.
            Some(parent) if dialect == Dialect::Current => {
                let open = &payload[..payload.len() - 1];
                let extensions = serde_json::json!({ "traceparent": parent });
                format!("{{\"id\":\"{id}\",\"type\":\"{kind}\",\"payload\":{open},\"extensions\":{extensions}}}}}")
            }
            _ => format!("{{\"id\":\"{id}\",\"type\":\"{kind}\",\"payload\":{payload}}}"),
        }
    }

    /// Resolves when the subscriber has left; there is one such future.
    pub(super) fn gone(&mut self) -> impl Future<Output = ()> + use<> {
        let gone = self.gone.take();
        async move {
            if let Some(gone) = gone {
                // An error is what dropping it means.
                let _ = gone.await;
            }
        }
    }

    /// The source was lost; the next event tells of it.
    pub(super) fn mark_gap(&mut self) {
        // Who has not begun yet misses nothing.
        self.after_gap = self.started.is_none();
    }

    /// Queues an event unless there is no room for it now.
    pub(super) fn offer(&mut self, body: &Bytes) -> bool {
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(self.size(body)) else { return false };
        if self.room.available_permits() * 2 >= self.events.max_capacity() {
            self.waited = Duration::ZERO;
        }
        self.put(body.clone(), room);
        true
    }

    /// Waits for room for an event.
    pub(super) fn room_for(&self, body: &Bytes) -> impl Future<Output = Option<OwnedSemaphorePermit>> + use<> {
        let (room, size) = (Arc::clone(&self.room), self.size(body));
        async move { room.acquire_many_owned(size).await.ok() }
    }

    /// Queues an event in a room that was waited for.
    pub(super) fn put(&mut self, body: Bytes, room: OwnedSemaphorePermit) {
        let item = Item { body, after_gap: std::mem::take(&mut self.after_gap), _room: room };
        // It is never full, as each event takes at least one of as many places; an error says that the subscriber has left.
        let _ = self.events.try_send(item);
    }

    /// The places that an event takes; one larger than the queue takes all of them.
    fn size(&self, body: &Bytes) -> u32 {
        let places = body.len().div_ceil(SMALLEST_EVENT_BYTES).clamp(1, self.events.max_capacity());
        u32::try_from(places).unwrap_or(u32::MAX)
    }

    /// Ends it; what is queued is still read.
    pub(super) fn end(mut self, end: End) {
        match (self.started.take(), end) {
            (Some(started), End::Failed(error) | End::Lost(error)) => {
                // Nobody waits any more: then nobody needs to know.
                let _ = started.send(Err(error));
            }
            (_, end) => {
                let _ = self.end.set(end);
            }
        }
    }
}

/// The span that a subscription begins in, or the client's own where none are made.
fn trace_of(request: &SubgraphRequest) -> Option<String> {
    let context = &request.context;
    let own = context.traceparent.and_then(|of| of(&tracing::Span::current()));
    own.or_else(|| context.headers.get("traceparent")?.to_str().ok().map(str::to_owned))
}

/// The subscriber's end; dropping it ends the operation.
pub(super) struct Subscriber {
    pool: Arc<Pool>,
    request: SubgraphRequest,
    events: mpsc::Receiver<Item>,
    end: Arc<OnceLock<End>>,
    _here: oneshot::Sender<()>,
    /// Comes next, after the gap before it was told.
    waiting: Option<Bytes>,
    over: bool,
}

impl Subscriber {
    /// The next event with the rest of them, as [`futures::stream::unfold`] wants it.
    pub(super) async fn next(mut self) -> Option<(SubgraphEvent, Self)> {
        if let Some(body) = self.waiting.take() {
            return Some((SubgraphEvent::Next(body), self));
        }
        if self.over {
            return None;
        }
        if let Some(Item { body, after_gap, .. }) = self.events.recv().await {
            if !after_gap {
                return Some((SubgraphEvent::Next(body), self));
            }
            self.waiting = Some(body);
            return Some((SubgraphEvent::Resumed, self));
        }
        self.over = true;
        let error = match self.end.get() {
            Some(End::Completed) => return None,
            Some(End::Last(body)) => return Some((SubgraphEvent::Next(body.clone()), self)),
            Some(End::Failed(error)) => error.clone(),
            Some(End::Lost(error)) => return Some((SubgraphEvent::Lost(error.clone().into()), self)),
            Some(End::Apart) => match self.pool.open(self.request.clone(), Company::Apart, None) {
                Ok(apart) => return Some((SubgraphEvent::Resumed, apart)),
                Err(error) => error,
            },
            None => SubgraphError::Unreachable("its connection was given up".to_owned()),
        };
        Some((SubgraphEvent::Failed(error), self))
    }
}

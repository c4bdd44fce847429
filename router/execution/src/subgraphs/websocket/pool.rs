//! The connections to one subgraph, each shared by subscriptions of one identity.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    WebSocketOptions,
    connection::Connection,
    identity::Identity,
    operation::{Operation, Started, Subscriber},
};
use crate::{
    request::{SubgraphError, SubgraphRequest},
    subgraphs::http::RequestDecorator,
};

/// Whether an operation shares a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    Shared,
    Apart,
}

/// A connection as the pool knows it.
pub(super) struct Line {
    /// Places for operations.
    slots: Arc<Semaphore>,
    starts: mpsc::Sender<Box<Operation>>,
    /// It waits for a slow subscriber; whoever joined would wait as well.
    waiting: AtomicBool,
}

impl Line {
    pub(super) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// Adds an operation, or gives it back.
    fn take(&self, mut operation: Box<Operation>) -> Result<(), Box<Operation>> {
        if self.waiting.load(Ordering::Relaxed) {
            return Err(operation);
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return Err(operation) };
        operation.slot = Some(slot);
        // As many fit as there are slots, so that an error says that the connection has ended.
        self.starts.try_send(operation).map_err(|error| {
            let mut operation = error.into_inner();
            operation.slot = None;
            operation
        })
    }
}

/// Lives as long as its subgraph or any of the subscriptions; its end is that of all connections.
pub(super) struct Pool {
    options: Arc<WebSocketOptions>,
    client: reqwest::Client,
    decorator: Option<Arc<dyn RequestDecorator>>,
    lines: Mutex<HashMap<Arc<Identity>, Vec<Arc<Line>>>>,
    /// Places for connections.
    room: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Pool {
    pub(super) fn new(
        options: WebSocketOptions,
        client: reqwest::Client,
        decorator: Option<Arc<dyn RequestDecorator>>,
    ) -> Self {
        let room = options.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            options: Arc::new(options),
            client,
            decorator,
            lines: Mutex::default(),
            room: Arc::new(Semaphore::new(room)),
            stop: CancellationToken::new(),
        }
    }

    pub(super) fn options(&self) -> &Arc<WebSocketOptions> {
        &self.options
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub(super) fn decorator(&self) -> Option<&Arc<dyn RequestDecorator>> {
        self.decorator.as_ref()
    }

    /// Puts an operation on a connection. Without `started` it was under way before, so that it is worth waiting for.
    pub(super) fn open(
        self: &Arc<Self>,
        request: SubgraphRequest,
        company: Company,
        started: Option<Started>,
    ) -> Result<Subscriber, SubgraphError> {
        let identity = match company {
            Company::Shared => Some(Arc::new(Identity::of(&request, self.decorator.as_ref()))),
            Company::Apart => None,
        };
        let (mut operation, subscriber) = Operation::new(self, request, started);
        let mut lines = self.lines.lock();
        for line in identity.as_ref().and_then(|identity| lines.get(identity)).into_iter().flatten() {
            operation = match line.take(operation) {
                Ok(()) => return Ok(subscriber),
                Err(operation) => operation,
            };
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(SubgraphError::Unavailable(
                "it has as many subscription connections as it may have".to_owned(),
            ));
        };
        let capacity = if identity.is_some() { self.options.operations_per_connection.max(1) } else { 1 };
        let slots = Arc::new(Semaphore::new(capacity));
        operation.slot = Arc::clone(&slots).try_acquire_owned().ok();
        let (starts, started) = mpsc::channel(capacity);
        let line = Arc::new(Line { slots, starts, waiting: AtomicBool::new(false) });
        if let Some(identity) = &identity {
            lines.entry(Arc::clone(identity)).or_default().push(Arc::clone(&line));
        }
        drop(lines);
        let connection = Connection::new(self, line, identity, operation, started);
        // Ends when nobody needs it, and with the pool.
        tokio::spawn(connection.run(self.stop.clone(), place));
        Ok(subscriber)
    }

    /// Takes an idle connection out; not when an operation has just been given to it.
    pub(super) fn retire(&self, line: &Arc<Line>, identity: Option<&Arc<Identity>>, capacity: usize) -> bool {
        let mut lines = self.lines.lock();
        if line.slots.available_permits() < capacity {
            return false;
        }
        forget(&mut lines, line, identity);
        true
    }

    /// Takes a connection out that has ended.
    pub(super) fn remove(&self, line: &Arc<Line>, identity: Option<&Arc<Identity>>) {
        forget(&mut self.lines.lock(), line, identity);
    }
}

fn forget(lines: &mut HashMap<Arc<Identity>, Vec<Arc<Line>>>, line: &Arc<Line>, identity: Option<&Arc<Identity>>) {
    let Some(identity) = identity else { return };
    let Some(own) = lines.get_mut(identity) else { return };
    own.retain(|known| !Arc::ptr_eq(known, line));
    if own.is_empty() {
        lines.remove(identity);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

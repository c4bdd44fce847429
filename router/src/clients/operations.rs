//! The operations that share one connection, by either protocol that has such connections.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::envelope::{Envelope, Wire};
use super::protocol::Close;
use super::request::GraphQlParameters;
use crate::answer::errors_list;
use crate::authentication::AuthenticationError;
use crate::gateway::{OperationKind, Prepared, Scope};
use crate::pipeline::{Admitted, Rejection};
use crate::server::OpenEdge;
use crate::session::Session;
use crate::streams::{Next, StreamEnd, Tie};

/// Messages waiting for a slow client; operations hold back while it is full.
pub const QUEUE: usize = 64;

/// What to write next.
#[derive(Debug)]
pub enum Outgoing {
    /// A message.
    Text(Bytes),
    /// The end of the connection.
    Close(Close),
}

/// What begins an operation.
pub enum Start {
    /// As it came; the stages are still before it.
    Requested(GraphQlParameters),
    /// It has passed the stages already.
    Admitted(Admitted),
}

/// Running operations by the id that the client gave them.
#[derive(Clone)]
pub struct Operations {
    edge: Arc<OpenEdge>,
    session: Arc<Session>,
    wire: Wire,
    out: mpsc::Sender<Outgoing>,
    running: Arc<Mutex<Running>>,
    /// A change of the supergraph ended all streams there were.
    superseded: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Running {
    started: u64,
    operations: HashMap<String, Operation>,
}

struct Operation {
    /// Tells operations apart that have the same id one after the other.
    number: u64,
    task: AbortHandle,
    streams: bool,
    /// Its stream, once it has one.
    tie: Option<Arc<Tie>>,
}

impl Operations {
    /// None yet.
    pub fn new(edge: Arc<OpenEdge>, session: Arc<Session>, wire: Wire, out: mpsc::Sender<Outgoing>) -> Self {
        let superseded = CancellationToken::new();
        Self { edge, session, wire, out, running: Arc::default(), superseded, tasks: TaskTracker::new() }
    }

    /// Starts an operation; an error closes the connection.
    pub fn start(&self, id: String, start: Start) -> Result<(), Close> {
        let mut running = self.running.lock();
        if running.operations.contains_key(&id) {
            return Err(Close::SubscriberExists(id));
        }
        if running.operations.len() >= self.edge.newest().limits.operations_per_connection {
            let message = "Too many operations run on this connection; end one first.";
            let errors = self.errors("TOO_MANY_OPERATIONS", message);
            // A client that floods a full queue with operations is cut off rather than answered.
            let refusal = Envelope::new(self.wire, &id).error(&errors);
            return self.out.try_send(Outgoing::Text(refusal)).map_err(|_| Close::TooSlow);
        }
        running.started += 1;
        let number = running.started;
        let (operations, name, start) = (self.clone(), id.clone(), Box::new(start));
        let task = self.tasks.spawn(async move { operations.run(&name, number, start).await }).abort_handle();
        running.operations.insert(id, Operation { number, task, streams: false, tie: None });
        Ok(())
    }

    /// Ends an operation that the client no longer wants.
    pub fn stop(&self, id: &str) {
        if let Some(operation) = self.running.lock().operations.remove(id) {
            operation.task.abort();
        }
    }

    /// Ends the subscriptions without a word, so that clients take them up again elsewhere.
    pub fn stop_streams(&self) {
        let running = &mut self.running.lock().operations;
        running.extract_if(|_, operation| operation.streams).for_each(|(_, operation)| operation.task.abort());
    }

    /// Waits until a change of the supergraph has ended all streams there were. Its end lets clients come back and subscribe
    /// again by themselves, as none of them does when a single operation fails.
    pub async fn superseded(&self) {
        self.superseded.cancelled().await;
    }

    /// Ends all of them.
    pub fn stop_all(&self) {
        self.running.lock().operations.drain().for_each(|(_, operation)| operation.task.abort());
    }

    /// Waits until all have said their last word, at most for `limit`.
    pub async fn settle(&self, limit: Duration) {
        self.tasks.close();
        let _ = timeout(limit, self.tasks.wait()).await;
    }

    async fn run(&self, id: &str, number: u64, start: Box<Start>) {
        let envelope = Envelope::new(self.wire, id);
        // Boxed, as an idle subscription must not keep the room that its beginning took.
        let admitted = Box::pin(self.admit(*start)).await;
        let last = match admitted {
            Err(rejection) => rejection.map(|rejection| envelope.error(&rejection.errors)),
            Ok(Admitted { prepared, place, .. }) if prepared.kind() == OperationKind::Subscription => {
                drop(place);
                if let Some(operation) = self.running.lock().operations.get_mut(id).filter(|own| own.number == number) {
                    operation.streams = true;
                }
                self.stream(&envelope, id, number, prepared).await
            }
            Ok(admitted) => Box::pin(self.answer(&envelope, admitted)).await,
        };
        if let Some(last) = last {
            self.finish(id, number, last).await;
        }
    }

    /// Takes an operation through the stages; without a rejection when there is nothing to tell.
    async fn admit(&self, start: Start) -> Result<Admitted, Option<Rejection>> {
        let parameters = match start {
            Start::Admitted(admitted) => return Ok(admitted),
            Start::Requested(parameters) => parameters,
        };
        let denied = |error: AuthenticationError| match error {
            // The connection is about to end for it, and what it tells is to be tried again, not to be given up.
            AuthenticationError::Expired | AuthenticationError::Unavailable => None,
            _ if self.wire == Wire::WebSocket => None,
            error => Some(Rejection::of_document(error.code(), self.errors(error.code(), &error.to_string()))),
        };
        let scope = self.scope().map_err(denied)?;
        self.edge.newest().pipeline.admit(parameters, &scope).await.map_err(Some)
    }

    fn scope(&self) -> Result<Scope, AuthenticationError> {
        let caller = self.session.state().borrow().caller()?;
        Ok(Scope { caller, origin: self.session.origin().clone(), headers: self.session.headers().clone() })
    }

    /// Answers a query or mutation; gives its last word.
    async fn answer(&self, envelope: &Envelope, admitted: Admitted) -> Option<Bytes> {
        let scope = match self.scope() {
            Ok(scope) => scope,
            Err(denied) => return Some(envelope.error(&self.errors(denied.code(), &denied.to_string()))),
        };
        let answer =
            self.edge.newest().gateway.execute(&admitted.prepared, scope).await.with_extensions(&admitted.told);
        // A slow client must not keep others from their turn.
        drop(admitted);
        self.send(envelope.next(&answer.body)).await.then(|| envelope.complete())
    }

    /// Sends the events of a subscription; gives its last word, if it has one.
    async fn stream(&self, envelope: &Envelope, id: &str, number: u64, prepared: Prepared) -> Option<Bytes> {
        let session = &self.session;
        let subscribed =
            self.edge.newest().streams().subscribe(prepared, session.origin(), session.headers(), session.state());
        let mut subscription = match subscribed {
            Ok(subscription) => subscription,
            Err(full) => return Some(envelope.error(&self.errors(full.code(), &full.to_string()))),
        };
        if let Some(operation) = self.running.lock().operations.get_mut(id).filter(|own| own.number == number) {
            operation.tie = Some(subscription.tie());
        }
        let end = loop {
            match subscription.next().await {
                Next::Event(event) => {
                    let sent = subscription.while_entitled(self.send(envelope.next(event.body()))).await;
                    if sent == Some(false) {
                        return None;
                    }
                }
                Next::End(end) => break end,
            }
        };
        match end {
            StreamEnd::Completed => Some(envelope.complete()),
            StreamEnd::TooSlow => {
                let (code, message) = StreamEnd::TOO_SLOW;
                Some(envelope.error(&self.errors(code, message)))
            }
            StreamEnd::Superseded if self.is_deserted() => {
                self.superseded.cancel();
                None
            }
            StreamEnd::Superseded => {
                let (code, message) = StreamEnd::SUPERSEDED;
                Some(envelope.error(&self.errors(code, message)))
            }
            // A connection that is about to end, so that clients take everything up again elsewhere or with a fresh
            // credential, must not end its operations for good. A socket tells by its close code why it ends.
            StreamEnd::ClientGone
            | StreamEnd::Denied(AuthenticationError::Expired | AuthenticationError::Unavailable) => None,
            StreamEnd::Denied(_) if self.wire == Wire::WebSocket => None,
            StreamEnd::Denied(denied) => Some(envelope.error(&self.errors(denied.code(), &denied.to_string()))),
        }
    }

    /// Whether a change of the supergraph left none of the streams.
    fn is_deserted(&self) -> bool {
        let running = self.running.lock();
        let mut streams = running.operations.values().filter(|operation| operation.streams);
        streams.all(|operation| operation.tie.as_ref().is_some_and(|tie| tie.is_superseded()))
    }

    /// Says an operation's last word. Its id is free before the client hears it, as the client may use it again at once;
    /// a client that ended the operation itself hears nothing more of it.
    async fn finish(&self, id: &str, number: u64, last: Bytes) {
        let was_running = {
            let running = &mut self.running.lock().operations;
            let own = running.get(id).is_some_and(|operation| operation.number == number);
            own && running.remove(id).is_some()
        };
        if was_running {
            self.send(last).await;
        }
    }

    /// False when the connection is gone.
    async fn send(&self, text: Bytes) -> bool {
        self.out.send(Outgoing::Text(text)).await.is_ok()
    }

    fn errors(&self, code: &str, message: &str) -> Vec<u8> {
        errors_list(code, message, self.session.origin().correlation_id)
    }
}

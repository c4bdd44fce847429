//! The operations that share one connection, by either protocol that has such connections.

mod delivery;
mod running;

use std::sync::Arc;
use std::time::Duration;

use cloudphone_core::Origin;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use delivery::{Delivery, Turn};
use running::{Operation, Running};

use super::envelope::{Envelope, Message, Wire};
use super::outbox::Outbox;
use super::protocol::Close;
use super::request::GraphQlParameters;
use super::trace::OperationTrace;
use crate::answer::errors_list;
use crate::authentication::AuthenticationError;
use crate::gateway::{OperationKind, Prepared, Scope};
use crate::pipeline::{Admitted, Rejection};
use crate::server::OpenEdge;
use crate::session::Session;
use crate::streams::{Listener as _, Round, StreamEnd};

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
    inner: Arc<Inner>,
}

struct Inner {
    edge: Arc<OpenEdge>,
    session: Arc<Session>,
    wire: Wire,
    out: Arc<Outbox>,
    running: Mutex<Running>,
    /// A change of the supergraph ended all streams there were.
    superseded: Notify,
    tasks: TaskTracker,
}

impl Operations {
    /// None yet.
    pub fn new(edge: Arc<OpenEdge>, session: Arc<Session>, wire: Wire, out: Arc<Outbox>) -> Self {
        let (running, superseded, tasks) = (Mutex::default(), Notify::new(), TaskTracker::new());
        Self { inner: Arc::new(Inner { edge, session, wire, out, running, superseded, tasks }) }
    }

    /// Starts an operation; an error closes the connection.
    pub fn start(&self, id: String, start: Start) -> Result<(), Close> {
        let inner = &self.inner;
        let mut running = inner.running.lock();
        if running.has(&id) {
            return Err(Close::SubscriberExists(id));
        }
        if running.len() >= inner.edge.newest().limits.operations_per_connection {
            drop(running);
            let message = "Too many operations run on this connection; end one first.";
            let refusal = Envelope::new(inner.wire, &id).error(&inner.errors("TOO_MANY_OPERATIONS", message));
            // A client that floods a full queue with operations is cut off rather than answered.
            return if inner.out.try_send(refusal) { Ok(()) } else { Err(Close::TooSlow) };
        }
        let trace = OperationTrace::begin(&start, inner.session.origin());
        let (operations, envelope, start) =
            (Arc::clone(inner), Envelope::new(inner.wire, &id), Box::new((start, trace)));
        running.add(id, |number| {
            inner.tasks.spawn(async move { operations.run(envelope, number, start).await }).abort_handle()
        });
        Ok(())
    }

    /// Ends an operation that the client no longer wants.
    pub fn stop(&self, id: &str) {
        let stopped = self.inner.running.lock().take(|operation| operation.id() == id);
        stopped.into_iter().for_each(Operation::stop);
    }

    /// Ends the subscriptions without a word, so that clients take them up again elsewhere.
    pub fn stop_streams(&self) {
        let stopped = self.inner.running.lock().take(|operation| operation.streams);
        stopped.into_iter().for_each(Operation::stop);
    }

    /// The caller's rights are others now, or ended.
    pub fn rights_changed(&self) {
        let running = self.inner.running.lock();
        let deliveries: Vec<_> = running.iter().filter_map(|one| one.delivery.clone()).collect();
        drop(running);
        let mut round = Round::default();
        for delivery in deliveries {
            delivery.news(&mut round);
        }
    }

    /// Waits until a change of the supergraph has ended all streams there were; for one who waits. The connection's end lets clients come back and subscribe
    /// again by themselves, as none of them does when a single operation fails.
    pub fn superseded(&self) -> Notified<'_> {
        self.inner.superseded.notified()
    }

    /// Ends all of them.
    pub fn stop_all(&self) {
        let stopped = self.inner.running.lock().take(|_| true);
        stopped.into_iter().for_each(Operation::stop);
    }

    /// Waits until all have said their last word, at most for `limit`.
    pub async fn settle(&self, limit: Duration) {
        self.inner.tasks.close();
        let _ = timeout(limit, self.inner.tasks.wait()).await;
    }
}

impl Inner {
    async fn run(self: &Arc<Self>, envelope: Envelope, number: u64, start: Box<(Start, OperationTrace)>) {
        let (start, trace) = *start;
        let last = match self.admit(start, &trace.origin).instrument(trace.span.clone()).await {
            Err(rejection) => rejection.map(|rejection| envelope.error(&rejection.errors)),
            Ok(Admitted { prepared, place, .. }) if prepared.kind() == OperationKind::Subscription => {
                drop(place);
                self.stream(envelope, number, prepared, &trace)
            }
            Ok(admitted) => self.answer(&envelope, admitted, &trace.origin).instrument(trace.span.clone()).await,
        };
        if let Some(last) = last {
            self.finish(number, last).await;
        }
    }

    /// Takes an operation through the stages; without a rejection when there is nothing to tell.
    async fn admit(&self, start: Start, origin: &Origin) -> Result<Admitted, Option<Rejection>> {
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
        let scope = self.scope(origin).map_err(denied)?;
        self.edge.newest().pipeline.admit(parameters, &scope).await.map_err(Some)
    }

    fn scope(&self, origin: &Origin) -> Result<Scope, AuthenticationError> {
        let caller = self.session.entitled().now().caller()?;
        Ok(Scope { caller, origin: origin.clone(), headers: self.session.headers().clone() })
    }

    /// Answers a query or mutation; gives its last word.
    async fn answer(&self, envelope: &Envelope, admitted: Admitted, origin: &Origin) -> Option<Message> {
        let scope = match self.scope(origin) {
            Ok(scope) => scope,
            Err(denied) => return Some(envelope.error(&self.errors(denied.code(), &denied.to_string()))),
        };
        let answer =
            self.edge.newest().gateway.execute(&admitted.prepared, scope).await.with_extensions(&admitted.told);
        // A slow client must not keep others from their turn.
        drop(admitted);
        self.out.send(envelope.next(&answer.body)).await.then(|| envelope.complete())
    }

    /// Begins to deliver the events of a subscription, which then needs no task; gives its last word when it is refused.
    fn stream(
        self: &Arc<Self>,
        envelope: Envelope,
        number: u64,
        prepared: Prepared,
        trace: &OperationTrace,
    ) -> Option<Message> {
        let session = &self.session;
        let mut running = self.running.lock();
        // The client may have ended it meanwhile.
        running.find(number)?.streams = true;
        drop(running);
        let subscribed = trace.span.in_scope(|| {
            self.edge.newest().streams().subscribe(prepared, &trace.origin, session.headers(), session.entitled())
        });
        let subscription = match subscribed {
            Ok(subscription) => Box::new(subscription),
            Err(full) => return Some(envelope.error(&self.errors(full.code(), &full.to_string()))),
        };
        let delivery = Delivery::new(self, envelope, number);
        let mut running = self.running.lock();
        let operation = running.find(number)?;
        operation.tie = Some(subscription.tie());
        operation.delivery = Some(Arc::clone(&delivery));
        // Done with; as long as it is named here, a task keeps its room.
        operation.task = None;
        drop(running);
        delivery.begin(subscription);
        None
    }

    /// Does in a task what a delivery cannot do without waiting.
    fn take_turn(self: Arc<Self>, delivery: &Arc<Delivery>, turn: Turn) {
        let (operations, own) = (Arc::clone(&self), Arc::clone(delivery));
        let mut running = self.running.lock();
        let Some(operation) = running.find(delivery.number) else { return };
        operation.task = Some(self.tasks.spawn(async move { operations.turn(own, turn).await }).abort_handle());
    }

    async fn turn(self: Arc<Self>, delivery: Arc<Delivery>, turn: Turn) {
        let ended = match turn {
            Turn::End(end) => Err(end),
            Turn::Reopen(mut subscription) => subscription.reopen().await.map(|()| subscription),
        };
        match ended {
            Ok(subscription) => {
                let mut running = self.running.lock();
                if let Some(operation) = running.find(delivery.number) {
                    operation.task = None;
                }
                drop(running);
                delivery.begin(subscription);
            }
            Err(end) => {
                if let Some(last) = self.last_word(&delivery.envelope, end) {
                    self.finish(delivery.number, last).await;
                }
            }
        }
    }

    /// The last word of a subscription, if it has one.
    fn last_word(&self, envelope: &Envelope, end: StreamEnd) -> Option<Message> {
        match end {
            StreamEnd::Completed => Some(envelope.complete()),
            StreamEnd::TooSlow => {
                let (code, message) = StreamEnd::TOO_SLOW;
                Some(envelope.error(&self.errors(code, message)))
            }
            StreamEnd::Superseded if self.is_deserted() => {
                self.superseded.notify_one();
                None
            }
            StreamEnd::Superseded => {
                let (code, message) = StreamEnd::SUPERSEDED;
                Some(envelope.error(&self.errors(code, message)))
            }
            // A connection that is about to end, so that clients take everything up again elsewhere or with a fresh
            // credential, must not end its operations for good. A socket tells by its close code why it ends.
            StreamEnd::Denied(AuthenticationError::Expired | AuthenticationError::Unavailable) => None,
            StreamEnd::Denied(_) if self.wire == Wire::WebSocket => None,
            StreamEnd::Denied(denied) => Some(envelope.error(&self.errors(denied.code(), &denied.to_string()))),
        }
    }

    /// Whether a change of the supergraph left none of the streams.
    fn is_deserted(&self) -> bool {
        let running = self.running.lock();
        let mut streams = running.iter().filter(|operation| operation.streams);
        streams.all(|operation| operation.tie.as_ref().is_some_and(|tie| tie.is_superseded()))
    }

    /// Says an operation's last word. Its id is free before the client hears it, as the client may use it again at once;
    /// a client that ended the operation itself hears nothing more of it.
    async fn finish(&self, number: u64, last: Message) {
        let finished = self.running.lock().take(|operation| operation.number() == number);
        if !finished.is_empty() {
            self.out.send(last).await;
        }
    }

    fn errors(&self, code: &str, message: &str) -> Vec<u8> {
        errors_list(code, message, self.session.origin().correlation_id)
    }
}

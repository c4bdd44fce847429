//! The operations that run on one connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::writer::Outgoing;
use crate::answer::errors_list;
use crate::authentication::AuthenticationError;
use crate::clients::protocol::{Close, complete, error, next};
use crate::clients::request::GraphQlParameters;
use crate::gateway::{OperationKind, Prepared, Scope};
use crate::server::Edge;
use crate::session::Session;
use crate::stream::{StreamEnd, forward};

/// Events of one subscription that wait for room in the connection's queue.
const EVENTS_AHEAD: usize = 4;

/// Running operations by the id that the client gave them.
#[derive(Clone)]
pub struct Operations {
    edge: Arc<Edge>,
    session: Arc<Session>,
    out: mpsc::Sender<Outgoing>,
    running: Arc<Mutex<Running>>,
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
}

impl Operations {
    /// None yet.
    pub fn new(edge: Arc<Edge>, session: Arc<Session>, out: mpsc::Sender<Outgoing>) -> Self {
        Self { edge, session, out, running: Arc::default(), tasks: TaskTracker::new() }
    }

    /// Starts an operation; an error closes the connection.
    pub fn start(&self, id: String, parameters: GraphQlParameters) -> Result<(), Close> {
        let mut running = self.running.lock();
        if running.operations.contains_key(&id) {
            return Err(Close::SubscriberExists(id));
        }
        if running.operations.len() >= self.edge.limits.operations_per_connection {
            let message = "Too many operations run on this connection; end one first.";
            let errors = self.errors("TOO_MANY_OPERATIONS", message);
            // A client that floods a full queue with operations is cut off rather than answered.
            return self.out.try_send(Outgoing::Text(error(&id, &errors))).map_err(|_| Close::TooSlow);
        }
        running.started += 1;
        let number = running.started;
        let (operations, name) = (self.clone(), id.clone());
        let task = self.tasks.spawn(async move { operations.run(&name, number, parameters).await }).abort_handle();
        running.operations.insert(id, Operation { number, task, streams: false });
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

    /// Ends all of them.
    pub fn stop_all(&self) {
        self.running.lock().operations.drain().for_each(|(_, operation)| operation.task.abort());
    }

    /// Waits until all have said their last word, at most for `limit`.
    pub async fn settle(&self, limit: Duration) {
        self.tasks.close();
        let _ = timeout(limit, self.tasks.wait()).await;
    }

    async fn run(&self, id: &str, number: u64, parameters: GraphQlParameters) {
        let prepared = match self.edge.gateway.prepare(&parameters, self.session.origin()).await {
            Ok(prepared) => prepared,
            Err(rejection) => return self.finish(id, number, error(id, &rejection.errors)).await,
        };
        if prepared.kind() == OperationKind::Subscription {
            return self.stream(id, number, prepared).await;
        }
        let caller = self.session.state().borrow().caller();
        let caller = match caller {
            Ok(caller) => caller,
            Err(denied) => return self.deny(id, number, denied).await,
        };
        let scope = Scope { caller, origin: self.session.origin().clone() };
        let answer = self.edge.gateway.execute(&prepared, scope).await;
        self.send(next(id, &answer.body)).await;
        self.finish(id, number, complete(id)).await;
    }

    async fn stream(&self, id: &str, number: u64, prepared: Prepared) {
        if let Some(operation) = self.running.lock().operations.get_mut(id).filter(|known| known.number == number) {
            operation.streams = true;
        }
        let (events, mut received) = mpsc::channel::<Bytes>(EVENTS_AHEAD);
        let source = forward(&self.edge.gateway, prepared, self.session.origin(), self.session.state(), events);
        // Owns the receiver, so that the source ends when the connection does.
        let sink = async move {
            while let Some(event) = received.recv().await {
                if !self.send(next(id, &event)).await {
                    return;
                }
            }
        };
        match tokio::join!(source, sink).0 {
            StreamEnd::Completed => self.finish(id, number, complete(id)).await,
            // The connection closes, and says why.
            StreamEnd::Denied(_) | StreamEnd::ClientGone => {}
        }
    }

    async fn deny(&self, id: &str, number: u64, denied: AuthenticationError) {
        let errors = self.errors(denied.code(), &denied.to_string());
        self.finish(id, number, error(id, &errors)).await;
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

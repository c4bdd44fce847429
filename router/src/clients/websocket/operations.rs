//! The operations that run on one connection.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::writer::Outgoing;
use crate::answer::errors_list;
use crate::clients::protocol::{Close, complete, error, next};
use crate::clients::request::GraphQlParameters;
use crate::gateway::{OperationKind, Scope};
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
    running: Arc<Mutex<HashMap<String, AbortHandle>>>,
}

impl Operations {
    /// None yet.
    pub fn new(edge: Arc<Edge>, session: Arc<Session>, out: mpsc::Sender<Outgoing>) -> Self {
        Self { edge, session, out, running: Arc::default() }
    }

    /// Starts an operation; an error closes the connection.
    pub fn start(&self, id: String, parameters: GraphQlParameters) -> Result<(), Close> {
        let mut running = self.running.lock();
        if running.contains_key(&id) {
            return Err(Close::SubscriberExists);
        }
        if running.len() >= self.edge.limits.operations_per_connection {
            let errors =
                errors_list("TOO_MANY_OPERATIONS", "Too many operations run on this connection; end one first.");
            // A client that floods a full queue with operations is cut off rather than answered.
            return self.out.try_send(Outgoing::Text(error(&id, &errors))).map_err(|_| Close::TooSlow);
        }
        let operations = self.clone();
        let name = id.clone();
        let task = tokio::spawn(async move {
            operations.run(&name, parameters).await;
            operations.running.lock().remove(&name);
        });
        running.insert(id, task.abort_handle());
        Ok(())
    }

    /// Ends an operation that the client no longer wants.
    pub fn stop(&self, id: &str) {
        if let Some(task) = self.running.lock().remove(id) {
            task.abort();
        }
    }

    /// Ends all of them.
    pub fn stop_all(&self) {
        self.running.lock().drain().for_each(|(_, task)| task.abort());
    }

    async fn run(&self, id: &str, parameters: GraphQlParameters) {
        let prepared = match self.edge.gateway.prepare(&parameters).await {
            Ok(prepared) => prepared,
            Err(rejection) => return self.send(error(id, &rejection.errors)).await,
        };
        if prepared.kind() == OperationKind::Subscription {
            return self.stream(id, prepared).await;
        }
        let caller = self.session.state().borrow().caller();
        let caller = match caller {
            Ok(caller) => caller,
            Err(denied) => return self.send(error(id, &errors_list(denied.code(), &denied.to_string()))).await,
        };
        let scope = Scope { caller, origin: self.session.origin().clone() };
        let answer = self.edge.gateway.execute(&prepared, scope).await;
        self.send(next(id, &answer.body)).await;
        self.send(complete(id)).await;
    }

    async fn stream(&self, id: &str, prepared: crate::gateway::Prepared) {
        let (events, mut received) = mpsc::channel::<Bytes>(EVENTS_AHEAD);
        let source = forward(&self.edge.gateway, prepared, self.session.origin(), self.session.state(), events);
        let sink = async {
            while let Some(event) = received.recv().await {
                self.send(next(id, &event)).await;
            }
        };
        let (end, ()) = tokio::join!(source, sink);
        match end {
            StreamEnd::Completed => self.send(complete(id)).await,
            StreamEnd::Denied(denied) => self.send(error(id, &errors_list(denied.code(), &denied.to_string()))).await,
            StreamEnd::ClientGone => {}
        }
    }

    async fn send(&self, text: Bytes) {
        // An error says that the connection is gone, which ends this task as well.
        let _ = self.out.send(Outgoing::Text(text)).await;
    }
}

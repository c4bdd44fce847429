//! One connection: reads messages in order, keeps the protocol's rules, and ends when the client's rights do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use cloudphone_core::Origin;
use cloudphone_traffic::headers::ClientHeaders;
use futures::StreamExt as _;
use futures::stream::SplitStream;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::writer::{LastHeard, write};
use crate::authentication::{AuthenticationError, Credential};
use crate::clients::envelope::Wire;
use crate::clients::operations::{Operations, Outgoing, QUEUE, Start};
use crate::clients::protocol::{ClientMessage, Close};
use crate::server::OpenEdge;
use crate::session::{Session, ended};

/// How long a client may take to hear that the connection closes, and to answer.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long queries and mutations may take to finish when the session ends.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long queries and mutations may take to finish when the supergraph changed.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves the connection to its end.
pub async fn serve(
    edge: Arc<OpenEdge>,
    socket: WebSocket,
    arrival: (Origin, ClientHeaders),
    early: Option<Credential>,
) {
    metrics::gauge!("cloudphone_websocket_connections").increment(1.0);
    let (sink, stream) = socket.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let heard = LastHeard::new();
    let limits = &edge.limits;
    let writer = tokio::spawn(write(sink, queue, heard.clone(), limits.heartbeat, limits.write_timeout));
    let mut connection = Connection { edge, stream, out, heard };
    let close = connection.run(arrival, early).await;
    if let Some(close) = close {
        // The queue may be full of a slow client's messages; the writer's own limits then end it.
        let _ = timeout(FAREWELL, connection.out.send(Outgoing::Close(close))).await;
        // Closing a connection with unread bytes resets it, and the client would never read why.
        let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = connection.stream.next().await {} }).await;
    }
    drop(connection);
    let _ = writer.await;
    metrics::gauge!("cloudphone_websocket_connections").decrement(1.0);
}

struct Connection {
    edge: Arc<OpenEdge>,
    stream: SplitStream<WebSocket>,
    out: mpsc::Sender<Outgoing>,
    heard: LastHeard,
}

impl Connection {
    /// Runs to the end; `None` when the client left by itself.
    async fn run(&mut self, arrival: (Origin, ClientHeaders), early: Option<Credential>) -> Option<Close> {
        let (draining, out) = (self.edge.draining.clone(), self.out.clone());
        let limit = self.edge.limits.initialisation_timeout;
        let session = tokio::select! {
            begun = timeout(limit, self.initialise(arrival, early)) => match begun {
                Ok(Ok(session)) => Arc::new(session),
                Ok(Err(end)) => return end,
                Err(_) => return Some(Close::InitialisationTimeout),
            },
            () = draining.cancelled() => return Some(Close::GoingAway),
            // The writer gave the client up.
            () = out.closed() => return None,
        };
        let operations =
            Operations::new(Arc::clone(&self.edge), Arc::clone(&session), Wire::WebSocket, self.out.clone());
        let end = self.serve_session(&session, &operations).await;
        operations.stop_all();
        end
    }

    async fn initialise(
        &mut self,
        (origin, told): (Origin, ClientHeaders),
        early: Option<Credential>,
    ) -> Result<Session, Option<Close>> {
        loop {
            match self.next().await.map_err(Some)?.ok_or(None)? {
                ClientMessage::ConnectionInit { payload } => {
                    let credential = self.edge.authenticator.places().in_payload(&payload).or(early);
                    let authenticator = Arc::clone(&self.edge.authenticator);
                    let opened = Session::open(authenticator, credential, origin).await;
                    let session = opened.map_err(|error| Some(close_for(error)))?;
                    self.reply(r#"{"type":"connection_ack"}"#).await;
                    return Ok(session.with_headers(self.edge.gateway.socket_headers(told, &payload)));
                }
                ClientMessage::Ping { .. } => self.reply(r#"{"type":"pong"}"#).await,
                ClientMessage::Subscribe { .. } => return Err(Some(Close::Unauthorized)),
                ClientMessage::Pong {} | ClientMessage::Complete { .. } => {}
            }
        }
    }

    async fn serve_session(&mut self, session: &Session, operations: &Operations) -> Option<Close> {
        let mut state = session.state();
        let (draining, out) = (self.edge.draining.clone(), self.out.clone());
        loop {
            let message = tokio::select! {
                message = self.next() => message,
                () = draining.cancelled() => {
                    operations.stop_streams();
                    operations.settle(self.edge.limits.drain).await;
                    return Some(Close::GoingAway);
                }
                () = operations.superseded() => {
                    operations.stop_streams();
                    operations.settle(DRAIN).await;
                    return Some(Close::SupergraphChanged);
                }
                error = ended(&mut state) => {
                    // Streams end without a word of their own: told an error, a client would not take them up again with
                    // a fresh credential.
                    operations.stop_streams();
                    operations.settle(LAST_WORDS).await;
                    return Some(close_for(error));
                }
                () = out.closed() => return None,
            };
            let message = match message {
                Ok(Some(message)) => message,
                Ok(None) => return None,
                Err(close) => return Some(close),
            };
            match message {
                ClientMessage::ConnectionInit { .. } => return Some(Close::TooManyInitialisations),
                ClientMessage::Ping { payload } => match self.renew(session, &payload).await {
                    Ok(()) => self.reply(r#"{"type":"pong"}"#).await,
                    Err(error) => return Some(close_for(error)),
                },
                ClientMessage::Pong {} => {}
                ClientMessage::Subscribe { id, payload } => {
                    if let Err(close) = operations.start(id, Start::Requested(payload)) {
                        return Some(close);
                    }
                }
                ClientMessage::Complete { id } => operations.stop(&id),
            }
        }
    }

    /// A ping whose payload carries a credential renews the session in place.
    async fn renew(&self, session: &Session, payload: &Value) -> Result<(), AuthenticationError> {
        match self.edge.authenticator.places().in_payload(payload) {
            Some(credential) => session.renew(credential).await,
            None => Ok(()),
        }
    }

    async fn reply(&self, text: &'static str) {
        let _ = self.out.send(Outgoing::Text(Bytes::from_static(text.as_bytes()))).await;
    }

    /// The next protocol message; `Ok(None)` when the client is gone.
    async fn next(&mut self) -> Result<Option<ClientMessage>, Close> {
        loop {
            let Some(Ok(message)) = self.stream.next().await else { return Ok(None) };
            self.heard.note();
            match message {
                Message::Text(text) => return ClientMessage::parse(&text).map(Some).ok_or(Close::BadRequest),
                Message::Binary(_) => return Err(Close::BadRequest),
                Message::Close(_) => {
                    // Reading on sends the answer to the close, without which the client takes it for a failure.
                    let _ = timeout(FAREWELL, self.stream.next()).await;
                    return Ok(None);
                }
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }
}

fn close_for(error: AuthenticationError) -> Close {
    match error {
        AuthenticationError::Unavailable => Close::TryAgainLater,
        AuthenticationError::Missing
        | AuthenticationError::Invalid
        | AuthenticationError::Expired
        | AuthenticationError::Revoked => Close::Forbidden(error),
    }
}

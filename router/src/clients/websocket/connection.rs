//! One connection: reads messages in order, keeps the protocol's rules, and ends when the client's rights do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cloudphone_core::Origin;
use cloudphone_traffic::headers::ClientHeaders;
use tokio::time::timeout;

use super::bytes::ByteStream;
use super::socket::{Over, Socket};
use crate::authentication::{AuthenticationError, Credential};
use crate::clients::envelope::{Message, Wire};
use crate::clients::operations::{Operations, Start};
use crate::clients::outbox::Outbox;
use crate::clients::place::LivePlace;
use crate::clients::protocol::{ClientMessage, Close};
use crate::server::OpenEdge;
use crate::session::{Session, ended};

/// How long queries and mutations may take to finish when the session ends.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long queries and mutations may take to finish when the supergraph changed.
const DRAIN: Duration = Duration::from_secs(10);

/// What is known of a connection before its first word. Kept in a box, as most of a connection's life comes after.
pub(super) struct Arrival {
    pub(super) origin: Origin,
    /// What else of it subgraphs are told.
    pub(super) headers: ClientHeaders,
    /// The credential that its request had.
    pub(super) credential: Option<Credential>,
    pub(super) place: Box<LivePlace>,
}

/// Serves the connection to its end; `read` was read of it already.
pub(super) fn serve(
    edge: Arc<OpenEdge>,
    stream: ByteStream,
    read: Bytes,
    arrival: Box<Arrival>,
) -> impl Future<Output = ()> {
    let out = Outbox::of_socket(stream);
    let socket = Socket::new(Arc::clone(&out), &read, edge.limits.heartbeat, edge.limits.write_timeout);
    // A connection that says nothing more must not keep what its request was read into.
    drop(read);
    let mut connection = Connection { edge, socket, out, place: None };
    async move {
        metrics::gauge!("cloudphone_websocket_connections").increment(1.0);
        // Boxed, as a connection that goes on must not keep the room that its end takes.
        match connection.run(arrival).await {
            Over::Close(close) => Box::pin(connection.socket.close(close)).await,
            Over::Gone => Box::pin(connection.socket.leave()).await,
        }
        metrics::gauge!("cloudphone_websocket_connections").decrement(1.0);
    }
}

struct Connection {
    edge: Arc<OpenEdge>,
    socket: Socket,
    out: Arc<Outbox>,
    /// Once it is known whose it is.
    place: Option<Box<LivePlace>>,
}

impl Connection {
    async fn run(&mut self, arrival: Box<Arrival>) -> Over {
        // Boxed, like the arrival.
        let session = match Box::pin(self.begin(arrival)).await {
            Ok(session) => Arc::new(session),
            Err(over) => return over,
        };
        let (edge, out) = (Arc::clone(&self.edge), Arc::clone(&self.out));
        let operations = Operations::new(edge, Arc::clone(&session), Wire::WebSocket, out);
        let over = self.serve_session(&session, &operations).await;
        operations.stop_all();
        over
    }

    async fn begin(&mut self, arrival: Box<Arrival>) -> Result<Session, Over> {
        let draining = self.edge.draining.clone();
        let limit = self.edge.limits.initialisation_timeout;
        tokio::select! {
            begun = timeout(limit, self.initialise(arrival)) => match begun {
                Ok(begun) => begun,
                Err(_) => Err(Over::Close(Close::InitialisationTimeout)),
            },
            () = draining.cancelled() => Err(Over::Close(Close::GoingAway)),
        }
    }

    async fn initialise(&mut self, arrival: Box<Arrival>) -> Result<Session, Over> {
        let Arrival { origin, headers, credential: early, mut place } = *arrival;
        loop {
            match *self.next().await? {
                ClientMessage::ConnectionInit { payload } => {
                    let credential = self.edge.authenticator.places().in_payload(&payload).or(early);
                    let authenticator = Arc::clone(&self.edge.authenticator);
                    let opened = self.socket.during(Session::open(authenticator, credential, origin)).await?;
                    let session = opened.map_err(close_for)?;
                    let passed = place.pass_to(&self.edge, &session);
                    self.place = Some(place);
                    passed.map_err(|_| Over::Close(Close::TooManyConnections))?;
                    self.reply(r#"{"type":"connection_ack"}"#).await?;
                    return Ok(session.with_headers(self.edge.gateway.socket_headers(headers, &payload)));
                }
                ClientMessage::Ping { .. } => self.reply(r#"{"type":"pong"}"#).await?,
                ClientMessage::Subscribe { .. } => return Err(Over::Close(Close::Unauthorized)),
                ClientMessage::Pong {} | ClientMessage::Complete { .. } => {}
            }
        }
    }

    async fn serve_session(&mut self, session: &Session, operations: &Operations) -> Over {
        let mut entitled = session.entitled();
        let draining = self.edge.draining.clone();
        loop {
            if let Some(error) = ended(&mut entitled) {
                // Streams end without a word of their own: told an error, a client would not take them up again with
                // a fresh credential.
                return self.settle(operations, LAST_WORDS, close_for(error)).await;
            }
            let message = tokio::select! {
                message = self.next() => message,
                () = draining.cancelled() => {
                    return self.settle(operations, self.edge.limits.drain, Over::Close(Close::GoingAway)).await;
                }
                () = operations.superseded() => {
                    return self.settle(operations, DRAIN, Over::Close(Close::SupergraphChanged)).await;
                }
                () = entitled.changed() => {
                    operations.rights_changed();
                    continue;
                }
            };
            // Boxed, as a client that only listens must not keep room for what it may say.
            let taken = match message {
                Ok(message) => Box::pin(self.take(*message, session, operations)).await,
                Err(over) => return over,
            };
            if let Err(over) = taken {
                return over;
            }
        }
    }

    async fn take(&mut self, message: ClientMessage, session: &Session, operations: &Operations) -> Result<(), Over> {
        metrics::counter!("cloudphone_websocket_messages_received_total").increment(1);
        match message {
            ClientMessage::ConnectionInit { .. } => Err(Over::Close(Close::TooManyInitialisations)),
            ClientMessage::Ping { payload } => {
                // A ping whose payload carries a credential renews the session in place.
                if let Some(credential) = self.edge.authenticator.places().in_payload(&payload) {
                    self.socket.during(session.renew(credential)).await?.map_err(close_for)?;
                }
                self.reply(r#"{"type":"pong"}"#).await
            }
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Subscribe { id, payload } => {
                operations.start(id, Start::Requested(payload)).map_err(Over::Close)
            }
            ClientMessage::Complete { id } => {
                operations.stop(&id);
                Ok(())
            }
        }
    }

    /// Ends the streams and lets the rest finish, before the connection ends for this reason.
    async fn settle(&mut self, operations: &Operations, limit: Duration, over: Over) -> Over {
        operations.stop_streams();
        match Box::pin(self.socket.during(operations.settle(limit))).await {
            Ok(()) => over,
            Err(broken) => broken,
        }
    }

    async fn reply(&mut self, text: &'static str) -> Result<(), Over> {
        let sent = self.out.send(Message::from(Bytes::from_static(text.as_bytes())));
        if self.socket.during(sent).await? { Ok(()) } else { Err(Over::Gone) }
    }

    /// The next protocol message; boxed, as one who waits for it keeps its room.
    async fn next(&mut self) -> Result<Box<ClientMessage>, Over> {
        let text = self.socket.next().await?;
        ClientMessage::parse(&text).map(Box::new).ok_or(Over::Close(Close::BadRequest))
    }
}

fn close_for(error: AuthenticationError) -> Over {
    Over::Close(match error {
        AuthenticationError::Unavailable => Close::TryAgainLater,
        AuthenticationError::Missing
        | AuthenticationError::Invalid
        | AuthenticationError::Expired
        | AuthenticationError::Revoked => Close::Forbidden(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The room that the future of a function takes, which nobody needs to call for that.
    fn room_of<A, B, C, D, F: Future>(_: fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn a_connection_that_only_listens_needs_a_small_task() {
        let room = room_of(serve);
        assert!(room <= 704, "{room} bytes");
    }
}

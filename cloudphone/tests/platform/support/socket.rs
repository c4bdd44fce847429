//! A client of the graphql-transport-ws protocol.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use super::Client;

/// What the server says about an operation or the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// An event or answer.
    Next(Value),
    /// An operation was refused or has failed.
    Error(Value),
    /// An operation is over.
    Complete,
    /// The connection is over, with the code and reason that were given.
    Closed(u16, String),
}

/// One connection, with one or more operations on it.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    started: u32,
}

impl Socket {
    /// Connects and signs in; panics when that is refused.
    pub async fn open(client: &Client) -> Self {
        Self::try_open(client).await.unwrap_or_else(|end| panic!("the connection was refused: {end:?}"))
    }

    /// Connects with hardly any room for what is not read, and signs in.
    pub async fn open_narrow(client: &Client) -> Self {
        let address = client.base.trim_start_matches("http://").parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Self::open_over(client, socket.connect(address).await.unwrap()).await
    }

    /// Signs in over a connection that is there already.
    pub async fn open_over(client: &Client, stream: TcpStream) -> Self {
        let (stream, _) = client_async(Self::request(client), MaybeTlsStream::Plain(stream)).await.unwrap();
        Self { stream, started: 0 }.signed_in(client).await.unwrap()
    }

    /// Connects and signs in; the error says how the server ended it.
    pub async fn try_open(client: &Client) -> Result<Self, Incoming> {
        let connected = connect_async(Self::request(client)).await;
        let (stream, _) = connected.map_err(|error| Incoming::Closed(0, error.to_string()))?;
        Self { stream, started: 0 }.signed_in(client).await
    }

    fn request(client: &Client) -> Request {
        let url = format!("{}/graphql/ws", client.base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        request
    }

    async fn signed_in(mut self, client: &Client) -> Result<Self, Incoming> {
        let payload =
            client.token.as_ref().map_or(json!({}), |token| json!({ "authorization": format!("Bearer {token}") }));
        let sent = self.say(&json!({ "type": "connection_init", "payload": payload })).await;
        sent.map_err(|error| Incoming::Closed(0, error.to_string()))?;
        match self.message(Instant::now() + Duration::from_secs(20)).await {
            Ok(message) if message["type"] == "connection_ack" => Ok(self),
            Ok(message) => panic!("{message} came before the acknowledgement"),
            Err(end) => Err(end),
        }
    }

    /// Starts an operation.
    pub async fn start(&mut self, query: &str, variables: Value) -> u32 {
        self.started += 1;
        let payload = json!({ "query": query, "variables": variables });
        let message = json!({ "type": "subscribe", "id": self.started.to_string(), "payload": payload });
        // A connection that has just been closed is noticed by the next read.
        let _ = self.say(&message).await;
        self.started
    }

    /// What comes next.
    pub async fn next(&mut self, seconds: u64) -> Incoming {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            let message = match self.message(deadline).await {
                Ok(message) => message,
                Err(end) => return end,
            };
            match message["type"].as_str() {
                Some("next") => return Incoming::Next(message["payload"].clone()),
                Some("error") => return Incoming::Error(message["payload"].clone()),
                Some("complete") => return Incoming::Complete,
                Some("ping") => {
                    let _ = self.say(&json!({ "type": "pong" })).await;
                }
                _ => {}
            }
        }
    }

    /// Waits for an event from whose `data` something can be read; any end before is a failure.
    pub async fn event<T>(&mut self, seconds: u64, what: &str, mut read: impl FnMut(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            assert!(Instant::now() < deadline, "no such event within {seconds} s: {what}");
            match self.next(seconds).await {
                Incoming::Next(payload) => {
                    assert!(payload["errors"].is_null(), "{payload}");
                    if let Some(answer) = read(&payload["data"]) {
                        return answer;
                    }
                }
                end => panic!("{end:?} while waiting: {what}"),
            }
        }
    }

    /// Reads on until something other than an event comes.
    pub async fn end(&mut self, seconds: u64) -> Incoming {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            assert!(Instant::now() < deadline, "still open after {seconds} s");
            match self.next(seconds).await {
                Incoming::Next(_) => {}
                end => return end,
            }
        }
    }

    /// Reads on until the connection is closed, and answers with which code.
    pub async fn closed(&mut self, seconds: u64) -> u16 {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            assert!(Instant::now() < deadline, "still open after {seconds} s");
            if let Incoming::Closed(code, _) = self.next(seconds).await {
                return code;
            }
        }
    }

    /// The code with which a connection is refused; `None` when it is not.
    pub async fn refusal(client: &Client) -> Option<u16> {
        match Self::try_open(client).await.err()? {
            Incoming::Closed(code, _) => Some(code),
            other => panic!("{other:?} in place of an acknowledgement"),
        }
    }

    async fn say(&mut self, message: &Value) -> Result<(), Error> {
        self.stream.send(Message::text(message.to_string())).await
    }

    async fn message(&mut self, deadline: Instant) -> Result<Value, Incoming> {
        loop {
            let next = timeout_at(deadline, self.stream.next()).await.expect("the server says something in time");
            match next {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err(Incoming::Closed(frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Close(None))) | None => return Err(Incoming::Closed(0, String::new())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(Incoming::Closed(0, error.to_string())),
            }
        }
    }
}

//! A client of the graphql-transport-ws protocol that can be rude.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

use super::{PATIENCE, Platform};

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a connection, which knows nobody yet.
    pub async fn open(platform: &Platform) -> Self {
        Self::try_open(platform, &[]).await.unwrap()
    }

    /// Opens a connection with further headers; an error tells the refusing status.
    pub async fn try_open(platform: &Platform, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        Self::try_open_at(platform, "/graphql/ws", headers).await
    }

    /// The same at another path, which may have a query.
    pub async fn try_open_at(platform: &Platform, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{}{path}", platform.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let connection = TcpSocket::new_v4().unwrap();
        // Small, so that the router notices soon that nothing is read.
        connection.set_recv_buffer_size(64 * 1024).unwrap();
        let connection = connection.connect(platform.address).await.unwrap();
        match client_async(request, MaybeTlsStream::Plain(connection)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Opens a session, with a token or without.
    pub async fn session(platform: &Platform, token: Option<&str>) -> Self {
        let mut socket = Self::open(platform).await;
        socket.initialise(token).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }

    pub async fn initialise(&mut self, token: Option<&str>) {
        let payload = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
        self.send(&json!({ "type": "connection_init", "payload": payload })).await;
    }

    pub async fn subscribe(&mut self, id: &str, document: &str) {
        self.send(&json!({ "type": "subscribe", "id": id, "payload": { "query": document } })).await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Closes as the standard asks, and tells the code of the answer.
    pub async fn leave(&mut self) -> u16 {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "Normal Closure".into() };
        self.0.send(Message::Close(Some(frame))).await.unwrap();
        self.closed().await.0
    }

    pub async fn send_binary(&mut self) {
        self.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    }

    /// Sends bytes as they are, which should be frames.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let MaybeTlsStream::Plain(stream) = self.0.get_mut() else { panic!("the connection is plain") };
        stream.write_all(bytes).await.unwrap();
    }

    /// What the next pong answers.
    pub async fn pong(&mut self) -> Vec<u8> {
        match timeout(PATIENCE, self.0.next()).await.expect("something comes").expect("not the end").unwrap() {
            Message::Pong(payload) => payload.to_vec(),
            other => panic!("not a pong: {other:?}"),
        }
    }

    /// The next protocol message.
    pub async fn next(&mut self) -> Value {
        match self.receive().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("not a message: {other:?}"),
        }
    }

    /// The code and the reason of a close that comes next.
    pub async fn closed(&mut self) -> (u16, String) {
        match self.receive().await {
            Message::Close(Some(frame)) => (frame.code.into(), frame.reason.to_string()),
            other => panic!("not a close: {other:?}"),
        }
    }

    /// The next protocol message, or the close that comes instead.
    pub async fn next_or_close(&mut self) -> Result<Value, (u16, String)> {
        match self.receive().await {
            Message::Text(text) => Ok(serde_json::from_str(&text).unwrap()),
            Message::Close(Some(frame)) => Err((frame.code.into(), frame.reason.to_string())),
            other => panic!("neither message nor close: {other:?}"),
        }
    }

    /// Whether nothing comes within a while.
    pub async fn is_quiet_for(&mut self, while_: Duration) -> bool {
        timeout(while_, self.receive()).await.is_err()
    }

    async fn receive(&mut self) -> Message {
        loop {
            let message =
                timeout(PATIENCE, self.0.next()).await.expect("something comes").expect("not the end").unwrap();
            if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                return message;
            }
        }
    }
}

//! A subgraph's subscriptions that say exactly what a test wants, over real sockets.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use cloudphone_execution::{RequestContext, SubgraphEvent, SubgraphRequest};
use cloudphone_planning::OperationKind;
use futures::{SinkExt, StreamExt, stream::BoxStream};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits, but not for ever.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// A subscription of the field `n`, for a caller with these headers.
pub fn request(name: &str, headers: &[(&'static str, &str)]) -> SubgraphRequest {
    let mut context = RequestContext::new(format!("request-{name}"));
    for (header, value) in headers {
        context.headers.append(*header, value.parse().unwrap());
    }
    SubgraphRequest {
        subgraph: "numbers".into(),
        query: format!("subscription {{ {name}: n }}").into(),
        operation_name: None,
        variables: Bytes::from_static(b"{}"),
        kind: OperationKind::Subscription,
        position: None,
        context: Arc::new(context),
    }
}

pub type Events = BoxStream<'static, SubgraphEvent>;

/// The next event must be this.
pub async fn hears(events: &mut Events, body: &str) {
    match within(body, events.next()).await {
        Some(SubgraphEvent::Next(heard)) => assert_eq!(heard, body),
        other => panic!("{other:?} instead of {body}"),
    }
}

/// The next thing must be news of a gap.
pub async fn hears_of_a_gap(events: &mut Events) {
    let next = within("a gap", events.next()).await;
    assert!(matches!(next, Some(SubgraphEvent::Resumed)), "{next:?}");
}

/// The next thing must be a failure, and then the end.
pub async fn fails(events: &mut Events) -> String {
    let next = within("a failure", events.next()).await;
    let Some(SubgraphEvent::Failed(error)) = next else { panic!("{next:?}") };
    assert!(within("the end", events.next()).await.is_none());
    error.to_string()
}

/// Listens for web sockets.
pub struct Upstream {
    pub address: SocketAddr,
    peers: mpsc::Receiver<Peer>,
    listening: JoinHandle<()>,
}

impl Upstream {
    pub async fn open() -> Self {
        Self::open_at("127.0.0.1:0").await
    }

    pub async fn open_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, peers) = mpsc::channel(100);
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    if let Some(peer) = Peer::accept(connection).await {
                        let _ = sender.send(peer).await;
                    }
                });
            }
        });
        Self { address, peers, listening }
    }

    pub fn url(&self) -> url::Url {
        format!("ws://{}/", self.address).parse().unwrap()
    }

    /// The next connection, after its head.
    pub async fn stranger(&mut self) -> Peer {
        within("a connection", self.peers.recv()).await.unwrap()
    }

    /// The next connection, acknowledged.
    pub async fn peer(&mut self) -> Peer {
        let mut peer = self.stranger().await;
        assert_eq!(peer.hears().await["type"], "connection_init");
        peer.says(&json!({ "type": "connection_ack" })).await;
        peer
    }

    /// Whether nobody else has connected.
    pub fn is_alone(&mut self) -> bool {
        self.peers.try_recv().is_err()
    }

    pub async fn close(self) -> SocketAddr {
        self.listening.abort();
        let _aborted = self.listening.await;
        self.address
    }
}

/// One connection.
pub struct Peer {
    pub headers: HeaderMap,
    socket: WebSocketStream<TcpStream>,
}

impl Peer {
    // The handshake's own error type is what it is.
    #[allow(clippy::result_large_err)]
    async fn accept(connection: TcpStream) -> Option<Self> {
        let mut headers = HeaderMap::new();
        let look = |request: &Request, mut response: Response| {
            headers = request.headers().clone();
            response.headers_mut().insert("sec-websocket-protocol", headers["sec-websocket-protocol"].clone());
            Ok(response)
        };
        let socket = accept_hdr_async(connection, look).await.ok()?;
        Some(Self { headers, socket })
    }

    /// The next message; pings of ours are not of interest.
    pub async fn hears(&mut self) -> Value {
        loop {
            match within("a message", self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] != "ping" {
                        return message;
                    }
                    self.says(&json!({ "type": "pong" })).await;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("not a message: {other:?}"),
            }
        }
    }

    /// The next message must begin an operation; tells its id and the alias in its document.
    pub async fn subscribed(&mut self) -> (String, String) {
        let message = self.hears().await;
        assert_eq!(message["type"], "subscribe", "{message}");
        let query = message["payload"]["query"].as_str().unwrap();
        let alias = query.trim_start_matches("subscription { ").split(':').next().unwrap();
        (message["id"].as_str().unwrap().to_owned(), alias.to_owned())
    }

    /// The code with which the other side closes.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match within("a close", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("not a close: {other:?}"),
            }
        }
    }

    /// An event of an operation.
    pub async fn event(&mut self, id: &str, body: &str) {
        self.says_text(&format!("{{\"id\":\"{id}\",\"type\":\"next\",\"payload\":{body}}}")).await;
    }

    pub async fn says(&mut self, message: &Value) {
        self.says_text(&message.to_string()).await;
    }

    pub async fn says_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Tries to say something, and tells whether the connection took it in time.
    pub async fn can_say(&mut self, text: String, within: Duration) -> bool {
        matches!(timeout(within, self.socket.send(Message::text(text))).await, Ok(Ok(())))
    }

    pub async fn says_bytes(&mut self, bytes: &'static [u8]) {
        self.socket.send(Message::binary(bytes)).await.unwrap();
    }

    /// Bytes that are no frame at all.
    pub async fn says_noise(&mut self) {
        use tokio::io::AsyncWriteExt;
        self.socket.get_mut().write_all(&[0xFF; 64]).await.unwrap();
    }

    pub async fn closes(&mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        self.socket.send(Message::Close(Some(frame))).await.unwrap();
    }
}

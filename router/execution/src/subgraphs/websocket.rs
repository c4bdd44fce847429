//! Subscriptions of a subgraph over a web socket, by the protocol `graphql-transport-ws`.
//!
//! Each subscription has its own connection, so that one caller's identity is all that a connection carries. When the
//! connection is lost it is made again, with growing pauses, and the client's stream goes on; the first event after
//! that tells of a possible gap. A reader that does not keep up holds back its own connection: nothing is buffered here.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream, stream::BoxStream};
use http::{HeaderValue, header};
use rand::Rng;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};
use url::Url;

use crate::{
    request::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService},
    subgraphs::http::{RequestDecorator, call_headers},
};

/// How to reach a subgraph's subscriptions.
#[derive(Debug, Clone)]
pub struct WebSocketOptions {
    /// Where it answers: `ws://…` or `wss://…`.
    pub url: Url,
    /// The payload of `connection_init`.
    pub init_payload: Option<Value>,
    /// How long connecting and the acknowledgement may take.
    pub connect_timeout: Duration,
    /// How often to ask whether the other side is still there; it is not when it is silent for three times as long.
    pub ping_interval: Duration,
    /// The first pause before connecting again; each further one is twice as long.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long to go on trying before the stream ends with an error.
    pub patience: Duration,
    /// Larger messages end the stream.
    pub max_message_bytes: usize,
}

impl WebSocketOptions {
    /// The defaults for a URL.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            init_payload: None,
            connect_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            patience: Duration::from_mins(5),
            max_message_bytes: 16 * 1024 * 1024,
        }
    }
}

/// The subscriptions of a subgraph.
pub struct WebSocketSubgraph {
    options: Arc<WebSocketOptions>,
    decorator: Option<Arc<dyn RequestDecorator>>,
}

impl WebSocketSubgraph {
    /// Subscriptions at a URL.
    pub fn new(options: WebSocketOptions) -> Self {
        Self { options: Arc::new(options), decorator: None }
    }

    /// Decorates every connection.
    #[must_use]
    pub fn with_decorator(mut self, decorator: Arc<dyn RequestDecorator>) -> Self {
        self.decorator = Some(decorator);
        self
    }
}

#[async_trait]
impl SubgraphService for WebSocketSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let mut events = self.subscribe(request).await?;
        loop {
            match events.next().await {
                Some(SubgraphEvent::Next(body)) => return Ok(body.into()),
                Some(SubgraphEvent::Failed(error)) => return Err(error),
                Some(SubgraphEvent::Resumed) => {}
                None => return Err(SubgraphError::InvalidResponse("the operation ended without a result".to_owned())),
            }
        }
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let mut source = Source {
            options: Arc::clone(&self.options),
            decorator: self.decorator.clone(),
            request,
            socket: None,
            heard: Instant::now(),
        };
        source.connect().await.map_err(Broken::into_error)?;
        Ok(stream::unfold(Some(source), step).boxed())
    }
}

type Socket = Pin<Box<WebSocketStream<MaybeTlsStream<TcpStream>>>>;

struct Source {
    options: Arc<WebSocketOptions>,
    decorator: Option<Arc<dyn RequestDecorator>>,
    request: SubgraphRequest,
    socket: Option<Socket>,
    /// When the other side last said anything.
    heard: Instant,
}

/// Why a connection is of no more use.
enum Broken {
    /// It may work again.
    Lost(SubgraphError),
    /// The other side refuses us.
    Refused(SubgraphError),
}

impl Broken {
    fn into_error(self) -> SubgraphError {
        match self {
            Self::Lost(error) | Self::Refused(error) => error,
        }
    }
}

enum Heard {
    Event(Bytes),
    /// The operation failed; the answer with its errors is the last one.
    Errors(Bytes),
    Complete,
}

async fn step(source: Option<Source>) -> Option<(SubgraphEvent, Option<Source>)> {
    let mut source = source?;
    match source.listen().await {
        Ok(Heard::Event(body)) => Some((SubgraphEvent::Next(body), Some(source))),
        Ok(Heard::Errors(body)) => Some((SubgraphEvent::Next(body), None)),
        Ok(Heard::Complete) => None,
        Err(Broken::Refused(error)) => Some((SubgraphEvent::Failed(error), None)),
        Err(Broken::Lost(error)) => match source.reconnect(error).await {
            Ok(()) => Some((SubgraphEvent::Resumed, Some(source))),
            Err(error) => Some((SubgraphEvent::Failed(error), None)),
        },
    }
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

fn lost(reason: impl std::fmt::Display) -> Broken {
    Broken::Lost(SubgraphError::Unreachable(format!("{reason}")))
}

impl Source {
    async fn connect(&mut self) -> Result<(), Broken> {
        let limit = self.options.connect_timeout;
        timeout(limit, self.handshake()).await.unwrap_or(Err(Broken::Lost(SubgraphError::Timeout)))
    }

    async fn handshake(&mut self) -> Result<(), Broken> {
        let mut request = self.options.url.as_str().into_client_request().map_err(lost)?;
        let headers = request.headers_mut();
        for (name, value) in &call_headers(&self.request, self.decorator.as_ref()) {
            headers.insert(name, value.clone());
        }
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("graphql-transport-ws"));
        let limit = Some(self.options.max_message_bytes);
        let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
        let (socket, _) = connect_async_with_config(request, Some(config), true).await.map_err(lost)?;
        let mut socket = Box::pin(socket);
        let mut init = json!({ "type": "connection_init" });
        if let Some(payload) = &self.options.init_payload {
            init["payload"] = payload.clone();
        }
        send(&mut socket, &init.to_string()).await?;
        loop {
            let text = receive(&mut socket).await?;
            match parse(&text)?.kind {
                "connection_ack" => break,
                "ping" => send(&mut socket, "{\"type\":\"pong\"}").await?,
                _ => {}
            }
        }
        let body = self.request.to_json();
        let operation = std::str::from_utf8(&body).expect("a request is written as UTF-8");
        send(&mut socket, &format!("{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{operation}}}")).await?;
        self.heard = Instant::now();
        self.socket = Some(socket);
        Ok(())
    }

    /// Waits for the next thing that matters to the subscriber.
    async fn listen(&mut self) -> Result<Heard, Broken> {
        let interval = self.options.ping_interval;
        let Some(socket) = &mut self.socket else { return Err(lost("there is no connection")) };
        loop {
            let text = match timeout(interval, receive(socket)).await {
                Ok(text) => text?,
                Err(_) if self.heard.elapsed() > interval * 3 => return Err(lost("the other side is silent")),
                Err(_) => {
                    send(socket, "{\"type\":\"ping\"}").await?;
                    continue;
                }
            };
            self.heard = Instant::now();
            let message = parse(&text)?;
            match message.kind {
                "next" => {
                    let payload = message.payload.map_or("{}", RawValue::get);
                    return Ok(Heard::Event(Bytes::copy_from_slice(payload.as_bytes())));
                }
                "error" => {
                    let errors = message.payload.map_or("[]", RawValue::get);
                    return Ok(Heard::Errors(format!("{{\"data\":null,\"errors\":{errors}}}").into()));
                }
                "complete" => return Ok(Heard::Complete),
                "ping" => send(socket, "{\"type\":\"pong\"}").await?,
                _ => {}
            }
        }
    }

    async fn reconnect(&mut self, mut error: SubgraphError) -> Result<(), SubgraphError> {
        self.socket = None;
        let give_up = Instant::now() + self.options.patience;
        let mut pause = self.options.first_pause;
        tracing::warn!(subgraph = %self.request.subgraph, %error, "a subscription's connection was lost");
        while Instant::now() < give_up {
            // Many subscriptions are lost at once; they must not come back at once.
            let jitter = rand::rng().random_range(0.5..1.5);
            sleep(pause.mul_f64(jitter)).await;
            match self.connect().await {
                Ok(()) => return Ok(()),
                Err(Broken::Refused(refusal)) => return Err(refusal),
                Err(Broken::Lost(reason)) => error = reason,
            }
            pause = (pause * 2).min(self.options.longest_pause);
        }
        Err(error)
    }
}

fn parse(text: &str) -> Result<Incoming<'_>, Broken> {
    serde_json::from_str(text)
        .map_err(|_| Broken::Refused(SubgraphError::InvalidResponse("a message of no known form".to_owned())))
}

async fn send(socket: &mut Socket, text: &str) -> Result<(), Broken> {
    // A peer that does not read must not hold us for ever.
    let sent = timeout(Duration::from_secs(10), socket.send(Message::text(text))).await;
    sent.map_err(|_| Broken::Lost(SubgraphError::Timeout))?.map_err(lost)
}

async fn receive(socket: &mut Socket) -> Result<tokio_tungstenite::tungstenite::Utf8Bytes, Broken> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Close(frame))) => {
                let code = frame.as_ref().map_or(1005, |frame| u16::from(frame.code));
                let reason = frame.map_or_else(String::new, |frame| frame.reason.to_string());
                let error = SubgraphError::Unreachable(format!("it closed the connection with {code} {reason}"));
                // The protocol's own codes say that we did something wrong or may not be here.
                return Err(if (4400..4500).contains(&code) { Broken::Refused(error) } else { Broken::Lost(error) });
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(lost(error)),
            None => return Err(lost("the connection ended")),
        }
    }
}

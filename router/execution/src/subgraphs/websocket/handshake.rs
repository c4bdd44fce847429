//! Opens a connection to a subgraph's subscriptions, up to its acknowledgement.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::{Client, Upgraded};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::ProtocolError,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{WebSocketOptions, message::ServerMessage};
use crate::{request::SubgraphError, subgraphs::reach::failure};

/// How long a peer may leave what we write unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a closing word may take.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) type Socket = Box<WebSocketStream<Upgraded>>;

/// Why a connection is of no more use.
pub(super) enum Broken {
    /// It may work again.
    Lost(SubgraphError),
    /// The other side sent what it may not.
    Violated(SubgraphError),
    /// The other side refuses us.
    Refused(SubgraphError),
}

pub(super) fn lost(reason: impl std::fmt::Display) -> Broken {
    Broken::Lost(SubgraphError::Unreachable(reason.to_string()))
}

pub(super) fn violated(reason: &str) -> Broken {
    Broken::Violated(SubgraphError::InvalidResponse(reason.to_owned()))
}

/// Connects, says who we are, and waits until that is acknowledged.
pub(super) async fn connect(
    client: &Client,
    options: &WebSocketOptions,
    headers: &HeaderMap,
) -> Result<Socket, Broken> {
    let limit = options.connect_timeout;
    timeout(limit, handshake(client, options, headers)).await.unwrap_or(Err(Broken::Lost(SubgraphError::Timeout)))
}

async fn handshake(client: &Client, options: &WebSocketOptions, headers: &HeaderMap) -> Result<Socket, Broken> {
    let limit = Some(options.max_message_bytes);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let upgraded = upgrade(client, options, headers).await?;
    let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
    let mut socket = Box::new(socket);
    send(&mut socket, &introduction(options, headers).to_string()).await?;
    loop {
        let text = receive(&mut socket, options).await?;
        match ServerMessage::parse(&text, options.dialect) {
            Some(ServerMessage::Acknowledged) => return Ok(socket),
            Some(ServerMessage::Ping) => send(&mut socket, "{\"type\":\"pong\"}").await?,
            Some(ServerMessage::Refused) => {
                return Err(Broken::Refused(SubgraphError::Refused("it takes no connection of ours".to_owned())));
            }
            Some(_) => {}
            None => return Err(violated("a message of no known form")),
        }
    }
}

/// The opening handshake of RFC 6455 §4.1, by the client that also knows Unix sockets and TLS.
async fn upgrade(client: &Client, options: &WebSocketOptions, headers: &HeaderMap) -> Result<Upgraded, Broken> {
    let mut url = options.url.clone();
    let scheme = if matches!(url.scheme(), "wss" | "https") { "https" } else { "http" };
    url.set_scheme(scheme).map_err(|()| lost("the URL has no web scheme"))?;
    let (key, subprotocol) = (generate_key(), options.dialect.subprotocol());
    let call = client
        .get(url)
        .headers(headers.clone())
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .header(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    let response = call.send().await.map_err(|error| Broken::Lost(failure(&error)))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(lost(format!("it answered the upgrade with status {}", response.status().as_u16())));
    }
    let answered = |name: header::HeaderName| response.headers().get(name).map(HeaderValue::as_bytes);
    if answered(header::SEC_WEBSOCKET_ACCEPT) != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return Err(lost("it did not answer the key of the upgrade"));
    }
    if answered(header::SEC_WEBSOCKET_PROTOCOL) != Some(subprotocol.as_bytes()) {
        return Err(lost(format!("it does not speak the subprotocol {subprotocol}")));
    }
    if answered(header::SEC_WEBSOCKET_EXTENSIONS).is_some() {
        return Err(lost("it speaks an extension that nobody asked for"));
    }
    response.upgrade().await.map_err(|error| Broken::Lost(failure(&error)))
}

fn introduction(options: &WebSocketOptions, headers: &HeaderMap) -> Value {
    let mut payload = options.init_payload.clone().unwrap_or_default();
    for name in &options.init_headers {
        if let Some(value) = headers.get(name).and_then(|value| value.to_str().ok()) {
            payload.insert(name.to_string(), Value::from(value));
        }
    }
    let mut init = Map::from_iter([("type".to_owned(), json!("connection_init"))]);
    if !payload.is_empty() {
        init.insert("payload".to_owned(), Value::Object(payload));
    }
    Value::Object(init)
}

/// Sends a message.
pub(super) async fn send(socket: &mut Socket, text: &str) -> Result<(), Broken> {
    send_message(socket, Message::text(text)).await
}

/// Sends a message or a frame of control.
pub(super) async fn send_message(socket: &mut Socket, message: Message) -> Result<(), Broken> {
    // A peer that does not read must not hold us for ever.
    let sent = timeout(WRITE_TIMEOUT, socket.send(message)).await;
    sent.map_err(|_| Broken::Lost(SubgraphError::Timeout))?.map_err(lost)
}

/// Closes with a code, as far as the other side listens.
pub(super) async fn close(mut socket: Socket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: Utf8Bytes::from_static(reason) };
    // It is lost anyhow.
    let _ = timeout(FAREWELL, WebSocketStream::close(&mut socket, Some(frame))).await;
}

async fn receive(socket: &mut Socket, options: &WebSocketOptions) -> Result<Utf8Bytes, Broken> {
    loop {
        if let Some(text) = text_of(socket.next().await, options)? {
            return Ok(text);
        }
    }
}

/// The text in what was received; none when it was a frame of control.
pub(super) fn text_of(
    received: Option<Result<Message, Error>>,
    options: &WebSocketOptions,
) -> Result<Option<Utf8Bytes>, Broken> {
    match received {
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Close(frame))) => Err(closed(frame)),
        Some(Ok(Message::Binary(_))) => Err(violated("a message that is no text")),
        Some(Ok(_)) => Ok(None),
        Some(Err(Error::Capacity(_))) => {
            Err(Broken::Violated(SubgraphError::TooLarge { limit: options.max_message_bytes }))
        }
        Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) | None => {
            Err(lost("the connection ended"))
        }
        Some(Err(Error::Utf8(_) | Error::Protocol(_))) => Err(violated("bytes that are no web socket's")),
        Some(Err(error)) => Err(lost(error)),
    }
}

fn closed(frame: Option<CloseFrame>) -> Broken {
    let code = frame.as_ref().map_or(1005, |frame| u16::from(frame.code));
    let reason = frame.map_or_else(String::new, |frame| frame.reason.to_string());
    let told = format!("it closed the connection with {code} {reason}");
    match code {
        // The codes of graphql-transport-ws: who we are is not enough.
        4401 | 4403 | 4406 => Broken::Refused(SubgraphError::Refused(told)),
        // Something that one of the operations said.
        4400 | 4409 | 4429 => Broken::Violated(SubgraphError::Unreachable(told)),
        _ => Broken::Lost(SubgraphError::Unreachable(told)),
    }
}

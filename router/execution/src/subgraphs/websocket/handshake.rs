//! Opens a connection to a subgraph's subscriptions, up to its acknowledgement.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Error, Message, Utf8Bytes,
        client::IntoClientRequest as _,
        error::ProtocolError,
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::{WebSocketOptions, message::ServerMessage};
use crate::request::SubgraphError;

/// How long a peer may leave what we write unread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a closing word may take.
const FAREWELL: Duration = Duration::from_secs(1);

pub(super) type Socket = Box<WebSocketStream<MaybeTlsStream<TcpStream>>>;

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
pub(super) async fn connect(options: &WebSocketOptions, headers: &HeaderMap) -> Result<Socket, Broken> {
    let limit = options.connect_timeout;
    timeout(limit, handshake(options, headers)).await.unwrap_or(Err(Broken::Lost(SubgraphError::Timeout)))
}

async fn handshake(options: &WebSocketOptions, headers: &HeaderMap) -> Result<Socket, Broken> {
    let mut request = options.url.as_str().into_client_request().map_err(lost)?;
    for (name, value) in headers {
        request.headers_mut().insert(name, value.clone());
    }
    let subprotocol = HeaderValue::from_static(options.dialect.subprotocol());
    request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol);
    let limit = Some(options.max_message_bytes);
    let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
    let (socket, _) = connect_async_with_config(request, Some(config), true).await.map_err(lost)?;
    let mut socket = Box::new(socket);
    send(&mut socket, &introduction(options, headers).to_string()).await?;
    loop {
        let text = receive(&mut socket, options).await?;
        match ServerMessage::parse(&text, options.dialect) {
            Some(ServerMessage::Acknowledged) => return Ok(socket),
            Some(ServerMessage::Ping) => send(&mut socket, "{\"type\":\"pong\"}").await?,
            Some(ServerMessage::Refused) => {
                return Err(Broken::Refused(SubgraphError::Unreachable("it refused the connection".to_owned())));
            }
            Some(_) => {}
            None => return Err(violated("a message of no known form")),
        }
    }
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
    let error = SubgraphError::Unreachable(format!("it closed the connection with {code} {reason}"));
    match code {
        // The codes of graphql-transport-ws: who we are is not enough.
        4401 | 4403 | 4406 => Broken::Refused(error),
        // Something that one of the operations said.
        4400 | 4409 | 4429 => Broken::Violated(error),
        _ => Broken::Lost(error),
    }
}

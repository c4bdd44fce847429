//! The opening of a WebSocket (RFC 6455 §4.2).

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::bytes::SocketBelow;

/// A request that may become a WebSocket.
pub struct Handshake {
    /// Gives the connection once the answer is on its way.
    pub connection: OnUpgrade,
    /// How to get at the socket below it.
    pub below: SocketBelow,
    /// What proves to the client that its request was understood.
    pub accept: HeaderValue,
}

impl Handshake {
    /// Reads it; an answer when it is no such request.
    pub fn read(parts: &mut Parts) -> Result<Self, Box<Response>> {
        let refuse = |status: StatusCode, why: &'static str| Err(Box::new((status, why).into_response()));
        let headers = &parts.headers;
        if !has_token(headers, &header::CONNECTION, "upgrade") || !has_token(headers, &header::UPGRADE, "websocket") {
            return refuse(StatusCode::BAD_REQUEST, "Ask for an upgrade to a WebSocket.");
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            let version = [(header::SEC_WEBSOCKET_VERSION, "13")];
            return Err(Box::new((StatusCode::UPGRADE_REQUIRED, version, "Speak version 13.").into_response()));
        }
        let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
            return refuse(StatusCode::BAD_REQUEST, "The header Sec-WebSocket-Key is missing.");
        };
        let accept = derive_accept_key(key.as_bytes());
        let accept = HeaderValue::try_from(accept).expect("Base64 fits into a header");
        let Some(connection) = parts.extensions.remove::<OnUpgrade>() else {
            return refuse(StatusCode::UPGRADE_REQUIRED, "This connection cannot become a WebSocket.");
        };
        let below = parts.extensions.get().copied().unwrap_or_default();
        Ok(Self { connection, below, accept })
    }
}

/// The answer that opens it, in which this subprotocol is spoken.
pub fn answer(accept: HeaderValue, subprotocol: &'static str) -> Response {
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
        (header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol)),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Whether a header that is a list names this, however it is spelt.
pub fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
}

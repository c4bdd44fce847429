//! Operations over WebSocket by the graphql-transport-ws protocol.

mod connection;
mod writer;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::protocol::SUBPROTOCOL;
use crate::authentication::Credential;
use crate::origin::Client;
use crate::server::OpenEdge;

/// Largest message that a client may send, in bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Clients say little, and many only listen: what a connection keeps is mostly its buffers.
const READ_BUFFER_BYTES: usize = 4 * 1024;
/// What a burst of small messages is gathered up to before it is written.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Accepts a WebSocket; the credential may come by header, by a subprotocol
/// `bearer.TOKEN` beside the real one, by query parameter `token`, or later by `connection_init`.
pub async fn upgrade(
    State(edge): State<Arc<OpenEdge>>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !edge.cross_site.allows_socket(&headers) {
        return (StatusCode::FORBIDDEN, "This origin may not open a socket here.").into_response();
    }
    let Ok(place) = Arc::clone(&edge.connections).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many connections; try again later.").into_response();
    };
    let early = edge.authenticator.places().in_headers(&headers);
    let early = early.or_else(|| Credential::in_subprotocols(&headers));
    let early = early.or_else(|| credential_of_query(query.as_deref()));
    let told = edge.gateway.client_headers(&headers);
    let attended = edge.socket();
    let mut response = upgrade
        .protocols([SUBPROTOCOL])
        .max_message_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .on_upgrade(async move |socket| {
            let _held: (OwnedSemaphorePermit, TaskTrackerToken) = (place, attended);
            connection::serve(edge, socket, (client.origin, told), early).await;
        })
        .into_response();
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && !response.headers().contains_key("sec-websocket-protocol")
    {
        response = (StatusCode::BAD_REQUEST, "Speak the subprotocol graphql-transport-ws.").into_response();
    }
    response
}

fn credential_of_query(query: Option<&str>) -> Option<Credential> {
    let pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.filter(|(name, _)| name == "token").find_map(|(_, token)| Credential::from_query(&token))
}

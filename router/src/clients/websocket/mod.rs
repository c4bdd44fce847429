//! Operations over WebSocket by the graphql-transport-ws protocol.

pub(crate) mod bytes;
mod connection;
pub(crate) mod frame;
mod handshake;
mod pulse;
mod socket;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use tokio_util::task::task_tracker::TaskTrackerToken;

use self::bytes::ByteStream;
pub use self::bytes::SocketBelow;
use self::connection::Arrival;
use self::handshake::{Handshake, has_token};
use super::place::LivePlace;
use super::protocol::SUBPROTOCOL;
use super::streaming::refusal;
use crate::authentication::Credential;
use crate::origin::Client;
use crate::server::OpenEdge;

/// Accepts a WebSocket; the credential may come by header, by a subprotocol
/// `bearer.TOKEN` beside the real one, by query parameter `token`, or later by `connection_init`.
pub async fn upgrade(State(edge): State<Arc<OpenEdge>>, client: Client, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let handshake = match Handshake::read(&mut parts) {
        Ok(handshake) => handshake,
        Err(refusal) => return *refusal,
    };
    let headers = &parts.headers;
    if !edge.cross_site.allows_socket(headers) {
        let message = "This origin may not open a socket here.";
        return refusal(StatusCode::FORBIDDEN, "CROSS_SITE_REQUEST", message, &client.origin);
    }
    if !has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        let message = "Speak the subprotocol graphql-transport-ws.";
        return refusal(StatusCode::BAD_REQUEST, "BAD_REQUEST", message, &client.origin);
    }
    let place = match LivePlace::take(&edge, &client.origin) {
        Ok(place) => place,
        Err(full) => return full.answer(&client.origin),
    };
    let early = edge.authenticator.places().in_headers(headers);
    let early = early.or_else(|| Credential::in_subprotocols(headers));
    let early = early.or_else(|| credential_of_query(parts.uri.query()));
    let headers = edge.gateway.client_headers(headers);
    let arrival = Box::new(Arrival { origin: client.origin, headers, credential: early, place: Box::new(place) });
    let Handshake { connection, below, accept } = handshake;
    let attended = edge.socket();
    // Ends with the connection, which ends when the router shuts down.
    tokio::spawn(async move {
        let _held: TaskTrackerToken = attended;
        let Ok(upgraded) = connection.await else { return };
        let (stream, read) = ByteStream::new(upgraded, below);
        connection::serve(edge, stream, read, arrival).await;
    });
    handshake::answer(accept, SUBPROTOCOL)
}

fn credential_of_query(query: Option<&str>) -> Option<Credential> {
    let pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.filter(|(name, _)| name == "token").find_map(|(_, token)| Credential::from_query(&token))
}

//! The single connection mode of the graphql-sse protocol: one event stream for the results of many operations.
//!
//! A client reserves a stream by PUT and gets a token for it, opens the stream by GET, starts operations by POST and ends
//! them by DELETE. A reservation belongs to whoever made it, takes a place for a connection, and expires unless its stream
//! is opened soon; it ends with its stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use cloudphone_core::Origin;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep};
use uuid::Uuid;

use super::accept::{MediaType, answer};
use super::envelope::Wire;
use super::operations::{Operations, Start};
use super::outbox::Outbox;
use super::place::LivePlace;
use super::protocol::Close;
use super::streaming::{body, sent};
use super::{http, sse};
use crate::answer::error_response;
use crate::authentication::{AuthenticationError, Credential, Principal};
use crate::origin::Client;
use crate::pipeline::Admitted;
use crate::server::OpenEdge;
use crate::session::{Session, ended};

/// The header by which requests name their reservation.
const TOKEN_HEADER: &str = "x-graphql-event-stream-token";
/// How long operations may take to say why they end when the session does.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long queries and mutations may take to finish when the router shuts down.
const DRAIN: Duration = Duration::from_secs(10);

/// The reservations that are not over, by their tokens.
#[derive(Default)]
pub struct Reservations(Mutex<HashMap<String, Arc<Reservation>>>);

/// One client's stream, from its reservation to its end.
pub struct Reservation {
    session: Arc<Session>,
    operations: Operations,
    /// What waits for the stream.
    out: Arc<Outbox>,
    /// Its place, until it is opened.
    unopened: Mutex<Option<LivePlace>>,
}

impl Reservation {
    /// Whoever it belongs to, as long as their session holds.
    pub fn caller(&self) -> Result<Option<Principal>, AuthenticationError> {
        self.session.entitled().now().caller()
    }
}

/// The token of the reservation that a request belongs to: by header, or by query for browsers' `EventSource`.
pub fn token(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    let header = headers.get(TOKEN_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    header.or_else(|| parameter(query, "token"))
}

fn parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

fn refusal(status: StatusCode, code: &str, message: &str, origin: &Origin) -> Response {
    answer(MediaType::Json, status, error_response(code, message, origin.correlation_id))
}

/// Answers PUT: makes a reservation.
pub async fn reserve(State(edge): State<Arc<OpenEdge>>, client: Client, headers: HeaderMap) -> Response {
    let mut place = match LivePlace::take(&edge, &client.origin) {
        Ok(place) => place,
        Err(full) => return full.answer(&client.origin),
    };
    let credential = edge.authenticator.places().in_headers(&headers);
    let session = match Session::open(Arc::clone(&edge.authenticator), credential, client.origin.clone()).await {
        Ok(session) => Arc::new(session.with_headers(edge.gateway.client_headers(&headers))),
        Err(error) => return http::denied(error, MediaType::Json, &client.origin),
    };
    if let Err(full) = place.pass_to(&edge, &session) {
        return full.answer(&client.origin);
    }
    let out = Outbox::of_messages();
    let operations = Operations::new(Arc::clone(&edge), Arc::clone(&session), Wire::EventStream, Arc::clone(&out));
    let reservation = Arc::new(Reservation { session, operations, out, unopened: Mutex::new(Some(place)) });
    // Random, as it is all that leads to the stream of somebody who is not signed in.
    let token = Uuid::new_v4().simple().to_string();
    edge.reservations().0.lock().insert(token.clone(), reservation);
    tokio::spawn(expire(edge, token.clone()));
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::CREATED, headers, token).into_response()
}

/// Withdraws a reservation whose stream is not opened in time.
async fn expire(edge: Arc<OpenEdge>, token: String) {
    tokio::select! {
        () = sleep(edge.limits.initialisation_timeout) => {}
        () = edge.draining.cancelled() => {}
    }
    let mut reservations = edge.reservations().0.lock();
    if reservations.get(&token).is_some_and(|reservation| reservation.unopened.lock().is_some()) {
        let expired = reservations.remove(&token);
        drop(reservations);
        expired.inspect(|reservation| reservation.operations.stop_all());
    }
}

/// The reservation of a token, for whoever it belongs to.
pub async fn find(
    edge: &OpenEdge,
    token: &str,
    credential: Option<Credential>,
    origin: &Origin,
) -> Result<Arc<Reservation>, Response> {
    // The same answer for both, so that nobody learns what others have.
    let unknown = || {
        let message = "There is no such reservation of yours; make one by PUT.";
        refusal(StatusCode::NOT_FOUND, "RESERVATION_NOT_FOUND", message, origin)
    };
    let reservation = edge.reservations().0.lock().get(token).cloned();
    let reservation = reservation.ok_or_else(unknown)?;
    match reservation.session.admits(credential).await {
        Ok(true) => Ok(reservation),
        Ok(false) => Err(unknown()),
        Err(error) => Err(http::denied(error, MediaType::Json, origin)),
    }
}

/// Opens the stream of a reservation; there is never more than one.
pub fn fulfil(edge: &Arc<OpenEdge>, token: &str, reservation: &Arc<Reservation>) -> Response {
    let Some(place) = reservation.unopened.lock().take() else {
        let message = "The stream of this reservation was opened already.";
        return refusal(StatusCode::CONFLICT, "STREAM_OPEN", message, reservation.session.origin());
    };
    let (frames, body) = body(place);
    let stream =
        Stream { edge: Arc::clone(edge), token: token.to_owned(), reservation: Arc::clone(reservation), frames };
    tokio::spawn(stream.run());
    sse::response(body)
}

/// Starts an operation; its results come on the stream.
pub fn start(reservation: &Reservation, id: Option<String>, admitted: Admitted, origin: &Origin) -> Response {
    let Some(id) = id.filter(|id| !id.is_empty()) else {
        let message = "Name the operation by a text in `extensions.operationId`.";
        return refusal(StatusCode::BAD_REQUEST, "BAD_REQUEST", message, origin);
    };
    match reservation.operations.start(id, Start::Admitted(admitted)) {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(Close::SubscriberExists(_)) => {
            let message = "An operation of this id runs already.";
            refusal(StatusCode::CONFLICT, "OPERATION_EXISTS", message, origin)
        }
        Err(_) => {
            let message = "Too many operations run on this stream; end one first.";
            let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_OPERATIONS", message, origin);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
    }
}

/// Answers DELETE: ends an operation, or leaves it ended.
pub async fn stop(
    State(edge): State<Arc<OpenEdge>>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let named = token(&headers, query.as_deref()).zip(parameter(query.as_deref(), "operationId"));
    let Some((token, id)) = named else {
        let message = "Name the reservation by its token and the operation by `operationId`.";
        return refusal(StatusCode::BAD_REQUEST, "BAD_REQUEST", message, &client.origin);
    };
    match find(&edge, &token, edge.authenticator.places().in_headers(&headers), &client.origin).await {
        Ok(reservation) => {
            reservation.operations.stop(&id);
            StatusCode::OK.into_response()
        }
        Err(refusal) => refusal,
    }
}

/// An open stream.
struct Stream {
    edge: Arc<OpenEdge>,
    token: String,
    reservation: Arc<Reservation>,
    frames: mpsc::Sender<Bytes>,
}

impl Stream {
    async fn run(self) {
        let heartbeat = self.edge.limits.event_stream_heartbeat;
        let mut quiet = interval_at(Instant::now() + heartbeat, heartbeat);
        let mut entitled = self.reservation.session.entitled();
        let superseded = self.reservation.operations.clone();
        loop {
            if ended(&mut entitled).is_some() {
                return self.settle(LAST_WORDS).await;
            }
            let frame = tokio::select! {
                next = self.reservation.out.next() => match next {
                    Some(frame) => { quiet.reset(); frame }
                    None => return,
                },
                _ = quiet.tick() => Bytes::from_static(sse::COMMENT),
                () = self.frames.closed() => return,
                () = entitled.changed() => {
                    self.reservation.operations.rights_changed();
                    continue;
                }
                () = self.edge.draining.cancelled() => {
                    self.reservation.operations.stop_streams();
                    return self.settle(self.edge.limits.drain).await;
                }
                () = superseded.superseded() => {
                    self.reservation.operations.stop_streams();
                    return self.settle(DRAIN).await;
                }
            };
            if !sent(&self.edge, &self.frames, frame).await {
                return;
            }
        }
    }

    /// Passes on what operations have yet to say. Nothing new begins.
    async fn settle(&self, limit: Duration) {
        self.edge.reservations().0.lock().remove(&self.token);
        let reservation = Arc::clone(&self.reservation);
        let settled = reservation.operations.settle(limit);
        tokio::pin!(settled);
        loop {
            let next = tokio::select! {
                biased;
                next = reservation.out.next() => next,
                () = &mut settled => break,
            };
            let Some(frame) = next else { return };
            if !sent(&self.edge, &self.frames, frame).await {
                return;
            }
        }
        while let Some(frame) = reservation.out.try_next() {
            if !sent(&self.edge, &self.frames, frame).await {
                return;
            }
        }
    }
}

/// Without its stream, a reservation is over.
impl Drop for Stream {
    fn drop(&mut self) {
        self.edge.reservations().0.lock().remove(&self.token);
        self.reservation.operations.stop_all();
        self.reservation.out.abandon();
    }
}

//! Server-Sent Events in the distinct-connection mode of the graphql-sse protocol.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use cloudphone_core::Origin;
use futures::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};

use crate::answer::error_response;
use crate::authentication::{AuthenticationError, Credential};
use crate::gateway::Prepared;
use crate::server::Edge;
use crate::session::Session;
use crate::stream::{StreamEnd, forward};

/// Events that wait for a slow client before its source is held back.
const EVENTS_AHEAD: usize = 16;

/// Answers a subscription as a stream of events.
pub async fn stream(
    edge: Arc<Edge>,
    prepared: Prepared,
    credential: Option<Credential>,
    origin: Origin,
) -> Result<Response, AuthenticationError> {
    let Ok(place) = Arc::clone(&edge.connections).try_acquire_owned() else { return Ok(full()) };
    let session = Session::open(Arc::clone(&edge.authenticator), credential, origin).await?;
    let (frames, received) = mpsc::channel::<Bytes>(EVENTS_AHEAD);
    tokio::spawn(async move { run(&edge, prepared, &session, frames).await });
    // The place is given back when the connection lets go of the body, not before.
    let body = Body::from_stream(stream::unfold((received, place), async |(mut received, place)| {
        received.recv().await.map(|frame| (Ok::<_, Infallible>(frame), (received, place)))
    }));
    Ok(response(body))
}

/// Answers a query or mutation as the only event of a stream.
pub fn single(body: &[u8]) -> Response {
    let mut frames = BytesMut::from(&next(body)[..]);
    frames.extend_from_slice(COMPLETE);
    response(Body::from(frames.freeze()))
}

async fn run(edge: &Edge, prepared: Prepared, session: &Session, frames: mpsc::Sender<Bytes>) {
    let (events, mut received) = mpsc::channel::<Bytes>(1);
    let source = forward(&edge.gateway, prepared, session.origin(), session.state(), events);
    let out = &frames;
    // Owns the receiver, so that the source ends with it.
    let sink = async move {
        let heartbeat = edge.limits.event_stream_heartbeat;
        let mut quiet = interval_at(Instant::now() + heartbeat, heartbeat);
        loop {
            let frame = tokio::select! {
                event = received.recv() => match event {
                    Some(event) => { quiet.reset(); next(&event) }
                    None => return,
                },
                _ = quiet.tick() => Bytes::from_static(b":\n\n"),
                () = edge.draining.cancelled() => return,
                () = out.closed() => return,
            };
            if !sent(edge, out, frame).await {
                return;
            }
        }
    };
    match tokio::join!(source, sink).0 {
        // Without `complete` a client knows that there is more to come, and connects again.
        StreamEnd::ClientGone | StreamEnd::Denied(AuthenticationError::Expired | AuthenticationError::Unavailable) => {
            return;
        }
        StreamEnd::Completed => {}
        StreamEnd::Denied(error) => {
            let denied = error_response(error.code(), &error.to_string(), session.origin().correlation_id);
            sent(edge, &frames, next(&denied)).await;
        }
    }
    sent(edge, &frames, Bytes::from_static(COMPLETE)).await;
}

/// Hands a frame to the connection; a client that leaves it unread for too long is given up.
async fn sent(edge: &Edge, frames: &mpsc::Sender<Bytes>, frame: Bytes) -> bool {
    matches!(timeout(edge.limits.write_timeout, frames.send(frame)).await, Ok(Ok(())))
}

/// The answer when every place for a live connection is taken.
fn full() -> Response {
    let retry = [(header::RETRY_AFTER, "5")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "Too many connections; try again later.").into_response()
}

const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// Encoded JSON has no line breaks, so that one `data` line holds it.
fn next(result: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(result.len() + 24);
    frame.put_slice(b"event: next\ndata: ");
    frame.put_slice(result);
    frame.put_slice(b"\n\n");
    frame.freeze()
}

fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Tells nginx-like proxies not to hold events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

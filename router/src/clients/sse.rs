//! Server-Sent Events in the distinct-connection mode of the graphql-sse protocol.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use cloudphone_core::Origin;
use futures::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use crate::answer::{errors_list, errors_response};
use crate::authentication::Credential;
use crate::gateway::Prepared;
use crate::server::Edge;
use crate::session::Session;
use crate::stream::{StreamEnd, forward};

/// How often a comment is sent on a quiet stream, so that proxies keep it open and a lost client is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(12);
/// Events that wait for a slow client before its source is held back.
const EVENTS_AHEAD: usize = 16;

/// Answers a subscription as a stream of events.
pub async fn stream(edge: Arc<Edge>, prepared: Prepared, credential: Option<Credential>, origin: Origin) -> Response {
    let Ok(place) = Arc::clone(&edge.connections).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Too many connections; try again later.").into_response();
    };
    let session = match Session::open(Arc::clone(&edge.authenticator), credential, origin).await {
        Ok(session) => session,
        Err(error) => {
            let body = errors_response(&errors_list(error.code(), &error.to_string()));
            return (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        }
    };
    let (frames, received) = mpsc::channel::<Bytes>(EVENTS_AHEAD);
    tokio::spawn(async move {
        let _place = place;
        run(&edge, prepared, &session, frames).await;
    });
    let body = Body::from_stream(stream::unfold(received, async |mut received| {
        received.recv().await.map(|frame| (Ok::<_, Infallible>(frame), received))
    }));
    response(body)
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
    let sink = async {
        let mut quiet = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        loop {
            let frame = tokio::select! {
                event = received.recv() => match event {
                    Some(event) => { quiet.reset(); next(&event) }
                    None => return,
                },
                _ = quiet.tick() => Bytes::from_static(b":\n\n"),
                () = edge.draining.cancelled() => return,
            };
            if frames.send(frame).await.is_err() {
                return;
            }
        }
    };
    tokio::pin!(sink);
    let end = tokio::select! {
        end = source => { (&mut sink).await; end }
        () = &mut sink => StreamEnd::ClientGone,
    };
    if let StreamEnd::Denied(error) = end {
        let _ = frames.send(next(&errors_response(&errors_list(error.code(), &error.to_string())))).await;
    }
    let _ = frames.send(Bytes::from_static(COMPLETE)).await;
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

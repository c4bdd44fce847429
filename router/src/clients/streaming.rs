//! Subscriptions as the body of an HTTP response.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use cloudphone_core::Origin;
use cloudphone_traffic::headers::ClientHeaders;
use futures::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, timeout};

use super::accept::{MediaType, StreamFormat, answer as respond};
use super::place::LivePlace;
use super::{multipart, sse};
use crate::answer::{error_response, errors_list, errors_response};
use crate::authentication::{AuthenticationError, Credential};
use crate::gateway::Prepared;
use crate::server::OpenEdge;
use crate::session::Session;
use crate::streams::{Event, Full, Next, StreamEnd, Subscription};

/// Frames that wait for a slow client before its subscription is held back.
const FRAMES_AHEAD: usize = 4;

/// Answers a subscription as a stream of events.
pub async fn answer(
    edge: Arc<OpenEdge>,
    format: StreamFormat,
    prepared: Prepared,
    credential: Option<Credential>,
    (origin, headers): (Origin, ClientHeaders),
) -> Result<Response, AuthenticationError> {
    let mut place = match LivePlace::take(&edge, &origin) {
        Ok(place) => place,
        Err(full) => return Ok(full.answer(&origin)),
    };
    let session = Session::open(Arc::clone(&edge.authenticator), credential, origin).await?.with_headers(headers);
    if let Err(full) = place.pass_to(&edge, &session) {
        return Ok(full.answer(session.origin()));
    }
    let subscription = match edge.streams().subscribe(prepared, session.origin(), session.headers(), session.entitled())
    {
        Ok(subscription) => subscription,
        Err(full) => return Ok(refused(full, session.origin())),
    };
    let (frames, body) = body(place);
    tokio::spawn(async move { run(&edge, format, subscription, &session, frames).await });
    Ok(match format {
        StreamFormat::EventStream => sse::response(body),
        StreamFormat::Multipart => multipart::response(body),
    })
}

/// A body that is written as frames come. The place is given back when the connection lets go of it, not before.
pub fn body(place: LivePlace) -> (mpsc::Sender<Bytes>, Body) {
    let (frames, received) = mpsc::channel::<Bytes>(FRAMES_AHEAD);
    let body = Body::from_stream(stream::unfold((received, place), async |(mut received, place)| {
        received.recv().await.map(|frame| (Ok::<_, Infallible>(frame), (received, place)))
    }));
    (frames, body)
}

impl StreamFormat {
    /// What comes before the first event.
    fn opening(self) -> &'static [u8] {
        match self {
            Self::EventStream => b"",
            Self::Multipart => multipart::OPENING,
        }
    }

    fn event(self, event: &Event) -> Bytes {
        match self {
            Self::EventStream => event.on_event_stream(sse::next),
            Self::Multipart => event.as_part(multipart::next),
        }
    }

    fn heartbeat(self) -> &'static [u8] {
        match self {
            Self::EventStream => sse::COMMENT,
            Self::Multipart => multipart::HEARTBEAT,
        }
    }

    /// The stream ends for a reason of its own; `errors` is an encoded list.
    fn failure(self, errors: &[u8]) -> Bytes {
        match self {
            Self::EventStream => sse::next(&errors_response(errors)),
            Self::Multipart => multipart::failure(errors),
        }
    }

    fn complete(self) -> &'static [u8] {
        match self {
            Self::EventStream => sse::COMPLETE,
            Self::Multipart => multipart::CLOSING,
        }
    }
}

/// A stream among those that are counted, as long as it runs.
struct Counted(&'static str);

impl Counted {
    fn begin(format: StreamFormat) -> Self {
        let format = match format {
            StreamFormat::EventStream => "event-stream",
            StreamFormat::Multipart => "multipart",
        };
        metrics::gauge!("cloudphone_http_streams", "format" => format).increment(1.0);
        Self(format)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("cloudphone_http_streams", "format" => self.0).decrement(1.0);
    }
}

async fn run(
    edge: &OpenEdge,
    format: StreamFormat,
    mut subscription: Subscription,
    session: &Session,
    frames: mpsc::Sender<Bytes>,
) {
    let _counted = Counted::begin(format);
    if !format.opening().is_empty() && !sent(edge, &frames, Bytes::from_static(format.opening())).await {
        return;
    }
    let heartbeat = edge.limits.event_stream_heartbeat;
    let mut quiet = interval_at(Instant::now() + heartbeat, heartbeat);
    let end = loop {
        let frame = tokio::select! {
            next = subscription.next() => match next {
                Next::Event(event) => { quiet.reset(); format.event(&event) }
                Next::End(end) => break end,
            },
            _ = quiet.tick() => Bytes::from_static(format.heartbeat()),
            () = edge.draining.cancelled() => return,
            () = frames.closed() => return,
        };
        if subscription.while_entitled(sent(edge, &frames, frame)).await == Some(false) {
            return;
        }
    };
    let origin = session.origin();
    match end {
        // Without an end a client knows that there is more to come, and connects again.
        StreamEnd::Denied(AuthenticationError::Expired | AuthenticationError::Unavailable) => {
            return;
        }
        StreamEnd::Completed => {}
        StreamEnd::TooSlow => {
            let (code, message) = StreamEnd::TOO_SLOW;
            sent(edge, &frames, format.failure(&errors_list(code, message, origin.correlation_id))).await;
        }
        StreamEnd::Superseded => {
            let (code, message) = StreamEnd::SUPERSEDED;
            sent(edge, &frames, format.failure(&errors_list(code, message, origin.correlation_id))).await;
            if format == StreamFormat::EventStream {
                // Told why, but without an end: the clients of this protocol then subscribe again by themselves.
                return;
            }
        }
        StreamEnd::Denied(error) => {
            let errors = errors_list(error.code(), &error.to_string(), origin.correlation_id);
            sent(edge, &frames, format.failure(&errors)).await;
        }
    }
    sent(edge, &frames, Bytes::from_static(format.complete())).await;
}

/// Hands a frame to the connection; a client that leaves it unread for too long is given up.
pub async fn sent(edge: &OpenEdge, frames: &mpsc::Sender<Bytes>, frame: Bytes) -> bool {
    matches!(timeout(edge.limits.write_timeout, frames.send(frame)).await, Ok(Ok(())))
}

/// The answer to whoever may not open a live connection.
pub fn refusal(status: StatusCode, code: &'static str, message: &str, origin: &Origin) -> Response {
    respond(MediaType::Json, status, error_response(code, message, origin.correlation_id))
}

fn refused(full: Full, origin: &Origin) -> Response {
    let status = match full {
        Full::User => StatusCode::TOO_MANY_REQUESTS,
        Full::Router => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = refusal(status, full.code(), &full.to_string(), origin);
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    response
}

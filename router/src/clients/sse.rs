//! Frames of the distinct-connection mode of the graphql-sse protocol.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};

/// The last frame of an operation.
pub const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";
/// A comment, which keeps the line open.
pub const COMMENT: &[u8] = b":\n\n";

/// Answers a query or mutation as the only event of a stream.
pub fn single(body: &[u8]) -> Response {
    let mut frames = BytesMut::from(&next(body)[..]);
    frames.extend_from_slice(COMPLETE);
    response(Body::from(frames.freeze()))
}

/// Encoded JSON has no line breaks, so that one `data` line holds it.
pub fn next(result: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(result.len() + 24);
    frame.put_slice(b"event: next\ndata: ");
    frame.put_slice(result);
    frame.put_slice(b"\n\n");
    frame.freeze()
}

/// A response whose body is an event stream.
pub fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Tells nginx-like proxies not to hold events back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

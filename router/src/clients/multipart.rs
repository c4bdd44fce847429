//! Parts of Apollo's protocol for subscriptions over `multipart/mixed` (subscriptionSpec 1.0).
//!
//! A part is complete only when the boundary after it has come, so each part is written together with that boundary.

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};

/// The boundary before the first part.
pub const OPENING: &[u8] = b"\r\n--graphql";
/// A part that says nothing, which keeps the line open.
pub const HEARTBEAT: &[u8] = b"\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql";
/// Turns the last boundary into the end.
pub const CLOSING: &[u8] = b"--\r\n";

/// A result of the operation.
pub fn next(result: &[u8]) -> Bytes {
    part(b"{\"payload\":", result)
}

/// Errors of the stream itself, after which it ends; `errors` is an encoded list.
pub fn failure(errors: &[u8]) -> Bytes {
    part(b"{\"payload\":null,\"errors\":", errors)
}

fn part(head: &[u8], json: &[u8]) -> Bytes {
    let mut part = BytesMut::with_capacity(json.len() + head.len() + 64);
    part.put_slice(b"\r\ncontent-type: application/json\r\n\r\n");
    part.put_slice(head);
    part.put_slice(json);
    part.put_slice(b"}\r\n--graphql");
    part.freeze()
}

/// A response whose body is a multipart stream.
pub fn response(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

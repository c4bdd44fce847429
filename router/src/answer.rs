//! Answers that the router makes by itself.

use bytes::Bytes;
use cloudphone_core::CorrelationId;
use serde_json::{Value, json};

/// An encoded list of one error.
pub fn errors_list(code: &str, message: &str, correlation_id: CorrelationId) -> Vec<u8> {
    errors_list_with(code, message, correlation_id, [])
}

/// The same with further `extensions`.
pub fn errors_list_with<const N: usize>(
    code: &str,
    message: &str,
    correlation_id: CorrelationId,
    more: [(&str, Value); N],
) -> Vec<u8> {
    let mut extensions = json!({ "code": code, "correlationId": correlation_id });
    for (name, value) in more {
        extensions[name] = value;
    }
    serde_json::to_vec(&json!([{ "message": message, "extensions": extensions }])).expect("plain values always encode")
}

/// An encoded GraphQL response that has one error and no data.
pub fn error_response(code: &str, message: &str, correlation_id: CorrelationId) -> Bytes {
    errors_response(&errors_list(code, message, correlation_id))
}

/// An encoded GraphQL response that has errors and no data.
pub fn errors_response(errors: &[u8]) -> Bytes {
    let mut body = Vec::with_capacity(errors.len() + 12);
    body.extend_from_slice(b"{\"errors\":");
    body.extend_from_slice(errors);
    body.extend_from_slice(b"}");
    Bytes::from(body)
}

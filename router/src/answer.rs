//! Answers that the router makes by itself.

use bytes::Bytes;
use serde_json::json;

/// An encoded list of one error.
pub fn errors_list(code: &str, message: &str) -> Vec<u8> {
    let errors = json!([{ "message": message, "extensions": { "code": code } }]);
    serde_json::to_vec(&errors).expect("plain values always encode")
}

/// An encoded GraphQL response that has errors and no data.
pub fn errors_response(errors: &[u8]) -> Bytes {
    let mut body = Vec::with_capacity(errors.len() + 12);
    body.extend_from_slice(b"{\"errors\":");
    body.extend_from_slice(errors);
    body.extend_from_slice(b"}");
    Bytes::from(body)
}

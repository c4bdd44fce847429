//! Removes kept answers before their time: by subgraph, by type, or by one entity's key.

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::ResponseCache;

/// The largest body of a purge.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// What to remove. All that is named must hold; with nothing named everything goes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// Answers of this subgraph.
    #[serde(default)]
    pub subgraph: Option<String>,
    /// Answers that hold objects of this type.
    #[serde(default, rename = "type")]
    pub type_name: Option<String>,
    /// With a type: entities that have this key field, such as `{"id": "7"}`, and whatever may hold such an entity inside. Of a key of
    /// several fields, name one: everything that has it goes.
    #[serde(default)]
    pub key: Option<Map<String, Value>>,
}

impl Purge {
    /// The tags to mark; none when the purge makes no sense.
    pub(super) fn tags(&self) -> Option<Vec<String>> {
        match (&self.subgraph, &self.type_name, &self.key) {
            (None, None, None) => Some(vec![String::new()]),
            (Some(subgraph), None, None) => Some(vec![of_subgraph(subgraph)]),
            // A type is purged wherever it comes from: another subgraph's answer may hold what follows from it.
            (None, Some(type_name), None) => Some(vec![of_type(type_name)]),
            (None, Some(type_name), Some(key)) if key.len() == 1 => {
                let (field, value) = key.iter().next()?;
                Some(vec![of_entity(type_name, field, value), of_some(type_name)])
            }
            _ => None,
        }
    }
}

pub(super) fn of_subgraph(name: &str) -> String {
    format!("subgraph {name}")
}

pub(super) fn of_type(name: &str) -> String {
    format!("type {name}")
}

/// Marked when some entity of the type is purged: answers that hold such entities without being one must go, too.
pub(super) fn of_some(name: &str) -> String {
    format!("some {name}")
}

/// A number and the text of it are one key: `ID` may be written as both.
pub(super) fn of_entity(type_name: &str, field: &str, value: &Value) -> String {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("entity {type_name} {field} {value}")
}

struct Door {
    cache: ResponseCache,
    token: [u8; 32],
}

/// `POST /response-cache/purge` for whoever has the token: a JSON object as [`Purge`] has it; answers 204.
pub fn purge_routes(cache: ResponseCache, token: &str) -> Router {
    let door = Door { cache, token: Sha256::digest(token).into() };
    Router::new().route("/response-cache/purge", post(purge)).with_state(Arc::new(door))
}

async fn purge(State(door): State<Arc<Door>>, request: Request) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    // Digests are of one length, so that neither the token nor its length can be felt out by time.
    let given: [u8; 32] = Sha256::digest(given.trim()).into();
    let admitted: bool = given.ct_eq(&door.token).into();
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY_BYTES).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "The body exceeds 65536 bytes.");
    };
    if !admitted {
        return refusal(StatusCode::UNAUTHORIZED, "Send the purge token as a bearer token.");
    }
    let Some(purge) = read(&body) else {
        let message =
            "Send a JSON object: {}, {\"subgraph\": …}, {\"type\": …}, or {\"type\": …, \"key\": {one field: value}}.";
        return refusal(StatusCode::BAD_REQUEST, message);
    };
    match door.cache.purge(&purge).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(_) => refusal(StatusCode::SERVICE_UNAVAILABLE, "The cache's storage does not answer; try again."),
    }
}

fn read(body: &Bytes) -> Option<Purge> {
    // A list would be taken for the fields in their order.
    let purge: Purge = serde_json::from_slice(body).ok().filter(|_| body.trim_ascii_start().starts_with(b"{"))?;
    purge.tags().is_some().then_some(purge)
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({ "error": message }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_names_one_thing() {
        let tags = |text: &'static str| read(&Bytes::from_static(text.as_bytes())).and_then(|purge| purge.tags());
        assert_eq!(tags("{}"), Some(vec![String::new()]));
        assert_eq!(tags(r#"{"type":"A","key":{"id":7}}"#), tags(r#"{"type":"A","key":{"id":"7"}}"#));
        for wrong in [
            r#"{"key":{"id":"7"}}"#,
            r#"{"type":"A","key":{}}"#,
            r#"{"types":"A"}"#,
            "",
            "[]",
            r#"{"type":"A","subgraph":"b"}"#,
        ] {
            assert_eq!(tags(wrong), None, "{wrong}");
        }
    }
}

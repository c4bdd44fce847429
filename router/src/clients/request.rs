//! A GraphQL request as it arrives: from a JSON body or from a query string (GraphQL over HTTP, sections 5 and 6).

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thiserror::Error;

use super::uploads::OperationUploads;

/// The parameters of one GraphQL request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Wire")]
pub struct GraphQlParameters {
    /// The document; empty when it is only named, by its id or by its hash.
    pub query: String,
    /// Which operation of the document to run.
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    pub variables: Map<String, Value>,
    /// Whatever protocols put beside.
    pub extensions: Map<String, Value>,
    /// The id of a document that the router knows.
    pub document_id: Option<String>,
    /// Files that came with it.
    pub(crate) uploads: Option<Box<OperationUploads>>,
}

/// The parameters before it is known whether there is a document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    query: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default, deserialize_with = "object_or_null")]
    variables: Map<String, Value>,
    #[serde(default, deserialize_with = "object_or_null")]
    extensions: Map<String, Value>,
    #[serde(default)]
    document_id: Option<String>,
}

impl TryFrom<Wire> for GraphQlParameters {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let Wire { query, operation_name, variables, extensions, document_id } = wire;
        let has_document = query.is_some();
        let query = query.unwrap_or_default();
        let parameters = Self { query, operation_name, variables, extensions, document_id, uploads: None };
        if has_document || parameters.names_document() { Ok(parameters) } else { Err(NO_DOCUMENT) }
    }
}

const NO_DOCUMENT: &str = "`query` is missing";

fn object_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Why a request is not a GraphQL request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MalformedRequest {
    /// The body is not a JSON object with a `query`.
    #[error("The request is not a GraphQL request: {0}")]
    Parameters(String),
    /// Several requests came in one body, where that is not possible.
    #[error("Send one operation at a time; batches are not taken here.")]
    Batch,
    /// A batch without operations or with too many.
    #[error("A batch holds between 1 and {limit} operations; this one has {found}.")]
    BatchSize {
        /// The most that are taken.
        limit: usize,
        /// How many came.
        found: usize,
    },
    /// The media type of the body is not JSON.
    #[error("Send the request as `application/json`.")]
    MediaType,
    /// The body is too large.
    #[error("The request body exceeds {limit} bytes.")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The body did not arrive in time.
    #[error("The request body took too long to arrive.")]
    TooSlow,
    /// A form with files that another site's page may have sent.
    #[error(
        "Send the header `apollo-require-preflight: true` with forms, to show that no other site's page sends them."
    )]
    Preflight,
    /// A form that is not as the multipart request specification has it.
    #[error("The form is not a GraphQL multipart request: {0}.")]
    Form(String),
    /// More files than are taken.
    #[error("A request brings at most {limit} files.")]
    TooManyFiles {
        /// The limit.
        limit: usize,
    },
    /// As many forms as there is room for are on their way.
    #[error("There is no room for further files at the moment; try again soon.")]
    TooManyUploads,
    /// A mutation came by GET.
    #[error("GET takes queries only; use POST.")]
    MethodNotAllowed,
}

impl MalformedRequest {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Parameters(_) | Self::Batch | Self::BatchSize { .. } | Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::Preflight => StatusCode::FORBIDDEN,
            Self::TooManyUploads => StatusCode::SERVICE_UNAVAILABLE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } | Self::TooManyFiles { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The value of `extensions.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Parameters(_) => "BAD_REQUEST",
            Self::Batch => "BATCHING_NOT_SUPPORTED",
            Self::BatchSize { .. } => "BATCH_SIZE",
            Self::MediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooLarge { .. } => "PAYLOAD_TOO_LARGE",
            Self::TooSlow => "REQUEST_TIMEOUT",
            Self::Preflight => "CROSS_SITE_REQUEST",
            Self::Form(_) => "BAD_FORM",
            Self::TooManyFiles { .. } => "TOO_MANY_FILES",
            Self::TooManyUploads => "UPLOADS_BUSY",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
        }
    }
}

/// What a JSON body asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestBody {
    /// One operation.
    Single(Box<GraphQlParameters>),
    /// Several, to be answered in their order.
    Batch(Vec<GraphQlParameters>),
}

impl RequestBody {
    /// Reads a body that is one request or a list of at most `limit`.
    pub fn from_json(body: &[u8], limit: usize) -> Result<Self, MalformedRequest> {
        let wrong = |error: serde_json::Error| MalformedRequest::Parameters(error.to_string());
        if body.trim_ascii_start().first() != Some(&b'[') {
            return serde_json::from_slice(body).map(Self::Single).map_err(wrong);
        }
        if limit < 2 {
            return Err(MalformedRequest::Batch);
        }
        // Counted before it is read in full, so that a long list costs little.
        let entries: Vec<&RawValue> = serde_json::from_slice(body).map_err(wrong)?;
        if entries.is_empty() || entries.len() > limit {
            return Err(MalformedRequest::BatchSize { limit, found: entries.len() });
        }
        let batch: Result<_, _> = entries.into_iter().map(|entry| serde_json::from_str(entry.get())).collect();
        batch.map(Self::Batch).map_err(wrong)
    }
}

impl GraphQlParameters {
    /// Reads a query string, in which `variables` and `extensions` are JSON.
    pub fn from_query_string(query: &str) -> Result<Self, MalformedRequest> {
        let mut parameters = Self::default();
        let mut found = false;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "query" => {
                    parameters.query = value.into_owned();
                    found = true;
                }
                "documentId" if !value.is_empty() => parameters.document_id = Some(value.into_owned()),
                "operationName" if !value.is_empty() => parameters.operation_name = Some(value.into_owned()),
                "variables" => parameters.variables = json_object("variables", &value)?,
                "extensions" => parameters.extensions = json_object("extensions", &value)?,
                _ => {}
            }
        }
        if found || parameters.names_document() {
            Ok(parameters)
        } else {
            Err(MalformedRequest::Parameters(NO_DOCUMENT.to_owned()))
        }
    }

    /// Whether the document is named, be it sent as well or not.
    fn names_document(&self) -> bool {
        self.document_id.is_some() || self.extensions.contains_key("persistedQuery")
    }

    /// The SHA-256 of the document as the client tells it (Apollo's protocol for automatic persisted queries), or what is
    /// wrong with how it does.
    pub fn persisted_query(&self) -> Result<Option<&str>, &'static str> {
        let Some(told) = self.extensions.get("persistedQuery").filter(|told| !told.is_null()) else { return Ok(None) };
        if told.get("version").and_then(Value::as_u64) != Some(1) {
            return Err("`extensions.persistedQuery.version` has to be 1.");
        }
        let hash = told.get("sha256Hash").and_then(Value::as_str);
        hash.map(Some).ok_or("`extensions.persistedQuery.sha256Hash` is missing.")
    }
}

fn json_object(name: &str, text: &str) -> Result<Map<String, Value>, MalformedRequest> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    let parsed: Result<Option<Map<String, Value>>, _> = serde_json::from_str(text);
    parsed.map(Option::unwrap_or_default).map_err(|error| MalformedRequest::Parameters(format!("`{name}`: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_body_may_leave_out_or_null_everything_but_the_query() {
        let body = br#"{"query":"{me{id}}","variables":null}"#;
        let RequestBody::Single(parameters) = RequestBody::from_json(body, 1).unwrap() else { panic!("one operation") };
        assert_eq!(parameters.query, "{me{id}}");
        assert!(parameters.variables.is_empty());
    }

    #[test]
    fn what_is_no_request_says_why() {
        for body in [&b"{}"[..], b"nonsense", br#"{"query":7}"#, br#"{"query":"{a}","variables":[]}"#] {
            assert!(matches!(RequestBody::from_json(body, 5), Err(MalformedRequest::Parameters(_))));
        }
    }

    #[test]
    fn a_batch_has_a_limit() {
        let batch = |length: usize| format!(" [{}]", vec![r#"{"query":"{a}"}"#; length].join(","));
        assert!(
            matches!(RequestBody::from_json(batch(2).as_bytes(), 2), Ok(RequestBody::Batch(list)) if list.len() == 2)
        );
        let too_long = MalformedRequest::BatchSize { limit: 2, found: 3 };
        assert_eq!(RequestBody::from_json(batch(3).as_bytes(), 2), Err(too_long));
        let empty = MalformedRequest::BatchSize { limit: 2, found: 0 };
        assert_eq!(RequestBody::from_json(b"[]", 2), Err(empty));
        assert_eq!(RequestBody::from_json(b"[{}]", 1), Err(MalformedRequest::Batch));
        assert!(matches!(RequestBody::from_json(b"[{}]", 2), Err(MalformedRequest::Parameters(_))));
    }

    #[test]
    fn a_query_string_carries_variables_as_json() {
        let parameters = GraphQlParameters::from_query_string("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D").unwrap();
        assert_eq!((parameters.query.as_str(), parameters.variables["x"].as_i64()), ("{a}", Some(1)));
        assert!(GraphQlParameters::from_query_string("variables=1&query=x").is_err());
        assert!(GraphQlParameters::from_query_string("").is_err());
    }
}

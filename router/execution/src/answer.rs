//! The answer to a client.

use bytes::Bytes;
use cloudphone_planning::GraphQlError;
use serde_json::{Map, Value};

/// A GraphQL response, written out.
#[derive(Debug, Clone)]
pub struct ExecutionResult {
    /// The response in JSON, ready to be sent.
    pub body: Bytes,
    /// Its errors, for statuses, logs and metrics.
    pub errors: Vec<GraphQlError>,
    /// Whether the operation ran: a refused request has no `data` at all.
    pub has_data: bool,
    /// Whether `data` is null.
    pub data_is_null: bool,
    /// Whether it has `extensions`.
    pub has_extensions: bool,
}

impl ExecutionResult {
    /// The response to a request that was refused before anything ran.
    pub fn refused(errors: Vec<GraphQlError>) -> Self {
        let mut body = b"{\"errors\":".to_vec();
        write_json(&errors, &mut body);
        body.push(b'}');
        Self { body: body.into(), errors, has_data: false, data_is_null: true, has_extensions: false }
    }

    /// Completes a body that holds `{"data":` and the data.
    pub(crate) fn complete(
        mut body: Vec<u8>,
        errors: Vec<GraphQlError>,
        data_is_null: bool,
        extensions: &Map<String, Value>,
    ) -> Self {
        if !errors.is_empty() {
            body.extend_from_slice(b",\"errors\":");
            write_json(&errors, &mut body);
        }
        if !extensions.is_empty() {
            body.extend_from_slice(b",\"extensions\":");
            write_json(extensions, &mut body);
        }
        body.push(b'}');
        Self { body: body.into(), errors, has_data: true, data_is_null, has_extensions: !extensions.is_empty() }
    }

    /// The same response with an entry in its `extensions`; for answers that have none yet.
    #[must_use]
    pub fn with_extension(mut self, name: &str, value: &Value) -> Self {
        let mut body = self.body.to_vec();
        body.pop();
        body.extend_from_slice(b",\"extensions\":{");
        write_json(name, &mut body);
        body.push(b':');
        write_json(value, &mut body);
        body.extend_from_slice(b"}}");
        self.body = body.into();
        self.has_extensions = true;
        self
    }
}

fn write_json<T: serde::Serialize + ?Sized>(value: &T, body: &mut Vec<u8>) {
    serde_json::to_writer(body, value).expect("JSON values serialise into memory");
}

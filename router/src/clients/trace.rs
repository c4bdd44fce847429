//! The trace that an operation on a shared connection belongs to.

use std::sync::Arc;

use cloudphone_core::Origin;
use cloudphone_observability::{continue_trace, is_tracing};
use serde_json::Value;
use tracing::Span;

use super::operations::Start;
use crate::origin::is_traceparent;

/// Where an operation comes from, and the span of what is done for it until it is answered, or until its stream has begun.
pub struct OperationTrace {
    /// The connection's, with the operation's own trace.
    pub origin: Arc<Origin>,
    /// Log lines tell by it which request they are of; without traces it holds nothing else.
    pub span: Span,
}

impl OperationTrace {
    /// Begins the span of an operation. One that came by a request of its own belongs to that. On a WebSocket its parent is the
    /// `traceparent` in the operation's `extensions`, as there are no headers for each operation, or else that of the upgrade.
    pub fn begin(start: &Start, connection: &Arc<Origin>) -> Self {
        let mut origin = Arc::clone(connection);
        let parameters = match start {
            Start::Admitted(_) => return Self { origin, span: Span::current() },
            Start::Requested(parameters) => parameters,
        };
        let own = parameters.extensions.get("traceparent").and_then(Value::as_str);
        if let Some(own) = own.filter(|own| is_traceparent(own)) {
            Arc::make_mut(&mut origin).traceparent = Some(own.to_owned());
        }
        if !is_tracing() {
            // For log lines alone, and nothing where the filter wants no such spans.
            let span = tracing::info_span!(parent: None, "operation", correlation_id = %origin.correlation_id);
            return Self { origin, span };
        }
        let span = tracing::info_span!(
            parent: None,
            "operation",
            otel.name = "operation on a WebSocket",
            otel.kind = "server",
            network.protocol.name = "websocket",
            correlation_id = %origin.correlation_id,
            client.address = origin.address.as_deref(),
        );
        if let Some(parent) = &origin.traceparent {
            continue_trace(&span, parent);
        }
        Self { origin, span }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    const UPGRADE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const OWN: &str = "00-1bf7651916cd43dd8448eb211c80319d-b7ad6b7169203332-01";

    fn parent(extensions: &Value) -> Option<String> {
        let parameters = serde_json::from_value(json!({ "query": "{ me { id } }", "extensions": extensions }));
        let start = Start::Requested(parameters.unwrap());
        let connection = Origin { traceparent: Some(UPGRADE.to_owned()), ..Origin::internal() };
        OperationTrace::begin(&start, &Arc::new(connection)).origin.traceparent.clone()
    }

    #[test]
    fn an_operation_belongs_to_its_own_trace_or_to_that_of_its_connection() {
        assert_eq!(parent(&json!({ "traceparent": OWN })).as_deref(), Some(OWN));
        for nothing in [json!({}), json!(null), json!({ "traceparent": "00-x" }), json!({ "traceparent": 7 })] {
            assert_eq!(parent(&nothing).as_deref(), Some(UPGRADE), "{nothing}");
        }
    }
}

//! How errors are told to clients.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use cloudphone_core::Origin;
use cloudphone_execution::ErrorFilter;
use cloudphone_planning::{GraphQlError, PlanningError, codes};
use serde_json::Value;

use crate::pipeline::Rejection;
use crate::protection::RETRY_AFTER;

/// The refusal of a document.
pub(super) fn rejection(code: &'static str, mut errors: Vec<GraphQlError>, origin: &Origin) -> Rejection {
    let id = origin.correlation_id.to_string();
    for error in &mut errors {
        correlate(error, &id);
    }
    Rejection::of_document(code, serde_json::to_vec(&errors).expect("errors are plain values"))
}

/// The refusal of a document that has no plan. It is the router's fault where it has no time for it, or finds none.
pub(super) fn not_planned(error: &PlanningError, origin: &Origin) -> Rejection {
    let rejection = rejection(error.code, error.errors.clone(), origin);
    match error.code {
        codes::QUERY_PLANNER_BUSY => rejection
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
            .with_headers(vec![(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER))]),
        codes::QUERY_PLANNING_FAILED => rejection.with_status(StatusCode::INTERNAL_SERVER_ERROR),
        _ => rejection,
    }
}

/// Lets an error lead to the log lines of its request.
pub(super) fn correlate(error: &mut GraphQlError, id: &str) {
    error.extensions.entry("correlationId").or_insert_with(|| Value::from(id));
}

/// Gives every error the request's correlation id, so that a report by a client leads to the logs.
pub fn correlated_errors() -> ErrorFilter {
    Arc::new(|error, context| correlate(error, &context.request_id))
}

/// Besides, keeps to the log what went wrong inside: which address refused a connection, and the text of errors to
/// which no subgraph gave a code of its own. Clients are told which service it was.
pub fn masked_errors() -> ErrorFilter {
    Arc::new(|error, context| {
        correlate(error, &context.request_id);
        if error.extensions.get("code").and_then(Value::as_str) != Some(codes::DOWNSTREAM_SERVICE_ERROR) {
            return;
        }
        let service = error.extensions.get("service").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        tracing::warn!(%service, correlation_id = %context.request_id, cause = %error.message, "an error was masked");
        error.message = format!("The service \"{service}\" failed; try again in a moment.");
        error.extensions.retain(|name, _| matches!(name.as_str(), "code" | "service" | "correlationId"));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_while_the_planner_is_busy_is_told_when_to_come_back() {
        let busy = not_planned(&PlanningError::single(codes::QUERY_PLANNER_BUSY, "busy"), &Origin::internal());
        assert_eq!(busy.status, Some(StatusCode::SERVICE_UNAVAILABLE));
        assert!(busy.headers.iter().any(|(name, value)| name == header::RETRY_AFTER && value == RETRY_AFTER));
        let lost = not_planned(&PlanningError::single(codes::QUERY_PLANNING_FAILED, "no"), &Origin::internal());
        assert_eq!((lost.status, lost.headers.len()), (Some(StatusCode::INTERNAL_SERVER_ERROR), 0));
        let wrong = not_planned(&PlanningError::single(codes::VALIDATION_FAILED, "no"), &Origin::internal());
        assert_eq!(wrong.status, None, "as for any document that does not fit");
    }
}

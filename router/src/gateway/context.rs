//! What goes along with an operation: its span, and what subgraphs are told of the request.

use std::time::Instant;

use axum::http::{HeaderMap, HeaderValue};
use cloudphone_execution::RequestContext;
use cloudphone_graphql::RequestScope;
use cloudphone_observability::{is_tracing, traceparent};
use cloudphone_planning::PreparedOperation;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Span;

use super::Scope;
use crate::authentication::Principal;

/// The span of an operation (OpenTelemetry semantic conventions for GraphQL servers). Neither document nor variables are in it, for
/// they may hold secrets; the hash is the one by which clients and manifests name documents.
pub(super) fn span_of(operation: &PreparedOperation) -> Span {
    if !is_tracing() {
        return Span::none();
    }
    let (kind, name) = (operation.kind().as_str(), operation.name().map(|name| &**name));
    let named = name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {}", bounded(name)));
    tracing::info_span!(
        "graphql",
        otel.name = named,
        "graphql.operation.type" = kind,
        "graphql.operation.name" = name.map(bounded),
        "graphql.document.hash" = hex::encode(Sha256::digest(operation.source().document.as_bytes())),
        "error.type" = tracing::field::Empty,
        "otel.status_code" = tracing::field::Empty,
    )
}

/// What goes along to the subgraphs; calls are given up when the guard is dropped.
pub(super) fn context(scope: Scope, deadline: Option<Instant>) -> (RequestContext, DropGuard) {
    let cancellation = CancellationToken::new();
    let mut context = RequestContext::new(scope.origin.correlation_id.to_string());
    context.deadline = deadline;
    context.traceparent = is_tracing().then_some(traceparent as _);
    context.cancellation = cancellation.clone();
    carry_trace(&scope, &mut context.headers);
    context.extensions.insert(scope.headers);
    let caller = match scope.caller {
        Some(Principal::Platform(caller)) => Some(caller),
        Some(Principal::Foreign(caller)) => {
            context.extensions.insert(caller);
            None
        }
        None => None,
    };
    context.extensions.insert(RequestScope { caller, origin: scope.origin });
    (context, cancellation.drop_guard())
}

/// Hands the client's trace on to subgraphs as it came (W3C Trace Context §3.4: a participant that does not record may do so).
fn carry_trace(scope: &Scope, headers: &mut HeaderMap) {
    let parent = scope.origin.traceparent.as_deref().and_then(|parent| HeaderValue::from_str(parent).ok());
    let Some(parent) = parent else { return };
    headers.insert("traceparent", parent);
    if let Some(state) = scope.headers.trace_state() {
        headers.insert("tracestate", state.clone());
    }
}

fn bounded(name: &str) -> &str {
    if name.len() <= 64 { name } else { "long-name" }
}

//! Taking part in a trace that a caller began (W3C Trace Context).

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Makes a span that has not begun the child of the caller's, named by a `traceparent` header. Without traces, or with a
/// malformed header, nothing happens.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    // An error says that spans are not recorded.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}

//! Taking part in a trace that a caller began, and telling others of it (W3C Trace Context).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const TRACEPARENT: &str = "traceparent";

static TRACING: AtomicBool = AtomicBool::new(false);

/// Traces are sent from now on.
pub(crate) fn begin() {
    TRACING.store(true, Ordering::Relaxed);
}

/// Whether traces are sent anywhere. Where many spans would be made, none need be made when nobody looks at them.
pub fn is_tracing() -> bool {
    TRACING.load(Ordering::Relaxed)
}

/// Makes a span that has not begun the child of the caller's, named by a `traceparent` header. Without traces, or with a
/// malformed header, nothing happens.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    // An error says that spans are not recorded.
    let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
}

/// The `traceparent` header by which others take part in the trace of a span; it says as well whether the trace is recorded.
/// None without traces.
pub fn traceparent(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

//! Whose connection it is: only those who are equal in all that the subgraph learns of them share one.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    request::SubgraphRequest,
    subgraphs::http::{RequestDecorator, call_headers},
};

/// Headers that belong to one request and say nothing of who asks. A connection outlives the request that opened it, so that it
/// carries none of them.
const OF_ONE_REQUEST: [&str; 5] = ["x-request-id", "x-correlation-id", "traceparent", "tracestate", "baggage"];

/// Compared in full; the hash only finds candidates.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Identity {
    headers: Vec<(HeaderName, HeaderValue)>,
    caller: Option<Bytes>,
}

impl Identity {
    pub(super) fn of(request: &SubgraphRequest, decorator: Option<&Arc<dyn RequestDecorator>>) -> Self {
        let caller = decorator.and_then(|decorator| decorator.identity(request));
        // Who is told apart by other means has headers that differ each time, such as a signature.
        let decorator = if caller.is_some() { None } else { decorator };
        let mut headers: Vec<_> =
            connection_headers(request, decorator).iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        // Stable, so that several values of one name keep their order.
        headers.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        Self { headers, caller }
    }
}

/// The headers of a connection that is opened for a request and others like it.
pub(super) fn connection_headers(
    request: &SubgraphRequest,
    decorator: Option<&Arc<dyn RequestDecorator>>,
) -> HeaderMap {
    let mut headers = call_headers(request, decorator);
    for name in OF_ONE_REQUEST {
        headers.remove(name);
    }
    headers
}

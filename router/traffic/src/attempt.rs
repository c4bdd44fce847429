//! What layers hand to each other.

use std::sync::atomic::{AtomicBool, Ordering};

use cloudphone_execution::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse};
use futures::stream::BoxStream;
use http::StatusCode;
use parking_lot::Mutex;

/// How a call went.
pub(crate) type Answer = Result<SubgraphResponse, SubgraphError>;

/// The events of a subscription.
pub(crate) type Events = BoxStream<'static, SubgraphEvent>;

/// A call with its tries so far.
pub(crate) struct Attempt {
    pub(crate) request: SubgraphRequest,
    /// The instances that were asked already, so that a further try asks another one.
    asked: Mutex<Vec<u64>>,
    /// Whether there is an instance that is well and was not asked.
    has_others: AtomicBool,
}

impl Attempt {
    pub(crate) fn new(request: SubgraphRequest) -> Self {
        Self { request, asked: Mutex::default(), has_others: AtomicBool::new(false) }
    }

    /// An instance is about to be asked, and whether there are others.
    pub(crate) fn note(&self, instance: u64, has_others: bool) {
        self.asked.lock().push(instance);
        self.has_others.store(has_others, Ordering::Relaxed);
    }

    pub(crate) fn has_others(&self) -> bool {
        self.has_others.load(Ordering::Relaxed)
    }

    pub(crate) fn asked(&self) -> Vec<u64> {
        self.asked.lock().clone()
    }
}

/// One of the layers that a call goes through.
pub(crate) trait Layer: Send + Sync + 'static {
    /// Answers a query or mutation.
    fn call(&self, attempt: &Attempt) -> impl Future<Output = Answer> + Send;

    /// Starts a subscription.
    fn subscribe(&self, attempt: &Attempt) -> impl Future<Output = Result<Events, SubgraphError>> + Send;
}

/// What an answer says of whoever gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It works, whatever it answered.
    Well,
    /// It does not work as it should.
    Unwell,
    /// Nothing: it was not asked, or asked for patience.
    Unknown,
}

pub(crate) fn verdict(answer: &Answer) -> Verdict {
    match answer {
        Ok(response) => verdict_of_status(response.status),
        Err(error) => verdict_of_error(error),
    }
}

pub(crate) fn verdict_of_error(error: &SubgraphError) -> Verdict {
    match error {
        // Without a GraphQL response, any failure of the server counts (RFC 9110 §15.6).
        SubgraphError::Unreachable(_)
        | SubgraphError::Timeout
        | SubgraphError::InvalidResponse(_)
        | SubgraphError::Status { status: 500.., .. } => Verdict::Unwell,
        SubgraphError::Status { status: 429, .. }
        | SubgraphError::Unavailable(_)
        | SubgraphError::CircuitOpen
        | SubgraphError::Overloaded
        | SubgraphError::Cancelled => Verdict::Unknown,
        SubgraphError::Status { .. } | SubgraphError::TooLarge { .. } | SubgraphError::Refused(_) => Verdict::Well,
    }
}

/// A GraphQL response under a status of failure is an answer, unless a gateway in between wrote it.
fn verdict_of_status(status: StatusCode) -> Verdict {
    match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => Verdict::Unwell,
        StatusCode::TOO_MANY_REQUESTS => Verdict::Unknown,
        _ => Verdict::Well,
    }
}

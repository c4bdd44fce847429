//! A subgraph in this process: a direct call, without HTTP in between.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Instant,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::BoxStream};
use metrics::{Counter, Histogram, counter, histogram};

use crate::{
    request::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService},
    uploads::Uploads,
};

/// What a subgraph offers inside the process. Answers are GraphQL responses in JSON, as over a network, so that both
/// forms behave alike to the last error.
#[async_trait]
pub trait LocalSubgraph: Send + Sync {
    /// Answers a query or mutation.
    async fn execute(&self, request: SubgraphRequest) -> Bytes;

    /// Runs a subscription.
    fn subscribe(&self, request: SubgraphRequest) -> BoxStream<'static, Bytes>;
}

/// Calls a [`LocalSubgraph`] and contains its panics: another request must not suffer for them.
pub struct InProcessSubgraph {
    local: Arc<dyn LocalSubgraph>,
    meters: OnceLock<Meters>,
}

/// What is counted of its calls, by the names that calls over a network have.
struct Meters {
    answered: Counter,
    failed: Counter,
    duration: Histogram,
}

impl Meters {
    fn new(subgraph: &Arc<str>) -> Self {
        let calls = |outcome: &'static str| counter!("cloudphone_subgraph_calls_total", "subgraph" => Arc::clone(subgraph), "outcome" => outcome);
        Self {
            answered: calls("answered"),
            failed: calls("failed"),
            duration: histogram!("cloudphone_subgraph_call_duration_seconds", "subgraph" => Arc::clone(subgraph)),
        }
    }
}

impl InProcessSubgraph {
    /// A service over a subgraph of this process.
    pub fn new(local: Arc<dyn LocalSubgraph>) -> Self {
        Self { local, meters: OnceLock::new() }
    }
}

fn panicked() -> SubgraphError {
    SubgraphError::Unreachable("it failed while answering".to_owned())
}

#[async_trait]
impl SubgraphService for InProcessSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        if Uploads::go_with(&request) {
            return Err(SubgraphError::Unavailable("files reach services over HTTP only".to_owned()));
        }
        // Its name in the supergraph comes with the first call.
        let meters = self.meters.get_or_init(|| Meters::new(&request.subgraph));
        let began = Instant::now();
        let answer = AssertUnwindSafe(self.local.execute(request)).catch_unwind().await;
        meters.duration.record(began.elapsed().as_secs_f64());
        if answer.is_ok() {
            meters.answered.increment(1);
        } else {
            meters.failed.increment(1);
        }
        answer.map(SubgraphResponse::from).map_err(|_| panicked())
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let local = Arc::clone(&self.local);
        let events = std::panic::catch_unwind(AssertUnwindSafe(|| local.subscribe(request))).map_err(|_| panicked())?;
        let events = AssertUnwindSafe(events).catch_unwind();
        Ok(events.map(|event| event.map_or_else(|_| SubgraphEvent::Failed(panicked()), SubgraphEvent::Next)).boxed())
    }
}

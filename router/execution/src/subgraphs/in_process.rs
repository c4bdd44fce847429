//! A subgraph in this process: a direct call, without HTTP in between.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::BoxStream};

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
}

impl InProcessSubgraph {
    /// A service over a subgraph of this process.
    pub fn new(local: Arc<dyn LocalSubgraph>) -> Self {
        Self { local }
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
        let answer = AssertUnwindSafe(self.local.execute(request)).catch_unwind().await;
        answer.map(SubgraphResponse::from).map_err(|_| panicked())
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let local = Arc::clone(&self.local);
        let events = std::panic::catch_unwind(AssertUnwindSafe(|| local.subscribe(request))).map_err(|_| panicked())?;
        let events = AssertUnwindSafe(events).catch_unwind();
        Ok(events.map(|event| event.map_or_else(|_| SubgraphEvent::Failed(panicked()), SubgraphEvent::Next)).boxed())
    }
}

//! The ways to reach a subgraph.

mod broken;
pub mod event_stream;
pub mod http;
pub mod in_process;
mod plain;
pub mod reach;
pub mod recovery;
pub mod websocket;

use futures::{StreamExt as _, stream::BoxStream};

use crate::request::{Loss, SubgraphError, SubgraphEvent, SubgraphResponse};

/// The result of a query or mutation that was sent as a subscription is.
async fn only_result(mut events: BoxStream<'static, SubgraphEvent>) -> Result<SubgraphResponse, SubgraphError> {
    loop {
        match events.next().await {
            Some(SubgraphEvent::Next(body)) => return Ok(body.into()),
            Some(SubgraphEvent::Lost(Loss { error, .. }) | SubgraphEvent::Failed(error)) => return Err(error),
            Some(SubgraphEvent::Resumed) => {}
            None => return Err(SubgraphError::InvalidResponse("the operation ended without a result".to_owned())),
        }
    }
}

//! Completes the events of a subscription by the rest of its plan.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use cloudphone_planning::TypeId;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream, ReadyChunks},
};
use serde_json::{Map, Value, json};
use tracing::Instrument as _;

use crate::{
    answer::ExecutionResult,
    calls::{self, Pending},
    executor::Run,
    live_plan::LivePlan,
    request::{Loss, RequestContext, SubgraphError, SubgraphEvent, SubgraphResponse},
    store::Store,
};

/// Events completed together at most: those that wait while others are being completed.
const MAX_BATCH: usize = 64;

/// Starts the source of a subscription.
pub(crate) async fn start(
    run: Run,
    plan: Arc<LivePlan>,
    context: Arc<RequestContext>,
) -> Result<BoxStream<'static, ExecutionResult>, ExecutionResult> {
    let operation = Arc::clone(&run.operation);
    let Some(step) = operation.plan().steps.first() else {
        if operation.is_restricted() {
            // Its caller may not see any of it, and is told so.
            let mut store = Store::borrow();
            let root = store.add_object(TypeId::UNKNOWN, &[]);
            return Err(run.answers(&mut store, &[(root, Map::new())]).pop().expect("one root has one answer"));
        }
        // Nothing but `__typename` was asked for: there is no source, so there is no event.
        return Ok(stream::empty().boxed());
    };
    let mut store = Store::borrow();
    let root = store.add_object(TypeId::UNKNOWN, &[]);
    let variables = run.root_variables(&mut store, root, step);
    let (service, options) = run.service(step).map_err(|error| run.failed(step, &error))?;
    // The span is that of the beginning: what comes for hours would keep it open for as long.
    let begun = service.subscribe(run.request(step, variables)).instrument(run.span(step));
    let source = tokio::time::timeout(run.context.time_left(options.timeout), begun)
        .await
        .unwrap_or(Err(SubgraphError::Timeout))
        .map_err(|error| run.failed(step, &error))?;
    let cancelled = run.context.cancellation.clone().cancelled_owned();
    let source = source.take_until(cancelled).boxed().ready_chunks(MAX_BATCH);
    let events = Events { plan, context, source, gap: false, over: false };
    Ok(stream::unfold(events, Events::next).flat_map(stream::iter).boxed())
}

struct Events {
    /// Looked at for each batch of events, so that a quiet subscription holds no plan that was replaced.
    plan: Arc<LivePlan>,
    context: Arc<RequestContext>,
    source: ReadyChunks<Pin<Box<dyn Stream<Item = SubgraphEvent> + Send>>>,
    /// Whether events may be missing before the next one.
    gap: bool,
    over: bool,
}

impl Events {
    async fn next(mut self) -> Option<(Vec<ExecutionResult>, Self)> {
        if self.over {
            return None;
        }
        let chunk = self.source.next().await?;
        let mut bodies: Vec<(Bytes, bool)> = Vec::with_capacity(chunk.len());
        let mut failure = None;
        for event in chunk {
            match event {
                SubgraphEvent::Next(body) => bodies.push((body, std::mem::take(&mut self.gap))),
                SubgraphEvent::Resumed => self.gap = true,
                SubgraphEvent::Lost(Loss { error, .. }) | SubgraphEvent::Failed(error) => {
                    failure = Some(error);
                    self.over = true;
                    break;
                }
            }
        }
        let run = Run::of(&self.plan.current(), Arc::clone(&self.context));
        let mut answers = complete(&run, bodies).await;
        if let Some(error) = failure {
            answers.push(run.failed(&run.operation.plan().steps[0], &error));
        }
        Some((answers, self))
    }
}

/// Completes events together: what they ask of one subgraph goes there in one call, each entity once.
async fn complete(run: &Run, bodies: Vec<(Bytes, bool)>) -> Vec<ExecutionResult> {
    if bodies.is_empty() {
        return Vec::new();
    }
    let step = &run.operation.plan().steps[0];
    let types = run.operation.supergraph().types();
    let mut store = Store::borrow();
    let mut roots = Vec::with_capacity(bodies.len());
    let mut gaps = Vec::with_capacity(bodies.len());
    for (body, gap) in bodies {
        let root = store.add_object(TypeId::UNKNOWN, &[]);
        let pending = Pending::Root { targets: vec![root] };
        calls::complete(&mut store, types, step, &pending, Ok(SubgraphResponse::from(body)));
        roots.push(root);
        gaps.push(gap);
    }
    run.steps(&mut store, &roots, 1).await;
    let told: Vec<_> = roots.into_iter().zip(gaps).map(|(root, gap)| (root, extensions(gap))).collect();
    run.answers(&mut store, &told)
}

fn extensions(gap: bool) -> Map<String, Value> {
    let mut extensions = Map::new();
    if gap {
        extensions.insert("subscription".to_owned(), json!({ "gap": true }));
    }
    extensions
}

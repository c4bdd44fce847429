//! Runs a plan: each step as soon as the steps it reads from have answered.

use std::{sync::Arc, time::Duration};

use ahash::AHashMap;
use bytes::Bytes;
use cloudphone_planning::{
    FetchStep, GraphQlError, OperationKind, PreparedOperation, Projection, TypeId, Variables, codes,
};
use futures::{
    StreamExt,
    stream::{BoxStream, FuturesUnordered},
};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use crate::{
    answer::ExecutionResult,
    calls::{self, Pending},
    live_plan::{LivePlan, Planned},
    paths, project,
    record::PlanRecord,
    request::{RequestContext, SubgraphError, SubgraphRequest, SubgraphResponse, SubgraphService},
    store::{ObjectId, Store},
    subscription,
};

/// Changes errors before clients see them: hides internals, adds ids.
pub type ErrorFilter = Arc<dyn Fn(&mut GraphQlError, &RequestContext) + Send + Sync>;

/// An operation to run.
#[derive(Debug, Clone)]
pub struct ExecutionRequest {
    /// The prepared operation.
    pub operation: Arc<PreparedOperation>,
    /// The client's variables as they came.
    pub variables: Map<String, Value>,
    /// What goes along to the subgraphs.
    pub context: Arc<RequestContext>,
}

/// Settings of one subgraph.
#[derive(Debug, Clone, Copy)]
pub struct ServiceOptions {
    /// How long one call may take.
    pub timeout: Duration,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30) }
    }
}

struct Service {
    /// What is called.
    front: Arc<dyn SubgraphService>,
    /// What is below all layers: whoever has the same reaches the subgraph the same way.
    transport: Arc<dyn SubgraphService>,
    options: ServiceOptions,
}

/// Collects the subgraphs of an [`Executor`].
#[derive(Default)]
pub struct ExecutorBuilder {
    services: AHashMap<Arc<str>, Service>,
    error_filter: Option<ErrorFilter>,
}

impl ExecutorBuilder {
    /// Adds a subgraph under the name it has in the supergraph.
    #[must_use]
    pub fn service(self, name: &str, service: Arc<dyn SubgraphService>, options: ServiceOptions) -> Self {
        let transport = Arc::clone(&service);
        self.layered_service(name, service, transport, options)
    }

    /// The same for a service with layers, such as a cache, before the transport that subscriptions pass through to. The layers
    /// may be made anew while the transport stays: live subscriptions then stay as well.
    #[must_use]
    pub fn layered_service(
        mut self,
        name: &str,
        service: Arc<dyn SubgraphService>,
        transport: Arc<dyn SubgraphService>,
        options: ServiceOptions,
    ) -> Self {
        self.services.insert(Arc::from(name), Service { front: service, transport, options });
        self
    }

    /// Sees every error before it is written.
    #[must_use]
    pub fn error_filter(mut self, filter: ErrorFilter) -> Self {
        self.error_filter = Some(filter);
        self
    }

    /// The executor.
    pub fn build(self) -> Executor {
        Executor { inner: Arc::new(Inner { services: self.services, error_filter: self.error_filter }) }
    }
}

/// Runs operations; cheap to clone.
#[derive(Clone)]
pub struct Executor {
    inner: Arc<Inner>,
}

impl Executor {
    /// An executor without subgraphs yet.
    pub fn builder() -> ExecutorBuilder {
        ExecutorBuilder::default()
    }

    /// Whether both reach a subgraph over the very same transport.
    pub(crate) fn shares(&self, other: &Self, subgraph: &str) -> bool {
        match (self.inner.services.get(subgraph), other.inner.services.get(subgraph)) {
            (Some(own), Some(others)) => Arc::ptr_eq(&own.transport, &others.transport),
            _ => false,
        }
    }

    /// Runs a query or mutation.
    pub async fn execute(&self, request: ExecutionRequest) -> ExecutionResult {
        if request.operation.kind() == OperationKind::Subscription {
            let message = "A subscription needs a connection that can stream.";
            return self.inner.refused(vec![GraphQlError::new(codes::BAD_USER_INPUT, message)], &request.context);
        }
        let planned = match Planned::new(self.clone(), request.operation, &request.variables) {
            Ok(planned) => planned,
            Err(errors) => return self.inner.refused(errors, &request.context),
        };
        let run = Run::of(&planned, request.context);
        let mut store = Store::borrow();
        let root = store.add_object(TypeId::UNKNOWN, &[]);
        run.steps(&mut store, &[root], 0).await;
        let mut answers = run.answers(&mut store, &[(root, Map::new())]);
        answers.pop().expect("one root has one answer")
    }

    /// Starts a subscription; every item is one response. The stream ends with the subscription.
    pub async fn subscribe(
        &self,
        request: ExecutionRequest,
    ) -> Result<BoxStream<'static, ExecutionResult>, ExecutionResult> {
        match Planned::new(self.clone(), request.operation, &request.variables) {
            Ok(planned) => Self::subscribe_by(Arc::new(LivePlan::new(planned)), request.context).await,
            Err(errors) => Err(self.inner.refused(errors, &request.context)),
        }
    }

    /// The same by a plan that may be replaced while the subscription runs.
    pub async fn subscribe_by(
        plan: Arc<LivePlan>,
        context: Arc<RequestContext>,
    ) -> Result<BoxStream<'static, ExecutionResult>, ExecutionResult> {
        let planned = plan.current();
        if planned.operation.kind() != OperationKind::Subscription {
            let message = "The operation is no subscription.";
            let errors = vec![GraphQlError::new(codes::BAD_USER_INPUT, message)];
            return Err(planned.executor.inner.refused(errors, &context));
        }
        let run = Run::of(&planned, Arc::clone(&context));
        drop(planned);
        subscription::start(run, plan, context).await
    }
}

pub(crate) struct Inner {
    services: AHashMap<Arc<str>, Service>,
    error_filter: Option<ErrorFilter>,
}

impl Inner {
    fn refused(&self, mut errors: Vec<GraphQlError>, context: &RequestContext) -> ExecutionResult {
        self.filter(&mut errors, context);
        ExecutionResult::refused(errors)
    }

    fn filter(&self, errors: &mut [GraphQlError], context: &RequestContext) {
        if let Some(filter) = &self.error_filter {
            for error in errors {
                filter(error, context);
            }
        }
    }
}

/// One operation with its variables, run once or once per event.
pub(crate) struct Run {
    inner: Arc<Inner>,
    pub(crate) operation: Arc<PreparedOperation>,
    variables: Arc<Variables>,
    projection: Arc<Projection>,
    pub(crate) context: Arc<RequestContext>,
}

impl Run {
    /// A run of a plan.
    pub(crate) fn of(planned: &Planned, context: Arc<RequestContext>) -> Self {
        Self {
            inner: Arc::clone(&planned.executor.inner),
            operation: Arc::clone(&planned.operation),
            variables: Arc::clone(&planned.variables),
            projection: Arc::clone(&planned.projection),
            context,
        }
    }

    /// Runs the plan's steps from position `first` on, for all roots together: entities of several events travel in one
    /// call. The steps before `first` count as done.
    pub(crate) async fn steps(&self, store: &mut Store, roots: &[ObjectId], first: usize) {
        let steps = &self.operation.plan().steps;
        let mut waits_for: Vec<usize> = steps
            .iter()
            .map(|step| step.depends_on.iter().filter(|dependency| **dependency >= first).count())
            .collect();
        let mut ready: Vec<usize> = (first..steps.len()).filter(|step| waits_for[*step] == 0).collect();
        let mut in_flight = FuturesUnordered::new();
        let mut finished = Vec::new();
        loop {
            while let Some(position) = ready.pop() {
                let step = &steps[position];
                match self.prepare(store, roots, step) {
                    Some((variables, pending)) => in_flight.push(async move {
                        let answer = self.call(position, step, variables).await;
                        (position, pending, answer)
                    }),
                    None => finished.push(position),
                }
            }
            if let Some(position) = finished.pop() {
                for (other, step) in steps.iter().enumerate().skip(first) {
                    if step.depends_on.contains(&position) {
                        waits_for[other] -= 1;
                        if waits_for[other] == 0 {
                            ready.push(other);
                        }
                    }
                }
                continue;
            }
            let Some((position, pending, answer)) = in_flight.next().await else { break };
            calls::complete(store, self.operation.supergraph().types(), &steps[position], &pending, answer);
            finished.push(position);
        }
    }

    fn prepare(&self, store: &mut Store, roots: &[ObjectId], step: &FetchStep) -> Option<(Bytes, Pending)> {
        let wanted =
            step.conditions.iter().all(|condition| self.variables.is_true(&condition.variable) == condition.expected);
        if !wanted {
            return None;
        }
        calls::prepare(store, self.operation.supergraph().types(), roots, step, &self.variables)
    }

    pub(crate) fn request(&self, step: &FetchStep, variables: Bytes) -> SubgraphRequest {
        SubgraphRequest {
            subgraph: Arc::clone(&step.service),
            query: Arc::clone(&step.query),
            operation_name: None,
            variables,
            kind: step.kind,
            position: None,
            context: Arc::clone(&self.context),
        }
    }

    /// The variables of a root step.
    pub(crate) fn root_variables(&self, store: &mut Store, root: ObjectId, step: &FetchStep) -> Bytes {
        self.prepare(store, &[root], step).map_or_else(|| Bytes::from_static(b"{}"), |(variables, _)| variables)
    }

    pub(crate) fn service(
        &self,
        step: &FetchStep,
    ) -> Result<(&Arc<dyn SubgraphService>, ServiceOptions), SubgraphError> {
        self.inner
            .services
            .get(&step.service)
            .map(|service| (&service.front, service.options))
            .ok_or_else(|| SubgraphError::Unreachable("it is not configured".to_owned()))
    }

    async fn call(
        &self,
        position: usize,
        step: &FetchStep,
        variables: Bytes,
    ) -> Result<SubgraphResponse, SubgraphError> {
        let mut request = self.request(step, variables);
        let record = self.context.extensions.get::<PlanRecord>();
        let notes = record.map(|record| record.fetch(position, &mut request));
        let answer = self.answer(step, request).await;
        if let Some(notes) = notes {
            notes.end(&answer);
        }
        answer
    }

    async fn answer(&self, step: &FetchStep, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let (service, options) = self.service(step)?;
        let span = self.span(step);
        let call = service.execute(request).instrument(span.clone());
        let answer = tokio::select! {
            answer = tokio::time::timeout(self.context.time_left(options.timeout), call) => {
                answer.unwrap_or(Err(SubgraphError::Timeout))
            }
            () = self.context.cancellation.cancelled() => Err(SubgraphError::Cancelled),
        };
        if let Err(error) = &answer {
            // Its code and nothing else: the text may name addresses.
            span.record("error.type", error.code());
            span.record("otel.status_code", "ERROR");
        }
        answer
    }

    /// The span of one call (OpenTelemetry semantic conventions for HTTP and GraphQL clients), without anything of its payload.
    pub(crate) fn span(&self, step: &FetchStep) -> tracing::Span {
        if self.context.traceparent.is_none() {
            return tracing::Span::none();
        }
        tracing::info_span!(
            "subgraph",
            otel.name = format!("{} {}", step.kind.as_str(), step.service),
            otel.kind = "client",
            "otel.status_code" = tracing::field::Empty,
            "error.type" = tracing::field::Empty,
            "peer.service" = &*step.service,
            "graphql.operation.type" = step.kind.as_str(),
            "http.request.method" = tracing::field::Empty,
            "http.request.resend_count" = tracing::field::Empty,
            "http.response.status_code" = tracing::field::Empty,
            "server.address" = tracing::field::Empty,
            "server.port" = tracing::field::Empty,
            "network.peer.address" = tracing::field::Empty,
        )
    }

    /// Writes the responses of all roots.
    pub(crate) fn answers(&self, store: &mut Store, roots: &[(ObjectId, Map<String, Value>)]) -> Vec<ExecutionResult> {
        let mut written = Vec::with_capacity(roots.len());
        // An answer has about as many bytes as what it is made from; of a large one, who knows.
        let expected_bytes = (store.source_bytes() / roots.len().max(1)).min(1024 * 1024) + 256;
        for (root, _) in roots {
            let mut body = Vec::with_capacity(expected_bytes);
            body.extend_from_slice(b"{\"data\":");
            let projected =
                project::project(store, &self.operation, &self.projection, &self.variables, *root, &mut body);
            written.push((body, projected));
        }
        let mut answers = Vec::with_capacity(roots.len());
        for ((body, projected), (root, extensions)) in written.into_iter().zip(roots) {
            let mut errors = projected.errors;
            // What explains no field the client sees is told all the same.
            let untold = store
                .failures
                .iter()
                .filter(|failure| !failure.reported && failure.root.is_none_or(|own| own == *root));
            errors.extend(untold.filter_map(|failure| {
                // What neither the client nor another step reads is nobody's loss.
                if failure.place.is_some_and(|symbol| !self.operation.plan().reads(symbol)) {
                    return None;
                }
                let path = paths::untold_path(&self.operation, &self.projection, &failure.own_path)?;
                Some(failure.error.clone().with_path(path))
            }));
            self.inner.filter(&mut errors, &self.context);
            answers.push(ExecutionResult::complete(body, errors, projected.data_is_null, extensions));
        }
        answers
    }

    /// The response that says why a subscription ends or an event is lost.
    pub(crate) fn failed(&self, step: &FetchStep, error: &SubgraphError) -> ExecutionResult {
        let message = format!("The service \"{}\" gave no answer: {error}.", step.service);
        let mut told = GraphQlError::new(error.code(), message);
        told.extensions.insert("service".to_owned(), Value::from(&*step.service));
        self.inner.refused(vec![told], &self.context)
    }
}

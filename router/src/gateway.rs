//! Prepares and executes operations over the current supergraph, which may be exchanged while requests run.

mod context;
mod errors;
pub(crate) mod labels;
mod operation;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, StatusCode};
use cloudphone_core::Origin;
use cloudphone_execution::{ExecutionRequest, ExecutionResult, Executor, LivePlan, PlanRecord};
use cloudphone_observability::continue_trace;
pub use cloudphone_planning::OperationKind;
use cloudphone_planning::{
    FederationPlanner, GraphQlError, OperationSource, PlanRequest, Planner as _, PlannerOptions, PreparedOperation,
    Supergraph, SupergraphError, codes,
};
use cloudphone_traffic::headers::{AnswerHeaders, ClientHeaders, Forwarding};
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tracing::Instrument as _;

use context::{context, span_of};
use errors::{correlate, not_planned, rejection};
pub use errors::{correlated_errors, masked_errors};
pub use operation::{Answer, Prepared, Scope};
use waiting::apart;

use crate::authorization::{Asking, AuthorizationMode, refusal};
use crate::clients::request::GraphQlParameters;
use crate::clients::uploads::OperationUploads;
use crate::overrides::OverrideRules;
use crate::pipeline::Rejection;
use crate::response_cache::CacheReport;

/// What the gateway works with until the next change; immutable.
struct Current {
    /// Grows with each change.
    version: u64,
    planner: Arc<FederationPlanner>,
    options: PlannerOptions,
    executor: Executor,
    subgraphs: Vec<Arc<str>>,
    timeout: Duration,
}

impl Current {
    fn new(
        supergraph: Arc<Supergraph>,
        executor: Executor,
        options: PlannerOptions,
        timeout: Duration,
        version: u64,
    ) -> Self {
        let subgraphs = supergraph.subgraphs().iter().map(|subgraph| Arc::clone(&subgraph.name)).collect();
        let planner = Arc::new(FederationPlanner::new(supergraph, options.clone()));
        Self { version, planner, options, executor, subgraphs, timeout }
    }
}

/// Plans and executes; cheap to clone, and all clones change together.
#[derive(Clone)]
pub struct Gateway {
    current: Arc<ArcSwap<Current>>,
    /// Tells the version; held while one takes the place of another.
    changes: Arc<Mutex<watch::Sender<u64>>>,
    authorization: Arc<ArcSwap<AuthorizationMode>>,
    forwarding: Arc<ArcSwap<Forwarding>>,
    overrides: Arc<ArcSwap<OverrideRules>>,
}

impl Gateway {
    /// A gateway over a composed supergraph, whose subgraphs `executor` reaches. `timeout` bounds a query or mutation.
    pub fn new(
        supergraph_sdl: &str,
        executor: Executor,
        options: PlannerOptions,
        timeout: Duration,
    ) -> Result<Self, SupergraphError> {
        let current = Current::new(Supergraph::parse(supergraph_sdl)?, executor, options, timeout, 0);
        let changes = Arc::new(Mutex::new(watch::channel(0).0));
        loaded();
        let authorization = Arc::new(ArcSwap::from_pointee(AuthorizationMode::default()));
        Ok(Self {
            current: Arc::new(ArcSwap::from_pointee(current)),
            changes,
            authorization,
            forwarding: Arc::default(),
            overrides: Arc::default(),
        })
    }

    /// The same with another way of enforcing the rules of the supergraph.
    #[must_use]
    pub fn with_authorization(self, mode: AuthorizationMode) -> Self {
        self.change_authorization(mode);
        self
    }

    /// Does otherwise with what callers may not see, from the next operation on; live streams follow with the next change of
    /// the supergraph or of options.
    pub fn change_authorization(&self, mode: AuthorizationMode) {
        self.authorization.store(Arc::new(mode));
    }

    /// Says which headers of clients subgraphs are told, from now on.
    pub fn forward(&self, forwarding: Forwarding) {
        self.forwarding.store(Arc::new(forwarding));
    }

    /// Says when labels of gradual overrides are on, from the next operation on; live streams stay with what they began with.
    pub fn change_overrides(&self, rules: OverrideRules) {
        rules.tell_missing(&self.supergraph());
        self.overrides.store(Arc::new(rules));
    }

    /// What subgraphs are told of a request's headers.
    pub fn client_headers(&self, headers: &HeaderMap) -> ClientHeaders {
        self.forwarding.load().select(headers)
    }

    /// What subgraphs are told of a WebSocket: the headers of its upgrade, completed by what `connection_init` says.
    pub fn socket_headers(&self, upgrade: ClientHeaders, payload: &Value) -> ClientHeaders {
        self.forwarding.load().select_socket(upgrade, payload)
    }

    /// Puts another supergraph in place. Queries and mutations under way finish on the one that they began with; live
    /// streams go on where the new one would plan them alike, and end with [`StreamEnd::Superseded`] elsewhere. Takes
    /// a while for a large supergraph, so that it is not for a thread that others wait for.
    ///
    /// [`StreamEnd::Superseded`]: crate::streams::StreamEnd::Superseded
    pub fn exchange(&self, supergraph_sdl: &str, executor: Executor) -> Result<(), SupergraphError> {
        self.take_up(Supergraph::parse(supergraph_sdl)?, executor);
        Ok(())
    }

    /// The same with a supergraph that was read already.
    pub fn take_up(&self, supergraph: Arc<Supergraph>, executor: Executor) {
        self.overrides.load().tell_missing(&supergraph);
        self.change(|before, version| {
            Current::new(supergraph, executor, before.options.clone(), before.timeout, version)
        });
        metrics::counter!("cloudphone_router_supergraph_reloads_total", "outcome" => "served").increment(1);
        loaded();
    }

    /// Works with other options from now on, over the same supergraph. What was planned is kept unless the options of
    /// planning changed; live streams go on as by [`Self::exchange`].
    pub fn reconfigure(&self, executor: Executor, options: PlannerOptions, timeout: Duration) {
        self.change(|before, version| {
            if options == before.options {
                let (planner, subgraphs) = (Arc::clone(&before.planner), before.subgraphs.clone());
                return Current { version, planner, options, executor, subgraphs, timeout };
            }
            Current::new(Arc::clone(before.planner.supergraph()), executor, options, timeout, version)
        });
    }

    fn change(&self, make: impl FnOnce(&Current, u64) -> Current) {
        let changes = self.changes.lock();
        let version = *changes.borrow() + 1;
        let next = make(&self.current.load(), version);
        self.current.store(Arc::new(next));
        changes.send_replace(version);
    }

    /// Grows by one with each change of supergraph or options.
    pub fn version(&self) -> u64 {
        self.current.load().version
    }

    /// The version, as it changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.lock().subscribe()
    }

    /// The supergraph of now.
    pub fn supergraph(&self) -> Arc<Supergraph> {
        Arc::clone(self.current.load().planner.supergraph())
    }

    /// The names of the subgraphs of the current supergraph.
    pub fn subgraphs(&self) -> Vec<Arc<str>> {
        self.current.load().subgraphs.clone()
    }

    /// Parses, validates and plans an operation, or finds it prepared.
    pub async fn prepare(&self, parameters: &GraphQlParameters, scope: &Scope) -> Result<Prepared, Rejection> {
        let (current, origin) = (self.current.load_full(), &scope.origin);
        let request = PlanRequest::new(&parameters.query, parameters.operation_name.as_deref())
            .with_variables(&parameters.variables)
            .with_overrides(self.overrides.load().choose(current.planner.supergraph(), scope));
        let planned = current.planner.plan(request).await;
        let operation = planned.map_err(|error| not_planned(&error, origin))?;
        // Variables that do not fit are the request's fault, which its status has to tell (GraphQL over HTTP §6.4.2).
        operation.coerce(&parameters.variables).map_err(|errors| rejection(codes::BAD_USER_INPUT, errors, origin))?;
        let (executor, version) = (current.executor.clone(), current.version);
        let uploads = parameters.uploads.as_deref();
        if let Some(refusal) = uploads.and_then(|uploads| uploads_refused(&operation, uploads, origin)) {
            return Err(refusal);
        }
        let uploads = uploads.map(|uploads| uploads.files.clone());
        Ok(Prepared { uploads, operation, variables: parameters.variables.clone(), executor, version })
    }

    /// Prepares for these variables what was prepared before, by the supergraph of now; none when it is no longer valid.
    pub(crate) async fn prepare_again(
        &self,
        source: &OperationSource,
        variables: &Map<String, Value>,
    ) -> Option<Prepared> {
        let current = self.current.load_full();
        let operation = current.planner.plan(source.request(variables)).await.ok()?;
        operation.coerce(variables).ok()?;
        let (executor, version) = (current.executor.clone(), current.version);
        // Streams have no files.
        Some(Prepared { operation, variables: variables.clone(), executor, uploads: None, version })
    }

    /// Why an operation is refused as a whole, where that is the way; found before anything of it runs.
    pub(crate) fn refusal(&self, prepared: &Prepared, scope: &Scope) -> Option<Rejection> {
        if **self.authorization.load() != AuthorizationMode::Reject || prepared.operation.guarded_places().is_empty() {
            return None;
        }
        let (error, status) = refusal(&prepared.operation, scope.caller.as_ref())?;
        denied("rejected");
        Some(rejection(codes::UNAUTHORIZED, vec![error], &scope.origin).with_status(status))
    }

    /// What a caller may see of an operation; the errors say why it is nothing.
    pub(crate) async fn permitted(
        &self,
        operation: &Arc<PreparedOperation>,
        scope: &Scope,
    ) -> Result<Arc<PreparedOperation>, Vec<GraphQlError>> {
        if **self.authorization.load() == AuthorizationMode::Off || operation.guarded_places().is_empty() {
            return Ok(Arc::clone(operation));
        }
        let id = scope.origin.correlation_id.to_string();
        let caller = scope.caller.as_ref();
        if **self.authorization.load() == AuthorizationMode::Reject
            && let Some((mut error, _)) = refusal(operation, caller)
        {
            correlate(&mut error, &id);
            return Err(vec![error]);
        }
        let unmet = operation.unmet(&Asking(caller));
        if unmet.is_empty() {
            return Ok(Arc::clone(operation));
        }
        denied("filtered");
        let planner = Arc::clone(&self.current.load().planner);
        planner.restrict(operation, &unmet).await.map_err(|error| {
            let mut errors = error.errors.clone();
            for error in &mut errors {
                correlate(error, &id);
            }
            errors
        })
    }

    /// Answers a query or mutation.
    pub async fn execute(&self, prepared: &Prepared, scope: Scope) -> Answer {
        self.execute_beside(prepared, scope, &AnswerHeaders::default(), None).await
    }

    /// The same; what subgraphs have for the client besides the answer is added to `answered`, and how the fetches go is noted
    /// in `record`.
    pub async fn execute_beside(
        &self,
        prepared: &Prepared,
        scope: Scope,
        answered: &AnswerHeaders,
        record: Option<&PlanRecord>,
    ) -> Answer {
        let began = Instant::now();
        let operation = match self.permitted(&prepared.operation, &scope).await {
            Ok(operation) => operation,
            Err(errors) => return Answer::of_router(ExecutionResult::refused(errors).body),
        };
        let (mut context, _cancel_on_drop) = context(scope, Some(began + self.current.load().timeout));
        let report = CacheReport::new(prepared.kind());
        context.extensions.insert(report.clone());
        context.extensions.insert(answered.clone());
        if let Some(record) = record {
            context.extensions.insert(record.clone());
        }
        if let Some(uploads) = &prepared.uploads {
            context.extensions.insert(uploads.clone());
        }
        let request = ExecutionRequest { operation, variables: prepared.variables.clone(), context: Arc::new(context) };
        let span = span_of(&prepared.operation);
        let executor = prepared.executor.clone();
        let result = apart(async move { executor.execute(request).await }).instrument(span.clone()).await;
        let kind = prepared.kind().as_str();
        metrics::histogram!("cloudphone_graphql_operation_duration_seconds", "kind" => kind, "operation" => labels::operation(prepared))
            .record(began.elapsed().as_secs_f64());
        if !result.errors.is_empty() {
            metrics::counter!("cloudphone_graphql_operation_errors_total", "kind" => kind, "operation" => labels::operation(prepared)).increment(1);
            labels::count_errors(&result);
            span.record("error.type", result.errors.iter().find_map(GraphQlError::code).unwrap_or("none"));
            span.record("otel.status_code", "ERROR");
        }
        drop(span);
        let is_query = prepared.kind() == OperationKind::Query;
        let freshness = report.freshness().filter(|_| is_query && result.errors.is_empty());
        Answer { body: result.body, freshness, has_extensions: result.has_extensions }
    }

    /// The events of a subscription, encoded, each by the plan of its moment; a refusal is an event with errors and the end.
    /// Dropping them ends the upstream.
    pub async fn subscribe(&self, plan: Arc<LivePlan>, scope: Scope) -> BoxStream<'static, ExecutionResult> {
        let span = span_of(plan.current().operation());
        if let Some(parent) = &scope.origin.traceparent {
            continue_trace(&span, parent);
        }
        let (context, cancel_on_drop) = context(scope, None);
        match Executor::subscribe_by(plan, Arc::new(context)).instrument(span).await {
            Ok(events) => events
                .map(move |event| {
                    let _held = &cancel_on_drop;
                    labels::count_errors(&event);
                    event
                })
                .boxed(),
            Err(refusal) => {
                labels::count_errors(&refusal);
                stream::once(async move { refusal }).boxed()
            }
        }
    }
}

fn loaded() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    metrics::gauge!("cloudphone_router_supergraph_loaded_timestamp_seconds").set(now.as_secs_f64());
}

fn denied(outcome: &'static str) {
    metrics::counter!("cloudphone_graphql_operations_restricted_total", "outcome" => outcome).increment(1);
}

/// Files go where the schema expects them, and only with what is run once.
fn uploads_refused(operation: &PreparedOperation, uploads: &OperationUploads, origin: &Origin) -> Option<Rejection> {
    let refuse = |message: &str| {
        Some(Rejection::new("UPLOAD_NOT_ALLOWED", message, origin).with_status(StatusCode::BAD_REQUEST))
    };
    if operation.kind() != OperationKind::Mutation {
        return refuse("Files go with mutations only.");
    }
    let is_file = |place: &Vec<String>| operation.input_type(place) == Some(&*uploads.scalar);
    let stranger = uploads.places.iter().find(|place| !is_file(place))?;
    refuse(&format!("The variable at `{}` takes no file: its type is not {}.", stranger.join("."), uploads.scalar))
}

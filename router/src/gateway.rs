//! Prepares and executes operations over the current supergraph, which may be exchanged while requests run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use axum::http::StatusCode;
use bytes::Bytes;
use cloudphone_core::{Caller, Origin};
use cloudphone_execution::{ErrorFilter, ExecutionRequest, ExecutionResult, Executor, RequestContext};
use cloudphone_graphql::RequestScope;
pub use cloudphone_planning::OperationKind;
use cloudphone_planning::{
    FederationPlanner, GraphQlError, PlanRequest, Planner as _, PlannerOptions, PreparedOperation, Supergraph,
    SupergraphError, codes,
};
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use serde_json::{Map, Value};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clients::request::GraphQlParameters;
use crate::pipeline::Rejection;

/// Whoever asks, as subgraphs see them.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The verified identity; absent when nobody is signed in.
    pub caller: Option<Caller>,
    /// Where the request comes from.
    pub origin: Origin,
}

/// An operation that is ready to run, with its variables.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) operation: Arc<PreparedOperation>,
    pub(crate) variables: Map<String, Value>,
    /// Goes with the plan: another supergraph may have other subgraphs.
    executor: Executor,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.operation.kind()
    }

    fn name(&self) -> &str {
        self.operation.name().map_or("anonymous", |name| name)
    }
}

/// An answer to a query or mutation.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The encoded response.
    pub body: Bytes,
}

struct Current {
    planner: FederationPlanner,
    executor: Executor,
    subgraphs: Vec<Arc<str>>,
}

impl Current {
    fn new(supergraph_sdl: &str, executor: Executor, options: &PlannerOptions) -> Result<Self, SupergraphError> {
        let supergraph = Supergraph::parse(supergraph_sdl)?;
        let subgraphs = supergraph.subgraphs().iter().map(|subgraph| Arc::clone(&subgraph.name)).collect();
        Ok(Self { planner: FederationPlanner::new(supergraph, options.clone()), executor, subgraphs })
    }
}

/// Plans and executes; cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    current: Arc<ArcSwap<Current>>,
    options: PlannerOptions,
    timeout: Duration,
}

impl Gateway {
    /// A gateway over a composed supergraph, whose subgraphs `executor` reaches. `timeout` bounds a query or mutation.
    pub fn new(
        supergraph_sdl: &str,
        executor: Executor,
        options: PlannerOptions,
        timeout: Duration,
    ) -> Result<Self, SupergraphError> {
        let current = Current::new(supergraph_sdl, executor, &options)?;
        Ok(Self { current: Arc::new(ArcSwap::from_pointee(current)), options, timeout })
    }

    /// Puts another supergraph in place; running operations finish on the one that they began with.
    pub fn exchange(&self, supergraph_sdl: &str, executor: Executor) -> Result<(), SupergraphError> {
        self.current.store(Arc::new(Current::new(supergraph_sdl, executor, &self.options)?));
        Ok(())
    }

    /// The names of the subgraphs of the current supergraph.
    pub fn subgraphs(&self) -> Vec<Arc<str>> {
        self.current.load().subgraphs.clone()
    }

    /// Parses, validates and plans an operation, or finds it prepared.
    pub async fn prepare(&self, parameters: &GraphQlParameters, origin: &Origin) -> Result<Prepared, Rejection> {
        let current = self.current.load_full();
        let request = PlanRequest::new(&parameters.query, parameters.operation_name.as_deref())
            .with_variables(&parameters.variables);
        let planned = current.planner.plan(request).await;
        let operation = planned.map_err(|error| {
            let is_fault = error.code == codes::QUERY_PLANNING_FAILED;
            let rejection = rejection(error.errors.clone(), origin);
            if is_fault { rejection.with_status(StatusCode::INTERNAL_SERVER_ERROR) } else { rejection }
        })?;
        // Variables that do not fit are the request's fault, which its status has to tell (GraphQL over HTTP §6.4.2).
        operation.coerce(&parameters.variables).map_err(|errors| rejection(errors, origin))?;
        Ok(Prepared { operation, variables: parameters.variables.clone(), executor: current.executor.clone() })
    }

    /// Answers a query or mutation.
    pub async fn execute(&self, prepared: &Prepared, scope: Scope) -> Answer {
        let began = Instant::now();
        let (context, _cancel_on_drop) = context(scope, Some(began + self.timeout));
        let result = prepared.executor.execute(request(prepared, context)).await;
        let kind = prepared.kind().as_str();
        metrics::histogram!("cloudphone_graphql_operation_duration_seconds", "kind" => kind, "operation" => bounded_name(prepared))
            .record(began.elapsed().as_secs_f64());
        if !result.errors.is_empty() {
            metrics::counter!("cloudphone_graphql_operation_errors_total", "kind" => kind).increment(1);
        }
        Answer { body: result.body }
    }

    /// The events of a subscription, encoded; a refusal is an event with errors and the end. Dropping them ends the upstream.
    pub async fn subscribe(&self, prepared: &Prepared, scope: Scope) -> BoxStream<'static, ExecutionResult> {
        let (context, cancel_on_drop) = context(scope, None);
        match prepared.executor.subscribe(request(prepared, context)).await {
            Ok(events) => events
                .map(move |event| {
                    let _held = &cancel_on_drop;
                    event
                })
                .boxed(),
            Err(refusal) => stream::once(async move { refusal }).boxed(),
        }
    }
}

fn request(prepared: &Prepared, context: RequestContext) -> ExecutionRequest {
    ExecutionRequest {
        operation: Arc::clone(&prepared.operation),
        variables: prepared.variables.clone(),
        context: Arc::new(context),
    }
}

fn context(scope: Scope, deadline: Option<Instant>) -> (RequestContext, DropGuard) {
    let cancellation = CancellationToken::new();
    let mut context = RequestContext::new(scope.origin.correlation_id.to_string());
    context.deadline = deadline;
    context.cancellation = cancellation.clone();
    context.extensions.insert(RequestScope { caller: scope.caller, origin: scope.origin });
    (context, cancellation.drop_guard())
}

/// Clients name their operations, so that a metric may not take every name that comes.
pub(crate) fn bounded_name(prepared: &Prepared) -> String {
    let name = prepared.name();
    if name.len() <= 64 { name.to_owned() } else { "long-name".to_owned() }
}

fn rejection(mut errors: Vec<GraphQlError>, origin: &Origin) -> Rejection {
    let id = origin.correlation_id.to_string();
    for error in &mut errors {
        correlate(error, &id);
    }
    Rejection::of_document(serde_json::to_vec(&errors).expect("errors are plain values"))
}

fn correlate(error: &mut GraphQlError, id: &str) {
    error.extensions.entry("correlationId").or_insert_with(|| Value::from(id));
}

/// Gives every error the request's correlation id, so that a report by a client leads to the logs.
pub fn correlated_errors() -> ErrorFilter {
    Arc::new(|error, context| correlate(error, &context.request_id))
}

/// Besides, keeps to the log what went wrong inside: which address refused a connection, and the text of errors to
/// which no subgraph gave a code of its own. Clients are told which service it was.
pub fn masked_errors() -> ErrorFilter {
    Arc::new(|error, context| {
        correlate(error, &context.request_id);
        if error.extensions.get("code").and_then(Value::as_str) != Some(codes::DOWNSTREAM_SERVICE_ERROR) {
            return;
        }
        let service = error.extensions.get("service").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        tracing::warn!(%service, correlation_id = %context.request_id, cause = %error.message, "an error was masked");
        error.message = format!("The service \"{service}\" failed; try again in a moment.");
        error.extensions.retain(|name, _| matches!(name.as_str(), "code" | "service" | "correlationId"));
    })
}

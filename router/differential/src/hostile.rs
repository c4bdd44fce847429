//! Entry points for hostile bytes: operations, subgraph schemas and subgraph answers that somebody made up.
//!
//! The fuzz targets in `router/fuzz` call these functions; tests call them with what is kept of fuzzing.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_composition::{Subgraph, compose};
use cloudphone_execution::{
    ExecutionRequest, Executor, RequestContext, ServiceOptions, SubgraphRequest,
    subgraphs::in_process::{InProcessSubgraph, LocalSubgraph},
};
use cloudphone_planning::{FederationPlanner, PlanRequest, Planner as _, PlannerOptions, Supergraph, codes};
use futures::{StreamExt, stream::BoxStream};
use serde_json::{Map, Value};

/// A shop of four subgraphs with about everything that federation has.
const SUPERGRAPH: &str = include_str!("../../execution/tests/common/supergraph.graphql");

/// What separates the schemas of several subgraphs in one text.
pub const SEPARATOR: &str = "\n---\n";

/// Operations whose answers are made up.
const OPERATIONS: [&str; 4] = [
    "{ me { id name } users { name } product(upc: \"1\") { name inStock reviews { body author { name } } } }",
    "{ topProducts { upc name price shippingEstimate dimensions { size boxed } } }",
    "{ catalogue { id title ... on Book { pages } ... on Movie { minutes } rating } }",
    "{ fragile { id name email karma } latestReviews { id body author { id name email } product { name } } }",
];

static PLANNER: LazyLock<FederationPlanner> = LazyLock::new(|| {
    let supergraph = Supergraph::parse(SUPERGRAPH).expect("the supergraph of the tests is one");
    let options = PlannerOptions { timeout: Duration::from_secs(2), cache_capacity: 100, ..PlannerOptions::default() };
    FederationPlanner::new(supergraph, options)
});

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Answers everything with the same bytes.
struct Echo(Bytes);

#[async_trait]
impl LocalSubgraph for Echo {
    async fn execute(&self, _request: SubgraphRequest) -> Bytes {
        self.0.clone()
    }

    fn subscribe(&self, _request: SubgraphRequest) -> BoxStream<'static, Bytes> {
        futures::stream::empty().boxed()
    }
}

fn executor(answer: &Bytes) -> Executor {
    ["accounts", "inventory", "products", "reviews"]
        .into_iter()
        .fold(Executor::builder(), |builder, name| {
            let service = Arc::new(InProcessSubgraph::new(Arc::new(Echo(answer.clone()))));
            builder.service(name, service, ServiceOptions::default())
        })
        .build()
}

async fn answered(document: &str, answer: &Bytes) -> Result<(), String> {
    let operation = PLANNER.plan(PlanRequest::new(document, None)).await.map_err(|error| {
        assert!(!error.errors.is_empty(), "a refusal says why");
        error.code.to_owned()
    })?;
    let _ = operation.explain(None);
    let context = Arc::new(RequestContext::new("hostile"));
    let request = ExecutionRequest { operation, variables: Map::new(), context };
    if request.operation.kind() == cloudphone_planning::OperationKind::Subscription {
        return Ok(());
    }
    let result = executor(answer).execute(request).await;
    let body: Value = serde_json::from_slice(&result.body).expect("an answer is JSON, whatever the subgraphs say");
    assert!(body.get("data").is_some() || body.get("errors").is_some(), "an answer has data or errors");
    Ok(())
}

/// An operation of a client: it is refused, or planned and run. Subgraphs answer nothing.
pub fn operation(bytes: &[u8]) {
    let Ok(document) = std::str::from_utf8(bytes) else { return };
    let outcome = run(answered(document, &Bytes::from_static(b"{\"data\":null}")));
    let known = [codes::PARSE_FAILED, codes::VALIDATION_FAILED, codes::BAD_USER_INPUT, codes::QUERY_PLANNING_FAILED];
    if let Err(code) = outcome {
        assert!(known.contains(&code.as_str()) || code.contains("LIMIT") || code.contains("TOO"), "refused as {code}");
    }
}

/// The schemas of subgraphs: they are refused, or give a supergraph that the router serves.
pub fn composition(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let subgraphs: Vec<Subgraph> = text
        .split(SEPARATOR)
        .take(4)
        .enumerate()
        .map(|(number, sdl)| Subgraph {
            name: format!("s{number}"),
            url: format!("http://s{number}.test/"),
            sdl: sdl.to_owned(),
        })
        .collect();
    match compose(&subgraphs) {
        Ok(composed) => {
            let supergraph = Supergraph::parse(&composed.supergraph_sdl);
            assert!(supergraph.is_ok(), "{}\nis no supergraph: {:?}", composed.supergraph_sdl, supergraph.err());
        }
        Err(errors) => assert!(!errors.is_empty(), "a refusal says why"),
    }
}

/// The answer of subgraphs, one for all of them.
pub fn answer(bytes: &[u8]) {
    let answer = Bytes::copy_from_slice(bytes);
    for document in OPERATIONS {
        run(answered(document, &answer)).unwrap_or_else(|code| panic!("{document} is refused: {code}"));
    }
}

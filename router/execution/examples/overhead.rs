//! Measures what the router itself spends on a request: subgraphs answer from memory, so nearly all of the time is
//! execution. Run with `cargo run --release -p cloudphone-execution --example overhead`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_execution::{
    ExecutionRequest, Executor, RequestContext, ServiceOptions, SubgraphError, SubgraphEvent, SubgraphRequest,
    SubgraphResponse, SubgraphService,
};
use cloudphone_planning::{FederationPlanner, PlanRequest, Planner, PlannerOptions, Supergraph};
use futures::stream::BoxStream;
use serde_json::{Map, Value, json};

const SUPERGRAPH: &str = include_str!("../tests/common/supergraph.graphql");
const LARGE: &str = "{
    users { id name reviews { id body product { name price inStock reviews { id body author { name } } } } }
    topProducts { upc name price weight inStock shippingEstimate reviews { id body author { id name reviews { id body } } } }
}";
const SMALL: &str = "{ me { id name karma } }";

/// Invents an answer for each document and number of representations, and remembers it.
struct Canned {
    name: &'static str,
    answers: std::sync::Mutex<Vec<(Arc<str>, usize, Bytes)>>,
}

#[async_trait]
impl SubgraphService for Canned {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let mut answers = self.answers.lock().expect("no holder panics");
        let known = answers
            .iter()
            .find(|(query, length, _)| Arc::ptr_eq(query, &request.query) && *length == request.variables.len());
        if let Some((_, _, answer)) = known {
            return Ok(answer.clone().into());
        }
        let answer = Bytes::from(invent(self.name, &request).to_string());
        answers.push((request.query, request.variables.len(), answer.clone()));
        Ok(answer.into())
    }

    async fn subscribe(&self, _: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        Err(SubgraphError::Unavailable("nothing is streamed here".to_owned()))
    }
}

fn invent(service: &str, request: &SubgraphRequest) -> Value {
    let variables: Value = serde_json::from_slice(&request.variables).expect("variables are JSON");
    let user = |id: usize| {
        let id = id % 20;
        json!({ "__typename": "User", "id": id.to_string(), "name": format!("user number {id}") })
    };
    let product = |id: usize| {
        let id = id % 30;
        json!({ "__typename": "Product", "upc": format!("upc-{id}"), "sku": format!("sku-{id}"), "name": format!("product {id}"),
                "price": 100 + id, "_internal_qp_alias_0": 2 * id, "weight": id, "inStock": id.is_multiple_of(2), "shippingEstimate": id })
    };
    let short = |id: usize| json!({ "id": format!("r{id}"), "body": "A short one.", "author": user(id) });
    let reviews = |from: usize, count: usize| -> Vec<Value> {
        let review = |id: usize| {
            let mut of = product(id * 7);
            of["reviews"] = (id..id + 3).map(short).collect();
            let mut by = user(id);
            by["reviews"] = (id..id + 3).map(short).collect();
            json!({ "__typename": "Review", "id": format!("r{id}"), "body": "A review of some length, as people write them.",
                    "author": by, "product": of })
        };
        (from..from + count).map(review).collect()
    };
    let mut data = Map::new();
    if let Some(variables) = variables.as_object() {
        let lists = variables.iter().filter_map(|(name, value)| value.as_array().map(|list| (name, list)));
        for (position, (_, list)) in lists.enumerate() {
            let entities: Vec<Value> = list
                .iter()
                .enumerate()
                .map(|(index, representation)| {
                    let kind = representation["__typename"].as_str().unwrap_or_default();
                    let mut entity = if kind == "User" { user(index) } else { product(index) };
                    if service == "reviews" {
                        entity["reviews"] = Value::Array(reviews(index, 4));
                        entity["karma"] = json!(index);
                    }
                    entity
                })
                .collect();
            let key = if request.query.contains("_e0:") { format!("_e{position}") } else { "_entities".to_owned() };
            data.insert(key, Value::Array(entities));
        }
    }
    if data.is_empty() {
        match service {
            "accounts" => data.extend([("users".to_owned(), (0..20).map(user).collect()), ("me".to_owned(), user(1))]),
            _ => data.extend([("topProducts".to_owned(), (0..30).map(product).collect())]),
        }
    }
    json!({ "data": data })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let supergraph = Supergraph::parse(SUPERGRAPH).expect("the fixture is a supergraph");
    let planner = FederationPlanner::new(supergraph, PlannerOptions::default());
    let mut builder = Executor::builder();
    for name in ["accounts", "inventory", "products", "reviews"] {
        let service = Canned { name, answers: std::sync::Mutex::default() };
        builder = builder.service(name, Arc::new(service), ServiceOptions::default());
    }
    let executor = builder.build();
    for (title, document) in [("small", SMALL), ("large", LARGE)] {
        let operation = planner.plan(PlanRequest::new(document, None)).await.expect("the document is valid");
        let run = || {
            let context = Arc::new(RequestContext::new("measure"));
            let operation = Arc::clone(&operation);
            executor.execute(ExecutionRequest { operation, variables: Map::new(), context })
        };
        let first = run().await;
        let until = Instant::now() + Duration::from_secs(3);
        let started = Instant::now();
        let mut runs = 0_u32;
        while Instant::now() < until {
            let result = run().await;
            assert_eq!(result.body.len(), first.body.len());
            runs += 1;
        }
        let each = started.elapsed() / runs;
        println!(
            "{title}: {each:?} per request, {} fetches, {} bytes, {} errors",
            operation.plan().steps.len(),
            first.body.len(),
            first.errors.len()
        );
        if let Some(error) = first.errors.first() {
            println!("  {error:?}");
        }
    }
}

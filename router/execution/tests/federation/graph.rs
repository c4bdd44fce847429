//! A fixture: subgraphs composed by our composition, planned by our planner, called by our executor.

use std::{fmt::Write as _, sync::Arc};

use cloudphone_composition::{Composition, Subgraph, compose};
use cloudphone_execution::{
    ExecutionRequest, Executor, RequestContext, ServiceOptions, subgraphs::in_process::InProcessSubgraph,
};
use cloudphone_planning::{FederationPlanner, PlanRequest, Planner as _, PlannerOptions, Supergraph};
use serde_json::{Map, Value, json};

use crate::subgraph::Part;

pub struct Graph {
    pub composition: Composition,
    parts: Vec<Arc<Part>>,
    planner: FederationPlanner,
    executor: Executor,
}

/// Composes the parts.
pub fn graph<const COUNT: usize>(parts: [Part; COUNT]) -> Graph {
    let told: Vec<Subgraph> = parts.iter().map(Part::told).collect();
    let composition = compose(&told).unwrap_or_else(|errors| {
        panic!(
            "{}",
            errors.iter().fold(String::new(), |mut lines, error| {
                let _ = writeln!(lines, "{error}");
                lines
            })
        )
    });
    let parts: Vec<Arc<Part>> = parts.into_iter().map(Arc::new).collect();
    let mut builder = Executor::builder();
    for part in &parts {
        let service = Arc::new(InProcessSubgraph::new(Arc::<Part>::clone(part)));
        builder = builder.service(part.name, service, ServiceOptions::default());
    }
    let supergraph = Supergraph::parse(&composition.supergraph_sdl).unwrap();
    let planner = FederationPlanner::new(supergraph, PlannerOptions::default());
    Graph { composition, parts, planner, executor: builder.build() }
}

impl Graph {
    /// Asserts the data of the answer, which must be without errors, and the calls in any order.
    pub async fn answers(&self, document: &str, data: Value, calls: &[&str]) {
        let operation = self.planner.plan(PlanRequest::new(document, None)).await.unwrap();
        let context = Arc::new(RequestContext::new("fixture"));
        let request = ExecutionRequest { operation, variables: Map::new(), context };
        let answer: Value = serde_json::from_slice(&self.executor.execute(request).await.body).unwrap();
        let mut made: Vec<String> = self.parts.iter().flat_map(|part| part.calls()).collect();
        assert_eq!(answer, json!({ "data": data }), "{document} by {made:#?}");
        made.sort();
        let mut expected: Vec<&str> = calls.to_vec();
        expected.sort_unstable();
        assert_eq!(made, expected, "calls of {document}");
    }

    /// Asserts that clients cannot ask this, and what they are told.
    pub async fn refuses(&self, document: &str, word: &str) {
        let Err(refused) = self.planner.plan(PlanRequest::new(document, None)).await else {
            panic!("{document} is planned")
        };
        let told = serde_json::to_string(&refused.errors).unwrap();
        assert!(told.contains(word), "{document}: {told}");
    }
}

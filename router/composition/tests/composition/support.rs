//! Composes fixtures, and plans operations over the result with the query planner the router uses.

#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use cloudphone_composition::{Composition, CompositionError, Subgraph, compose};
use cloudphone_planning::{FederationPlanner, PlanRequest, Planner as _, PlannerOptions, Supergraph};
use graphql_tools::validation::rules::default_rules_validation_plan;
use graphql_tools::validation::validate::validate;
use hive_router_query_planner::ast::normalization::normalize_operation;
use hive_router_query_planner::graph::PlannerOverrideContext;
use hive_router_query_planner::planner::{Planner, QueryPlannerOptions};
use hive_router_query_planner::utils::cancellation::CancellationToken;
use hive_router_query_planner::utils::parsing::{safe_parse_operation, safe_parse_schema};

/// What a federation 2 schema starts with when it uses everything.
pub const FEDERATION_2: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@tag",
  "@interfaceObject", "@composeDirective", "@authenticated", "@requiresScopes", "@policy", "@cost",
  "@listSize", "@context", "@fromContext", "@extends"
])
"#;

/// A federation 2 subgraph; the link is added.
pub fn v2(name: &str, sdl: &str) -> Subgraph {
    v1(name, &format!("{FEDERATION_2}\n{sdl}"))
}

/// A subgraph with its SDL as given, which is federation 1 when it has no link.
pub fn v1(name: &str, sdl: &str) -> Subgraph {
    Subgraph { name: name.into(), url: format!("http://{name}.test/graphql"), sdl: sdl.into() }
}

/// Composes, loads the result into the planner, and gives it back.
pub fn composed(subgraphs: &[Subgraph]) -> Composition {
    let composition = compose(subgraphs).unwrap_or_else(|errors| {
        panic!("does not compose: {errors:#?}");
    });
    planner(&composition);
    composition
}

/// The errors of subgraphs that must not compose.
pub fn refused(subgraphs: &[Subgraph]) -> Vec<CompositionError> {
    match compose(subgraphs) {
        Ok(composition) => panic!("composes:\n{}", composition.supergraph_sdl),
        Err(errors) => errors,
    }
}

/// The codes of the errors of subgraphs that must not compose, with their coordinates.
pub fn refusals(subgraphs: &[Subgraph]) -> Vec<(String, String)> {
    refused(subgraphs).into_iter().map(|error| (error.code.to_owned(), error.coordinate.unwrap_or_default())).collect()
}

/// Asserts the codes and coordinates of the errors of subgraphs that must not compose.
pub fn assert_refused(subgraphs: &[Subgraph], expected: &[(&str, &str)]) {
    let found = refusals(subgraphs);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, place)| (code.as_str(), place.as_str())).collect();
    assert_eq!(found, expected);
}

/// One federation 2 subgraph that has a query besides.
pub fn alone(sdl: &str) -> Vec<Subgraph> {
    vec![v2("one", &format!("type Query {{ q: Int }} {sdl}"))]
}

fn planner(composition: &Composition) -> Planner {
    let document = safe_parse_schema(&composition.supergraph_sdl).unwrap();
    catch_unwind(AssertUnwindSafe(|| Planner::new_from_supergraph(&document, QueryPlannerOptions::default()).unwrap()))
        .unwrap_or_else(|_| panic!("the planner refuses:\n{}", composition.supergraph_sdl))
}

/// Plans an operation that must be valid against the API schema, and prints the plan.
pub fn plan(composition: &Composition, operation: &str) -> String {
    let planner = planner(composition);
    let document = safe_parse_operation(operation).unwrap();
    let faults = validate(&planner.consumer_schema.document, &document, &default_rules_validation_plan());
    assert!(faults.is_empty(), "{operation} is invalid: {faults:#?}");
    let api = safe_parse_schema(&composition.api_sdl).unwrap();
    let faults = validate(&api, &document, &default_rules_validation_plan());
    assert!(faults.is_empty(), "{operation} is invalid against the API: {faults:#?}");
    let normalised = normalize_operation(&planner.supergraph, &document, None).unwrap();
    planner
        .plan_from_normalized_operation(
            normalised.executable_operation(),
            PlannerOverrideContext::default(),
            &CancellationToken::new(),
        )
        .unwrap_or_else(|error| panic!("no plan for {operation}: {error}\n{}", own_part(&composition.supergraph_sdl)))
        .to_string()
}

/// Asserts that the router can plan valid operations.
pub fn assert_planned<'q>(composition: &Composition, operations: impl IntoIterator<Item = &'q String>) {
    let supergraph = Supergraph::parse(&composition.supergraph_sdl).unwrap();
    let planner = FederationPlanner::new(supergraph, PlannerOptions::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for operation in operations {
            if let Err(error) = planner.plan(PlanRequest::new(operation, None)).await {
                panic!("no plan for {operation}: {error}\n{}", own_part(&composition.supergraph_sdl));
            }
        }
    });
}

/// The supergraph without what every supergraph has in common.
pub fn own_part(supergraph: &str) -> String {
    supergraph
        .split("\n\n")
        .filter(|block| {
            let first = block.lines().find(|line| !line.starts_with("\"\"\"")).unwrap_or_default();
            !["directive @join__", "directive @link", "scalar join__", "scalar link__", "enum link__", "input join__"]
                .iter()
                .any(|prefix| first.starts_with(prefix))
        })
        .collect::<Vec<_>>()
        .join("\n\n")
}

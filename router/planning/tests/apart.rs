//! Operations with computed fields that the planning library cannot plan at once.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use cloudphone_planning::{FederationPlanner, PlanRequest, Planner, PlannerOptions, PreparedOperation, StepInput};

use common::supergraph;

/// A product's reviews lead back to products, whose shipping costs need what another subgraph knows.
const TYPES: &str = r#"
enum join__Graph {
  PRODUCTS @join__graph(name: "products", url: "")
  REVIEWS @join__graph(name: "reviews", url: "")
}
type Query @join__type(graph: PRODUCTS) @join__type(graph: REVIEWS) {
  products: [Product!]! @join__field(graph: PRODUCTS)
}
type Subscription @join__type(graph: PRODUCTS) { changed: Product! @join__field(graph: PRODUCTS) }
type Product @join__type(graph: PRODUCTS, key: "id") @join__type(graph: REVIEWS, key: "id") {
  id: ID!
  name: String! @join__field(graph: PRODUCTS)
  weight: Int @join__field(graph: PRODUCTS) @join__field(graph: REVIEWS, external: true)
  reviews: [Review!]! @join__field(graph: REVIEWS)
  shippingCost(perKilogram: Float): Float @join__field(graph: REVIEWS, requires: "weight")
}
type Review @join__type(graph: REVIEWS, key: "id") {
  id: ID!
  product: Product!
  related: [[Review!]!]!
}
"#;

async fn plan(document: &str) -> Arc<PreparedOperation> {
    let planner =
        FederationPlanner::new(supergraph("query: Query subscription: Subscription", TYPES), PlannerOptions::default());
    planner.plan(PlanRequest::new(document, None)).await.unwrap()
}

/// Each step with the steps that it waits for.
async fn steps(document: &str) -> Vec<String> {
    let operation = plan(document).await;
    let steps = operation.plan().steps.iter();
    steps.map(|step| format!("{:?} {} {}", step.depends_on, step.service, step.query)).collect()
}

const ENTITIES: &str = "query($representations:[_Any!]!){_entities(representations: $representations)";

#[tokio::test]
async fn an_object_within_another_of_its_type_may_require_what_another_subgraph_has() {
    let steps = steps("{ products { reviews { product { shippingCost } } } }").await;
    let expected = [
        "[] products {products{__typename id}}".to_owned(),
        format!("[0] reviews {ENTITIES}{{...on Product{{reviews{{product{{__typename id}}}}}}}}}}"),
        format!("[0, 1] products {ENTITIES}{{...on Product{{weight}}}}}}"),
        format!("[0, 1, 2] reviews {ENTITIES}{{...on Product{{shippingCost}}}}}}"),
    ];
    assert_eq!(steps, expected);
}

#[tokio::test]
async fn a_part_keeps_aliases_arguments_and_variables() {
    let document = "query($per: Float = 2) { all: products { again: reviews { it: product { cost: shippingCost(perKilogram: $per) title: name } } } }";
    let operation = plan(document).await;
    let last = operation.plan().steps.last().unwrap();
    assert!(last.query.contains("cost: shippingCost(perKilogram: $per)"), "{}", last.query);
    assert_eq!(last.variables.iter().map(|name| &**name).collect::<Vec<_>>(), ["per"]);
}

#[tokio::test]
async fn parts_lie_within_parts_and_within_lists_of_lists() {
    let document =
        "{ products { reviews { related { product { shippingCost reviews { product { name shippingCost } } } } } } }";
    let operation = plan(document).await;
    let steps = operation.plan().steps.iter().filter(|step| step.query.contains("shippingCost"));
    let inputs = steps.filter_map(|step| match &step.input {
        StepInput::Entities(inputs) => Some(inputs),
        StepInput::Root { .. } => None,
    });
    let mut depths: Vec<usize> =
        inputs.flatten().flat_map(|input| input.paths.iter().map(|path| path.len()).collect::<Vec<_>>()).collect();
    depths.sort_unstable();
    // products, reviews, both lists of related and product; then the same again from there.
    assert_eq!(depths, [8, 11]);
}

#[tokio::test]
async fn events_are_joined_in_parts_as_well() {
    let steps = steps("subscription { changed { name reviews { product { shippingCost } } } }").await;
    assert!(steps[0].starts_with("[] products subscription"), "{steps:#?}");
    assert!(steps.last().unwrap().contains("shippingCost"), "{steps:#?}");
}

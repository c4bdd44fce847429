//! Fields that move from one subgraph to another, at once or for some operations.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloudphone_planning::{
    DRAWS, FederationPlanner, OverrideChoice, PlanRequest, Planner, PlannerOptions, PreparedOperation, draws_of,
};

use common::supergraph;

const TYPES: &str = r#"
enum join__Graph {
  NEW @join__graph(name: "new", url: "")
  OLD @join__graph(name: "old", url: "")
}
type Query @join__type(graph: NEW) @join__type(graph: OLD) { shelf: Shelf @join__field(graph: OLD) }
type Shelf @join__type(graph: NEW, key: "id") @join__type(graph: OLD, key: "id") {
  id: ID!
  kept: Int @join__field(graph: OLD)
  moved: Int @join__field(graph: NEW, override: "old") @join__field(graph: OLD, usedOverridden: true)
  orphan: Int @join__field(graph: NEW, override: "nobody")
  labelledOrphan: Int @join__field(graph: NEW, override: "nobody", overrideLabel: "beta")
  never: Int @join__field(graph: NEW, override: "old", overrideLabel: "percent(0)") @join__field(graph: OLD, overrideLabel: "percent(0)")
  always: Int @join__field(graph: NEW, override: "old", overrideLabel: "percent(100)") @join__field(graph: OLD, overrideLabel: "percent(100)")
  some: Int @join__field(graph: NEW, override: "old", overrideLabel: "percent(30)") @join__field(graph: OLD, overrideLabel: "percent(30)")
  few: Int @join__field(graph: NEW, override: "old", overrideLabel: "percent(0.5)") @join__field(graph: OLD, overrideLabel: "percent(0.5)")
  flagged: Int @join__field(graph: NEW, override: "old", overrideLabel: "beta") @join__field(graph: OLD, overrideLabel: "beta")
}
"#;

fn planner() -> FederationPlanner {
    FederationPlanner::new(supergraph("query: Query", TYPES), PlannerOptions::default())
}

async fn plan(planner: &FederationPlanner, document: &str, choice: OverrideChoice) -> Arc<PreparedOperation> {
    planner.plan(PlanRequest::new(document, None).with_overrides(choice)).await.unwrap()
}

/// The last subgraph that is asked, which answers the one field that is asked for.
async fn answered_by(planner: &FederationPlanner, field: &str, choice: OverrideChoice) -> String {
    let operation = plan(planner, &format!("{{ shelf {{ {field} }} }}"), choice).await;
    operation.plan().steps.last().unwrap().service.to_string()
}

fn drawn(percentage: f64) -> OverrideChoice {
    OverrideChoice { draw: draws_of(percentage), ..OverrideChoice::default() }
}

fn labelled(label: &str) -> OverrideChoice {
    OverrideChoice { labels: BTreeSet::from([label.to_owned()]), ..OverrideChoice::default() }
}

#[tokio::test]
async fn a_share_is_for_the_draws_below_it() {
    let planner = planner();
    for (field, percentage, subgraph) in [
        ("never", 0.0, "old"),
        ("always", 0.0, "new"),
        ("always", 99.999_999, "new"),
        ("some", 29.999_999, "new"),
        ("some", 30.0, "old"),
        ("few", 0.49, "new"),
        ("few", 0.5, "old"),
        ("kept", 0.0, "old"),
        ("moved", 99.0, "new"),
    ] {
        assert_eq!(answered_by(&planner, field, drawn(percentage)).await, subgraph, "{field} at {percentage}");
    }
    let last = OverrideChoice { draw: DRAWS - 1, ..OverrideChoice::default() };
    assert_eq!(answered_by(&planner, "always", last).await, "new", "a hundred percent leaves nobody out");
}

#[tokio::test]
async fn a_custom_label_is_on_for_those_who_have_it() {
    let planner = planner();
    assert_eq!(answered_by(&planner, "flagged", labelled("beta")).await, "new");
    assert_eq!(answered_by(&planner, "flagged", labelled("gamma")).await, "old");
    assert_eq!(answered_by(&planner, "flagged", OverrideChoice::default()).await, "old");
}

#[tokio::test]
async fn what_is_taken_from_a_subgraph_that_does_not_exist_is_answered_by_who_takes_it() {
    let planner = planner();
    assert_eq!(answered_by(&planner, "orphan", OverrideChoice::default()).await, "new");
    assert_eq!(answered_by(&planner, "labelledOrphan", labelled("beta")).await, "new");
    assert_eq!(
        answered_by(&planner, "labelledOrphan", OverrideChoice::default()).await,
        "new",
        "nobody else could answer it"
    );
}

#[tokio::test]
async fn the_cache_has_a_plan_for_each_outcome_and_none_for_each_draw() {
    let planner = planner();
    let documents = [("{ shelf { some } }", 2), ("{ shelf { some few } }", 3), ("{ shelf { kept } }", 1)];
    for (document, outcomes) in documents {
        let mut plans: BTreeMap<u64, Arc<PreparedOperation>> = BTreeMap::new();
        for thousandth in 0..1000_u32 {
            let mut choice = drawn(f64::from(thousandth) / 10.0);
            choice.labels.insert(format!("stranger{thousandth}"));
            let operation = plan(&planner, document, choice).await;
            let known = plans.entry(operation.source().overrides.draw).or_insert_with(|| Arc::clone(&operation));
            assert!(Arc::ptr_eq(known, &operation), "{document} was planned again for the same outcome");
            assert!(operation.source().overrides.labels.is_empty());
        }
        assert_eq!(plans.len(), outcomes, "{document}");
    }
}

#[tokio::test]
async fn an_operation_that_is_prepared_again_keeps_its_outcome() {
    let (planner, variables) = (planner(), serde_json::Map::new());
    for choice in [drawn(12.0), drawn(80.0)] {
        let first = plan(&planner, "{ shelf { some } }", choice).await;
        let again = planner.plan(first.source().request(&variables)).await.unwrap();
        assert_eq!(first.source(), again.source());
        assert_eq!(first.plan().steps.last().unwrap().service, again.plan().steps.last().unwrap().service);
    }
}

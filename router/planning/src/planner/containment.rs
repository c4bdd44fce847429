//! What a panic while planning costs: the request that met it, and nobody else.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use graphql_tools::validation::rules::{UniqueOperationNames, ValidationRule, ValidationVisitor};

use super::*;

const SUPERGRAPH: &str = include_str!("../../../execution/tests/common/supergraph.graphql");

/// A rule with a fault, for as long as it is armed.
struct Faulty(Arc<AtomicBool>);

impl ValidationRule for Faulty {
    fn visitor<'doc>(&self) -> ValidationVisitor<'doc> {
        assert!(!self.0.load(Ordering::SeqCst), "an invariant of the library broke");
        Box::new(UniqueOperationNames::new())
    }

    fn error_code(&self) -> &'static str {
        "Faulty"
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_request_only() {
    let armed = Arc::new(AtomicBool::new(false));
    let options = PlannerOptions { concurrency: 1, ..PlannerOptions::default() };
    let mut planner = FederationPlanner::new(Supergraph::parse(SUPERGRAPH).unwrap(), options);
    Arc::get_mut(&mut planner.core).unwrap().rules.add_rule(Box::new(Faulty(Arc::clone(&armed))));
    let plan = async |document| planner.plan(PlanRequest::new(document, None)).await;
    assert!(plan("{ me { id } }").await.is_ok());

    armed.store(true, Ordering::SeqCst);
    for document in ["{ me { name } }", "{ me { email } }"] {
        let error = plan(document).await.unwrap_err();
        assert_eq!(error.code, codes::QUERY_PLANNING_FAILED);
        assert!(!error.errors[0].message.contains("invariant"), "what broke is told to the log only");
    }
    assert!(plan("{ me { id } }").await.is_ok(), "what is known goes on meanwhile");

    armed.store(false, Ordering::SeqCst);
    assert!(plan("{ me { id name } }").await.is_ok(), "the one thread that plans is free again");
    let again = plan("{ me { name } }").await.unwrap_err();
    assert_eq!(again.code, codes::QUERY_PLANNING_FAILED, "the document is not tried again and again");
}

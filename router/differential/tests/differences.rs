//! The router answers as the monolith would: on random federations of fixed seeds, and on every case that once differed.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use cloudphone_differential::{
    random::mix,
    report::{Case, Report},
};

/// Federations per test; there are several tests so that they run side by side.
const FEDERATIONS: u64 = 20;
/// Operations per federation, each tried with two choices of variables.
const OPERATIONS: usize = 30;

/// Runs to the end, but waits for no thread that plans for ever.
fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

fn assert_equal(seed: u64) {
    let report = run(async {
        let mut report = Report::default();
        for number in 0..FEDERATIONS {
            report.try_seed(mix(seed, number), OPERATIONS).await;
        }
        report
    });
    if let Some(found) = report.differences.first() {
        panic!("{found}");
    }
    assert!(report.composed() >= 0.95, "federations are refused: {:#?}", report.refused);
    // The floor keeps the planner's gaps from hiding what is to be compared.
    let unplanned: Vec<String> = report.unplanned.iter().map(ToString::to_string).collect();
    assert!(unplanned.len() * 100 <= report.operations, "operations are not planned:\n{}", unplanned.join("\n"));
    assert!(report.operations >= 1_000, "only {} operations were compared", report.operations);
}

#[test]
fn the_router_answers_as_the_monolith_first_fifth() {
    assert_equal(101);
}

#[test]
fn the_router_answers_as_the_monolith_second_fifth() {
    assert_equal(102);
}

#[test]
fn the_router_answers_as_the_monolith_third_fifth() {
    assert_equal(103);
}

#[test]
fn the_router_answers_as_the_monolith_fourth_fifth() {
    assert_equal(104);
}

#[test]
fn the_router_answers_as_the_monolith_last_fifth() {
    assert_equal(105);
}

#[test]
fn what_once_differed_does_so_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut report = Report::default();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        run(report.try_case(case));
    }
    assert!(report.federations >= 10, "the cases are there");
    assert!(report.refused.is_empty(), "cases do not compose any more: {:#?}", report.refused);
    if let Some(found) = report.unplanned.iter().chain(&report.differences).next() {
        panic!("{found}");
    }
}

#[test]
fn a_wrong_answer_would_be_noticed() {
    // The reference executor on another world: whatever is compared, most of it differs.
    let mut differing = 0;
    for number in 0..5 {
        let federation = cloudphone_differential::generate::federation(mix(7, number));
        let trial = cloudphone_differential::generate::operation(&federation.monolith, number);
        let answer = |seed| {
            let world = cloudphone_differential::world::World::new(federation.monolith.clone().into(), seed);
            let monolith = cloudphone_differential::live::Monolith::new(world);
            monolith.answer(&trial.operation.text(), &trial.variables[0]).unwrap()
        };
        let (one, other) = (answer(1), answer(2));
        differing += usize::from(cloudphone_differential::compare::difference(&one, &other.to_json()).is_some());
    }
    assert!(differing >= 3, "only {differing} of 5 answers of different worlds were told apart");
}

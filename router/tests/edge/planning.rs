//! Operations that find the planner busy.

use std::time::{Duration, Instant};

use cloudphone_planning::PlannerOptions;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{PATIENCE, Platform, Settings, Transport};

const KNOWN: &str = "{ account(id: 2) { name } }";

/// Takes a while to plan, for each level is in another subgraph than the one above; each number is another document.
fn unknown(number: usize) -> Value {
    let levels = "notes { author { name ".repeat(5) + &"} } ".repeat(5);
    json!({ "query": format!("query unknown{number} {{ accounts {{ {levels} }} }}") })
}

#[tokio::test]
async fn who_finds_the_planner_busy_comes_back_later_and_known_operations_go_on() {
    let planner =
        PlannerOptions { concurrency: 1, max_waiting: 0, wait: Duration::from_millis(1), ..PlannerOptions::default() };
    let platform = Platform::start_with(Settings { planner, ..Settings::new(Transport::InProcess) }).await;
    assert_eq!(platform.ask(KNOWN).await["data"]["account"]["name"], "bob");

    let deadline = Instant::now() + PATIENCE;
    let mut number = 0;
    let refused = loop {
        assert!(Instant::now() < deadline, "nobody found the planner busy");
        let crowd = join_all((number..number + 12).map(async |number| {
            let response = platform.post(&unknown(number)).send().await.unwrap();
            (number, response)
        }));
        let (crowd, known) = tokio::join!(crowd, platform.ask(KNOWN));
        assert_eq!(known["data"]["account"]["name"], "bob", "{known}");
        if let Some(refused) = crowd.into_iter().find(|(_, response)| response.status() != 200) {
            break refused;
        }
        number += 12;
    };
    let (number, response) = refused;
    assert_eq!(response.status(), 503);
    assert!(response.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "QUERY_PLANNER_BUSY", "{answer}");

    let again = platform.post(&unknown(number)).send().await.unwrap();
    assert_eq!(again.status(), 200, "it is no fault of the document");
}

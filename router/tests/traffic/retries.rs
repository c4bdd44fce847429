//! What is tried again, where, and what never is.

use std::time::{Duration, Instant};

use cloudphone_resilience::Backoff;
use serde_json::{Value, json};

use crate::support::{Instance, Mood, Routed, Setup, code};

fn quick(setup: Setup) -> Setup {
    setup.policy(|policy| {
        policy.retry.backoff = Backoff { initial: Duration::from_millis(1), limit: Duration::from_millis(5) };
    })
}

#[tokio::test]
async fn a_query_goes_to_another_instance_when_the_first_is_gone() {
    let (one, two) = (Instance::start("one").await, Instance::start("two").await);
    let routed = Routed::start(quick(Setup::of(&[&one, &two]))).await;
    one.kill().await;
    assert_eq!(routed.answered(6).await, [("two".to_owned(), 6)].into());
}

#[tokio::test]
async fn a_query_is_tried_again_where_an_instance_asks_for_patience() {
    let instance = Instance::start("one").await;
    let routed = Routed::start(quick(Setup::of(&[&instance]))).await;
    for status in [429, 502, 503, 504] {
        instance.script.is(Mood::Fails { status, calls: 2 });
        let answer = routed.ask("{ name }").await;
        assert_eq!(answer, json!({ "data": { "name": "one" } }), "{status}");
    }
    assert_eq!(instance.script.seen().len(), 12, "three tries each");
    instance.script.is(Mood::Fails { status: 500, calls: 1 });
    assert_eq!(code(&routed.ask("{ name }").await), "DOWNSTREAM_SERVICE_ERROR");
    assert_eq!(instance.script.seen().len(), 13, "an error of its own would come again");
}

#[tokio::test]
async fn a_mutation_is_never_repeated() {
    let (one, two) = (Instance::start("one").await, Instance::start("two").await);
    let routed = Routed::start(quick(Setup::of(&[&one, &two]))).await;
    for instance in [&one, &two] {
        instance.script.is(Mood::Fails { status: 503, calls: 1 });
    }
    let answer = routed.ask("mutation { change }").await;
    assert_eq!(code(&answer), "DOWNSTREAM_SERVICE_ERROR");
    assert_eq!(one.script.seen().len() + two.script.seen().len(), 1);
    // One whose instance is gone fails as well: it might have taken effect.
    one.kill().await;
    two.kill().await;
    assert_eq!(code(&routed.ask("mutation { change }").await), "DOWNSTREAM_SERVICE_ERROR");
    assert_eq!(one.script.seen().len() + two.script.seen().len(), 1);
}

#[tokio::test]
async fn a_pause_that_outlasts_the_time_of_the_call_is_not_waited_for() {
    let instance = Instance::start("one").await;
    let setup = Setup::of(&[&instance]).policy(|policy| policy.timeout = Duration::from_secs(20));
    let routed = Routed::start(setup).await;
    instance.script.is(Mood::Fails { status: 503, calls: 1 });
    let fast = Instant::now();
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one", "a try without a told pause");
    assert!(fast.elapsed() < Duration::from_secs(10));
    instance.script.answer_headers.lock().insert("retry-after", "60".parse().unwrap());
    instance.script.is(Mood::FailsWithHeaders(503));
    let began = Instant::now();
    assert_eq!(code(&routed.ask("{ name }").await), "DOWNSTREAM_SERVICE_ERROR");
    assert!(began.elapsed() < Duration::from_secs(15), "nobody waits for what comes too late");
    assert_eq!(instance.script.seen().len(), 3);
}

#[tokio::test]
async fn answers_that_are_too_large_are_refused() {
    let instance = Instance::start("one").await;
    let mut setup = Setup::of(&[&instance]);
    setup.options.max_response_bytes = 10_000;
    let routed = Routed::start(setup).await;
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
    *instance.script.large.lock() = 10_000;
    let answer = routed.ask("{ name }").await;
    assert_eq!(code(&answer), "DOWNSTREAM_SERVICE_ERROR");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("larger than 10000 bytes"), "{answer}");
}

/// How the only fetch of `{ name }` went, as the plan tells it.
async fn executed(routed: &Routed) -> Value {
    let asked = routed.post(&json!({ "query": "{ name }" })).header("x-cloudphone-query-plan", "1");
    let answer: Value = asked.send().await.unwrap().json().await.unwrap();
    answer["extensions"]["queryPlan"]["node"]["executed"].clone()
}

#[tokio::test]
async fn the_plan_tells_how_often_a_fetch_was_tried_and_where_it_was_answered() {
    let instance = Instance::start("one").await;
    let routed = Routed::start(quick(Setup::of(&[&instance]))).await;
    instance.script.is(Mood::Fails { status: 503, calls: 2 });
    let fetch = executed(&routed).await;
    let place = instance.address.to_string();
    assert_eq!((&fetch["retries"], &fetch["status"], &fetch["instance"]), (&json!(2), &json!(200), &json!(place)));
    assert_eq!(executed(&routed).await["retries"], 0);
    instance.kill().await;
    let fetch = executed(&routed).await;
    assert_eq!((&fetch["error"], &fetch["status"]), (&json!("DOWNSTREAM_SERVICE_ERROR"), &Value::Null));
    assert!(fetch["retries"].as_u64().unwrap() > 0, "{fetch}");
}

//! A subgraph that keeps failing is left alone, costs nobody time, and is used again as soon as it is back.

use std::time::{Duration, Instant};

use cloudphone_traffic::Policy;
use serde_json::{Value, json};

use crate::support::{Instance, Mood, PATIENCE, Routed, Setup, TOKEN, code, metrics, until};

fn sensitive(policy: &mut Policy) {
    policy.retry.retries = 0;
    policy.breaker.failures_to_open = 3;
    policy.breaker.minimum_volume = 3;
    policy.probe_interval = Duration::from_millis(50);
}

async fn state(routed: &Routed) -> Value {
    routed.page("/health/circuit-breakers").await["subgraphs"]["things"]["state"].clone()
}

/// Asks until the breaker is in a state.
async fn becomes(routed: &Routed, wanted: &str) {
    until(&format!("it is {wanted}"), async || {
        routed.ask("{ name }").await;
        state(routed).await == wanted
    })
    .await;
}

#[tokio::test]
async fn it_opens_answers_at_once_leaves_others_alone_and_closes_when_the_subgraph_is_back() {
    let instance = Instance::start("one").await;
    let routed = Routed::start(Setup::of(&[&instance]).policy(sensitive)).await;
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
    instance.kill().await;
    for _ in 0..3 {
        assert_eq!(code(&routed.ask("{ name }").await), "DOWNSTREAM_SERVICE_ERROR");
    }
    assert_eq!(state(&routed).await, "open");
    // The fastest of several, as the machine may have other things to do.
    let mut fastest = PATIENCE;
    for _ in 0..5 {
        let began = Instant::now();
        let answer = routed.ask("{ name other }").await;
        fastest = fastest.min(began.elapsed());
        assert_eq!(code(&answer), "SUBGRAPH_UNAVAILABLE");
        assert_eq!(answer["data"], json!({ "name": null, "other": "others" }));
    }
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");
    instance.restart().await;
    until("it is used again", async || routed.ask("{ name }").await["data"]["name"] == "one").await;
    assert_eq!(state(&routed).await, "closed");
}

#[tokio::test]
async fn a_subgraph_that_is_lost_again_and_again_is_used_within_seconds_of_each_return() {
    let instance = Instance::start("one").await;
    let routed = Routed::start(Setup::of(&[&instance]).policy(sensitive)).await;
    let failures =
        async || routed.page("/health/pool").await["subgraphs"]["things"]["instances"][0]["failures"].as_u64();
    for loss in 0..10 {
        instance.kill().await;
        until("it is open", async || code(&routed.ask("{ name }").await) == "SUBGRAPH_UNAVAILABLE").await;
        let known = failures().await;
        until("a probe finds it lost", async || failures().await > known).await;
        instance.restart().await;
        let back = Instant::now();
        until("it is used again", async || routed.ask("{ name }").await["data"]["name"] == "one").await;
        assert!(back.elapsed() < Duration::from_secs(10), "return {loss} was used after {:?}", back.elapsed());
    }
}

#[tokio::test]
async fn a_subgraph_that_answers_probes_but_fails_on_work_is_tried_ever_more_rarely() {
    let instance = Instance::start("one").await;
    let setup = Setup::of(&[&instance]).policy(|policy| {
        sensitive(policy);
        policy.probe_interval = Duration::from_millis(200);
    });
    let routed = Routed::start(setup).await;
    instance.script.is(Mood::OnlyAlive);
    let began = Instant::now();
    for _ in 0..3 {
        until("it is open", async || code(&routed.ask("{ name }").await) == "SUBGRAPH_UNAVAILABLE").await;
        until("it is tried", async || state(&routed).await == "closed").await;
    }
    // After one interval, then two, then four.
    assert!(began.elapsed() >= Duration::from_millis(1400), "three trials within {:?}", began.elapsed());
}

#[tokio::test]
async fn silence_counts_as_failure_whoever_stops_waiting_first() {
    let instance = Instance::start("one").await;
    let setup = Setup::of(&[&instance]).policy(|policy| {
        sensitive(policy);
        policy.timeout = Duration::from_millis(200);
        // Not before the test has looked.
        policy.probe_interval = Duration::from_mins(1);
    });
    let routed = Routed::start(setup).await;
    instance.script.is(Mood::Silent);
    for _ in 0..3 {
        assert_eq!(code(&routed.ask("{ name }").await), "GATEWAY_TIMEOUT");
    }
    assert_eq!(code(&routed.ask("{ name }").await), "SUBGRAPH_UNAVAILABLE");
    instance.script.is(Mood::Well);
}

#[tokio::test]
async fn operators_set_it_by_hand_and_nobody_else_does() {
    let instance = Instance::start("one").await;
    let routed = Routed::start(Setup::of(&[&instance]).policy(sensitive)).await;
    let set = async |action: &str, token: Option<&str>| {
        let url = format!("http://{}/health/circuit-breakers/{action}", routed.address);
        let request = reqwest::Client::new().post(url);
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(set("things/force-open", None).await, 403);
    assert_eq!(set("things/force-open", Some("a-guess")).await, 403);
    assert_eq!(state(&routed).await, "closed");
    assert_eq!(set("nothing/force-open", Some(TOKEN)).await, 404);
    assert_eq!(set("things/explode", Some(TOKEN)).await, 404);

    assert_eq!(set("things/force-open", Some(TOKEN)).await, 200);
    assert_eq!(code(&routed.ask("{ name }").await), "SUBGRAPH_UNAVAILABLE");
    assert_eq!(routed.page("/health/circuit-breakers").await["subgraphs"]["things"]["forced"], true);
    assert!(instance.script.seen().is_empty());
    assert_eq!(set("things/reset", Some(TOKEN)).await, 200);
    assert_eq!(routed.ask("{ name }").await["data"]["name"], "one");
}

#[tokio::test]
async fn a_full_subgraph_refuses_after_a_bounded_wait_and_others_are_not_hurt() {
    let instance = Instance::start("one").await;
    let setup = Setup::of(&[&instance]).policy(|policy| {
        policy.max_concurrent = 1;
        policy.max_wait = Duration::from_millis(50);
        policy.deduplicate = false;
    });
    let routed = Routed::start(setup).await;
    instance.script.is(Mood::Silent);
    let first = tokio::spawn(routed.post(&json!({ "query": "{ name }" })).send());
    until("the first call is under way", async || instance.script.seen().len() == 1).await;
    let pool = routed.page("/health/pool").await["subgraphs"]["things"].clone();
    assert_eq!((&pool["inFlight"], &pool["maxConcurrent"]), (&json!(1), &json!(1)), "{pool}");
    let answer = routed.ask("{ name other }").await;
    assert_eq!(code(&answer), "SUBGRAPH_OVERLOADED");
    assert_eq!(answer["data"]["other"], "others");
    assert_eq!(state(&routed).await, "closed", "being full is no failure");
    instance.script.is(Mood::Well);
    let answer: Value = first.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["name"], "one");
}

/// The value of a metric of the subgraph `things`.
fn measured(name: &str, labels: &str) -> f64 {
    let series = format!("{name}{{subgraph=\"things\"{labels}}} ");
    let page = metrics();
    page.lines().find_map(|line| line.strip_prefix(&series)).map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn metrics_tell_how_calls_are_spread_and_what_became_of_them() {
    let (one, two) = (Instance::start("one").await, Instance::start("two").await);
    let setup = Setup::of(&[&one, &two]).policy(|policy| {
        sensitive(policy);
        policy.health_check.enabled = false;
    });
    let routed = Routed::start(setup).await;
    routed.answered(10).await;
    let calls = |instance: &Instance, outcome: &str| {
        let labels = format!(",instance=\"{}\",outcome=\"{outcome}\"", instance.address);
        measured("cloudphone_subgraph_instance_calls_total", &labels)
    };
    assert_eq!((calls(&one, "answered"), calls(&two, "answered")), (5.0, 5.0));
    one.kill().await;
    two.kill().await;
    becomes(&routed, "open").await;
    assert!(calls(&one, "failed") + calls(&two, "failed") >= 3.0);
    assert!(measured("cloudphone_subgraph_breaker_changes_total", ",to=\"open\"") >= 1.0);
    one.restart().await;
    two.restart().await;
    becomes(&routed, "closed").await;
    assert!(measured("cloudphone_subgraph_breaker_changes_total", ",to=\"closed\"") >= 1.0);
    let page = metrics();
    let told = page.lines().any(|line| {
        line.starts_with("cloudphone_graphql_errors_total{code=\"DOWNSTREAM_SERVICE_ERROR\",subgraph=\"things\"}")
    });
    assert!(told, "{page}");
}

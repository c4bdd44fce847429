//! Equal queries under way at the same time share one call; whatever differs keeps them apart.

use cloudphone_traffic::headers::{RequestRule, RequestRules};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Instance, Mood, Routed, Setup, until};

async fn routed(deduplicate: bool) -> (Instance, Routed) {
    let instance = Instance::start("one").await;
    let rule = RequestRule::Propagate { pattern: "x-tenant".parse().unwrap(), rename: None, default: None };
    let mut setup = Setup::of(&[&instance]).policy(|policy| policy.deduplicate = deduplicate);
    setup.request_rules = [rule].into_iter().collect::<RequestRules>();
    let routed = Routed::start(setup).await;
    (instance, routed)
}

/// Asks by these tenants at once while the subgraph is silent; answers how many calls it got.
async fn calls(instance: &Instance, routed: &Routed, document: &str, tenants: &[&str], expected: usize) -> usize {
    instance.script.is(Mood::Silent);
    let before = instance.script.seen().len();
    let asked = tenants.iter().map(|tenant| {
        let request = routed.post(&json!({ "query": document })).header("x-tenant", *tenant);
        tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() })
    });
    let asked: Vec<_> = asked.collect();
    until("the calls arrive", async || instance.script.seen().len() >= before + expected).await;
    // Whoever shares a call has had time to join while this one goes all the way.
    assert_eq!(routed.ask("{ other }").await["data"]["other"], "others");
    instance.script.is(Mood::Well);
    for answer in join_all(asked).await {
        assert!(answer.unwrap()["errors"].is_null());
    }
    instance.script.seen().len() - before
}

#[tokio::test]
async fn equal_queries_share_a_call_and_different_callers_never_do() {
    let (instance, routed) = routed(true).await;
    assert_eq!(calls(&instance, &routed, "{ name }", &["a", "a", "a", "b"], 2).await, 2);
    assert_eq!(calls(&instance, &routed, "mutation { change }", &["a", "a", "a"], 3).await, 3);
}

#[tokio::test]
async fn sharing_can_be_switched_off() {
    let (instance, routed) = routed(false).await;
    assert_eq!(calls(&instance, &routed, "{ name }", &["a", "a", "a"], 3).await, 3);
}

#[tokio::test]
async fn who_asks_after_a_mutation_gets_no_answer_from_before() {
    let (instance, routed) = routed(true).await;
    instance.script.is(Mood::Silent);
    let ask = |document: &str| tokio::spawn(routed.post(&json!({ "query": document })).send());
    let before = ask("{ name }");
    until("the first call is under way", async || instance.script.seen().len() == 1).await;
    let change = ask("mutation { change }");
    until("the mutation is under way", async || instance.script.seen().len() == 2).await;
    change.abort();
    let _ = change.await;
    // The router notices that its client left, and that the mutation may have taken effect all the same.
    until("the mutation is given up", async || {
        let pool = routed.page("/health/pool").await;
        pool["subgraphs"]["things"]["inFlight"] == 1
    })
    .await;
    let after = ask("{ name }");
    until("a call of its own", async || instance.script.seen().len() == 3).await;
    instance.script.is(Mood::Well);
    for answer in [before, after] {
        let answer: Value = answer.await.unwrap().unwrap().json().await.unwrap();
        assert_eq!(answer["data"]["name"], "one");
    }
}

#[tokio::test]
async fn a_shared_call_outlives_whoever_began_it() {
    let (instance, routed) = routed(true).await;
    instance.script.is(Mood::Silent);
    let ask = || tokio::spawn(routed.post(&json!({ "query": "{ name }" })).send());
    let first = ask();
    until("the call is under way", async || instance.script.seen().len() == 1).await;
    let second = ask();
    until("the second has joined", async || {
        let text = crate::support::metrics();
        text.lines().any(|line| line.starts_with("cloudphone_subgraph_calls_shared_total") && line.ends_with(" 1"))
    })
    .await;
    first.abort();
    let _ = first.await;
    assert_eq!(routed.ask("{ other }").await["data"]["other"], "others");
    instance.script.is(Mood::Well);
    let answer: Value = second.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["name"], "one");
    assert_eq!(instance.script.seen().len(), 1);
}

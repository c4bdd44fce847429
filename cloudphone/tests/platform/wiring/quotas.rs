//! Rate limits and load shedding.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::site::{Site, Told};
use crate::support::{Incoming, Socket, eventually, holds};

fn keys() -> String {
    let key = |name: &str, more: &str| {
        format!(
            "[[router.authentication.api_keys]]\nname = \"{name}\"\nsha256 = \"{:x}\"\n{more}",
            Sha256::digest(name)
        )
    };
    format!("{}{}", key("key-of-ann", ""), key("key-of-bob", "tier = \"gold\"\n"))
}

/// How many questions of one caller are answered before one is refused.
async fn answered(site: &Site, key: &str) -> usize {
    for count in 0..20 {
        let told = Told::of(site.post(&json!({ "query": "{ now }" })).header("x-api-key", key)).await;
        if told.status == 429 {
            assert_eq!(told.code(), "RATE_LIMITED");
            return count;
        }
        assert_eq!(told.status, 200, "{told:?}");
    }
    panic!("nothing is refused")
}

#[tokio::test]
async fn quotas_are_those_of_the_caller_its_tier_and_its_subscriptions() {
    let hour = |requests: u32| format!("[{{ requests = {requests}, seconds = 3600 }}]");
    let site = Site::start(&format!(
        "[router.rate_limits]\nenabled = true\ncallers = {}\nsubscriptions = {}\ntiers = {{ gold = {} }}\n{}",
        hour(3),
        hour(2),
        hour(6),
        keys()
    ))
    .await;
    assert_eq!(answered(&site, "key-of-ann").await, 3, "callers");
    assert_eq!(answered(&site, "key-of-bob").await, 6, "the tier `gold`");
    let mut socket = Socket::open(&site.client).await;
    for _ in 0..2 {
        socket.start("subscription { ticked }", json!({})).await;
        assert!(matches!(socket.next(20).await, Incoming::Next(_)));
    }
    let third = socket.start("subscription { silent }", json!({})).await;
    let refusal = eventually(20, "the third is refused", async || match socket.next(20).await {
        Incoming::Error(errors) => Some(errors),
        _ => None,
    })
    .await;
    assert_eq!(refusal[0]["extensions"]["code"], "RATE_LIMITED", "subscription {third}");
    assert_eq!(site.ask("{ now }").await.status, 200, "subscriptions are no operations");
}

#[tokio::test]
async fn of_two_windows_the_tighter_one_counts_and_both_are_told() {
    let quotas = "[{ requests = 10, seconds = 3600 }, { requests = 2, seconds = 60 }]";
    let site = Site::start(&format!("[router.rate_limits]\nenabled = true\naddresses = {quotas}\n")).await;
    let told = site.ask("{ now }").await;
    assert_eq!(told.header("ratelimit-policy"), "\"addresses-3600\";q=10;w=3600, \"addresses-60\";q=2;w=60");
    assert!(told.header("ratelimit").contains("\"addresses-3600\";r=9;"), "{told:?}");
    assert!(told.header("ratelimit").contains("\"addresses-60\";r=1;"), "{told:?}");
    assert_eq!(site.ask("{ now }").await.status, 200);
    let told = site.ask("{ now }").await;
    assert_eq!((told.status, told.code()), (429, "RATE_LIMITED"));
    let wait: u64 = told.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "the minute regains one in 30 s, the hour one in 360: {wait}");
}

#[tokio::test]
async fn work_is_turned_away_by_the_limits_that_are_set() {
    let site = Site::start("[router.overload]\nmax_operations = 1\nwait_ms = 0\n").await;
    let held = site.hold().await;
    let told = site.ask("{ now }").await;
    assert_eq!((told.status, told.code(), told.header("retry-after")), (503, "OVERLOADED", "1"));
    site.configure("[router.overload]\nmax_operations = 1\nwait_ms = 60000\n").await;
    let client = site.client.clone();
    let waiting = tokio::spawn(async move { client.answer("{ now }", json!({})).await });
    site.open(1);
    held.await.unwrap();
    assert!(waiting.await.unwrap()["errors"].is_null(), "it waited for its turn");

    let over =
        async |cause: &str| site.client.metric("cloudphone_router_overloaded", &format!("cause=\"{cause}\"")).await;
    site.configure("[router.overload]\nmax_memory_bytes = 67108864\n").await;
    let resident = site.program.resident_mib();
    // A small process stays below the least that can be set.
    let is_over = resident > 64;
    if is_over {
        eventually(20, "it is told", async || holds(over("memory").await > 0.5)).await;
        assert_eq!(site.client.get("/health/liveness").await.0, 200, "health is always answered");
    }
    let told = site.ask("{ now }").await;
    let expected = if is_over { (503, "OVERLOADED") } else { (200, "") };
    assert_eq!((told.status, told.code()), expected, "{resident} MiB");
    site.configure("").await;
    eventually(20, "it takes on work again", async || holds(over("memory").await < 0.5)).await;

    site.configure("[router.overload]\nmax_lag_ms = 10\n").await;
    let changes = || site.program.stderr().matches("whether the router takes on work has changed").count();
    let before = changes();
    eventually(60, "its lateness is noticed", async || {
        // A process that does not run is late with everything.
        site.program.signal(Signal::STOP);
        tokio::time::sleep(Duration::from_millis(300)).await;
        site.program.signal(Signal::CONT);
        holds(changes() > before)
    })
    .await;
    eventually(20, "it has caught up", async || holds(site.ask("{ now }").await.status == 200)).await;
}

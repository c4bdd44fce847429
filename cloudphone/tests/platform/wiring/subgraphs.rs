//! How calls to subgraphs are tried, bounded, shared and spread over instances.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::{Request, State};
use axum::http::{StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::site::{Site, Told};
use crate::support::{Client, eventually, holds};

/// One of several places of a subgraph.
#[derive(Clone)]
pub struct Instance {
    pub address: SocketAddr,
    state: Arc<Behaviour>,
}

#[derive(Default)]
struct Behaviour {
    /// Calls but for questions how it is.
    calls: AtomicUsize,
    /// Questions how it is.
    checks: AtomicUsize,
    /// Says nothing to anybody.
    silent: AtomicBool,
    /// Answers 503.
    failing: AtomicBool,
    /// Answers by what only those can read who asked for it.
    packing: AtomicBool,
    /// Whether the last call came by HTTP/2.
    http2: AtomicBool,
}

async fn answer(State(state): State<Arc<Behaviour>>, request: Request) -> Response {
    state.http2.store(request.version() == Version::HTTP_2, Ordering::SeqCst);
    let body = axum::body::to_bytes(request.into_body(), 1024 * 1024).await.unwrap();
    let check = String::from_utf8_lossy(&body).contains("{__typename}");
    let count = if check { &state.checks } else { &state.calls };
    count.fetch_add(1, Ordering::SeqCst);
    if state.silent.load(Ordering::SeqCst) {
        // Nobody ever gives a place.
        let _ = Semaphore::new(0).acquire().await;
    }
    if state.failing.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if state.packing.load(Ordering::SeqCst) {
        return ([("content-encoding", "gzip")], vec![0x1f_u8, 0x8b, 8, 0]).into_response();
    }
    Json(json!({ "data": { "now": 7, "held": 7, "__typename": "Query" } })).into_response()
}

impl Instance {
    pub async fn start() -> Self {
        let state = Arc::new(Behaviour::default());
        let routes = Router::new().route("/graphql", post(answer)).with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, state }
    }

    pub fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    pub fn checks(&self) -> usize {
        self.state.checks.load(Ordering::SeqCst)
    }
}

/// These instances, with weights, and what else is told of the subgraph.
fn instances(of: &[(&Instance, u32)], more: &str) -> String {
    let places = of.iter().map(|(instance, weight)| {
        let address = instance.address;
        format!("[[router.subgraphs.gate.instances]]\nurl = \"http://{address}/graphql\"\nweight = {weight}\n")
    });
    format!("[router.subgraphs.gate]\n{more}\n{}", places.collect::<String>())
}

/// How many of so many questions, one after the other, each instance was asked.
async fn spread(site: &Site, of: &[Instance; 2], questions: usize) -> [usize; 2] {
    let before = [of[0].calls(), of[1].calls()];
    for _ in 0..questions {
        assert_eq!(site.ask("{ now }").await.body["data"]["now"], 7);
    }
    [of[0].calls() - before[0], of[1].calls() - before[1]]
}

#[tokio::test]
async fn work_is_spread_over_instances_as_the_settings_say() {
    let (site, both) = (Site::start("").await, [Instance::start().await, Instance::start().await]);
    let pair = [(&both[0], 3), (&both[1], 1)];
    site.configure(&instances(&pair, "health_checks = false\nbalancing = \"round-robin\"")).await;
    assert_eq!(spread(&site, &both, 8).await, [4, 4]);
    site.configure(&instances(&pair, "health_checks = false\nbalancing = \"weighted-round-robin\"")).await;
    assert_eq!(spread(&site, &both, 8).await, [6, 2]);
    site.configure(&instances(&pair, "health_checks = false\nbalancing = \"random\"")).await;
    let mut uneven = false;
    for _ in 0..40 {
        uneven |= spread(&site, &both, 2).await != [1, 1];
    }
    assert!(uneven, "by turns they would be asked once each");

    let busiest = "health_checks = false\nbalancing = \"least-connections\"\ndeduplicate = false";
    site.configure(&instances(&pair, busiest)).await;
    both[0].state.silent.store(true, Ordering::SeqCst);
    let before = both[0].calls();
    let client = site.client.clone();
    let mut waiting = Vec::new();
    while both[0].calls() == before {
        let client = client.clone();
        waiting.push(tokio::spawn(async move { client.try_answer("{ held }", json!({})).await }));
        eventually(20, "somebody was asked", async || {
            let asked = both[0].calls() > before || waiting.iter().all(tokio::task::JoinHandle::is_finished);
            holds(asked)
        })
        .await;
    }
    assert_eq!(spread(&site, &both, 6).await, [0, 6], "who is busy gets no more");
    for held in waiting {
        held.abort();
    }
}

async fn health(client: &Client) -> Vec<bool> {
    let pool: Value = serde_json::from_str(&client.get("/health/pool").await.1).unwrap();
    let told = pool["subgraphs"]["gate"]["instances"].as_array().unwrap();
    told.iter().map(|instance| instance["healthy"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn an_instance_that_accepts_and_stays_silent_falls_out_until_it_speaks() {
    let (site, both) = (Site::start("").await, [Instance::start().await, Instance::start().await]);
    let pair = [(&both[0], 1), (&both[1], 1)];
    // The defaults would take three times twenty seconds.
    let quick = "health_check_interval_seconds = 1\nhealth_check_timeout_seconds = 1\nhealth_check_failures = 1\n\
                 health_check_successes = 1";
    site.configure(&instances(&pair, quick)).await;
    eventually(20, "both are asked how they are", async || holds(both.iter().all(|one| one.checks() > 0))).await;
    both[1].state.silent.store(true, Ordering::SeqCst);
    eventually(30, "it falls out", async || holds(health(&site.client).await == [true, false])).await;
    assert_eq!(spread(&site, &both, 4).await, [4, 0]);
    both[1].state.silent.store(false, Ordering::SeqCst);
    eventually(30, "it is asked again", async || holds(health(&site.client).await == [true, true])).await;

    site.configure(&instances(&pair, "health_checks = false")).await;
    let before = both[0].checks();
    both[1].state.failing.store(true, Ordering::SeqCst);
    spread(&site, &both, 4).await;
    assert_eq!(both[0].checks(), before, "nobody asks how they are");
}

#[tokio::test]
async fn calls_are_bounded_shared_and_tried_again_as_the_settings_say() {
    let site = Site::start("[router.traffic]\nmax_concurrent = 1\nmax_wait_ms = 1\ndeduplicate = false\n").await;
    let held = site.hold().await;
    assert_eq!(site.ask("{ now }").await.code(), "SUBGRAPH_OVERLOADED");
    site.open(1);
    held.await.unwrap();
    // The default has room for many.
    site.configure("[router.traffic]\ndeduplicate = false\n").await;
    let (held, before) = (site.hold().await, site.calls());
    assert_eq!(site.ask("{ now }").await.code(), "");
    let again = site.hold().await;
    assert_eq!(site.calls(), before + 2, "an equal question is a call of its own");
    site.open(2);
    join_all([held, again]).await;

    site.configure("").await;
    let (first, before) = (site.hold().await, site.calls());
    let shared = async || site.client.metric("cloudphone_subgraph_calls_shared_total", "").await;
    let shared_before = shared().await;
    let client = site.client.clone();
    let second = tokio::spawn(async move { client.answer("{ held }", json!({})).await });
    eventually(20, "it joins", async || holds(shared().await > shared_before)).await;
    assert_eq!(site.calls(), before, "both share one call");
    site.open(1);
    for asked in [first, second] {
        assert_eq!(asked.await.unwrap()["data"]["held"], 8);
    }

    let only = Instance::start().await;
    only.state.failing.store(true, Ordering::SeqCst);
    for (retries, calls) in [(0, 1), (3, 4)] {
        let quick = format!("retries = {retries}\nretry_initial_ms = 1\nretry_limit_ms = 2\nbreaker_volume = 1000\n");
        site.configure(&instances(&[(&only, 1)], &quick)).await;
        let before = only.calls();
        assert_eq!(site.ask("{ now }").await.code(), "DOWNSTREAM_SERVICE_ERROR");
        assert_eq!(only.calls() - before, calls, "retries = {retries}");
    }
    breakers_open_and_close_as_the_settings_say(&site, &only).await;
    only.state.failing.store(false, Ordering::SeqCst);
    for (version, http2) in [("http1", false), ("prior-knowledge", true), ("negotiated", false)] {
        site.configure(&instances(&[(&only, 1)], &format!("http = \"{version}\""))).await;
        assert_eq!(site.ask("{ now }").await.body["data"]["now"], 7, "{version}");
        assert_eq!(only.state.http2.load(Ordering::SeqCst), http2, "{version}");
        only.state.packing.store(true, Ordering::SeqCst);
        let told = site.ask("{ now }").await;
        let message = told.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("packed by `gzip`"), "{version}: {told:?}");
        only.state.packing.store(false, Ordering::SeqCst);
    }
}

async fn breakers_open_and_close_as_the_settings_say(site: &Site, only: &Instance) {
    // It is not asked how it is before a minute has gone, so that it is the time that lets calls through again.
    let told = "retries = 0\nbreaker_failures = 2\nbreaker_volume = 2\nbreaker_open_seconds = 1\nbreaker_successes = 1\n\
                breaker_probe_ms = 1000";
    site.configure(&instances(&[(only, 1)], told)).await;
    let mut codes = BTreeMap::<String, usize>::new();
    for _ in 0..4 {
        *codes.entry(site.ask("{ now }").await.code().to_owned()).or_default() += 1;
    }
    assert_eq!(codes.get("DOWNSTREAM_SERVICE_ERROR"), Some(&2), "{codes:?}");
    assert_eq!(codes.get("SUBGRAPH_UNAVAILABLE"), Some(&2), "{codes:?}");
    only.state.failing.store(false, Ordering::SeqCst);
    eventually(20, "calls go through again", async || {
        let asked = site.post(&json!({ "query": "{ now }" }));
        holds(Told::of(asked).await.body["data"]["now"] == 7)
    })
    .await;
}

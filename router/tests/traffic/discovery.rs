//! Instances that are told or found in Consul's catalogue, and how work is spread over them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cloudphone_consul::{Consul, ConsulOptions};
use cloudphone_traffic::{Balancing, Source};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::streamer::{Manner, Streamer};
use crate::streams::Watcher;
use crate::support::{Instance, Mood, Routed, Setup, until};

pub fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

pub async fn three() -> [Instance; 3] {
    [Instance::start("one").await, Instance::start("two").await, Instance::start("three").await]
}

async fn spread(balancing: Balancing, instances: &[Instance; 3], calls: usize) -> BTreeMap<String, usize> {
    let weights = [3, 2, 1];
    let places = instances.iter().zip(weights).map(|(instance, weight)| instance.weighted(weight));
    let setup = Setup::new(Source::Fixed(places.collect())).policy(|policy| {
        policy.balancing = balancing;
        policy.health_check.enabled = false;
    });
    Routed::start(setup).await.answered(calls).await
}

#[tokio::test]
async fn work_is_spread_as_told() {
    let instances = three().await;
    let evenly = counts(&[("one", 10), ("two", 10), ("three", 10)]);
    assert_eq!(spread(Balancing::RoundRobin, &instances, 30).await, evenly);
    // Whoever is idle is equal to the others.
    assert_eq!(spread(Balancing::LeastConnections, &instances, 30).await.values().sum::<usize>(), 30);
    let weighted = counts(&[("one", 15), ("two", 10), ("three", 5)]);
    assert_eq!(spread(Balancing::WeightedRoundRobin, &instances, 30).await, weighted);
    let random = spread(Balancing::Random, &instances, 120).await;
    assert!(random.len() == 3 && random.values().all(|count| *count > 10), "{random:?}");
}

#[tokio::test]
async fn who_is_busy_gets_no_more_work() {
    let (busy, idle) = (Instance::start("busy").await, Instance::start("idle").await);
    busy.script.is(Mood::Silent);
    let setup = Setup::of(&[&busy, &idle]).policy(|policy| {
        policy.balancing = Balancing::LeastConnections;
        policy.deduplicate = false;
        policy.health_check.enabled = false;
    });
    let routed = Routed::start(setup).await;
    let ask = || tokio::spawn(routed.post(&json!({ "query": "{ name }" })).send());
    let mut waiting = Vec::new();
    while busy.script.seen().is_empty() {
        waiting.push(ask());
        until("it is busy, or the other has answered", async || {
            !busy.script.seen().is_empty() || idle.script.seen().len() == waiting.len()
        })
        .await;
    }
    let before = idle.script.seen().len();
    assert_eq!(routed.answered(5).await, counts(&[("idle", 5)]));
    assert_eq!((busy.script.seen().len(), idle.script.seen().len()), (1, before + 5));
    busy.script.is(Mood::Well);
    for asked in waiting {
        assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    }
}

#[tokio::test]
async fn an_unwell_instance_is_passed_over_until_its_checks_find_it_well() {
    let (one, two) = (Instance::start("one").await, Instance::start("two").await);
    let setup = Setup::of(&[&one, &two]).policy(|policy| {
        policy.health_check.interval = Duration::from_millis(50);
        policy.health_check.failures_to_fall = 2;
    });
    let routed = Routed::start(setup).await;
    let healthy = async || {
        let pool = routed.page("/health/pool").await;
        let instances = pool["subgraphs"]["things"]["instances"].as_array().unwrap().clone();
        instances.iter().filter(|instance| instance["healthy"] == true).count()
    };
    one.kill().await;
    until("it is passed over", async || healthy().await == 1).await;
    assert_eq!(routed.answered(4).await, counts(&[("two", 4)]));
    one.restart().await;
    until("it is well again", async || healthy().await == 2).await;
    assert_eq!(routed.answered(4).await, counts(&[("one", 2), ("two", 2)]));
}

/// As much of Consul's API as a catalogue needs, and strict about it.
struct Stand {
    address: SocketAddr,
    catalogue: watch::Sender<(u64, Value)>,
    asked: Mutex<Vec<String>>,
}

impl Stand {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stand = Self { address, catalogue: watch::Sender::new((1, json!([]))), asked: Mutex::default() };
        let stand = Arc::new(stand);
        let routes = Router::new().route("/v1/health/service/{name}", get(health)).with_state(Arc::clone(&stand));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        stand
    }

    fn tell(&self, instances: &[(u16, u32)]) {
        let entry = |(port, weight): &(u16, u32)| {
            json!({
                "Node": { "Node": "here", "Address": "127.0.0.1", "Datacenter": "dc1" },
                "Service": {
                    "ID": format!("things-{port}"), "Service": "things", "Tags": ["v1"], "Address": "",
                    "Meta": { "zone": "a" }, "Port": port,
                    "Weights": { "Passing": weight, "Warning": 1 },
                },
                "Checks": [{ "Status": "passing" }],
            })
        };
        let entries: Vec<Value> = instances.iter().map(entry).collect();
        self.catalogue.send_modify(|(index, catalogue)| {
            *index += 1;
            *catalogue = Value::Array(entries);
        });
    }

    /// Instances as the router finds them here.
    fn source(&self) -> Source {
        let url = format!("http://{}", self.address).parse().unwrap();
        let options = ConsulOptions { url, token: Some("the-token".to_owned()), datacenter: None };
        Source::Consul {
            consul: Consul::new(options).unwrap(),
            service: "things".to_owned(),
            tag: Some("v1".to_owned()),
            template: "http://localhost/graphql".parse().unwrap(),
        }
    }
}

async fn health(
    State(stand): State<Arc<Stand>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    stand.asked.lock().push(query.get("index").cloned().unwrap_or_default());
    if headers.get("x-consul-token").is_none_or(|token| token != "the-token") {
        return StatusCode::FORBIDDEN.into_response();
    }
    assert_eq!((name.as_str(), query["passing"].as_str(), query["tag"].as_str()), ("things", "true", "v1"));
    let mut changes = stand.catalogue.subscribe();
    if let Some(index) = query.get("index") {
        assert_eq!(query["wait"], "30s");
        let known: u64 = index.parse().unwrap();
        let _ = tokio::time::timeout(Duration::from_secs(30), changes.wait_for(|(now, _)| *now > known)).await;
    }
    let (index, catalogue) = changes.borrow().clone();
    ([("x-consul-index", index.to_string())], axum::Json(catalogue)).into_response()
}

#[tokio::test]
async fn a_change_in_consuls_catalogue_moves_the_work() {
    let instances = three().await;
    let [one, two, three] = instances.each_ref().map(|instance| instance.address.port());
    let stand = Stand::start().await;
    stand.tell(&[(one, 1)]);
    let setup = Setup::new(stand.source()).policy(|policy| policy.balancing = Balancing::WeightedRoundRobin);
    let routed = Routed::start(setup).await;
    assert_eq!(routed.answered(3).await, counts(&[("one", 3)]), "the first call waits for the first look");

    stand.tell(&[(two, 3), (three, 1)]);
    let pool = async || routed.page("/health/pool").await["subgraphs"]["things"]["instances"].clone();
    until("the change arrives", async || pool().await.as_array().unwrap().len() == 2).await;
    assert_eq!(routed.answered(8).await, counts(&[("two", 6), ("three", 2)]));
    let told = pool().await;
    assert_eq!(told[0]["weight"], 3, "{told}");
    assert_eq!(told[0]["metadata"]["zone"], "a", "{told}");
    let questions = stand.asked.lock().clone();
    assert!(questions.len() <= 4, "changes are waited for, not asked for again and again: {questions:?}");

    let page = crate::support::metrics();
    let found = page.lines().find_map(|line| {
        line.strip_prefix("cloudphone_subgraph_discoveries_total{subgraph=\"things\",outcome=\"found\"} ")
    });
    assert!(found.is_some_and(|times| times.parse::<u32>().unwrap() >= 2), "{page}");

    stand.tell(&[]);
    until("nobody is left", async || {
        let answer = routed.ask("{ name }").await;
        answer["errors"][0]["message"].as_str().is_some_and(|message| message.contains("no instance"))
    })
    .await;
}

#[tokio::test]
async fn a_stream_goes_on_at_the_instance_that_has_taken_the_place_of_its_own() {
    let (mut one, two) = (Streamer::start(Manner::default()).await, Streamer::start(Manner::default()).await);
    let port = |streamer: &Streamer| streamer.place.url.port().unwrap();
    let stand = Stand::start().await;
    stand.tell(&[(port(&one), 1)]);
    let routed = Routed::start(Setup::new(stand.source())).await;
    let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
    one.is_watched_by(1).await;
    stand.tell(&[(port(&two), 1)]);
    let pool = async || routed.page("/health/pool").await["subgraphs"]["things"]["instances"][0]["url"].clone();
    until("the change arrives", async || pool().await.as_str().unwrap().contains(&port(&two).to_string())).await;
    one.say(1);
    watcher.hears(1).await;
    one.kill().await;
    two.is_watched_by(1).await;
    two.say(2);
    watcher.hears_after_a_gap(2).await;
}

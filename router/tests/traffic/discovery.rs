//! Instances that are told, looked up in DNS or found in Consul's catalogue, and how work is spread over them.

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
use cloudphone_traffic::{Balancing, DnsOptions, DnsRecords, Source};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;

use crate::streamer::{Manner, Streamer};
use crate::streams::Watcher;
use crate::support::{Instance, Mood, Routed, Setup, until};

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

async fn three() -> [Instance; 3] {
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

/// The data of records by name and kind.
type Zone = Arc<Mutex<BTreeMap<(String, u16), Vec<Vec<u8>>>>>;

/// A name server with one answer for each name and kind; the numbers are those of RFC 1035 and RFC 2782.
async fn name_server(records: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let question = &buffer[..length];
            let (mut at, mut labels) = (12, Vec::new());
            while question[at] != 0 {
                let end = at + 1 + usize::from(question[at]);
                labels.push(String::from_utf8(question[at + 1..end].to_vec()).unwrap());
                at = end;
            }
            let kind = u16::from_be_bytes([question[at + 1], question[at + 2]]);
            let found = records.lock().get(&(labels.join("."), kind)).cloned().unwrap_or_default();
            let mut answer = question.to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            answer[7] = u8::try_from(found.len()).unwrap();
            for record in found {
                // The name of the question, the Internet, a second to live.
                answer.extend_from_slice(&[0xc0, 12]);
                answer.extend_from_slice(&kind.to_be_bytes());
                answer.extend_from_slice(&[0, 1, 0, 0, 0, 1]);
                answer.extend_from_slice(&u16::try_from(record.len()).unwrap().to_be_bytes());
                answer.extend_from_slice(&record);
            }
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    address
}

fn dns(records: DnsRecords, name: &str, template: &str, server: SocketAddr) -> Source {
    Source::Dns(DnsOptions {
        name: name.to_owned(),
        template: template.parse().unwrap(),
        records,
        interval: Duration::from_secs(30),
        servers: vec![server],
    })
}

#[tokio::test]
async fn the_addresses_of_a_host_are_followed_as_long_as_they_live() {
    let one = Instance::start("one").await;
    let port = one.address.port();
    let two = Instance::start_at("two", &format!("127.0.0.2:{port}")).await;
    let name = || ("things.example".to_owned(), 1);
    let records = Arc::new(Mutex::new(BTreeMap::from([(name(), vec![vec![127, 0, 0, 1]])])));
    let server = name_server(Arc::clone(&records)).await;
    let template = format!("http://things.example:{port}/graphql");
    let routed = Routed::start(Setup::new(dns(DnsRecords::Addresses, "things.example", &template, server))).await;
    assert_eq!(routed.answered(2).await, counts(&[("one", 2)]));
    assert_eq!(one.script.last().headers["host"], format!("things.example:{port}"), "it is asked for by its name");

    records.lock().insert(name(), vec![vec![127, 0, 0, 2]]);
    until("the other address counts", async || routed.answered(1).await == counts(&[("two", 1)])).await;
    assert_eq!(two.script.last().headers["host"], format!("things.example:{port}"));
}

#[tokio::test]
async fn the_targets_of_a_service_bring_ports_weights_and_priorities() {
    let instances = three().await;
    let service = |priority: u8, weight: u8, instance: &Instance| {
        let mut record = vec![0, priority, 0, weight];
        record.extend_from_slice(&instance.address.port().to_be_bytes());
        record.extend_from_slice(b"\x04host\x07example\x00");
        record
    };
    let [one, two, three] = &instances;
    let services = vec![service(1, 3, one), service(1, 1, two), service(2, 9, three)];
    let records = BTreeMap::from([
        (("_graphql._tcp.example".to_owned(), 33), services),
        (("host.example".to_owned(), 1), vec![vec![127, 0, 0, 1]]),
    ]);
    let server = name_server(Arc::new(Mutex::new(records))).await;
    let template = "http://localhost/graphql";
    let source = dns(DnsRecords::Service, "_graphql._tcp.example", template, server);
    let setup = Setup::new(source).policy(|policy| policy.balancing = Balancing::WeightedRoundRobin);
    let routed = Routed::start(setup).await;
    assert_eq!(routed.answered(8).await, counts(&[("one", 6), ("two", 2)]), "the second priority is for nobody");
}

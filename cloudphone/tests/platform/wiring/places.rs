//! Where subgraphs are found, how they prove who they are, and how they are subscribed to.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use cloudphone_testkit::certificates::{Age, Authority};
use cloudphone_testkit::name_server::{A, By, NameServer, Reply, SRV};
use futures::stream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::site::Site;
use super::subgraphs::Instance;
use crate::support::{Incoming, Socket, eventually, holds};

async fn is_found(site: &Site, instance: &Instance) {
    let before = instance.calls();
    eventually(20, "it is found", async || {
        let _ = site.ask("{ now }").await;
        holds(instance.calls() > before)
    })
    .await;
}

#[tokio::test]
async fn instances_are_found_where_the_settings_say() {
    let (site, instance, names) = (Site::start("").await, Instance::start().await, NameServer::start().await);
    let port = instance.address.port();
    names.tell("things.test", A, Reply { lifetime: 300, ..Reply::of(vec![vec![127, 0, 0, 1]]) });
    let target = [&[0, 0, 0, 1][..], &port.to_be_bytes(), b"\x06things\x04test\0"].concat();
    names.tell("_graphql._tcp.test", SRV, Reply { lifetime: 300, ..Reply::of(vec![target]) });
    let server = names.address;

    site.configure(&format!(
        "[router.traffic]\ndns_servers = [\"{server}\"]\ndns_interval_seconds = 1\n\
         [router.subgraphs.gate]\nurl = \"http://things.test:{port}/graphql\"\ndns = \"addresses\"\n"
    ))
    .await;
    is_found(&site, &instance).await;
    // The answers would hold for five minutes.
    eventually(20, "it is looked up again", async || holds(names.asked("things.test", A, By::Datagram) > 2)).await;

    site.configure(&format!(
        "[router.subgraphs.gate]\nurl = \"http://things.test/graphql\"\ndns = \"service\"\n\
         service = \"_graphql._tcp.test\"\ndns_servers = [\"{server}\"]\n"
    ))
    .await;
    is_found(&site, &instance).await;
    assert!(names.asked("_graphql._tcp.test", SRV, By::Datagram) > 0);

    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let catalogue = async move |Path(name): Path<String>,
                                Query(query): Query<BTreeMap<String, String>>,
                                headers: HeaderMap| {
        let token = headers.get("x-consul-token").map(|token| token.to_str().unwrap().to_owned());
        let tag = query.get("tag").cloned();
        heard.lock().push((name, tag, query.get("dc").cloned(), token));
        if query.contains_key("index") {
            // Nothing changes any more.
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        let service = json!({ "ID": "one", "Service": "things", "Address": "127.0.0.1", "Port": port, "Weights": { "Passing": 1 } });
        (
            [("x-consul-index", "1")],
            Json(json!([{ "Node": { "Address": "127.0.0.1" }, "Service": service, "Checks": [] }])),
        )
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let agent = listener.local_addr().unwrap();
    let routes = Router::new().route("/v1/health/service/{name}", get(catalogue));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    site.configure(&format!(
        "[consul]\nurl = \"http://{agent}\"\ntoken = \"the-token\"\ndatacenter = \"east\"\n\
         [router.subgraphs.gate]\nconsul = true\nservice = \"things\"\ntag = \"blue\"\n"
    ))
    .await;
    is_found(&site, &instance).await;
    let wanted = ("things".to_owned(), Some("blue".to_owned()), Some("east".to_owned()), Some("the-token".to_owned()));
    assert_eq!(asked.lock().first(), Some(&wanted));
}

/// A subgraph that speaks TLS, and shows what it says to anybody whom the certificates allow.
async fn behind_tls(servers: &Authority, clients: &Authority) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, acceptor) =
        (listener.local_addr().unwrap().port(), servers.server("localhost", Age::Valid, Some(clients)));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"}") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                let body = r#"{"data":{"now":7}}"#;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

#[tokio::test]
async fn certificates_are_those_that_the_settings_name() {
    let (site, servers, clients) = (Site::start("").await, Authority::new("servers"), Authority::new("clients"));
    let port = behind_tls(&servers, &clients).await;
    let text = |pem: bytes::Bytes| String::from_utf8(pem.into()).unwrap();
    let authorities = site.put("authorities.pem", &text(servers.pem()));
    let strangers = site.put("strangers.pem", &text(clients.pem()));
    let identity = site.put("identity.pem", &text(clients.client()));
    let quick = "retries = 0\nbreaker_volume = 1000";
    let place = format!("[router.subgraphs.gate]\nurl = \"https://localhost:{port}/graphql\"\n");
    for (told, works) in [
        (format!("[router.traffic]\n{quick}\n"), false),
        (
            format!("[router.traffic]\n{quick}\ntls_authorities = \"{strangers}\"\ntls_identity = \"{identity}\"\n"),
            false,
        ),
        (format!("[router.traffic]\n{quick}\ntls_authorities = \"{authorities}\"\n"), false),
        (
            format!("[router.traffic]\n{quick}\ntls_authorities = \"{authorities}\"\ntls_identity = \"{identity}\"\n"),
            true,
        ),
    ] {
        site.configure(&format!("{told}{place}")).await;
        let answer = site.ask("{ now }").await;
        assert_eq!(answer.body["data"]["now"] == 7, works, "{told}: {answer:?}");
    }
    site.configure(&format!("{place}tls_authorities = \"{authorities}\"\ntls_identity = \"{identity}\"\n")).await;
    assert_eq!(site.ask("{ now }").await.body["data"]["now"], 7, "the same for one subgraph");
}

#[tokio::test]
async fn a_subgraph_is_subscribed_to_as_the_settings_say() {
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let events = async move |Json(body): Json<Value>| {
        heard.lock().push(body);
        let next = Event::default().event("next").data(json!({ "data": { "ticked": 41 } }).to_string());
        Sse::new(stream::iter([Ok::<_, Infallible>(next), Ok(Event::default().event("complete").data(""))]))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/events", post(events))).await.unwrap() });
    let site = Site::start(&format!(
        "[router.subgraphs.gate.subscriptions]\nprotocol = \"sse\"\nurl = \"http://{place}/events\"\n"
    ))
    .await;
    let mut socket = Socket::open(&site.client).await;
    socket.start("subscription { ticked }", json!({})).await;
    assert_eq!(socket.event(20, "an event", |data| data["ticked"].as_u64()).await, 41);
    assert!(matches!(socket.next(20).await, Incoming::Complete));
    assert!(asked.lock()[0]["query"].as_str().unwrap().contains("ticked"));
}

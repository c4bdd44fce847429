//! Entries in a catalogue that forgets, before an agent that is strict about its API.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use axum::{Json, Router};
use cloudphone_consul::{Consul, ConsulOptions, HealthCheck, Registration};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Services = Arc<Mutex<BTreeMap<String, Value>>>;

async fn register(State(services): State<Services>, headers: HeaderMap, Json(service): Json<Value>) -> StatusCode {
    if headers.get("x-consul-token").is_none_or(|token| token != "the-token") {
        return StatusCode::FORBIDDEN;
    }
    services.lock().insert(service["ID"].as_str().unwrap().to_owned(), service);
    StatusCode::OK
}

async fn deregister(State(services): State<Services>, Path(id): Path<String>) -> StatusCode {
    if services.lock().remove(&id).is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND }
}

async fn known(State(services): State<Services>, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    services.lock().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn agent() -> (Services, Consul) {
    let services = Services::default();
    let routes = Router::new()
        .route("/v1/agent/service/register", put(register))
        .route("/v1/agent/service/deregister/{id}", put(deregister))
        .route("/v1/agent/service/{id}", get(known))
        .with_state(Arc::clone(&services));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let options = ConsulOptions { url, token: Some("the-token".to_owned()), datacenter: None };
    (services, Consul::new(options).unwrap())
}

fn part() -> Registration {
    Registration {
        id: "cloudphone-devices-1".to_owned(),
        name: "cloudphone-devices".to_owned(),
        address: "10.0.0.7".to_owned(),
        port: 30002,
        tags: vec!["cloudphone".to_owned()],
        meta: BTreeMap::from([("part".to_owned(), "devices".to_owned())]),
        check: HealthCheck {
            url: "http://10.0.0.7:30002/health/readiness".parse().unwrap(),
            interval: Duration::from_secs(15),
            timeout: Duration::from_secs(5),
            forget_after: Duration::from_mins(10),
        },
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_part_is_in_the_catalogue_with_its_check_until_it_leaves() {
    let (services, consul) = agent().await;
    let registered = consul.keep_registered(part());
    until("it is in the catalogue", || !services.lock().is_empty()).await;
    let entry = services.lock()["cloudphone-devices-1"].clone();
    let check = json!({
        "HTTP": "http://10.0.0.7:30002/health/readiness", "Method": "GET", "Interval": "15s", "Timeout": "5s",
        "DeregisterCriticalServiceAfter": "600s",
    });
    assert_eq!(entry["Check"], check);
    assert_eq!((&entry["Name"], &entry["Port"]), (&json!("cloudphone-devices"), &json!(30002)));
    assert_eq!(entry["Tags"], json!(["cloudphone"]));
    registered.leave().await;
    assert!(services.lock().is_empty());
}

#[tokio::test]
async fn that_consul_is_away_holds_up_neither_start_nor_end() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", nobody.local_addr().unwrap()).parse().unwrap();
    drop(nobody);
    let consul = Consul::new(ConsulOptions { url, token: None, datacenter: None }).unwrap();
    let registered = consul.keep_registered(part());
    let began = Instant::now();
    registered.leave().await;
    assert!(began.elapsed() < Duration::from_secs(10));
}

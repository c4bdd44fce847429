//! Calls to subgraphs as operators set them: header rules, instances, circuit breakers, and Consul.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::router_alone::start_with;
use crate::support::{Builder, Client, Folder, Program, binary, eventually, holds, run};

const TOKEN: &str = "the-operators-own-token";

/// A subgraph that keeps the headers it was sent, and answers with one of its own.
#[derive(Clone, Default)]
struct Listener {
    heard: Arc<Mutex<Vec<HeaderMap>>>,
}

async fn hear(State(listener): State<Listener>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap();
    if !String::from_utf8_lossy(&body).contains("{__typename}") {
        listener.heard.lock().push(parts.headers);
    }
    ([("x-cost", "7")], Json(json!({ "data": { "name": "one", "__typename": "Query" } }))).into_response()
}

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

async fn listening() -> (Listener, SocketAddr) {
    let listener = Listener::default();
    let address = serve(Router::new().route("/graphql", post(hear)).with_state(listener.clone())).await;
    (listener, address)
}

/// An address where nobody answers.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn router(folder: &Folder, place: SocketAddr, settings: &str) -> (Program, Client) {
    let schema = folder.join("things.graphql");
    fs::write(&schema, "type Query { name: String }").unwrap();
    let mut command = binary();
    command.args(["schema", "compose", "--subgraph"]);
    command.arg(format!("things=http://{place}/graphql,{}", schema.display()));
    let composed = run(command, 20).await;
    assert_eq!(composed.code, Some(0), "{composed:?}");
    let file = folder.join("router.toml");
    fs::write(&file, settings).unwrap();
    start_with(folder, &composed.stdout, Some(&file)).await
}

#[tokio::test]
async fn headers_and_instances_are_as_the_file_says() {
    let (folder, (listener, address), gone) = (Folder::new(), listening().await, nobody().await);
    let settings = format!(
        r#"
[[router.request_headers]]
propagate = "x-feature-*"
[[router.request_headers]]
set = "x-called-by"
value = "cloudphone"
[[router.answer_headers]]
propagate = "x-cost"
[router.traffic]
retry_initial_ms = 1
[[router.subgraphs.things.instances]]
url = "http://{gone}/graphql"
[[router.subgraphs.things.instances]]
url = "http://{address}/graphql"
metadata = {{ zone = "a" }}
[[router.subgraphs.things.request_headers]]
remove = "x-feature-secret"
"#
    );
    let (_program, client) = router(&folder, gone, &settings).await;
    for _ in 0..4 {
        let request = reqwest::Client::new().post(format!("{}/graphql", client.base));
        let request = request.header("x-feature-new", "on").header("x-feature-secret", "s").header("x-other", "no");
        let response = request.json(&json!({ "query": "{ name }" })).send().await.unwrap();
        assert_eq!(response.headers()["x-cost"], "7");
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "data": { "name": "one" } }));
    }
    let heard = listener.heard.lock().clone();
    assert_eq!(heard.len(), 4, "each query reached the instance that answers, and did so once");
    for headers in heard {
        assert_eq!(headers["x-feature-new"], "on");
        assert_eq!(headers["x-called-by"], "cloudphone");
        assert!(!headers.contains_key("x-feature-secret") && !headers.contains_key("x-other"));
    }
    let pool: Value = serde_json::from_str(&client.get("/health/pool").await.1).unwrap();
    assert_eq!(pool["subgraphs"]["things"]["instances"][1]["metadata"]["zone"], "a", "{pool}");
}

#[tokio::test]
async fn a_circuit_breaker_opens_closes_and_is_set_by_who_has_the_token() {
    let (folder, gone) = (Folder::new(), nobody().await);
    let settings = format!(
        "[router]\nadmin_token = \"{TOKEN}\"\n[router.traffic]\nretries = 0\nbreaker_failures = 2\nbreaker_volume = 2\n\
         breaker_probe_ms = 100\n"
    );
    let (_program, client) = router(&folder, gone, &settings).await;
    let code = async || client.answer("{ name }", json!({})).await["errors"][0]["extensions"]["code"].clone();
    assert_eq!(code().await, "DOWNSTREAM_SERVICE_ERROR");
    assert_eq!(code().await, "DOWNSTREAM_SERVICE_ERROR");
    assert_eq!(code().await, "SUBGRAPH_UNAVAILABLE");
    assert!(client.metric("cloudphone_subgraph_breaker_state", "subgraph=\"things\"").await >= 1.0);
    assert!(client.get("/health/detailed").await.1.contains("\"notCalled\":[\"things\"]"));

    let listener = Listener::default();
    let routes = Router::new().route("/graphql", post(hear)).with_state(listener.clone());
    let back = TcpListener::bind(gone).await.unwrap();
    tokio::spawn(async move { axum::serve(back, routes).await.unwrap() });
    eventually(20, "it is called again", async || holds(code().await.is_null())).await;

    let set = async |action: &str, token: &str| {
        let url = format!("{}/health/circuit-breakers/things/{action}", client.base);
        reqwest::Client::new().post(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    };
    assert_eq!(set("force-open", "a-guess").await, 403);
    assert_eq!(set("force-open", TOKEN).await, 200);
    assert_eq!(code().await, "SUBGRAPH_UNAVAILABLE");
    assert_eq!(set("reset", TOKEN).await, 200);
    assert!(code().await.is_null());
}

type Entries = Arc<Mutex<BTreeMap<String, Value>>>;

#[tokio::test]
async fn a_platform_is_in_consuls_catalogue_while_it_runs() {
    let entries = Entries::default();
    let register = async |State(entries): State<Entries>, Json(entry): Json<Value>| {
        entries.lock().insert(entry["ID"].as_str().unwrap().to_owned(), entry);
    };
    let deregister = async |State(entries): State<Entries>, Path(id): Path<String>| {
        assert!(entries.lock().remove(&id).is_some());
    };
    let known = async |State(entries): State<Entries>, Path(id): Path<String>| {
        if entries.lock().contains_key(&id) { StatusCode::OK } else { StatusCode::NOT_FOUND }
    };
    let routes = Router::new()
        .route("/v1/agent/service/register", put(register))
        .route("/v1/agent/service/deregister/{id}", put(deregister))
        .route("/v1/agent/service/{id}", get(known))
        .with_state(Arc::clone(&entries));
    let agent = serve(routes).await;
    let mut platform = Builder::new().set("consul.url", format!("http://{agent}")).start().await;
    let entry = eventually(20, "it is in the catalogue", async || entries.lock().values().next().cloned()).await;
    assert_eq!(entry["Name"], "cloudphone-router");
    assert_eq!(entry["Tags"], json!(["cloudphone", "graphql"]));
    let check = reqwest::get(entry["Check"]["HTTP"].as_str().unwrap()).await.unwrap();
    assert_eq!(check.status(), 200);
    let (status, _) = platform.program.terminate(60).await;
    assert!(status.success());
    assert!(entries.lock().is_empty(), "it left before it ended");
}

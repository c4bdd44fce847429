//! What clients get when subgraphs fail, are slow, or answer nonsense.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_execution::{
    ExecutionRequest, Executor, RequestContext, ServiceOptions, SubgraphRequest, SubgraphService,
    subgraphs::{
        http::{HttpOptions, HttpSubgraph, HttpVersion, RequestDecorator},
        in_process::{InProcessSubgraph, LocalSubgraph},
    },
};
use cloudphone_planning::PlannerOptions;
use common::{Shop, Transport, faults::Fault, json};
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

const JOINED: &str = "{ topProducts(first: 2) { name reviews { body author { name } } inStock } }";

fn codes(answer: &Value) -> Vec<&str> {
    answer["errors"].as_array().unwrap().iter().map(|error| error["extensions"]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_other_subgraphs_answered_survives_one_that_is_down() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["inventory"].set(Fault::Down);
    let answer = shop.ask("{ topProducts(first: 2) { name inStock } }").await;
    assert_eq!(
        answer["data"]["topProducts"],
        json!([{ "name": "table", "inStock": null }, { "name": "chair", "inStock": null }])
    );
    assert_eq!(codes(&answer), ["DOWNSTREAM_SERVICE_ERROR", "DOWNSTREAM_SERVICE_ERROR"]);
    assert_eq!(answer["errors"][1]["path"], json!(["topProducts", 1, "inStock"]));
    assert_eq!(answer["errors"][1]["extensions"]["service"], "inventory");
}

#[tokio::test]
async fn a_failed_root_fetch_is_told_for_each_of_its_fields() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["accounts"].set(Fault::Down);
    let answer = shop.ask("{ a: me { name } b: user(id: 2) { name } product(upc: \"p1\") { name } }").await;
    assert_eq!(answer["data"], json!({ "a": null, "b": null, "product": { "name": "table" } }));
    let paths: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    assert_eq!(paths, [json!(["a"]), json!(["b"])]);
}

#[tokio::test]
async fn a_failed_fetch_of_a_non_null_field_nulls_up_to_the_first_nullable() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["reviews"].set(Fault::Down);
    let answer = shop.ask("{ me { name } product(upc: \"p1\") { name reviews { id } } }").await;
    assert_eq!(answer["data"], json!({ "me": { "name": "ada" }, "product": null }));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(answer["errors"][0]["path"], json!(["product", "reviews"]));
}

#[tokio::test]
async fn garbage_is_an_error_of_the_subgraph_and_reaches_nobody() {
    let garbage = [
        "<html>Bad Gateway</html>",
        "",
        "null",
        "[]",
        "{}",
        "{\"data\":{\"_entities\":[{\"inStock\":tru}]}}",
        "{\"data\":{\"_entities\":[]}}",
        "{\"data\":{\"_entities\":null}}",
        "{\"data\":{\"_entities\":{\"inStock\":true}}}",
        "{\"data\":null}",
        "{\"data\":7}",
        "{\"data\":{\"_entities\":[{\"inStock\":true}]}} trailing",
        "{\"errors\":\"none\"}",
    ];
    for text in garbage {
        let shop = Shop::open(Transport::InProcess).await;
        shop.faults["inventory"].set(Fault::Answers(text));
        let answer = shop.ask("{ product(upc: \"p1\") { name inStock } }").await;
        assert_eq!(answer["data"]["product"], json!({ "name": "table", "inStock": null }), "{text}");
        assert_eq!(codes(&answer), ["DOWNSTREAM_SERVICE_ERROR"], "{text}");
        assert_eq!(answer["errors"][0]["path"], json!(["product", "inStock"]), "{text}");
    }
}

#[tokio::test]
async fn values_of_the_wrong_type_are_replaced_by_null() {
    for wrong in ["\"yes\"", "1", "{\"a\":1}", "[true]"] {
        let shop = Shop::open(Transport::InProcess).await;
        let text = format!("{{\"data\":{{\"_entities\":[{{\"inStock\":{wrong}}}]}}}}");
        shop.faults["inventory"].set(Fault::Answers(Box::leak(text.into_boxed_str())));
        let answer = shop.ask("{ product(upc: \"p1\") { name inStock } }").await;
        assert_eq!(answer["data"]["product"], json!({ "name": "table", "inStock": null }), "{wrong}");
        assert_eq!(codes(&answer), ["INVALID_SUBGRAPH_VALUE"], "{wrong}");
    }
}

#[tokio::test]
async fn errors_without_data_keep_their_code() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["accounts"].set(Fault::Answers(
        "{\"data\":null,\"errors\":[{\"message\":\"log in first\",\"extensions\":{\"code\":\"UNAUTHENTICATED\"}}]}",
    ));
    let answer = shop.ask("{ me { name } }").await;
    assert_eq!(answer["data"], json!({ "me": null }));
    assert_eq!(answer["errors"][0]["message"], "log in first");
    assert_eq!(answer["errors"][0]["path"], json!(["me"]));
    assert_eq!(codes(&answer), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn an_error_that_concerns_no_visible_field_is_told_all_the_same() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["accounts"]
        .set(Fault::Answers("{\"data\":{\"me\":{\"name\":\"ada\"}},\"errors\":[{\"message\":\"slow disk\"}]}"));
    let answer = shop.ask("{ me { name } }").await;
    assert_eq!(answer["data"], json!({ "me": { "name": "ada" } }));
    assert_eq!(answer["errors"][0]["message"], "slow disk");
    assert_eq!(answer["errors"][0].get("path"), None);
}

#[tokio::test]
async fn a_subgraph_that_keeps_silent_is_given_up_after_its_timeout() {
    let shop = Shop::open_with(Transport::InProcess, PlannerOptions::default(), Duration::from_millis(50)).await;
    shop.faults["inventory"].set(Fault::Silent);
    let answer = shop.ask("{ product(upc: \"p1\") { name inStock } }").await;
    assert_eq!(answer["data"]["product"], json!({ "name": "table", "inStock": null }));
    assert_eq!(codes(&answer), ["GATEWAY_TIMEOUT"]);
}

#[tokio::test]
async fn a_requests_deadline_ends_all_its_calls() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["reviews"].set(Fault::Silent);
    shop.faults["inventory"].set(Fault::Silent);
    let mut context = RequestContext::new("test");
    context.deadline = Some(Instant::now() + Duration::from_millis(50));
    let result =
        shop.run_in("{ product(upc: \"p1\") { name inStock } latestReviews { id } }", Value::Null, context).await;
    let answer = json(&result.body);
    assert_eq!(answer["data"], json!({ "product": { "name": "table", "inStock": null }, "latestReviews": null }));
    assert_eq!(codes(&answer), ["GATEWAY_TIMEOUT", "GATEWAY_TIMEOUT"]);
}

#[tokio::test]
async fn a_cancelled_request_stops_waiting() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["accounts"].set(Fault::Silent);
    let context = RequestContext::new("test");
    context.cancellation.cancel();
    let result = shop.run_in("{ me { name } }", Value::Null, context).await;
    assert_eq!(codes(&json(&result.body)), ["REQUEST_CANCELLED"]);
}

#[tokio::test]
async fn a_fetch_starts_when_its_own_inputs_are_there_not_when_a_wave_is_over() {
    let shop = Arc::new(Shop::open(Transport::InProcess).await);
    // Stock and reviews are asked for together; authors need the reviews only.
    shop.faults["inventory"].set(Fault::Silent);
    let running = tokio::spawn({
        let shop = Arc::clone(&shop);
        async move { shop.ask(JOINED).await }
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    while shop.calls("accounts").is_empty() {
        assert!(Instant::now() < deadline, "the authors were never asked for");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(shop.calls("inventory").len(), 1);
    assert!(!running.is_finished());
    running.abort();
}

struct Panicking;

#[async_trait]
impl LocalSubgraph for Panicking {
    async fn execute(&self, _: SubgraphRequest) -> Bytes {
        panic!("a resolver panicked")
    }

    fn subscribe(&self, _: SubgraphRequest) -> BoxStream<'static, Bytes> {
        panic!("a resolver panicked")
    }
}

#[tokio::test]
async fn a_panic_inside_a_subgraph_of_this_process_is_contained() {
    let shop = Shop::open(Transport::InProcess).await;
    let panicking = Arc::new(InProcessSubgraph::new(Arc::new(Panicking)));
    let executor = Executor::builder().service("accounts", panicking, ServiceOptions::default()).build();
    let operation = shop.prepare("{ me { name } }").await;
    let context = Arc::new(RequestContext::new("test"));
    let result = executor.execute(ExecutionRequest { operation, variables: Map::new(), context }).await;
    assert_eq!(codes(&json(&result.body)), ["DOWNSTREAM_SERVICE_ERROR"]);
}

async fn over_http(url: &str, limit: usize, decorator: Option<Arc<dyn RequestDecorator>>) -> Value {
    let shop = Shop::open(Transport::InProcess).await;
    let mut options = HttpOptions::new(url.parse().unwrap());
    options.max_response_bytes = limit;
    let mut subgraph = HttpSubgraph::new(options).unwrap();
    if let Some(decorator) = decorator {
        subgraph = subgraph.with_decorator(decorator);
    }
    let service: Arc<dyn SubgraphService> = Arc::new(subgraph);
    let executor = Executor::builder().service("accounts", service, ServiceOptions::default()).build();
    let operation = shop.prepare("{ me { name } }").await;
    let context = Arc::new(RequestContext::new("request-7"));
    json(&executor.execute(ExecutionRequest { operation, variables: Map::new(), context }).await.body)
}

async fn respond(status: u16, body: impl Into<String>) -> String {
    let body = body.into();
    let app = axum::Router::new().fallback(move |headers: HeaderMap| {
        let seen = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let body = body.replace("$caller", &seen("x-caller")).replace("$request", &seen("x-request-id"));
        async move { (axum::http::StatusCode::from_u16(status).unwrap(), body) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/")
}

#[tokio::test]
async fn an_unreachable_address_is_a_downstream_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = over_http(&format!("http://{address}/"), 1_000, None).await;
    assert_eq!(answer["data"], json!({ "me": null }));
    assert_eq!(codes(&answer), ["DOWNSTREAM_SERVICE_ERROR"]);
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_refused() {
    let url = respond(200, format!("{{\"data\":{{\"me\":{{\"name\":\"{}\"}}}}}}", "x".repeat(10_000))).await;
    let answer = over_http(&url, 1_000, None).await;
    assert_eq!(answer["data"], json!({ "me": null }));
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("larger than 1000 bytes"));
    assert_eq!(over_http(&url, 20_000, None).await.get("errors"), None);
}

#[tokio::test]
async fn a_failing_status_counts_unless_a_graphql_response_comes_with_it() {
    let plain = over_http(&respond(502, "Bad Gateway").await, 1_000, None).await;
    assert!(plain["errors"][0]["message"].as_str().unwrap().contains("status 502"));
    let told = respond(400, "{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"BAD_USER_INPUT\"}}]}").await;
    assert_eq!(codes(&over_http(&told, 1_000, None).await), ["BAD_USER_INPUT"]);
}

struct Caller;

impl RequestDecorator for Caller {
    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        headers.insert("x-caller", HeaderValue::from_str(&format!("ada at {}", request.subgraph)).unwrap());
    }
}

#[tokio::test]
async fn each_call_carries_the_caller_and_the_request_id() {
    let url = respond(200, "{\"data\":{\"me\":{\"name\":\"$caller in $request\"}}}").await;
    let answer = over_http(&url, 1_000, Some(Arc::new(Caller))).await;
    assert_eq!(answer["data"]["me"]["name"], "ada at accounts in request-7");
}

#[tokio::test]
async fn a_subgraph_may_speak_http_2_without_tls() {
    let app = axum::Router::new().fallback(|request: axum::extract::Request| async move {
        format!("{{\"data\":{{\"me\":{{\"name\":\"{:?}\"}}}}}}", request.version())
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let shop = Shop::open(Transport::InProcess).await;
    let mut options = HttpOptions::new(url.parse().unwrap());
    options.version = HttpVersion::Http2PriorKnowledge;
    let service = Arc::new(HttpSubgraph::new(options).unwrap());
    let executor = Executor::builder().service("accounts", service, ServiceOptions::default()).build();
    let operation = shop.prepare("{ me { name } }").await;
    let context = Arc::new(RequestContext::new("test"));
    let result = executor.execute(ExecutionRequest { operation, variables: Map::new(), context }).await;
    assert_eq!(json(&result.body)["data"]["me"]["name"], "HTTP/2.0");
}

//! Traces that leave the platform, at a collector's door.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Builder, eventually, holds};

/// What a collector of OTLP over HTTP was sent (opentelemetry.io/docs/specs/otlp, "Binary Protobuf Encoding").
type Received = Arc<Mutex<Vec<Bytes>>>;

async fn collect(State(received): State<Received>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers[header::CONTENT_TYPE], "application/x-protobuf");
    received.lock().push(body);
}

fn holds_bytes(received: &Received, wanted: &[u8]) -> bool {
    received.lock().iter().any(|body| body.windows(wanted.len()).any(|part| part == wanted))
}

#[tokio::test]
async fn requests_are_traced_to_the_collector_as_part_of_their_callers_trace() {
    let received = Received::default();
    let collector = axum::Router::new().route("/v1/traces", post(collect)).with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, collector).await.unwrap() });

    let mut platform = Builder::new().set("observability.otlp_endpoint", endpoint).start().await;
    let answer = reqwest::Client::new()
        .post(format!("{}/graphql", platform.client.base))
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .json(&json!({ "query": "{ __typename }" }))
        .send();
    assert!(answer.await.unwrap().status().is_success());
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();
    let caller = 0xb7ad_6b71_6920_3331_u64.to_be_bytes();
    eventually(20, "the span came", async || {
        holds(holds_bytes(&received, &trace) && holds_bytes(&received, &caller) && holds_bytes(&received, b"/graphql"))
    })
    .await;

    // What is buffered at the end is sent as well.
    let last = platform.client.get("/health/liveness?the-last-request").await;
    assert_eq!(last.0, 200);
    let sent = received.lock().len();
    let (status, _) = platform.program.terminate(20).await;
    assert!(status.success());
    assert!(received.lock().len() > sent, "{}", platform.program.stderr());
    server.abort();
}

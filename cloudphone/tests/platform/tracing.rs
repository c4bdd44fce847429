//! Traces that leave the platform, at a collector's door.

use std::fs;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::post;
use futures::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::router_alone::start_by;
use crate::support::{Builder, Client, Folder, Program, binary, eventually, holds, run};

/// The `traceparent` headers that a subgraph got.
type Parents = Arc<Mutex<Vec<String>>>;

async fn answer(
    State(parents): State<Parents>,
    headers: HeaderMap,
) -> ([(header::HeaderName, &'static str); 1], &'static str) {
    let parent = headers.get("traceparent").map(|value| value.to_str().unwrap().to_owned());
    parents.lock().push(parent.unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], r#"{"data":{"greeting":"hello"}}"#)
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = hexadecimal.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A collector and a subgraph at one address, with what each of them was sent.
struct Site {
    received: Received,
    parents: Parents,
    server: JoinHandle<()>,
    _folder: Folder,
}

impl Site {
    /// Serves both, and starts the router between them.
    async fn start() -> (Self, Program, Client) {
        let (received, parents) = (Received::default(), Parents::default());
        let routes = axum::Router::new()
            .route("/v1/traces", post(collect))
            .with_state(Arc::clone(&received))
            .merge(axum::Router::new().route("/graphql", post(answer)).with_state(Arc::clone(&parents)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let folder = Folder::new();
        fs::write(folder.join("greetings.graphql"), "type Query { greeting: String }").unwrap();
        let mut command = binary();
        let place = format!("greetings=http://{address}/graphql,{}", folder.join("greetings.graphql").display());
        command.args(["schema", "compose", "--subgraph", &place]);
        let supergraph = run(command, 20).await.stdout;
        let mut command = binary();
        command.env("CLOUDPHONE_OBSERVABILITY__OTLP_ENDPOINT", format!("http://{address}/v1/traces"));
        let (program, client) = start_by(command, &folder, &supergraph).await;
        (Self { received, parents, server, _folder: folder }, program, client)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[tokio::test]
async fn a_trace_reaches_foreign_subgraphs_by_the_span_of_their_own_call() {
    let (site, mut program, client) = Site::start().await;
    let Site { received, parents, .. } = &site;

    let ask = async |trace: &str, flags: &str| {
        let body = json!({ "query": "query Greet { greeting }" });
        let asked = reqwest::Client::new().post(format!("{}/graphql", client.base)).json(&body);
        let answer = asked.header("traceparent", format!("00-{trace}-b7ad6b7169203331-{flags}")).send().await.unwrap();
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["data"]["greeting"], "hello");
        parents.lock().pop().unwrap()
    };
    let (recorded, unrecorded) = ("0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d");
    let parent = ask(recorded, "01").await;
    let parts: Vec<&str> = parent.split('-').collect();
    assert_eq!((parts[0], parts[1], parts[3]), ("00", recorded, "01"), "{parent}");
    assert_ne!(parts[2], "b7ad6b7169203331", "it is the router's own span that the subgraph hangs below");
    let parent = ask(unrecorded, "00").await;
    assert!(parent.starts_with(&format!("00-{unrecorded}-")) && parent.ends_with("-00"), "{parent}");

    let wanted: [&[u8]; 5] =
        [&bytes(parts[2]), b"query greetings", b"query Greet", b"graphql.operation.type", b"http.response.status_code"];
    eventually(20, "the spans came", async || holds(wanted.iter().all(|part| holds_bytes(received, part)))).await;
    let (status, _) = program.terminate(20).await;
    assert!(status.success());
    assert!(!holds_bytes(received, &bytes(unrecorded)), "who does not record is not recorded");
    assert!(!holds_bytes(received, b"{ greeting }"), "no document is in a span");
}

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

#[tokio::test]
async fn an_operation_on_a_websocket_is_part_of_its_clients_trace() {
    let (site, mut program, client) = Site::start().await;
    let Site { received, parents, .. } = &site;

    let (of_connection, of_operation) = ("2cf7651916cd43dd8448eb211c80319e", "3df7651916cd43dd8448eb211c80319f");
    let mut request = format!("{}/graphql", client.base.replacen("http", "ws", 1)).into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    headers.insert("traceparent", format!("00-{of_connection}-b7ad6b7169203331-01").parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let mut say = async |message: serde_json::Value| {
        socket.send(Message::text(message.to_string())).await.unwrap();
        loop {
            let text = socket.next().await.unwrap().unwrap().into_text().unwrap();
            let heard: serde_json::Value = serde_json::from_str(&text).unwrap();
            if heard["type"] == "connection_ack" || heard["type"] == "complete" {
                return;
            }
        }
    };
    say(json!({ "type": "connection_init" })).await;
    say(json!({ "id": "1", "type": "subscribe", "payload": { "query": "query First { greeting }" } })).await;
    let extensions = json!({ "traceparent": format!("00-{of_operation}-b7ad6b7169203332-01") });
    let payload = json!({ "query": "query Second { greeting }", "extensions": extensions });
    say(json!({ "id": "2", "type": "subscribe", "payload": payload })).await;
    let calls = parents.lock().clone();
    assert!(calls[0].starts_with(&format!("00-{of_connection}-")), "{calls:?}");
    assert!(calls[1].starts_with(&format!("00-{of_operation}-")), "{calls:?}");

    // The parent of the operation's span is the client's, and below it are plan, operation and call.
    let wanted: [&[u8]; 7] = [
        &bytes(of_connection),
        &bytes(of_operation),
        &bytes("b7ad6b7169203332"),
        b"operation on a WebSocket",
        b"graphql.plan",
        b"graphql.document.hash",
        b"query Second",
    ];
    eventually(20, "the spans came", async || holds(wanted.iter().all(|part| holds_bytes(received, part)))).await;
    assert!(program.terminate(20).await.0.success());
}

//! Events from a subgraph, completed by the others, over both transports.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use cloudphone_execution::{
    ExecutionRequest, ExecutionResult, Executor, RequestContext, ServiceOptions,
    subgraphs::{
        in_process::InProcessSubgraph,
        websocket::{WebSocketOptions, WebSocketSubgraph},
    },
};
use common::{Local, Shop, Transport, faults::Fault, json, serve};
use futures::{StreamExt, stream::BoxStream};
use serde_json::{Map, Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

const ADDED: &str = "subscription { added: reviewAdded { id author { name } product { name inStock } } }";

async fn next(stream: &mut BoxStream<'static, ExecutionResult>) -> Value {
    json(&timeout(Duration::from_secs(20), stream.next()).await.unwrap().unwrap().body)
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn listening(shop: &Shop, count: usize) {
    until("nobody subscribed", || shop.reviews.added.receiver_count() == count).await;
}

async fn events_are_completed_by_other_subgraphs(transport: Transport) {
    let shop = Shop::open(transport).await;
    let mut stream = shop.subscribe(ADDED, RequestContext::new("test")).await;
    // A subscription in this process begins when it is first asked for an event.
    let mut first = Box::pin(next(&mut stream));
    assert!(futures::poll!(&mut first).is_pending());
    let told = async {
        listening(&shop, 1).await;
        shop.reviews.announce("n1", "2", "p2");
    };
    let (answer, ()) = tokio::join!(first, told);
    let added = json!({ "id": "n1", "author": { "name": "bob" }, "product": { "name": "chair", "inStock": false } });
    assert_eq!(answer, json!({ "data": { "added": added } }));
    drop(stream);
    until("the subscription was not ended", || shop.reviews.added.receiver_count() == 0).await;
}

#[tokio::test]
async fn events_are_completed_in_process() {
    events_are_completed_by_other_subgraphs(Transport::InProcess).await;
}

#[tokio::test]
async fn events_are_completed_over_a_web_socket() {
    events_are_completed_by_other_subgraphs(Transport::Http).await;
}

#[tokio::test]
async fn events_that_wait_are_completed_together() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["accounts"].set(Fault::Slow(Duration::from_millis(50)));
    let mut stream =
        shop.subscribe("subscription { reviewAdded { id author { name } } }", RequestContext::new("t")).await;
    let mut first = Box::pin(next(&mut stream));
    assert!(futures::poll!(&mut first).is_pending());
    let told = async {
        listening(&shop, 1).await;
        shop.reviews.announce("n0", "1", "p1");
        until("the first event was not completed", || shop.calls("accounts").len() == 1).await;
        for (event, author) in (1..=20).zip(["1", "2", "3"].iter().cycle()) {
            shop.reviews.announce(&format!("n{event}"), author, "p1");
        }
    };
    let (answer, ()) = tokio::join!(first, told);
    assert_eq!(answer["data"]["reviewAdded"]["id"], "n0");
    for event in 1..=20 {
        let answer = next(&mut stream).await;
        assert_eq!(answer["data"]["reviewAdded"]["id"], format!("n{event}"));
        let name = ["cleo", "ada", "bob"][event % 3];
        assert_eq!(answer["data"]["reviewAdded"]["author"]["name"], name);
    }
    let calls = shop.calls("accounts");
    assert_eq!(calls.len(), 2, "twenty events in one call");
    let variables = json(&calls[1].variables);
    assert_eq!(variables["representations"].as_array().unwrap().len(), 3, "three authors, each once");
}

#[tokio::test]
async fn a_failing_subgraph_spoils_its_fields_of_an_event_only() {
    let shop = Shop::open(Transport::InProcess).await;
    shop.faults["inventory"].set(Fault::Down);
    let mut stream = shop.subscribe(ADDED, RequestContext::new("test")).await;
    let mut first = Box::pin(next(&mut stream));
    assert!(futures::poll!(&mut first).is_pending());
    shop.reviews.announce("n1", "1", "p1");
    let answer = first.await;
    assert_eq!(answer["data"]["added"]["product"], json!({ "name": "table", "inStock": null }));
    assert_eq!(answer["errors"][0]["path"], json!(["added", "product", "inStock"]));
}

#[tokio::test]
async fn a_cancelled_subscription_ends() {
    let shop = Shop::open(Transport::InProcess).await;
    let context = RequestContext::new("test");
    let cancellation = context.cancellation.clone();
    let mut stream = shop.subscribe(ADDED, context).await;
    assert!(futures::poll!(stream.next()).is_pending());
    cancellation.cancel();
    assert!(timeout(Duration::from_secs(20), stream.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_subscription_to_the_wrong_kind_of_operation_is_refused() {
    let shop = Shop::open(Transport::InProcess).await;
    let request = |operation| ExecutionRequest {
        operation,
        variables: Map::new(),
        context: Arc::new(RequestContext::new("test")),
    };
    let query = shop.prepare("{ me { name } }").await;
    let Err(refused) = shop.executor.subscribe(request(query)).await else { panic!("a query was subscribed to") };
    assert_eq!(refused.errors[0].code(), Some("BAD_USER_INPUT"));
    let subscription = shop.prepare(ADDED).await;
    let refused = shop.executor.execute(request(subscription)).await;
    assert!(!refused.has_data);
    assert_eq!(refused.errors[0].code(), Some("BAD_USER_INPUT"));
}

/// Passes connections on until it is cut.
struct Wire {
    address: SocketAddr,
    passing: JoinHandle<()>,
}

impl Wire {
    async fn to(target: SocketAddr, address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let passing = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let _ended = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, passing }
    }

    async fn cut(self) {
        self.passing.abort();
        let _aborted = self.passing.await;
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_again_without_ending_the_clients_stream() {
    let shop = Shop::open(Transport::InProcess).await;
    let (target, _server) = serve(common::reviews::schema(shop.reviews.clone()), "127.0.0.1:0").await;
    let wire = Wire::to(target, "127.0.0.1:0").await;
    let address = wire.address;
    let mut options = WebSocketOptions::new(format!("ws://{address}/ws").parse().unwrap());
    options.recovery.first_pause = Duration::from_millis(10);
    let executor = Executor::builder()
        .service("reviews", Arc::new(WebSocketSubgraph::new(options).unwrap()), ServiceOptions::default())
        .service(
            "accounts",
            Arc::new(InProcessSubgraph::new(Arc::new(Local(common::accounts::schema())))),
            ServiceOptions::default(),
        )
        .build();
    let operation = shop.prepare("subscription { reviewAdded { id author { name } } }").await;
    let context = Arc::new(RequestContext::new("test"));
    let mut stream = executor.subscribe(ExecutionRequest { operation, variables: Map::new(), context }).await.unwrap();
    listening(&shop, 1).await;
    shop.reviews.announce("before", "1", "p1");
    let before = json!({ "data": { "reviewAdded": { "id": "before", "author": { "name": "ada" } } } });
    assert_eq!(next(&mut stream).await, before);

    wire.cut().await;
    let mut after = Box::pin(next(&mut stream));
    assert!(futures::poll!(&mut after).is_pending());
    let told = async {
        until("the lost subscription was not noticed", || shop.reviews.added.receiver_count() == 0).await;
        let _wire = Wire::to(target, &address.to_string()).await;
        listening(&shop, 1).await;
        shop.reviews.announce("after", "2", "p1");
    };
    let (after, ()) = tokio::join!(after, told);
    assert_eq!(after["data"]["reviewAdded"]["id"], "after");
    assert_eq!(after["extensions"], json!({ "subscription": { "gap": true } }), "the client is told of the gap");
}

#[tokio::test]
async fn a_source_that_stays_away_ends_the_stream_with_an_error() {
    let shop = Shop::open(Transport::InProcess).await;
    let (target, _server) = serve(common::reviews::schema(shop.reviews.clone()), "127.0.0.1:0").await;
    let wire = Wire::to(target, "127.0.0.1:0").await;
    let mut options = WebSocketOptions::new(format!("ws://{}/ws", wire.address).parse().unwrap());
    options.recovery.first_pause = Duration::from_millis(5);
    options.recovery.patience = Duration::from_millis(50);
    let executor = Executor::builder()
        .service("reviews", Arc::new(WebSocketSubgraph::new(options).unwrap()), ServiceOptions::default())
        .build();
    let operation = shop.prepare("subscription { reviewAdded { id } }").await;
    let context = Arc::new(RequestContext::new("test"));
    let mut stream = executor.subscribe(ExecutionRequest { operation, variables: Map::new(), context }).await.unwrap();
    wire.cut().await;
    let last = next(&mut stream).await;
    assert_eq!(last["errors"][0]["extensions"], json!({ "code": "DOWNSTREAM_SERVICE_ERROR", "service": "reviews" }));
    assert!(timeout(Duration::from_secs(20), stream.next()).await.unwrap().is_none());
}

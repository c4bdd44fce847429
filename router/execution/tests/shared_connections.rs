//! Subscriptions of a subgraph over web sockets that several of them share: who shares, and what one may do to the others.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use cloudphone_execution::{
    SubgraphEvent, SubgraphRequest, SubgraphService,
    subgraphs::{
        http::RequestDecorator,
        websocket::{Dialect, WebSocketOptions, WebSocketSubgraph},
    },
};
use common::upstream::{Events, Peer, Upstream, fails, hears, hears_of_a_gap, request, within};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

fn options(upstream: &Upstream) -> WebSocketOptions {
    let mut options = WebSocketOptions::new(upstream.url());
    options.recovery.first_pause = Duration::from_millis(10);
    options
}

async fn subscribe(subgraph: &WebSocketSubgraph, name: &str) -> Events {
    within(name, subgraph.subscribe(request(name, &[]))).await.unwrap()
}

/// Two subscriptions, `a` and `b`, on one connection.
async fn pair(options: WebSocketOptions, upstream: &mut Upstream) -> (Peer, Events, Events) {
    let subgraph = WebSocketSubgraph::new(options).unwrap();
    let (a, mut peer) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    let b = subscribe(&subgraph, "b").await;
    assert_eq!(peer.subscribed().await, ("1".to_owned(), "a".to_owned()));
    assert_eq!(peer.subscribed().await, ("2".to_owned(), "b".to_owned()));
    (peer, a, b)
}

/// The connections on which `a` and `b` go on, each by itself.
async fn parted(upstream: &mut Upstream) -> [Peer; 2] {
    let (mut one, mut other) = (upstream.peer().await, upstream.peer().await);
    let (first, second) = (one.subscribed().await.1, other.subscribed().await.1);
    assert_ne!(first, second);
    if first == "a" { [one, other] } else { [other, one] }
}

#[tokio::test]
async fn equal_callers_share_a_connection_and_strangers_never_do() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(options(&upstream)).unwrap();
    let ada = [("authorization", "Bearer ada"), ("traceparent", "00-1"), ("x-role", "a"), ("x-role", "b")];
    let ada_again = [("x-role", "a"), ("traceparent", "00-2"), ("authorization", "Bearer ada"), ("x-role", "b")];
    let (first, mut shared) = tokio::join!(subgraph.subscribe(request("first", &ada)), upstream.peer());
    let second = subgraph.subscribe(request("second", &ada_again)).await.unwrap();
    assert_eq!(shared.subscribed().await.1, "first");
    assert_eq!(shared.subscribed().await.1, "second");
    assert_eq!(shared.headers["authorization"], "Bearer ada");
    assert_eq!(shared.headers["sec-websocket-protocol"], "graphql-transport-ws");
    assert!(!shared.headers.contains_key("traceparent") && !shared.headers.contains_key("x-request-id"));

    let strangers: [&[(&'static str, &str)]; 4] = [
        &[("authorization", "Bearer bob"), ("x-role", "a"), ("x-role", "b")],
        &[("authorization", "Bearer ada"), ("x-role", "b"), ("x-role", "a")],
        &[("authorization", "Bearer ada")],
        &[],
    ];
    let mut others = Vec::new();
    for headers in strangers {
        let (events, mut peer) = tokio::join!(subgraph.subscribe(request("other", headers)), upstream.peer());
        assert_eq!(peer.subscribed().await, ("1".to_owned(), "other".to_owned()), "{headers:?}");
        others.push((events.unwrap(), peer));
    }
    assert!(upstream.is_alone());
    drop((first, second, others));
}

/// Signs differently each time, as a real signature does.
struct Signer;

impl RequestDecorator for Signer {
    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        let caller = headers.remove("x-caller").unwrap();
        let signed = format!("{}:{}", caller.to_str().unwrap(), request.context.request_id);
        headers.insert("x-signed", HeaderValue::from_str(&signed).unwrap());
    }

    fn identity(&self, request: &SubgraphRequest) -> Option<Bytes> {
        Some(Bytes::copy_from_slice(request.context.headers["x-caller"].as_bytes()))
    }
}

#[tokio::test]
async fn a_signature_is_made_anew_and_does_not_tell_equal_callers_apart() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(options(&upstream)).unwrap().with_decorator(Arc::new(Signer));
    let (a, mut ada) = tokio::join!(subgraph.subscribe(request("a", &[("x-caller", "ada")])), upstream.peer());
    let b = subgraph.subscribe(request("b", &[("x-caller", "ada")])).await.unwrap();
    let (c, bob) = tokio::join!(subgraph.subscribe(request("c", &[("x-caller", "bob")])), upstream.peer());
    assert_eq!((ada.subscribed().await.1, ada.subscribed().await.1), ("a".to_owned(), "b".to_owned()));
    assert_eq!(ada.headers["x-signed"], "ada:request-a");
    assert_eq!(bob.headers["x-signed"], "bob:request-c");
    drop(a);
    assert_eq!(ada.hears().await, json!({ "id": "1", "type": "complete" }));
    drop(ada);
    let ada = upstream.peer().await;
    assert_eq!(ada.headers["x-signed"], "ada:request-b", "the one who is still there opens it again");
    drop((b, c));
}

#[tokio::test]
async fn a_full_connection_gets_a_second_one_beside_it_and_idle_ones_are_closed() {
    let mut upstream = Upstream::open().await;
    let mut options = options(&upstream);
    (options.operations_per_connection, options.max_connections) = (2, 2);
    options.idle_timeout = Duration::from_millis(100);
    let subgraph = WebSocketSubgraph::new(options).unwrap();
    let (a, mut first) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    let _b = subscribe(&subgraph, "b").await;
    let (c, mut second) = tokio::join!(subscribe(&subgraph, "c"), upstream.peer());
    drop(a);
    let _ = (first.subscribed().await, first.subscribed().await);
    assert_eq!(first.hears().await["type"], "complete");
    let _d = within("d", async {
        // A place that is left is free a moment later.
        let d = subscribe(&subgraph, "d").await;
        tokio::select! { (_, name) = first.subscribed() => assert_eq!(name, "d"), (_, name) = second.subscribed() => assert_eq!(name, "c") }
        d
    })
    .await;
    drop(c);
    assert_eq!(second.closed().await, 1000, "nobody needs it");
    assert!(upstream.is_alone());
}

#[tokio::test]
async fn there_is_an_end_to_connections() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(WebSocketOptions {
        max_connections: 1,
        operations_per_connection: 1,
        ..options(&upstream)
    })
    .unwrap();
    let (_a, _peer) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    let Err(refused) = subgraph.subscribe(request("b", &[])).await else { panic!("there was room") };
    assert!(refused.to_string().contains("not available"), "{refused}");
}

#[tokio::test]
async fn operations_end_one_by_one_and_late_words_are_not_heard() {
    let mut upstream = Upstream::open().await;
    let (mut peer, mut a, mut b) = pair(options(&upstream), &mut upstream).await;
    peer.event("1", "{\"data\":{\"a\":1}}").await;
    peer.says(&json!({ "id": "1", "type": "error", "payload": [{ "message": "broken" }] })).await;
    // Late, foreign and unknown: none of them matters.
    peer.event("1", "{\"data\":{\"a\":2}}").await;
    peer.event("77", "{}").await;
    for unknown in ["{\"type\":\"next\"}", "{\"type\":\"shout\",\"id\":\"2\"}", "{\"type\":\"connection_ack\"}"] {
        peer.says_text(unknown).await;
    }
    peer.says(&json!({ "id": "1", "type": "complete" })).await;
    peer.says(&json!({ "type": "ping" })).await;
    assert_eq!(peer.hears().await["type"], "pong");
    peer.event("2", "{\"data\":{\"b\":1}}").await;
    peer.says(&json!({ "id": "2", "type": "complete" })).await;

    hears(&mut a, "{\"data\":{\"a\":1}}").await;
    hears(&mut a, "{\"data\":null,\"errors\":[{\"message\":\"broken\"}]}").await;
    assert!(within("the end", a.next()).await.is_none());
    hears(&mut b, "{\"data\":{\"b\":1}}").await;
    assert!(within("the end", b.next()).await.is_none());
    assert!(upstream.is_alone());
}

#[tokio::test]
async fn a_lost_connection_takes_up_all_its_operations_and_each_is_told_of_the_gap_once() {
    let mut upstream = Upstream::open().await;
    let (mut peer, mut a, mut b) = pair(options(&upstream), &mut upstream).await;
    peer.event("1", "{\"data\":{\"a\":1}}").await;
    hears(&mut a, "{\"data\":{\"a\":1}}").await;
    drop(peer);

    let mut peer = upstream.peer().await;
    let mut again = [peer.subscribed().await, peer.subscribed().await];
    again.sort_by(|one, other| one.1.cmp(&other.1));
    let [(first, _), (second, _)] = &again;
    peer.event(first, "{\"data\":{\"a\":2}}").await;
    peer.event(second, "{\"data\":{\"b\":1}}").await;
    peer.event(second, "{\"data\":{\"b\":2}}").await;
    hears_of_a_gap(&mut a).await;
    hears(&mut a, "{\"data\":{\"a\":2}}").await;
    hears_of_a_gap(&mut b).await;
    hears(&mut b, "{\"data\":{\"b\":1}}").await;
    hears(&mut b, "{\"data\":{\"b\":2}}").await;
    assert!(upstream.is_alone());
}

#[tokio::test]
async fn who_asks_while_the_subgraph_is_away_is_told_and_who_was_there_waits() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(options(&upstream)).unwrap();
    let (mut a, mut peer) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    let _ = peer.subscribed().await;
    let address = upstream.close().await.to_string();
    drop(peer);
    // As soon as the loss is noticed.
    within("a refusal", async { while subgraph.subscribe(request("b", &[])).await.is_ok() {} }).await;
    let mut upstream = Upstream::open_at(&address).await;
    let mut peer = upstream.peer().await;
    let (id, name) = peer.subscribed().await;
    assert_eq!(name, "a");
    peer.event(&id, "{}").await;
    hears_of_a_gap(&mut a).await;
    hears(&mut a, "{}").await;
}

#[tokio::test]
async fn a_refused_identity_ends_its_operations() {
    for code in [4401, 4403] {
        let mut upstream = Upstream::open().await;
        let (mut peer, mut a, mut b) = pair(options(&upstream), &mut upstream).await;
        peer.closes(code).await;
        assert!(fails(&mut a).await.contains(&code.to_string()));
        assert!(fails(&mut b).await.contains(&code.to_string()));
        assert!(upstream.is_alone());
    }
}

#[derive(Clone, Copy, Debug)]
enum Violation {
    NotJson,
    Binary,
    NotAFrame,
    TooLarge,
    BadRequest,
}

#[tokio::test]
async fn who_makes_a_subgraph_break_the_protocol_is_parted_from_the_others_and_ends_alone() {
    async fn commit(violation: Violation, peer: &mut Peer, id: &str) {
        match violation {
            Violation::NotJson => peer.says_text("{\"id\": nonsense").await,
            Violation::Binary => peer.says_bytes(&[1, 2, 3]).await,
            Violation::NotAFrame => peer.says_noise().await,
            Violation::TooLarge => peer.event(id, &format!("\"{}\"", "x".repeat(5_000))).await,
            Violation::BadRequest => peer.closes(4400).await,
        }
    }
    for violation in
        [Violation::NotJson, Violation::Binary, Violation::NotAFrame, Violation::TooLarge, Violation::BadRequest]
    {
        let mut upstream = Upstream::open().await;
        let options = WebSocketOptions { max_message_bytes: 4_000, ..options(&upstream) };
        let (mut peer, mut a, mut b) = pair(options, &mut upstream).await;
        peer.event("2", "{\"data\":{\"b\":1}}").await;
        commit(violation, &mut peer, "1").await;
        hears(&mut b, "{\"data\":{\"b\":1}}").await;
        hears_of_a_gap(&mut b).await;
        hears_of_a_gap(&mut a).await;
        let [mut of_a, mut of_b] = parted(&mut upstream).await;
        commit(violation, &mut of_a, "1").await;
        let told = fails(&mut a).await;
        let expected = match violation {
            Violation::TooLarge => "larger than 4000 bytes",
            Violation::BadRequest => "4400",
            _ => "no GraphQL response",
        };
        assert!(told.contains(expected), "{violation:?}: {told}");
        of_b.event("1", "{\"data\":{\"b\":2}}").await;
        hears(&mut b, "{\"data\":{\"b\":2}}").await;
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_others_back_for_a_moment_only() {
    let mut upstream = Upstream::open().await;
    let options =
        WebSocketOptions { queue_bytes: 8 * 1024, slow_reader_grace: Duration::from_millis(50), ..options(&upstream) };
    let (mut peer, mut slow, mut quick) = pair(options, &mut upstream).await;
    for number in 0..20 {
        peer.event("1", &number.to_string()).await;
    }
    peer.event("2", "\"prompt\"").await;
    hears(&mut quick, "\"prompt\"").await;
    assert_eq!(peer.hears().await, json!({ "id": "1", "type": "complete" }), "the slow one is no longer wanted here");
    for number in 0..8 {
        hears(&mut slow, &number.to_string()).await;
    }
    hears_of_a_gap(&mut slow).await;
    let mut alone = upstream.peer().await;
    let (id, name) = alone.subscribed().await;
    assert_eq!(name, "a");
    // By itself it may hold its connection back for as long as it likes.
    let event = format!("{{\"id\":\"{id}\",\"type\":\"next\",\"payload\":\"{}\"}}", "x".repeat(256 * 1024));
    let mut sent = 0;
    while alone.can_say(event.clone(), Duration::from_millis(300)).await {
        sent += 1;
        assert!(sent < 400, "nobody reads, and yet it is all taken");
    }
    peer.event("2", "\"again\"").await;
    hears(&mut quick, "\"again\"").await;
    for _ in 0..sent {
        assert!(matches!(within("what waited", slow.next()).await, Some(SubgraphEvent::Next(_))));
    }
}

#[tokio::test]
async fn a_reader_that_only_pauses_loses_nothing() {
    let mut upstream = Upstream::open().await;
    let options =
        WebSocketOptions { queue_bytes: 4 * 1024, slow_reader_grace: Duration::from_secs(20), ..options(&upstream) };
    let (mut peer, mut a, mut b) = pair(options, &mut upstream).await;
    let (events, ()) = tokio::join!(
        async {
            for number in 0..100 {
                hears(&mut a, &number.to_string()).await;
                tokio::task::yield_now().await;
            }
            hears(&mut b, "\"last\"").await;
        },
        async {
            for number in 0..100 {
                peer.event("1", &number.to_string()).await;
            }
            peer.event("2", "\"last\"").await;
        }
    );
    let () = events;
    assert!(upstream.is_alone());
}

#[tokio::test]
async fn a_silent_other_side_is_noticed_and_a_quiet_one_that_answers_is_not() {
    let mut upstream = Upstream::open().await;
    let subgraph =
        WebSocketSubgraph::new(WebSocketOptions { ping_interval: Duration::from_millis(100), ..options(&upstream) })
            .unwrap();
    let (mut a, mut peer) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    let _ = peer.subscribed().await;
    // Answers pings for a while, and then does nothing at all any more.
    let quiet = tokio::time::timeout(Duration::from_millis(800), peer.hears()).await;
    assert!(quiet.is_err() && upstream.is_alone(), "a quiet connection stays");
    let mut next = upstream.peer().await;
    let (id, _) = next.subscribed().await;
    next.event(&id, "{}").await;
    hears_of_a_gap(&mut a).await;
    hears(&mut a, "{}").await;
    drop(peer);
}

#[tokio::test]
async fn a_connection_that_is_never_acknowledged_is_given_up() {
    let mut upstream = Upstream::open().await;
    let subgraph =
        WebSocketSubgraph::new(WebSocketOptions { connect_timeout: Duration::from_millis(100), ..options(&upstream) })
            .unwrap();
    let (refused, _peer) = tokio::join!(subgraph.subscribe(request("a", &[])), upstream.stranger());
    let Err(refused) = refused else { panic!("it was subscribed") };
    assert_eq!(refused.to_string(), "the service did not answer in time");
}

#[tokio::test]
async fn the_introduction_carries_what_the_subgraph_wants_to_know() {
    let mut upstream = Upstream::open().await;
    let options = WebSocketOptions {
        init_payload: json!({ "tenant": "acme" }).as_object().cloned(),
        init_headers: vec![http::header::AUTHORIZATION],
        ..options(&upstream)
    };
    let subgraph = WebSocketSubgraph::new(options).unwrap();
    let asked = subgraph.subscribe(request("a", &[("authorization", "Bearer ada")]));
    let said = async {
        let mut peer = upstream.stranger().await;
        let said = peer.hears().await;
        peer.says(&json!({ "type": "ping" })).await;
        assert_eq!(peer.hears().await["type"], "pong");
        peer.says(&json!({ "type": "connection_ack" })).await;
        said
    };
    let (events, said) = tokio::join!(asked, said);
    assert!(events.is_ok());
    let payload = json!({ "tenant": "acme", "authorization": "Bearer ada" });
    assert_eq!(said, json!({ "type": "connection_init", "payload": payload }));
}

#[tokio::test]
async fn the_legacy_protocol_is_spoken_where_it_is_configured() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(WebSocketOptions { dialect: Dialect::Legacy, ..options(&upstream) }).unwrap();
    let (mut a, mut peer) = tokio::join!(subscribe(&subgraph, "a"), upstream.peer());
    assert_eq!(peer.headers["sec-websocket-protocol"], "graphql-ws");
    let start = peer.hears().await;
    assert_eq!((start["type"].as_str(), start["id"].as_str()), (Some("start"), Some("1")));
    peer.says(&json!({ "type": "ka" })).await;
    peer.says(&json!({ "type": "data", "id": "1", "payload": { "data": { "a": 1 } } })).await;
    hears(&mut a, "{\"data\":{\"a\":1}}").await;
    drop(a);
    assert_eq!(peer.hears().await, json!({ "id": "1", "type": "stop" }));
}

#[tokio::test]
async fn each_subscription_on_a_shared_connection_tells_its_own_trace() {
    let mut upstream = Upstream::open().await;
    let subgraph = WebSocketSubgraph::new(options(&upstream)).unwrap();
    let (one, two) = (
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-1bf7651916cd43dd8448eb211c80319d-c7ad6b7169203331-00",
    );
    let of_first = [("traceparent", one)];
    let (first, mut peer) = tokio::join!(subgraph.subscribe(request("first", &of_first)), upstream.peer());
    let second = subgraph.subscribe(request("second", &[("traceparent", two)])).await;
    let third = subgraph.subscribe(request("third", &[])).await;
    assert_eq!(peer.hears().await["payload"]["extensions"], json!({ "traceparent": one }));
    let heard = peer.hears().await;
    assert_eq!(
        heard["payload"],
        json!({ "query": "subscription { second: n }", "extensions": { "traceparent": two } })
    );
    assert!(peer.hears().await["payload"].get("extensions").is_none(), "there is none to tell");
    drop((first, second, third));
}

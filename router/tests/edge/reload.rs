//! Another supergraph while clients listen: who may stay, who has to come back, and what is left of the one before.

use std::sync::{Arc, Weak};
use std::time::Duration;

use cloudphone_execution::{Executor, ServiceOptions};
use cloudphone_planning::Supergraph;
use cloudphone_router::streams::FieldRule;
use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame, Part, Parts};
use crate::support::{Platform, Settings, Transport, measured, notes, subscribed, until};

over_both_transports!(
    an_unrelated_change_touches_nobody,
    who_asks_for_what_changed_is_told_so_and_others_on_the_connection_stay,
    a_connection_that_is_left_without_streams_ends_so_that_clients_come_back,
    streams_over_http_end_with_the_reason,
);

const TEXTS: &str = "subscription { noteAdded { text } }";
const JOINED: &str = "subscription { noteAdded { text author { name } } }";

/// Adds a field that nobody asks for; types are numbered anew by it.
fn with_something_else(platform: &Platform, number: usize) -> String {
    platform.supergraph(|part| {
        if part.name == "accounts" {
            let added = format!(
                "\ntype Aardvark{number} {{ age: Int }}\nextend type Query {{ aardvark{number}: Aardvark{number} }}\n"
            );
            part.sdl.push_str(&added);
        }
    })
}

/// The name of an account may be absent from now on.
fn with_another_name(platform: &Platform) -> String {
    platform.supergraph(|part| {
        if part.name == "accounts" {
            assert!(part.sdl.contains("name: String!"));
            part.sdl = part.sdl.replace("name: String!", "name: String");
        }
    })
}

fn exchange(platform: &Platform, supergraph: &str) {
    platform.gateway.exchange(supergraph, platform.executor.clone()).unwrap();
}

fn texts(event: &Value) -> &Value {
    &event["payload"]["data"]["noteAdded"]["text"]
}

async fn an_unrelated_change_touches_nobody(transport: Transport) {
    let settings = Settings::new(transport)
        .limits(|limits| limits.streams.fields = [("noteAdded".to_owned(), FieldRule::next(&[]))].into());
    let platform = Platform::start_with(settings).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", JOINED).await;
    let mut events = Events::of(platform.get(TEXTS)).await;
    subscribed(2).await;
    platform.notes.listened_to_by(2).await;
    let before = Arc::downgrade(&platform.gateway.supergraph());

    exchange(&platform, &with_something_else(&platform, 0));
    until("both are kept", || measured("cloudphone_graphql_subscription_streams_kept_total") > 1.5).await;
    until("nothing is left of the supergraph before", || before.strong_count() == 0).await;
    let answer = platform.ask("{ __type(name: \"Aardvark0\") { name } }").await;
    assert_eq!(answer["data"]["__type"]["name"], "Aardvark0");

    // Who comes now joins the streams that stayed.
    let mut late = Socket::session(&platform, None).await;
    late.subscribe("1", JOINED).await;
    subscribed(3).await;
    assert!((measured("cloudphone_graphql_subscription_upstreams") - 2.0).abs() < 0.5);
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("after", "2");
    let whole = json!({ "text": "after", "author": { "name": "bob" } });
    for socket in [&mut socket, &mut late] {
        let event = socket.next().await;
        assert_eq!(event["payload"], json!({ "data": { "noteAdded": whole } }), "no gap is told, as there is none");
    }
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "noteAdded": { "text": "after" } } })));
}

async fn who_asks_for_what_changed_is_told_so_and_others_on_the_connection_stay(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("texts", TEXTS).await;
    socket.subscribe("names", JOINED).await;
    subscribed(2).await;
    platform.notes.listened_to_by(2).await;

    exchange(&platform, &with_another_name(&platform));
    let told = socket.next().await;
    assert_eq!((&told["type"], &told["id"]), (&json!("error"), &json!("names")));
    assert_eq!(told["payload"][0]["extensions"]["code"], "SUPERGRAPH_CHANGED");
    subscribed(1).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("still here", "1");
    assert_eq!(texts(&socket.next().await), "still here");

    socket.subscribe("names", JOINED).await;
    subscribed(2).await;
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("again", "1");
    assert_eq!(texts(&socket.next().await), "again");
    assert_eq!(texts(&socket.next().await), "again");
}

async fn a_connection_that_is_left_without_streams_ends_so_that_clients_come_back(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", JOINED).await;
    socket.subscribe("2", "subscription { noteAdded { author { name id } } }").await;
    subscribed(2).await;
    exchange(&platform, &with_another_name(&platform));
    assert_eq!(socket.closed().await, (1012, "Supergraph changed".to_owned()), "not a word of single operations");
    subscribed(0).await;
    platform.notes.listened_to_by(0).await;
}

async fn streams_over_http_end_with_the_reason(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut events = Events::of(platform.get(JOINED)).await;
    let mut parts = Parts::of(platform.get(JOINED)).await;
    subscribed(2).await;
    exchange(&platform, &with_another_name(&platform));
    let Frame::Next(told) = events.next().await else { panic!("an event says why") };
    assert_eq!(told["errors"][0]["extensions"]["code"], "SUPERGRAPH_CHANGED");
    assert_eq!(events.next().await, Frame::End, "without `complete`, so that it is taken up again");
    let Part::Json(told) = parts.next().await else { panic!("a part says why") };
    assert_eq!(told["payload"], Value::Null);
    assert_eq!(told["errors"][0]["extensions"]["code"], "SUPERGRAPH_CHANGED");
    assert_eq!(parts.next().await, Part::Closing);
}

#[tokio::test]
async fn a_stream_whose_source_moved_ends() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", TEXTS).await;
    subscribed(1).await;
    let elsewhere = cloudphone_router::subgraphs::in_process(notes::subgraph(notes::Notes::new()));
    let executor = Executor::builder().service("notes", elsewhere, ServiceOptions::default()).build();
    platform.gateway.exchange(&with_something_else(&platform, 0), executor).unwrap();
    assert_eq!(socket.closed().await.0, 1012);
}

/// 2,000 upstreams over 20 sockets, and 20 supergraphs after one another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_streams_outlive_many_changes_and_hold_on_to_none_of_them() {
    const SOCKETS: u32 = 20;
    const EACH: u32 = 100;
    let settings =
        Settings::new(Transport::InProcess).limits(|limits| limits.operations_per_connection = EACH as usize);
    let platform = Platform::start_with(settings).await;
    let mut sockets = Vec::new();
    for number in 0..SOCKETS {
        let mut socket = Socket::session(&platform, None).await;
        for operation in 0..EACH {
            let since = number * EACH + operation;
            let query = "subscription ($since: Int) { noteAdded(since: $since) { text } }";
            let payload = json!({ "query": query, "variables": { "since": since } });
            socket.send(&json!({ "type": "subscribe", "id": operation.to_string(), "payload": payload })).await;
        }
        sockets.push(socket);
    }
    subscribed(SOCKETS * EACH).await;
    platform.notes.listened_to_by((SOCKETS * EACH) as usize).await;

    let mut gone: Vec<Weak<Supergraph>> = Vec::new();
    for number in 0..20 {
        gone.push(Arc::downgrade(&platform.gateway.supergraph()));
        exchange(&platform, &with_something_else(&platform, number));
    }
    until("none of those before is held", || gone.iter().all(|supergraph| supergraph.strong_count() == 0)).await;
    assert!(measured("cloudphone_graphql_subscription_streams_superseded_total") < 0.5);

    platform.notes.announce("to all", "1");
    for socket in &mut sockets {
        for _ in 0..EACH {
            assert_eq!(texts(&socket.next().await), "to all");
        }
        assert!(socket.is_quiet_for(Duration::from_millis(1)).await);
    }
}

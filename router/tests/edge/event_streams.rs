//! Server-Sent Events in the distinct-connection mode of the graphql-sse protocol.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::over_both_transports;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Settings, Transport};

over_both_transports!(events_come_as_they_happen, a_stream_is_completed_when_its_source_ends);

async fn events_come_as_they_happen(transport: Transport) {
    let platform = Platform::start(transport).await;
    let document = "subscription { noteAdded { text author { name } } }";
    let mut posted = Events::of(platform.post(&json!({ "query": document }))).await;
    let mut got = Events::of(platform.get(document)).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("hello", "2");
    let event = json!({ "data": { "noteAdded": { "text": "hello", "author": { "name": "bob" } } } });
    assert_eq!(posted.next().await, Frame::Next(event.clone()));
    assert_eq!(got.next().await, Frame::Next(event));
    let left = Instant::now();
    drop((posted, got));
    platform.notes.listened_to_by(0).await;
    assert!(left.elapsed() < Duration::from_secs(5), "a client that leaves is noticed before the next heartbeat");
}

async fn a_stream_is_completed_when_its_source_ends(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut events = Events::of(platform.get("subscription { countdown(from: 1) }")).await;
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "countdown": 1 } })));
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "countdown": 0 } })));
    assert_eq!(events.next().await, Frame::Complete);
    assert_eq!(events.next().await, Frame::End);
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_is_alive() {
    let settings =
        Settings::new(Transport::InProcess).limits(|limits| limits.event_stream_heartbeat = Duration::from_millis(50));
    let platform = Platform::start_with(settings).await;
    let mut events = Events::of(platform.get("subscription { noteAdded { text } }")).await;
    assert_eq!(events.next().await, Frame::Comment);
    assert_eq!(events.next().await, Frame::Comment);
    platform.notes.announce("hello", "1");
    loop {
        match events.next().await {
            Frame::Comment => {}
            other => break assert_eq!(other, Frame::Next(json!({ "data": { "noteAdded": { "text": "hello" } } }))),
        }
    }
}

#[tokio::test]
async fn a_query_or_a_refusal_is_a_stream_of_one() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut events = Events::of(platform.get("{ account(id: 1) { name } }")).await;
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "account": { "name": "ada" } } })));
    assert_eq!(events.next().await, Frame::Complete);
    let mut events = Events::of(platform.get("subscription { noSuchField }")).await;
    let Frame::Next(refusal) = events.next().await else { panic!("the refusal is an event") };
    assert!(refusal["errors"][0]["message"].is_string());
    assert_eq!(events.next().await, Frame::Complete);
}

#[tokio::test]
async fn a_client_that_takes_both_gets_a_stream_only_where_it_needs_one() {
    let platform = Platform::start(Transport::InProcess).await;
    let both = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    let media_type = async |document: &str| {
        let response = platform.get(document).header("accept", both).send().await.unwrap();
        response.headers()["content-type"].to_str().unwrap().to_owned()
    };
    assert_eq!(media_type("{ trail }").await, "application/graphql-response+json; charset=utf-8");
    assert_eq!(media_type("subscription { countdown(from: 1) }").await, "text/event-stream");
}

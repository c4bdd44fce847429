//! Subscriptions as multipart streams by Apollo's protocol.

use std::time::Duration;

use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::wire::{Events, Frame, Part, Parts};
use crate::support::{Platform, Settings, Transport};

over_both_transports!(events_come_as_parts, a_revoked_session_ends_the_stream_with_its_error);

const PRIVATE: &str = "subscription { privateNotes { text } }";

async fn events_come_as_parts(transport: Transport) {
    let platform = Platform::start(transport).await;
    let document = "subscription { noteAdded { text author { name } } }";
    let mut parts = Parts::of(platform.post(&json!({ "query": document }))).await;
    let mut events = Events::of(platform.get(document)).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("hello", "2");
    let event = json!({ "data": { "noteAdded": { "text": "hello", "author": { "name": "bob" } } } });
    assert_eq!(parts.next().await, Part::Json(json!({ "payload": event })));
    assert_eq!(events.next().await, Frame::Next(event), "one stream serves both transports");
    drop((parts, events));
    platform.notes.listened_to_by(0).await;
}

async fn a_revoked_session_ends_the_stream_with_its_error(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.doorman.admit("mine", &["note:read"], None);
    let mut parts = Parts::of(platform.post(&json!({ "query": PRIVATE })).bearer_auth("mine")).await;
    platform.notes.listened_to_by(1).await;
    platform.doorman.revoke("mine");
    let Part::Json(last) = parts.next().await else { panic!("the reason comes first") };
    assert_eq!((&last["payload"], &last["errors"][0]["extensions"]["code"]), (&Value::Null, &json!("SESSION_REVOKED")));
    assert_eq!(parts.next().await, Part::Closing);
    assert_eq!(parts.next().await, Part::End);
}

#[tokio::test]
async fn a_source_that_ends_closes_the_last_part() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut parts = Parts::of(platform.get("subscription { countdown(from: 1) }")).await;
    assert_eq!(parts.next().await, Part::Json(json!({ "payload": { "data": { "countdown": 1 } } })));
    assert_eq!(parts.next().await, Part::Json(json!({ "payload": { "data": { "countdown": 0 } } })));
    assert_eq!(parts.next().await, Part::Closing);
    assert_eq!(parts.next().await, Part::End);
}

#[tokio::test]
async fn a_quiet_stream_has_heartbeats_and_breaks_off_when_there_is_more_to_come() {
    let settings =
        Settings::new(Transport::InProcess).limits(|limits| limits.event_stream_heartbeat = Duration::from_millis(50));
    let platform = Platform::start_with(settings).await;
    let mut parts = Parts::of(platform.get("subscription { noteAdded { text } }")).await;
    assert_eq!(parts.next().await, Part::Json(json!({})));
    assert_eq!(parts.next().await, Part::Json(json!({})));
    platform.draining.cancel();
    loop {
        match parts.next().await {
            Part::Json(heartbeat) => assert_eq!(heartbeat, json!({})),
            other => break assert_eq!(other, Part::End, "without a closing boundary, as the client has to come back"),
        }
    }
}

#[tokio::test]
async fn what_is_no_stream_is_answered_as_json() {
    let platform = Platform::start(Transport::InProcess).await;
    let accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json";
    for (document, status) in [("{ trail }", 200), ("subscription { noSuchField }", 400)] {
        let response = platform.get(document).header("accept", accept).send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/graphql-response+json; charset=utf-8");
    }
}

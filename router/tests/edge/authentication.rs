//! Credentials that hold, that do not, and that cease to while somebody listens.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Transport, subscribed};

const PRIVATE: &str = "subscription { privateNotes { text } }";

over_both_transports!(
    subgraphs_know_the_caller,
    revoked_access_ends_live_subscriptions,
    lost_permissions_end_a_subscription_but_not_the_connection
);

async fn subgraphs_know_the_caller(transport: Transport) {
    let platform = Platform::start(transport).await;
    let user = platform.doorman.admit("mine", &[], None);
    let body = json!({ "query": "{ me { id } }" });
    let by_header = platform.post(&body).bearer_auth("mine").send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(by_header, json!({ "data": { "me": { "id": user.to_string() } } }));
    let by_key = platform.post(&body).header("x-api-key", "mine").send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(by_key, by_header);
    let nobody = platform.ask("{ me { id } }").await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(nobody["data"], json!({ "me": null }));

    let mut socket = Socket::session(&platform, Some("mine")).await;
    socket.subscribe("1", "{ me { id } }").await;
    assert_eq!(socket.next().await["payload"], by_header);
    assert_eq!(socket.next().await, json!({ "id": "1", "type": "complete" }));
}

#[tokio::test]
async fn credentials_that_do_not_hold_are_refused() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("expired", &[], Some(Duration::ZERO));
    platform.doorman.admit("revoked", &[], None);
    platform.doorman.revoke("revoked");
    for (token, code) in [("forged", "UNAUTHENTICATED"), ("expired", "TOKEN_EXPIRED"), ("revoked", "SESSION_REVOKED")] {
        for document in ["{ trail }", "subscription { noteAdded { id } }"] {
            let request = platform.post(&json!({ "query": document })).bearer_auth(token);
            let response = request.header("accept", "application/json, text/event-stream").send().await.unwrap();
            assert_eq!(response.status(), 401, "{token}");
            assert_eq!(response.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer["errors"][0]["extensions"]["code"], code);
        }
        let mut socket = Socket::open(&platform).await;
        socket.initialise(Some(token)).await;
        assert_eq!(socket.closed().await, (4403, format!("Forbidden: {code}")));
    }
}

#[tokio::test]
async fn nobody_is_let_in_while_identity_is_away() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("mine", &[], None);
    platform.doorman.absent.store(true, Ordering::SeqCst);
    for document in ["{ trail }", "subscription { noteAdded { id } }"] {
        let request = platform.post(&json!({ "query": document })).bearer_auth("mine");
        let response = request.header("accept", "application/json, text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key("retry-after"));
    }
    let mut socket = Socket::open(&platform).await;
    socket.initialise(Some("mine")).await;
    assert_eq!(socket.closed().await.0, 1013, "clients come back after this code");
}

async fn revoked_access_ends_live_subscriptions(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.doorman.admit("mine", &["note:read"], None);
    platform.doorman.admit("other", &["note:read"], None);
    let mut socket = Socket::session(&platform, Some("mine")).await;
    socket.subscribe("live", PRIVATE).await;
    let mut other = Socket::session(&platform, Some("other")).await;
    other.subscribe("live", PRIVATE).await;
    let mut events = Events::of(platform.post(&json!({ "query": PRIVATE })).bearer_auth("mine")).await;
    subscribed(3).await;
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("before", "1");
    assert_eq!(socket.next().await["payload"]["data"]["privateNotes"]["text"], "before");
    assert_eq!(other.next().await["payload"]["data"]["privateNotes"]["text"], "before");
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "privateNotes": { "text": "before" } } })));

    platform.doorman.revoke("mine");
    assert_eq!(socket.closed().await, (4403, "Forbidden: SESSION_REVOKED".to_owned()));
    let Frame::Next(last) = events.next().await else { panic!("the reason comes first") };
    assert_eq!(last["errors"][0]["extensions"]["code"], "SESSION_REVOKED");
    assert_eq!(events.next().await, Frame::Complete);
    assert_eq!(events.next().await, Frame::End);

    platform.notes.listened_to_by(1).await;
    platform.notes.announce("after", "1");
    assert_eq!(other.next().await["payload"]["data"]["privateNotes"]["text"], "after", "others go on");
}

async fn lost_permissions_end_a_subscription_but_not_the_connection(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.doorman.admit("mine", &["note:read"], None);
    let mut socket = Socket::session(&platform, Some("mine")).await;
    socket.subscribe("private", PRIVATE).await;
    socket.subscribe("public", "subscription { noteAdded { text } }").await;
    platform.notes.listened_to_by(2).await;
    platform.doorman.permit("mine", &[]);
    // The subgraph refuses the subscription when it starts anew under the new rights.
    let refused = socket.next().await;
    assert_eq!(refused["id"], "private");
    assert!(refused.to_string().contains("FORBIDDEN"), "{refused}");
    assert_eq!(socket.next().await, json!({ "id": "private", "type": "complete" }));
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("still", "1");
    let event = socket.next().await;
    assert_eq!((&event["id"], &event["payload"]["data"]["noteAdded"]["text"]), (&json!("public"), &json!("still")));
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("brief", &["note:read"], Some(Duration::from_millis(400)));
    let mut socket = Socket::session(&platform, Some("brief")).await;
    socket.subscribe("live", PRIVATE).await;
    let mut events = Events::of(platform.post(&json!({ "query": PRIVATE })).bearer_auth("brief")).await;
    assert_eq!(socket.closed().await, (4403, "Forbidden: TOKEN_EXPIRED".to_owned()));
    assert_eq!(events.next().await, Frame::End, "without `complete`, so that the client comes back with a fresh token");
    platform.notes.listened_to_by(0).await;
}

#[tokio::test]
async fn a_fresh_token_keeps_a_stream_alive() {
    let platform = Platform::start(Transport::InProcess).await;
    let lifetime = Duration::from_millis(600);
    let user = platform.doorman.admit("brief", &["note:read"], Some(lifetime));
    platform.doorman.admit_again("fresh", user, &["note:read"], None);
    let mut socket = Socket::session(&platform, Some("brief")).await;
    socket.subscribe("live", PRIVATE).await;
    platform.notes.listened_to_by(1).await;
    socket.send(&json!({ "type": "ping", "payload": { "authorization": "Bearer fresh" } })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    assert!(socket.is_quiet_for(lifetime * 2).await, "the first token's end is passed in silence");
    platform.notes.announce("later", "1");
    assert_eq!(socket.next().await["payload"]["data"]["privateNotes"]["text"], "later");
}

#[tokio::test]
async fn a_connection_cannot_become_somebody_elses() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("mine", &[], None);
    platform.doorman.admit("other", &[], None);
    let mut socket = Socket::session(&platform, Some("mine")).await;
    socket.send(&json!({ "type": "ping", "payload": { "authorization": "Bearer other" } })).await;
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test]
async fn a_strange_site_cannot_open_a_socket() {
    let platform = Platform::start(Transport::InProcess).await;
    let open = async |origin: &str| Socket::try_open(&platform, &[("origin", origin)]).await.err();
    assert_eq!(open("https://evil.example.com").await, Some(403));
    assert_eq!(open(crate::support::PARTNER).await, None);
}

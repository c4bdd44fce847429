//! What callers may see, over every transport, and what changes when their rights do.

use std::sync::atomic::Ordering;

use cloudphone_router::authorization::AuthorizationMode;
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Settings, Transport};

/// Names of accounts are for those who may read accounts.
const RULE: (&str, &str) = ("  name: String!", "  name: String! @requiresScopes(scopes: [[\"account:read\"]])");
const JOINED: &str = "subscription { noteAdded { text author { id name } } }";

async fn platform(mode: AuthorizationMode) -> Platform {
    let rules = vec![(RULE.0.to_owned(), RULE.1.to_owned())];
    Platform::start_with(Settings { rules, authorization: mode, ..Settings::new(Transport::InProcess) }).await
}

async fn ask(platform: &Platform, token: &str, document: &str) -> (u16, Value) {
    let response = platform.post(&json!({ "query": document })).bearer_auth(token).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn permissions_of_the_platform_count_as_scopes() {
    let platform = platform(AuthorizationMode::Filter).await;
    platform.doorman.admit("reader", &["account:*"], None);
    platform.doorman.admit("other", &["note:read"], None);
    let document = "{ account(id: 2) { id name } }";
    assert_eq!(
        ask(&platform, "reader", document).await.1,
        json!({ "data": { "account": { "id": "2", "name": "bob" } } })
    );
    let (status, answer) = ask(&platform, "other", document).await;
    // A name may not be null, so that the account is.
    assert_eq!((status, &answer["data"]), (200, &json!({ "account": null })));
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE");
    assert_eq!(error["path"], json!(["account", "name"]));
    assert!(error["extensions"]["correlationId"].is_string());
    assert_eq!(platform.ask(document).await["data"], json!({ "account": null }), "nobody has no scope");
}

#[tokio::test]
async fn an_operation_is_refused_whole_where_that_is_the_way() {
    let platform = platform(AuthorizationMode::Reject).await;
    platform.doorman.admit("reader", &["account:read"], None);
    platform.doorman.admit("other", &[], None);
    let document = "{ trail account(id: 2) { name } }";
    assert_eq!(ask(&platform, "reader", document).await.0, 200);
    let (status, answer) = ask(&platform, "other", document).await;
    assert_eq!((status, &answer["data"]), (403, &Value::Null));
    assert_eq!(answer["errors"][0]["extensions"]["coordinates"], json!(["Account.name"]));
    let nobody = platform.post(&json!({ "query": document })).send().await.unwrap();
    assert_eq!(nobody.status(), 401);

    let mut socket = Socket::session(&platform, Some("other")).await;
    for document in [document, JOINED] {
        socket.subscribe("1", document).await;
        let refused = socket.next().await;
        assert_eq!(refused["type"], "error", "{refused}");
        assert_eq!(refused["payload"][0]["extensions"]["coordinates"], json!(["Account.name"]));
    }
}

#[tokio::test]
async fn changed_rights_change_what_a_live_stream_shows() {
    let platform = platform(AuthorizationMode::Filter).await;
    platform.doorman.admit("mine", &[], None);
    let mut socket = Socket::session(&platform, Some("mine")).await;
    socket.subscribe("1", JOINED).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("one", "2");
    let event = socket.next().await["payload"].clone();
    assert_eq!(event["errors"][0]["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE", "{event}");
    assert_eq!(event["errors"][0]["path"], json!(["noteAdded", "author", "name"]));
    assert_eq!(platform.accounts.joined.load(Ordering::SeqCst), 0, "nobody was asked for it");

    // Another stream takes the place of the one before, whose end may come before or after its beginning.
    let before = platform.notes.begun.load(Ordering::SeqCst);
    platform.doorman.permit("mine", &["account:read"]);
    platform.notes.begun_after(before).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("two", "2");
    let event = socket.next().await["payload"].clone();
    assert_eq!(event, json!({ "data": { "noteAdded": { "text": "two", "author": { "id": "2", "name": "bob" } } } }));

    let before = platform.notes.begun.load(Ordering::SeqCst);
    platform.doorman.permit("mine", &[]);
    platform.notes.begun_after(before).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("three", "2");
    let event = socket.next().await["payload"].clone();
    assert!(!event.to_string().contains("bob"), "{event}");
}

#[tokio::test]
async fn those_who_may_see_different_things_share_no_stream() {
    let platform = platform(AuthorizationMode::Filter).await;
    platform.doorman.admit("reader", &["account:read"], None);
    let mut reader = Socket::session(&platform, Some("reader")).await;
    reader.subscribe("1", JOINED).await;
    let mut events = Events::of(platform.get(JOINED)).await;
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("one", "2");
    assert_eq!(reader.next().await["payload"]["data"]["noteAdded"]["author"]["name"], "bob");
    let Frame::Next(event) = events.next().await else { panic!("no event") };
    assert!(!event.to_string().contains("bob"), "{event}");
}

#[tokio::test]
async fn a_live_stream_obeys_the_rules_of_a_new_supergraph() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", JOINED).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("one", "2");
    assert_eq!(socket.next().await["payload"]["data"]["noteAdded"]["author"]["name"], "bob");
    let supergraph = platform.supergraph(|_| {}).replacen(RULE.0, RULE.1, 1);
    platform.gateway.exchange(&supergraph, platform.executor.clone()).unwrap();
    // It would be answered otherwise now, so that it ends, and its client subscribes again.
    let end = socket.next_or_close().await;
    assert!(matches!(end, Err((1012, _))) || end.is_ok_and(|message| message["type"] == "error"));
}

//! The single connection mode of the graphql-sse protocol.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Settings, Transport, subscribed, until};

over_both_transports!(many_operations_share_a_stream, a_revoked_session_is_told_to_every_operation);

const PRIVATE: &str = "subscription { privateNotes { text } }";

/// A client with its reservation.
struct Visitor<'a> {
    platform: &'a Platform,
    bearer: Option<&'a str>,
    token: String,
}

impl<'a> Visitor<'a> {
    async fn new(platform: &'a Platform, bearer: Option<&'a str>) -> Self {
        let mut visitor = Self { platform, bearer, token: String::new() };
        let response = visitor.request(Method::PUT, "").send().await.unwrap();
        assert_eq!(response.status(), 201);
        visitor.token = response.text().await.unwrap();
        visitor
    }

    fn request(&self, method: Method, query: &str) -> RequestBuilder {
        let mut request = Client::new().request(method, format!("{}{query}", self.platform.url()));
        if !self.token.is_empty() {
            request = request.header("x-graphql-event-stream-token", &self.token);
        }
        match self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    async fn open(&self) -> Events {
        Events::of(self.request(Method::GET, "")).await
    }

    async fn start(&self, id: &str, document: &str) -> (u16, Value) {
        let body = json!({ "query": document, "extensions": { "operationId": id } });
        let response = self.request(Method::POST, "").json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    async fn stop(&self, id: &str) -> u16 {
        let query = format!("?operationId={id}");
        self.request(Method::DELETE, &query).send().await.unwrap().status().as_u16()
    }

    /// The status of the attempt to open the stream.
    async fn knocks(&self) -> u16 {
        let request = self.request(Method::GET, "").header("accept", "text/event-stream");
        request.send().await.unwrap().status().as_u16()
    }
}

async fn many_operations_share_a_stream(transport: Transport) {
    let platform = Platform::start(transport).await;
    let visitor = Visitor::new(&platform, None).await;
    // Before the stream is open, results wait for it.
    assert_eq!(visitor.start("early", "{ account(id: 1) { name } }").await, (202, Value::Null));
    let mut events = visitor.open().await;
    let payload = json!({ "data": { "account": { "name": "ada" } } });
    assert_eq!(events.next().await, Frame::Next(json!({ "id": "early", "payload": payload })));
    assert_eq!(events.next().await, Frame::CompleteOf(json!({ "id": "early" })));

    assert_eq!(visitor.start("a", "subscription { noteAdded { text } }").await.0, 202);
    assert_eq!(visitor.start("b", "subscription { noteAdded { text author { name } } }").await.0, 202);
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("hello", "2");
    let mut heard = Vec::new();
    for _ in 0..2 {
        let Frame::Next(event) = events.next().await else { panic!("both hear of it") };
        assert_eq!(event["payload"]["data"]["noteAdded"]["text"], "hello");
        heard.push(event["id"].as_str().unwrap().to_owned());
    }
    heard.sort();
    assert_eq!(heard, ["a", "b"]);

    assert_eq!(visitor.stop("a").await, 200);
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("again", "1");
    let Frame::Next(event) = events.next().await else { panic!("the other goes on") };
    assert_eq!(event["id"], "b");
    drop(events);
    platform.notes.listened_to_by(0).await;
    assert_eq!(visitor.start("c", "{ trail }").await.0, 404, "the reservation ended with its stream");
}

async fn a_revoked_session_is_told_to_every_operation(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.doorman.admit("mine", &["note:read"], None);
    let visitor = Visitor::new(&platform, Some("mine")).await;
    let mut events = visitor.open().await;
    visitor.start("a", PRIVATE).await;
    platform.notes.listened_to_by(1).await;
    platform.doorman.revoke("mine");
    let Frame::Next(last) = events.next().await else { panic!("the reason comes first") };
    assert_eq!(last["payload"]["errors"][0]["extensions"]["code"], "SESSION_REVOKED");
    assert_eq!(events.next().await, Frame::CompleteOf(json!({ "id": "a" })));
    assert_eq!(events.next().await, Frame::End);
    let (status, _) = visitor.start("b", PRIVATE).await;
    assert!([401, 404].contains(&status), "{status}");
}

#[tokio::test]
async fn a_reservation_has_one_stream_and_one_owner() {
    let platform = Platform::start(Transport::InProcess).await;
    let user = platform.doorman.admit("mine", &["note:read"], None);
    platform.doorman.admit_again("mine-elsewhere", user, &["note:read"], None);
    platform.doorman.admit("other", &["note:read"], None);
    let mine = Visitor::new(&platform, Some("mine")).await;
    for bearer in [None, Some("other")] {
        let thief = Visitor { platform: &platform, bearer, token: mine.token.clone() };
        assert_eq!(thief.knocks().await, 404);
        assert_eq!(thief.start("1", PRIVATE).await.0, 404);
        assert_eq!(thief.stop("1").await, 404);
    }
    let forger = Visitor { platform: &platform, bearer: Some("forged"), token: mine.token.clone() };
    assert_eq!(forger.knocks().await, 401);
    let _events = mine.open().await;
    assert_eq!(mine.knocks().await, 409, "there is never a second stream");
    let myself = Visitor { platform: &platform, bearer: Some("mine-elsewhere"), token: mine.token.clone() };
    assert_eq!(myself.start("1", PRIVATE).await.0, 202, "the same person with another token");

    let nobodys = Visitor::new(&platform, None).await;
    let somebody = Visitor { platform: &platform, bearer: Some("other"), token: nobodys.token.clone() };
    assert_eq!(somebody.knocks().await, 404, "not even one that nobody signed in for");
    assert_eq!(Visitor { platform: &platform, bearer: None, token: "guessed".to_owned() }.knocks().await, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_at_once() {
    let platform =
        Platform::start_with(Settings::new(Transport::InProcess).limits(|limits| limits.operations_per_connection = 2))
            .await;
    let visitor = Visitor::new(&platform, None).await;
    let mut events = visitor.open().await;
    let (status, answer) = visitor.start("1", "{ noSuchField }").await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("GRAPHQL_VALIDATION_FAILED")));
    assert_eq!(visitor.start("", "{ trail }").await.0, 400);
    assert_eq!(visitor.start("1", "subscription { noteAdded { text } }").await.0, 202);
    assert_eq!(visitor.start("1", "{ trail }").await.0, 409);
    let mutation = "?query=mutation%7Brename(id%3A1%2Cname%3A%22x%22)%7Bid%7D%7D";
    assert_eq!(visitor.request(Method::GET, mutation).send().await.unwrap().status(), 405);
    assert_eq!(visitor.request(Method::DELETE, "").send().await.unwrap().status(), 400);
    assert_eq!(visitor.request(Method::POST, "").json(&json!([])).send().await.unwrap().status(), 400);

    visitor.start("2", "subscription { noteAdded { id } }").await;
    assert_eq!(visitor.start("3", "{ trail }").await.0, 202);
    let Frame::Next(refused) = events.next().await else { panic!("it is refused on the stream") };
    assert_eq!(refused["id"], "3");
    assert_eq!(refused["payload"]["errors"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    assert_eq!(events.next().await, Frame::CompleteOf(json!({ "id": "3" })));
}

#[tokio::test]
async fn a_reservation_takes_a_place_and_expires() {
    let brief = |limits: &mut cloudphone_router::protection::Limits| {
        (limits.connections, limits.initialisation_timeout) = (1, Duration::from_secs(2));
    };
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let visitor = Visitor::new(&platform, None).await;
    let full = Client::new().put(platform.url()).send().await.unwrap();
    assert_eq!((full.status().as_u16(), full.headers().contains_key("retry-after")), (503, true));
    assert_eq!(visitor.start("1", "subscription { noteAdded { text } }").await.0, 202);
    subscribed(1).await;
    until("its place is free", || platform.connections.available_permits() == 1).await;
    assert_eq!(visitor.knocks().await, 404);
    subscribed(0).await;
}

#[tokio::test]
async fn a_request_with_a_fresh_token_renews_the_stream() {
    let platform = Platform::start(Transport::InProcess).await;
    let lifetime = Duration::from_secs(3);
    platform.doorman.admit("brief", &["note:read"], Some(lifetime));
    platform.doorman.refresh("brief", "fresh", None);
    let visitor = Visitor::new(&platform, Some("brief")).await;
    let mut events = visitor.open().await;
    visitor.start("a", PRIVATE).await;
    platform.notes.listened_to_by(1).await;
    let renewed = Visitor { platform: &platform, bearer: Some("fresh"), token: visitor.token.clone() };
    assert_eq!(renewed.stop("nothing").await, 200);
    tokio::time::sleep(lifetime * 3 / 2).await;
    platform.notes.announce("later", "1");
    let Frame::Next(event) = events.next().await else { panic!("it goes on") };
    assert_eq!(event["payload"]["data"]["privateNotes"]["text"], "later");
}

#[tokio::test]
async fn a_stream_breaks_off_when_its_token_ends_or_the_router_stops() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("brief", &["note:read"], Some(Duration::from_millis(900)));
    let visitor = Visitor::new(&platform, Some("brief")).await;
    let mut events = visitor.open().await;
    visitor.start("a", PRIVATE).await;
    platform.notes.listened_to_by(1).await;
    assert_eq!(
        events.next().await,
        Frame::End,
        "without a last word, so that the client comes back with a fresh token"
    );

    let visitor = Visitor::new(&platform, None).await;
    let mut events = visitor.open().await;
    visitor.start("live", "subscription { noteAdded { text } }").await;
    visitor.start("held", "{ held }").await;
    platform.notes.listened_to_by(1).await;
    until("the question waits", || platform.accounts.waiting.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
    platform.draining.cancel();
    platform.notes.listened_to_by(0).await;
    platform.accounts.gate.add_permits(1);
    assert_eq!(
        events.next().await,
        Frame::Next(json!({ "id": "held", "payload": { "data": { "held": "released" } } }))
    );
    assert_eq!(events.next().await, Frame::CompleteOf(json!({ "id": "held" })));
    assert_eq!(events.next().await, Frame::End);
}

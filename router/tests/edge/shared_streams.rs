//! Equal subscriptions on one stream: who shares, who does not, and what becomes of those who are slow.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cloudphone_router::protection::Limits;
use cloudphone_router::streams::{FieldRule, Overrun};
use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{Platform, Settings, Transport, measured, subscribed};

over_both_transports!(
    equal_subscriptions_cost_one_upstream_and_one_join,
    strangers_share_nothing,
    a_late_comer_gets_a_start_of_its_own,
    a_renewed_session_and_an_expiring_one_part_ways,
);

const JOINED: &str = "subscription { noteAdded { text author { name } } }";
const PRIVATE: &str = "subscription { privateNotes { text } }";
const WALL: &str = "subscription { wall { text } }";

fn rules(transport: Transport, fields: &[(&str, FieldRule)]) -> Settings {
    let fields = fields.iter().map(|(name, rule)| ((*name).to_owned(), rule.clone())).collect();
    Settings::new(transport).limits(|limits| limits.streams.fields = fields)
}

/// A socket with one subscription.
async fn subscriber(platform: &Platform, token: Option<&str>, document: &str) -> Socket {
    let mut socket = Socket::session(platform, token).await;
    socket.subscribe("1", document).await;
    socket
}

fn added(event: &Value) -> &Value {
    &event["payload"]["data"]["noteAdded"]
}

async fn equal_subscriptions_cost_one_upstream_and_one_join(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(subscriber(&platform, None, JOINED).await);
    }
    // Another id on a connection of another kind: the event is the same.
    let mut events = Events::of(platform.get(JOINED)).await;
    subscribed(4).await;
    platform.notes.listened_to_by(1).await;
    assert!((measured("cloudphone_graphql_subscription_upstreams") - 1.0).abs() < 0.5);

    platform.notes.announce("hello", "2");
    let whole = json!({ "text": "hello", "author": { "name": "bob" } });
    for socket in &mut sockets {
        assert_eq!(added(&socket.next().await), &whole);
    }
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "noteAdded": whole } })));
    assert_eq!(platform.accounts.joined.load(Ordering::SeqCst), 1, "the author was asked for once");

    drop((sockets.remove(0), events));
    subscribed(2).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("still", "1");
    for socket in &mut sockets {
        assert_eq!(added(&socket.next().await)["text"], "still");
    }
    drop(sockets);
    subscribed(0).await;
    platform.notes.listened_to_by(0).await;
}

async fn strangers_share_nothing(transport: Transport) {
    let platform = Platform::start(transport).await;
    for token in ["ada", "bob"] {
        platform.doorman.admit(token, &["note:read"], None);
    }
    let user = platform.doorman.admit("cleo", &["note:read"], None);
    platform.doorman.admit_again("cleo-elsewhere", user, &["note:read"], None);
    let mut sockets = Vec::new();
    for token in [Some("ada"), Some("ada"), Some("bob"), Some("cleo"), Some("cleo-elsewhere")] {
        sockets.push(subscriber(&platform, token, PRIVATE).await);
    }
    subscribed(5).await;
    platform.notes.listened_to_by(4).await;

    // The same field for nobody in particular, for somebody, and with other values.
    let with_since = "subscription ($since: Int) { noteAdded(since: $since) { text } }";
    for (token, since) in [(None, 1), (None, 1), (None, 2), (Some("ada"), 1)] {
        let mut socket = Socket::session(&platform, token).await;
        let payload = json!({ "query": with_since, "variables": { "since": since } });
        socket.send(&json!({ "type": "subscribe", "id": "1", "payload": payload })).await;
        sockets.push(socket);
    }
    subscribed(9).await;
    platform.notes.listened_to_by(7).await;

    // Rights that change take one person's subscriptions elsewhere, and nobody else's.
    platform.doorman.permit("ada", &[]);
    for socket in &mut sockets[..2] {
        assert!(socket.next().await.to_string().contains("FORBIDDEN"));
        assert_eq!(socket.next().await["type"], "complete");
    }
    platform.notes.listened_to_by(6).await;
    platform.notes.announce("rest", "1");
    for socket in &mut sockets[2..5] {
        assert_eq!(socket.next().await["payload"]["data"]["privateNotes"]["text"], "rest");
    }
}

async fn a_late_comer_gets_a_start_of_its_own(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.notes.write("one");
    let mut first = subscriber(&platform, None, WALL).await;
    assert_eq!(first.next().await["payload"]["data"]["wall"], json!([{ "text": "one" }]));
    platform.notes.write("two");
    assert_eq!(first.next().await["payload"]["data"]["wall"], json!([{ "text": "two" }]));
    let mut late = subscriber(&platform, None, WALL).await;
    assert_eq!(late.next().await["payload"]["data"]["wall"], json!([{ "text": "one" }, { "text": "two" }]));
    platform.notes.listened_to_by(2).await;
    platform.notes.write("three");
    for socket in [&mut first, &mut late] {
        assert_eq!(socket.next().await["payload"]["data"]["wall"], json!([{ "text": "three" }]));
    }
}

#[tokio::test]
async fn the_start_of_a_snapshot_is_kept_for_those_who_come_at_once() {
    let settings = rules(Transport::InProcess, &[("wall", FieldRule::snapshot())]);
    let settings = settings.limits(|limits| limits.streams.start_kept_for = Duration::from_millis(700));
    let platform = Platform::start_with(settings).await;
    platform.notes.write("one");
    let mut first = subscriber(&platform, None, WALL).await;
    assert_eq!(first.next().await["payload"]["data"]["wall"], json!([{ "text": "one" }]));
    let began = std::time::Instant::now();
    platform.notes.write("two");
    assert_eq!(first.next().await["payload"]["data"]["wall"], json!([{ "text": "two" }]));
    let mut second = subscriber(&platform, None, WALL).await;
    let start = [second.next().await, second.next().await].map(|event| event["payload"]["data"]["wall"].clone());
    if began.elapsed() < Duration::from_millis(600) {
        assert_eq!(start, [json!([{ "text": "one" }]), json!([{ "text": "two" }])], "what the first one got");
        platform.notes.listened_to_by(1).await;
    }
    tokio::time::sleep(Duration::from_millis(800)).await;
    let before = platform.notes.added.receiver_count();
    let mut late = subscriber(&platform, None, WALL).await;
    assert_eq!(late.next().await["payload"]["data"]["wall"], json!([{ "text": "one" }, { "text": "two" }]));
    platform.notes.listened_to_by(before + 1).await;
}

#[tokio::test]
async fn a_field_that_begins_with_what_comes_next_is_joined_at_any_time() {
    let platform =
        Platform::start_with(rules(Transport::InProcess, &[("noteAdded", FieldRule::next(&["since"]))])).await;
    let mut sockets = Vec::new();
    for count in 1..=3 {
        sockets.push(subscriber(&platform, None, JOINED).await);
        subscribed(count).await;
        platform.notes.listened_to_by(1).await;
        let text = format!("note {count}");
        platform.notes.announce(&text, "1");
        for socket in &mut sockets {
            assert_eq!(added(&socket.next().await)["text"], text);
        }
    }
    // Who asks for the past shares only with those who have seen as much of it.
    let resumed = "subscription { noteAdded(since: 1) { text } }";
    let mut one = subscriber(&platform, None, resumed).await;
    subscribed(4).await;
    platform.notes.listened_to_by(2).await;
    platform.notes.announce("again", "1");
    assert_eq!(added(&one.next().await)["text"], "again");
    let _other = subscriber(&platform, None, resumed).await;
    platform.notes.listened_to_by(3).await;
}

async fn a_renewed_session_and_an_expiring_one_part_ways(transport: Transport) {
    let platform = Platform::start(transport).await;
    platform.doorman.admit("brief", &["note:read"], Some(Duration::from_millis(1500)));
    platform.doorman.refresh("brief", "fresh", None);
    let mut brief = subscriber(&platform, Some("brief"), PRIVATE).await;
    let mut fresh = subscriber(&platform, Some("fresh"), PRIVATE).await;
    subscribed(2).await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("both", "1");
    for socket in [&mut brief, &mut fresh] {
        assert_eq!(socket.next().await["payload"]["data"]["privateNotes"]["text"], "both");
    }
    assert_eq!(brief.closed().await, (4403, "Forbidden: TOKEN_EXPIRED".to_owned()));
    platform.notes.announce("one", "1");
    assert_eq!(fresh.next().await["payload"]["data"]["privateNotes"]["text"], "one");
    platform.notes.listened_to_by(1).await;
}

/// A fast reader and one that reads nothing while much happens; gives what the slow one reads afterwards, up to `last`.
async fn overrun(rule: FieldRule, last: impl Fn(&Value) -> bool) -> (Platform, Vec<Value>) {
    let settings = rules(Transport::InProcess, &[("noteAdded", rule)]);
    let platform = Platform::start_with(settings.limits(|limits| limits.streams.events_behind = 8)).await;
    let document = "subscription { noteAdded { id text } }";
    let mut slow = subscriber(&platform, None, document).await;
    let mut fast = subscriber(&platform, None, document).await;
    subscribed(2).await;
    // More than all buffers between the router and the slow one can hold.
    let padding = "x".repeat(32 * 1024);
    for number in 0..500 {
        platform.notes.announce(&format!("{number} {padding}"), "1");
        let event = fast.next().await;
        let told = added(&event)["text"].as_str().unwrap();
        assert_eq!(told.split(' ').next(), Some(number.to_string().as_str()), "a slow one holds nobody back");
    }
    let mut heard = Vec::new();
    loop {
        heard.push(slow.next().await);
        if last(heard.last().unwrap()) {
            return (platform, heard);
        }
    }
}

fn number(event: &Value) -> u32 {
    added(event)["text"].as_str().unwrap().split(' ').next().unwrap().parse().unwrap()
}

fn is_last(event: &Value) -> bool {
    number(event) == 499
}

#[tokio::test]
async fn a_slow_reader_skips_what_is_forgotten_and_is_told_so() {
    let (_platform, heard) = overrun(FieldRule::next(&[]), is_last).await;
    let gaps: Vec<_> = heard.windows(2).filter(|pair| number(&pair[1]) != number(&pair[0]) + 1).collect();
    assert!(!gaps.is_empty() && heard.len() < 500);
    for pair in gaps {
        assert!(number(&pair[0]) < number(&pair[1]));
        assert_eq!(pair[1]["payload"]["extensions"], json!({ "subscription": { "gap": true } }));
    }
    assert!(measured("cloudphone_graphql_subscription_dropped_total") > 0.0);
    assert!(measured("cloudphone_graphql_subscription_deliveries_total") >= 500.0);
}

#[tokio::test]
async fn where_the_latest_wins_a_slow_reader_goes_on_with_it() {
    let rule = FieldRule { overrun: Some(Overrun::Latest), ..FieldRule::next(&[]) };
    let (_platform, heard) = overrun(rule, is_last).await;
    let jumps: Vec<_> = heard.windows(2).filter(|pair| number(&pair[1]) != number(&pair[0]) + 1).collect();
    assert!(!jumps.is_empty());
    for pair in jumps {
        assert_eq!(pair[1]["payload"]["extensions"], json!({ "subscription": { "gap": true } }));
    }
}

#[tokio::test]
async fn a_slow_reader_may_be_ended_with_a_code() {
    let rule = FieldRule { overrun: Some(Overrun::Disconnect), ..FieldRule::next(&[]) };
    let (_platform, heard) = overrun(rule, |event| event["type"] == "error").await;
    let end = heard.last().unwrap();
    assert_eq!(end["payload"][0]["extensions"]["code"], "SUBSCRIBER_TOO_SLOW");
    subscribed(1).await;
}

#[tokio::test]
async fn a_slow_reader_of_changes_begins_anew_on_a_stream_of_its_own() {
    let settings = rules(Transport::InProcess, &[("wall", FieldRule::snapshot())]).limits(|limits| {
        (limits.streams.events_behind, limits.streams.start_kept_for) = (8, Duration::from_mins(1));
    });
    let platform = Platform::start_with(settings).await;
    let mut slow = subscriber(&platform, None, WALL).await;
    let mut fast = subscriber(&platform, None, WALL).await;
    subscribed(2).await;
    for socket in [&mut slow, &mut fast] {
        assert_eq!(socket.next().await["payload"]["data"]["wall"], json!([]));
    }
    platform.notes.listened_to_by(1).await;
    let padding = "x".repeat(32 * 1024);
    for number in 0..500 {
        // Kept out of later snapshots, which would be very large.
        platform.notes.announce(&format!("{number} {padding}"), "1");
        fast.next().await;
    }
    platform.notes.write("kept");
    assert_eq!(fast.next().await["payload"]["data"]["wall"], json!([{ "text": "kept" }]));
    let snapshot = loop {
        let event = slow.next().await;
        if !event["payload"]["extensions"].is_null() {
            break event;
        }
    };
    assert_eq!(snapshot["payload"]["data"]["wall"], json!([{ "text": "kept" }]), "how things stand now");
    assert_eq!(snapshot["payload"]["extensions"], json!({ "subscription": { "gap": true } }));
    platform.notes.listened_to_by(2).await;
    platform.notes.write("after");
    for socket in [&mut slow, &mut fast] {
        assert_eq!(socket.next().await["payload"]["data"]["wall"], json!([{ "text": "after" }]));
    }
}

#[tokio::test]
async fn subscriptions_have_a_hard_cap_per_person_and_in_all() {
    let few = |limits: &mut Limits| (limits.streams.per_user, limits.streams.in_all) = (2, 3);
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(few)).await;
    for token in ["ada", "bob"] {
        platform.doorman.admit(token, &["note:read"], None);
    }
    let mut ada = Socket::session(&platform, Some("ada")).await;
    let mut events = Events::of(platform.post(&json!({ "query": PRIVATE })).bearer_auth("ada")).await;
    ada.subscribe("1", PRIVATE).await;
    subscribed(2).await;
    ada.subscribe("2", PRIVATE).await;
    let refused = ada.next().await;
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("2")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_SUBSCRIPTIONS");
    let refused = async |token: &str| {
        let request = platform.post(&json!({ "query": PRIVATE })).bearer_auth(token);
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert!(response.headers().contains_key("retry-after"));
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"].clone())
    };
    assert_eq!(refused("ada").await, (429, json!("TOO_MANY_SUBSCRIPTIONS")));
    let _bob = subscriber(&platform, Some("bob"), PRIVATE).await;
    subscribed(3).await;
    assert_eq!(refused("bob").await, (503, json!("SUBSCRIPTIONS_EXHAUSTED")));

    platform.notes.announce("in time", "1");
    assert_eq!(
        ada.next().await["payload"]["data"]["privateNotes"]["text"],
        "in time",
        "those who are in notice nothing"
    );
    assert_eq!(events.next().await, Frame::Next(json!({ "data": { "privateNotes": { "text": "in time" } } })));
    drop(events);
    subscribed(2).await;
    ada.subscribe("3", PRIVATE).await;
    subscribed(3).await;
}

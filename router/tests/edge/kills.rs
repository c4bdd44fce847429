//! Subgraphs that die, stall or talk nonsense: who asked them is told so, and nobody else notices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::faults::{Fault, FaultyWire, Then};
use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport};

/// One field of the subgraph with the faulty wire, and one of the other.
const BOTH: &str = "{ account(id: 1) { name } notes { text } }";

/// A router with a faulty wire to the accounts, which have so long to answer. No connection was made over it yet: one that
/// is kept idle could break within the very moment in which it is taken.
async fn behind_a_faulty_wire(timeout: Duration) -> (Platform, Arc<FaultyWire>) {
    let settings = Settings { accounts_wire: Some(timeout), ..Settings::new(Transport::Network) };
    let platform = Platform::start_with(settings).await;
    platform.notes.write("kept");
    let wire = Arc::clone(platform.accounts_wire.as_ref().unwrap());
    (platform, wire)
}

fn whole() -> Value {
    json!({ "data": { "account": { "name": "ada" }, "notes": [{ "text": "kept" }] } })
}

/// The other subgraph's part is there, and the error says whose is not.
fn is_partial(answer: &Value, code: &str, what: &str) {
    assert_eq!(answer["data"], json!({ "account": null, "notes": [{ "text": "kept" }] }), "{what}: {answer}");
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{what}: {answer}");
    assert_eq!(errors[0]["path"], json!(["account"]), "{what}");
    assert_eq!(errors[0]["extensions"]["service"], "accounts", "{what}");
    assert_eq!(errors[0]["extensions"]["code"], code, "{what}: {answer}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_spoils_its_own_fields_only() {
    let (platform, wire) = behind_a_faulty_wire(PATIENCE).await;
    // Within the status line, within the headers, and within the JSON.
    for after in [0, 5, 40, 120] {
        for by_reset in [false, true] {
            let fault = Fault::Killed { after, by_reset };
            wire.set(fault.clone());
            is_partial(&platform.ask(BOTH).await, "DOWNSTREAM_SERVICE_ERROR", &format!("{fault:?}"));
        }
    }
    wire.set(Fault::None);
    assert_eq!(platform.ask(BOTH).await, whole());
}

#[tokio::test]
async fn nonsense_is_told_as_a_failed_service() {
    let (platform, wire) = behind_a_faulty_wire(PATIENCE).await;
    let json = r#"{"data":{"account":{"name":"eve"}}}"#;
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{more}\r\n");
    let length = json.len();
    let sized = |length: usize| head(&format!("content-length: {length}\r\n"));
    let mut not_text = sized(length).into_bytes();
    not_text.extend(json.replace("eve", "\u{1}\u{1}\u{1}").bytes().map(|byte| if byte == 1 { 0xFF } else { byte }));
    let cases: Vec<(&str, Vec<u8>, Then)> = vec![
        ("no HTTP", vec![0xFF; 500], Then::Nothing),
        ("a web socket's frame", b"\x81\x05hello".to_vec(), Then::Close),
        ("nothing", Vec::new(), Then::Close),
        ("more announced than sent", (sized(length + 10) + json).into_bytes(), Then::Close),
        ("less announced than sent", (sized(length - 10) + json).into_bytes(), Then::Close),
        ("two lengths", (head("content-length: 3\r\ncontent-length: 35\r\n") + json).into_bytes(), Then::Close),
        ("an empty answer", sized(0).into_bytes(), Then::Close),
        ("no UTF-8", not_text, Then::Close),
        ("broken chunks", (head("transfer-encoding: chunked\r\n") + "zz\r\n" + json).into_bytes(), Then::Close),
        ("headers without end", (head("").trim_end().to_owned() + "\r\nx-more: and more").into_bytes(), Then::Again),
        ("headers that are many", head(&"x-more: 1\r\n".repeat(10_000)).into_bytes(), Then::Close),
    ];
    for (what, bytes, then) in cases {
        wire.set(Fault::Answers { bytes, then });
        let answer = tokio::time::timeout(PATIENCE, platform.ask(BOTH)).await.unwrap_or_else(|_| panic!("{what}"));
        is_partial(&answer, "DOWNSTREAM_SERVICE_ERROR", what);
    }
    wire.set(Fault::None);
    assert_eq!(platform.ask(BOTH).await, whole());
}

#[tokio::test]
async fn who_keeps_the_router_waiting_is_given_up_in_time() {
    let limit = Duration::from_secs(3);
    let json = r#"{"data":{"account":{"name":"eve"}}}"#;
    let length = json.len();
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}");
    let said = |end: usize| Fault::Answers { bytes: answer.as_bytes()[..end].to_vec(), then: Then::Nothing };
    let begun = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n".to_vec();
    let cases = [
        ("half open: it accepts and says nothing", said(0)),
        ("it stalls within its head", said(30)),
        ("it stalls within its body", said(answer.len() - 1)),
        ("the network swallows all", Fault::BlackHole { after: 0 }),
        ("the network swallows the rest", Fault::BlackHole { after: 50 }),
        ("a byte now and then", Fault::Answers { bytes: answer.clone().into_bytes(), then: Then::Trickle }),
        ("a body that has only begun", Fault::Answers { bytes: begun, then: Then::Nothing }),
    ];
    join_all(cases.map(async |(what, fault)| {
        let (platform, wire) = behind_a_faulty_wire(limit).await;
        wire.set(fault);
        let began = Instant::now();
        is_partial(&platform.ask(BOTH).await, "GATEWAY_TIMEOUT", what);
        assert!(began.elapsed() < limit * 5, "{what}: it took {:?}", began.elapsed());
        wire.set(Fault::None);
        assert_eq!(platform.ask(BOTH).await, whole(), "{what}");
    }))
    .await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off_at_the_limit() {
    let (platform, wire) = behind_a_faulty_wire(PATIENCE * 3).await;
    let blanks = " ".repeat(1024);
    for (what, head) in
        [("more is announced than one may send", "content-length: 99999999999\r\n"), ("it does not end", "")]
    {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n{blanks}").into_bytes();
        wire.set(Fault::Answers { bytes, then: Then::Again });
        is_partial(&platform.ask(BOTH).await, "DOWNSTREAM_SERVICE_ERROR", what);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_waits_for_a_subgraph_that_stalls() {
    let (platform, wire) = behind_a_faulty_wire(Duration::from_mins(2)).await;
    let mut watching = Socket::session(&platform, None).await;
    watching.subscribe("1", "subscription { noteAdded { text } }").await;
    platform.notes.listened_to_by(1).await;
    wire.set(Fault::Answers { bytes: Vec::new(), then: Then::Nothing });
    let client = reqwest::Client::new();
    let ask = |document: &str| client.post(platform.url()).json(&json!({ "query": document })).send();
    let mut stalled = JoinSet::new();
    for _ in 0..100 {
        stalled.spawn(ask("{ account(id: 1) { name } }"));
    }
    let mut latencies = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        let answer: Value = ask("{ notes { text } }").await.unwrap().json().await.unwrap();
        latencies.push(began.elapsed());
        assert_eq!(answer, json!({ "data": { "notes": [{ "text": "kept" }] } }));
    }
    platform.notes.announce("live", "1");
    assert_eq!(watching.next().await["payload"]["data"]["noteAdded"]["text"], "live");
    latencies.sort();
    // Far below what the stalled ones take, also on a machine that has other things to do.
    assert!(latencies[197] < Duration::from_secs(5), "p99 is {:?}", latencies[197]);
    assert!(stalled.try_join_next().is_none(), "the stalled ones still wait");
    wire.set(Fault::None);
    while let Some(released) = stalled.join_next().await {
        released.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_subscribers_stream_goes_on_after_its_subgraph_was_killed_and_is_told_of_the_gap_once() {
    let mut platform = Platform::start(Transport::Network).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", "subscription { noteAdded { text author { name } } }").await;
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("before", "1");
    let before = socket.next().await["payload"].clone();
    assert_eq!(before, json!({ "data": { "noteAdded": { "text": "before", "author": { "name": "ada" } } } }));

    for round in ["first", "second"] {
        let process = platform.notes_process.as_mut().unwrap();
        process.kill();
        platform.notes.listened_to_by(0).await;
        platform.notes.announce("lost", "1");
        platform.notes_process.as_mut().unwrap().restart();
        platform.notes.listened_to_by(1).await;
        platform.notes.announce(round, "1");
        platform.notes.announce("later", "1");
        let after = socket.next().await["payload"].clone();
        assert_eq!(after["data"]["noteAdded"]["text"], round, "{after}");
        assert_eq!(after["extensions"], json!({ "subscription": { "gap": true } }));
        let later = socket.next().await["payload"].clone();
        assert_eq!(later, json!({ "data": { "noteAdded": { "text": "later", "author": { "name": "ada" } } } }));
    }
}

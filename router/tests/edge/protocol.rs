//! The rules of graphql-transport-ws, and what breaking them costs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport};

const ADDED: &str = "subscription { noteAdded { text author { name } } }";

over_both_transports!(events_are_joined_over_subgraphs, a_source_that_ends_completes_the_subscription);

async fn events_are_joined_over_subgraphs(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("a", ADDED).await;
    platform.notes.listened_to_by(1).await;
    platform.ask("mutation { write(text: \"hello\", author: \"3\") { id } }").await;
    let event = json!({ "data": { "noteAdded": { "text": "hello", "author": { "name": "cleo" } } } });
    assert_eq!(socket.next().await, json!({ "id": "a", "type": "next", "payload": event }));
    socket.send(&json!({ "type": "complete", "id": "a" })).await;
    platform.notes.listened_to_by(0).await;
}

async fn a_source_that_ends_completes_the_subscription(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut socket = Socket::session(&platform, None).await;
    for _ in 0..20 {
        // The id is free as soon as the client hears that the operation is complete.
        socket.subscribe("same", "subscription { countdown(from: 2) }").await;
        for value in [2, 1, 0] {
            assert_eq!(socket.next().await["payload"]["data"]["countdown"], value);
        }
        assert_eq!(socket.next().await, json!({ "id": "same", "type": "complete" }));
    }
}

async fn close_after(messages: &[Value]) -> (u16, String) {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::open(&platform).await;
    for message in messages {
        socket.send(message).await;
    }
    loop {
        // Whatever is said before, the close comes last.
        match socket.next_or_close().await {
            Ok(_) => {}
            Err(close) => return close,
        }
    }
}

fn subscribe(id: &str) -> Value {
    json!({ "type": "subscribe", "id": id, "payload": { "query": ADDED } })
}

#[tokio::test]
async fn breaking_the_protocol_closes_with_its_codes() {
    let init = json!({ "type": "connection_init" });
    let close = |code: u16, reason: &str| (code, reason.to_owned());
    assert_eq!(close_after(&[subscribe("1")]).await, close(4401, "Unauthorized"));
    let twice = close_after(&[init.clone(), init.clone()]).await;
    assert_eq!(twice, close(4429, "Too many initialisation requests"));
    let same = close_after(&[init.clone(), subscribe("same"), subscribe("same")]).await;
    assert_eq!(same, close(4409, "Subscriber for same already exists"));
    let long = "é".repeat(500);
    assert_eq!(close_after(&[init.clone(), subscribe(&long), subscribe(&long)]).await.0, 4409);
    for wrong in [
        json!({ "type": "start" }),
        json!({ "type": "subscribe", "id": "1" }),
        json!({ "type": "subscribe", "id": "1", "payload": { "query": 7 } }),
        json!({ "type": "subscribe", "id": "", "payload": { "query": "{ trail }" } }),
        json!({ "type": "complete" }),
        json!({ "no": "type" }),
        json!([1]),
    ] {
        assert_eq!(close_after(&[init.clone(), wrong.clone()]).await.0, 4400, "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_message_closes_the_connection() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.send_text("{ not json").await;
    assert_eq!(socket.closed().await, (4400, "Invalid message".to_owned()));
    let mut socket = Socket::session(&platform, None).await;
    socket.send_binary().await;
    assert_eq!(socket.closed().await.0, 4400);
}

#[tokio::test]
async fn what_is_no_frame_closes_the_connection_with_the_codes_of_the_standard() {
    let platform = Platform::start(Transport::InProcess).await;
    let large = [&[0x81, 0xFF][..], &(1_u64 << 21).to_be_bytes(), &[0; 4]].concat();
    for (frame, code) in [
        (vec![0x81, 0x01, b'a'], 1002),
        (vec![0x83, 0x80, 0, 0, 0, 0], 1002),
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
        (large, 1009),
    ] {
        let mut socket = Socket::session(&platform, None).await;
        socket.send_bytes(&frame).await;
        assert_eq!(socket.closed().await.0, code, "{frame:?}");
    }
}

#[tokio::test]
async fn a_message_in_several_frames_is_one() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::session(&platform, None).await;
    for frame in [
        &b"\x01\x87\0\0\0\0{\"type\""[..],
        // A ping may come between two frames of a message (RFC 6455 §5.4).
        b"\x89\x85\0\0\0\0there",
        b"\x00\x80\0\0\0\0",
        b"\x80\x88\0\0\0\0:\"ping\"}",
    ] {
        for byte in frame {
            socket.send_bytes(&[*byte]).await;
        }
    }
    assert_eq!(socket.pong().await, b"there");
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    assert_eq!(socket.leave().await, 1000, "a close is answered by its own code");
}

#[tokio::test]
async fn a_session_has_to_begin_in_time() {
    let brief = |limits: &mut cloudphone_router::protection::Limits| {
        limits.initialisation_timeout = Duration::from_millis(100);
    };
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let mut socket = Socket::open(&platform).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test]
async fn another_subprotocol_is_refused() {
    let platform = Platform::start(Transport::InProcess).await;
    let old = Socket::try_open(&platform, &[("sec-websocket-protocol", "graphql-ws")]).await;
    assert_eq!(old.err(), Some(400));
}

#[tokio::test]
async fn a_ping_is_answered_at_any_time() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::open(&platform).await;
    socket.send(&json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    socket.initialise(None).await;
    assert_eq!(socket.next().await["type"], "connection_ack");
    socket.send(&json!({ "type": "ping", "payload": { "any": "thing" } })).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    socket.send(&json!({ "type": "pong" })).await;
    socket.subscribe("1", "{ account(id: 1) { name } }").await;
    assert_eq!(socket.next().await["payload"]["data"]["account"]["name"], "ada");
}

#[tokio::test]
async fn an_operation_that_cannot_run_ends_in_an_error_and_frees_its_id() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut socket = Socket::session(&platform, None).await;
    for _ in 0..2 {
        socket.subscribe("1", "{ noSuchField }").await;
        let error = socket.next().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("1")));
        assert!(error["payload"][0]["message"].is_string());
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_answered() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut early = Socket::open(&platform).await;
    assert_eq!(early.leave().await, 1000);
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", ADDED).await;
    platform.notes.listened_to_by(1).await;
    assert_eq!(socket.leave().await, 1000);
    platform.notes.listened_to_by(0).await;
}

#[tokio::test]
async fn operations_and_connections_have_limits() {
    let few = |limits: &mut cloudphone_router::protection::Limits| {
        limits.operations_per_connection = 2;
        limits.connections = 1;
    };
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(few)).await;
    let mut socket = Socket::session(&platform, None).await;
    for id in ["1", "2", "3"] {
        socket.subscribe(id, ADDED).await;
    }
    let refused = socket.next().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("3"), &json!("error")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    assert_eq!(Socket::try_open(&platform, &[]).await.err(), Some(503));
    let stream = platform.post(&json!({ "query": ADDED })).header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(stream.status(), 503);
    assert!(stream.headers().contains_key("retry-after"));
    drop(socket);
    platform.notes.listened_to_by(0).await;
    crate::support::until("the place is free again", || platform.connections.available_permits() == 1).await;
}

//! What many subscriptions cost: writes for those that share a connection, memory for those that only listen.

use std::fs;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport, subscribed};

const DOCUMENT: &str = "subscription { noteAdded { text } }";
const UPGRADE: &str = "GET /graphql/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
const ACKNOWLEDGED: &[u8] = b"{\"type\":\"connection_ack\"}";

/// A text frame from a client (RFC 6455 §5.2), masked with zeros.
fn masked_frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&[0x81, 0xFE][..], &length.to_be_bytes(), &[0; 4], text.as_bytes()].concat()
}

/// A connection of a client that keeps nothing but its socket, with so many subscriptions.
async fn listener(platform: &Platform, subscriptions: usize) -> TcpStream {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        assert_ne!(timeout(PATIENCE, stream.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
    }
    stream.write_all(&masked_frame(r#"{"type":"connection_init"}"#)).await.unwrap();
    while !heard.ends_with(ACKNOWLEDGED) {
        assert_ne!(timeout(PATIENCE, stream.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
    }
    for id in 0..subscriptions {
        let id = id.to_string();
        let subscribe = json!({ "type": "subscribe", "id": id, "payload": { "query": DOCUMENT } });
        stream.write_all(&masked_frame(&subscribe.to_string())).await.unwrap();
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_subscriptions_of_one_connection_get_an_event_by_a_few_writes() {
    const SUBSCRIPTIONS: usize = 200;
    let many = |limits: &mut cloudphone_router::protection::Limits| limits.operations_per_connection = SUBSCRIPTIONS;
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(many)).await;
    let stream = listener(&platform, SUBSCRIPTIONS).await;
    subscribed(200).await;
    platform.notes.listened_to_by(1).await;
    for text in ["one", "two"] {
        platform.notes.announce(text, "1");
        let (mut heard, mut reads) = (Vec::with_capacity(64 * 1024), 0);
        let events = |heard: &[u8]| heard.windows(13).filter(|bytes| bytes == b"\"type\":\"next\"").count();
        let whole = |heard: &[u8]| events(heard) == SUBSCRIPTIONS && heard.ends_with(b"}}}}");
        while !whole(&heard) {
            timeout(PATIENCE, stream.readable()).await.unwrap().unwrap();
            // All that is there, so that no write is counted twice.
            if stream.try_read_buf(&mut heard).is_ok() {
                reads += 1;
            }
            heard.reserve(64 * 1024);
        }
        assert!(reads <= 20, "{SUBSCRIPTIONS} events came in {reads} pieces");
        for id in 0..SUBSCRIPTIONS {
            let message =
                format!(r#"{{"id":"{id}","type":"next","payload":{{"data":{{"noteAdded":{{"text":"{text}"}}}}}}}}"#);
            assert!(heard.windows(message.len()).any(|bytes| bytes == message.as_bytes()), "{message}");
        }
    }
}

/// What the process holds in memory, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_listener_costs_little_memory() {
    const LISTENERS: usize = 300;
    // Generous: clients, the system's allocator and a build without optimisation are in it.
    const BYTES_EACH: usize = 16 * 1024;
    let platform = Platform::start(Transport::InProcess).await;
    // What is allocated once only, such as the plan and the buffers of a thread.
    let mut listeners = Vec::new();
    for _ in 0..50 {
        listeners.push(listener(&platform, 1).await);
    }
    subscribed(50).await;
    let before = resident();
    for _ in 0..LISTENERS {
        listeners.push(listener(&platform, 1).await);
    }
    subscribed(350).await;
    let each = resident().saturating_sub(before) / LISTENERS;
    assert!(each <= BYTES_EACH, "a listener costs {each} bytes");
}

#[tokio::test]
async fn a_connection_that_is_no_plain_socket_is_served_alike() {
    let mut settings = Settings::new(Transport::InProcess);
    settings.wrapped = true;
    let platform = Platform::start_with(settings).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", DOCUMENT).await;
    socket.subscribe("2", "subscription { flood(bytes: 200000) }").await;
    platform.notes.listened_to_by(1).await;
    // More than it takes at once, with something else in between.
    let (mut floods, mut notes) = (0, 0);
    while floods < 20 || notes < 3 {
        if floods % 5 == 0 {
            platform.notes.announce(&floods.to_string(), "1");
        }
        let message = socket.next().await;
        match message["id"].as_str().unwrap() {
            "1" => notes += 1,
            _ => floods += 1,
        }
    }
    socket.send(&json!({ "type": "complete", "id": "2" })).await;
    socket.send(&json!({ "type": "ping" })).await;
    loop {
        let message = socket.next().await;
        if message["type"] == "pong" {
            break;
        }
    }
    drop(socket);
    platform.notes.listened_to_by(0).await;
}

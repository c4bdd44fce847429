//! Clients that do not read, and those beside them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport, subscribed, until};

const EVENT_BYTES: u64 = 64 * 1024;

over_both_transports!(a_client_that_does_not_read_holds_back_only_itself);

/// A plain connection that sends a request, and then whatever is given, and never reads.
async fn stalled(platform: &Platform, request: &str, then: &[String]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // Small, so that little is on its way in the kernel.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut connection = socket.connect(platform.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    for text in then {
        connection.write_all(&masked_frame(text)).await.unwrap();
    }
    connection
}

/// A text frame from a client (RFC 6455 §5.2), masked with zeros.
fn masked_frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    let mut frame = vec![0x81, 0xFE];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

async fn stalled_socket(platform: &Platform) -> TcpStream {
    listening_socket(platform, &format!("subscription {{ flood(bytes: {EVENT_BYTES}) }}")).await
}

/// A socket with one subscription that says nothing more.
async fn listening_socket(platform: &Platform, document: &str) -> TcpStream {
    let upgrade = "GET /graphql/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
    let init = json!({ "type": "connection_init" }).to_string();
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": document } }).to_string();
    // Padded, so that every frame has a length of two bytes.
    stalled(platform, upgrade, &[format!("{init:200}"), format!("{subscribe:200}")]).await
}

async fn stalled_event_stream(platform: &Platform) -> TcpStream {
    stalled_response(platform, "text/event-stream").await
}

async fn stalled_response(platform: &Platform, accept: &str) -> TcpStream {
    let body = json!({ "query": format!("subscription {{ flood(bytes: {EVENT_BYTES}) }}") }).to_string();
    let length = body.len();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stalled(platform, &request, &[]).await
}

/// A reserved stream that is never read, and an operation for it.
async fn stalled_reservation(platform: &Platform) -> TcpStream {
    let client = reqwest::Client::new();
    let token = client.put(platform.url()).send().await.unwrap().text().await.unwrap();
    let request = format!(
        "GET /graphql HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\nx-graphql-event-stream-token: {token}\r\n\r\n"
    );
    let stream = stalled(platform, &request, &[]).await;
    let document = format!("subscription {{ flood(bytes: {EVENT_BYTES}) }}");
    let body = json!({ "query": document, "extensions": { "operationId": "1" } });
    let request = client.post(platform.url()).header("x-graphql-event-stream-token", token).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 202);
    stream
}

/// Waits until a flood has begun and then stands still, and tells how many events it made.
async fn standstill(platform: &Platform) -> u64 {
    let count = || platform.notes.flooded.load(Ordering::SeqCst);
    until("the flood has begun", || count() > 0).await;
    loop {
        let before = count();
        tokio::time::sleep(Duration::from_millis(300)).await;
        if count() == before {
            return before;
        }
    }
}

async fn a_client_that_does_not_read_holds_back_only_itself(transport: Transport) {
    let platform = Platform::start(transport).await;
    let mut reader = Socket::session(&platform, None).await;
    reader.subscribe("1", "subscription { noteAdded { text } }").await;
    platform.notes.listened_to_by(1).await;
    let _socket = stalled_socket(&platform).await;
    let _stream = stalled_event_stream(&platform).await;
    let made = standstill(&platform).await;
    // Queues of the router and buffers of the kernel, on both ways: far from endless.
    assert!(made * EVENT_BYTES < 64 * 1024 * 1024, "{made} events are held for two clients that do not read");
    for text in ["one", "two", "three"] {
        platform.notes.announce(text, "1");
        assert_eq!(reader.next().await["payload"]["data"]["noteAdded"]["text"], text);
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_dropped() {
    let brief = |limits: &mut cloudphone_router::protection::Limits| limits.write_timeout = Duration::from_millis(200);
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let places = platform.connections.available_permits();
    let idle = Arc::strong_count(&platform.notes.floods);
    let socket = stalled_socket(&platform).await;
    until("the socket's flood is over", || {
        platform.notes.flooded.load(Ordering::SeqCst) > 0 && Arc::strong_count(&platform.notes.floods) == idle
    })
    .await;
    until("its place is free", || platform.connections.available_permits() == places).await;

    let multipart = "multipart/mixed;subscriptionSpec=1.0, application/json";
    for kind in ["text/event-stream", multipart, "reservation"] {
        let flooded = platform.notes.flooded.load(Ordering::SeqCst);
        let stream = match kind {
            "reservation" => stalled_reservation(&platform).await,
            accept => stalled_response(&platform, accept).await,
        };
        until(&format!("the flood is over: {kind}"), || {
            platform.notes.flooded.load(Ordering::SeqCst) > flooded && Arc::strong_count(&platform.notes.floods) == idle
        })
        .await;
        subscribed(0).await;
        assert_eq!(platform.connections.available_permits(), places - 1, "an open connection keeps its place");
        drop(stream);
        until("its place is free", || platform.connections.available_permits() == places).await;
    }
    drop(socket);
}

#[tokio::test]
async fn a_silent_client_is_noticed() {
    let brief = |limits: &mut cloudphone_router::protection::Limits| limits.heartbeat = Duration::from_millis(50);
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let places = platform.connections.available_permits();
    // Answers no ping, like a machine that lost its network.
    let mut gone = listening_socket(&platform, "subscription { noteAdded { text } }").await;
    platform.notes.listened_to_by(1).await;
    platform.notes.listened_to_by(0).await;
    until("its place is free", || platform.connections.available_permits() == places).await;
    let mut heard = Vec::new();
    gone.read_to_end(&mut heard).await.unwrap();
    // The head of a close frame without a mask, and its code (RFC 6455 §5.2, §5.5.1).
    let close = heard.windows(4).find(|bytes| bytes[0] == 0x88 && bytes[2..] == 1013_u16.to_be_bytes());
    assert!(close.is_some(), "should it wake up, it learns that it may come back");
}

//! Subgraphs that stream garbage, or an event that never ends: their subscribers are told so, and nobody else notices.

use std::sync::Arc;
use std::time::Duration;

use cloudphone_composition::Subgraph as Part;
use cloudphone_router::authentication::PassOn;
use cloudphone_router::subgraphs::{SubscriptionOptions, SubscriptionProtocol, foreign};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport};

/// What a subgraph says in place of events.
#[derive(Clone)]
struct Noise {
    first: Vec<u8>,
    /// Repeated without end.
    then: Vec<u8>,
}

impl Noise {
    fn once(bytes: &[u8]) -> Self {
        Self { first: bytes.to_vec(), then: Vec::new() }
    }

    fn endless(first: &[u8], then: &[u8]) -> Self {
        Self { first: first.to_vec(), then: then.to_vec() }
    }
}

/// Reads what is there, at least something.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 16 * 1024];
    let length = stream.read(&mut bytes).await.ok().filter(|length| *length > 0)?;
    bytes.truncate(length);
    Some(bytes)
}

/// The head of a request.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        head.extend(read(stream).await?);
    }
    String::from_utf8(head).ok()
}

/// Answers a subscription, and then makes its noise until the other side has enough.
async fn serve(mut stream: TcpStream, noise: Noise) -> Option<()> {
    head(&mut stream).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await.ok()?;
    make(&mut stream, &noise).await
}

/// The same over WebSocket.
async fn serve_socket(mut stream: TcpStream, noise: Noise) -> Option<()> {
    let head = head(&mut stream).await?;
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    })?;
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    // `connection_init`, and then `subscribe`.
    read(&mut stream).await?;
    stream.write_all(&frame(0x81, br#"{"type":"connection_ack"}"#)).await.ok()?;
    read(&mut stream).await?;
    make(&mut stream, &noise).await
}

async fn make(stream: &mut TcpStream, noise: &Noise) -> Option<()> {
    stream.write_all(&noise.first).await.ok()?;
    while !noise.then.is_empty() {
        stream.write_all(&noise.then).await.ok()?;
    }
    // Stays until the other side leaves.
    while read(stream).await.is_some() {}
    None
}

/// A frame with this first byte (RFC 6455 §5.2).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let mut frame = vec![first];
    match u8::try_from(length) {
        Ok(short) if short < 126 => frame.push(short),
        _ => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// Follows the noise beside a stream that is well, until the noise has ended.
async fn follow(what: &str, protocol: SubscriptionProtocol, noise: Noise) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let mut subgraph = JoinSet::new();
    subgraph.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let noise = noise.clone();
            match protocol {
                SubscriptionProtocol::EventStream => connections.spawn(serve(stream, noise)),
                _ => connections.spawn(serve_socket(stream, noise)),
            };
        }
    });
    let options = SubscriptionOptions {
        protocol,
        patience: Duration::from_secs(1),
        max_event_bytes: 64 * 1024,
        ..SubscriptionOptions::default()
    };
    let service = foreign(&url.parse().unwrap(), PATIENCE, &options, Arc::new(PassOn::default())).unwrap();
    let sdl = "type Query { silence: Int } type Subscription { noise: String }".to_owned();
    let mut settings = Settings::new(Transport::InProcess);
    settings.more = vec![(Part { name: "noise".to_owned(), url, sdl }, service)];
    let platform = Platform::start_with(settings).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("well", "subscription { noteAdded { text } }").await;
    platform.notes.listened_to_by(1).await;
    socket.subscribe("noise", "subscription { noise }").await;
    let told = loop {
        let message = socket.next().await;
        assert_eq!(message["id"], "noise", "{what}");
        let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
        if let Some(code) = errors[0]["extensions"]["code"].as_str() {
            break code.to_owned();
        }
        assert_eq!(message["type"], "next", "{what}: it ended without a word");
    };
    assert_eq!(told, "DOWNSTREAM_SERVICE_ERROR", "{what}");
    platform.notes.announce("live", "1");
    loop {
        let message = socket.next().await;
        if message["id"] == "well" {
            assert_eq!(message["payload"], json!({ "data": { "noteAdded": { "text": "live" } } }), "{what}");
            break;
        }
        assert_eq!(message["type"], "complete", "{what}");
    }
}

#[tokio::test]
async fn garbage_on_a_socket_ends_its_own_subscription_only() {
    let fragment = frame(0x00, &[b'x'; 1000]);
    let cases = [
        ("no frames", Noise::once(&[0xFF; 500])),
        ("text that is no JSON", Noise::once(&frame(0x81, b"garbage"))),
        ("a binary message", Noise::once(&frame(0x82, &[1, 2, 3]))),
        ("text that is no UTF-8", Noise::once(&frame(0x81, &[0xFF, 0xFE]))),
        (
            "a frame that is announced as larger than any",
            Noise::endless(&[0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0], b"xxxxxxxx"),
        ),
        ("a message that goes on and on", Noise::endless(&frame(0x01, b"{"), &fragment)),
    ];
    for (what, noise) in cases {
        follow(what, SubscriptionProtocol::WebSocket, noise).await;
    }
}

#[tokio::test]
async fn garbage_on_an_event_stream_ends_its_own_subscription_only() {
    let cases = [
        ("data that is no JSON", Noise::once(b"event: next\ndata: garbage\n\n")),
        ("JSON that is no answer", Noise::once(b"event: next\ndata: 7\n\n")),
        ("data that is no UTF-8", Noise::once(b"event: next\ndata: {\"data\":{\"noise\":\"\xFF\"}}\n\n")),
        ("an event that goes on and on", Noise::endless(b"event: next\n", &b"data: x\n".repeat(100))),
        ("a line that goes on and on", Noise::endless(b"event: next\ndata: ", &[b'x'; 1000])),
        ("bytes without lines", Noise::endless(&[], &[0xFF; 1000])),
    ];
    for (what, noise) in cases {
        follow(what, SubscriptionProtocol::EventStream, noise).await;
    }
}

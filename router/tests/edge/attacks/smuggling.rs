//! Requests of HTTP/1.1 whose frame lies: lengths that differ, and headers that two readers would read in two ways.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{PATIENCE, Platform, Transport};

/// Sends bytes as they are, and reads until the router closes the connection or says no more.
async fn raw(platform: &Platform, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    stream.write_all(text).await.unwrap();
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < deadline {
        // Once it has answered, what else it will say comes soon.
        let patience = if said.is_empty() { PATIENCE } else { Duration::from_secs(1) };
        match timeout(patience, stream.read(&mut buffer)).await {
            Ok(Ok(read)) if read > 0 => said.extend_from_slice(&buffer[..read]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn a_request_of_two_lengths_is_never_two_requests() {
    let platform = Platform::start(Transport::InProcess).await;
    let body = r#"{"query":"{ trail }"}"#;
    let hidden = "GET /graphql?query=%7Btrail%7D HTTP/1.1\r\nHost: a\r\n\r\n";
    let head = "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    let length = body.len();
    for lie in [
        format!("Content-Length: {length}\r\nContent-Length: {}\r\n\r\n{body}{hidden}", length + hidden.len()),
        format!("Content-Length: {length}, {}\r\n\r\n{body}{hidden}", length + 1),
        format!("Content-Length: +{length}\r\n\r\n{body}{hidden}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n{body}{hidden}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n{body}{hidden}"),
        format!("Content-Length : {length}\r\n\r\n{body}{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n{hidden}"),
        format!("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding : chunked\r\nContent-Length: {length}\r\n\r\n{body}{hidden}"),
        format!("Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n10000000000000000{length:x}\r\n{body}\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}{hidden}"),
    ] {
        let said = raw(&platform, format!("{head}{lie}").as_bytes()).await;
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{lie}:\n{said}");
        assert!(!said.contains("HTTP/1.1 200"), "{lie}:\n{said}");
    }
    assert!(platform.ask("{ trail }").await["data"]["trail"].is_string());
}

#[tokio::test]
async fn headers_that_are_read_in_two_ways_are_read_in_none() {
    let platform = Platform::start(Transport::InProcess).await;
    let hidden = "GET /graphql?query=%7Btrail%7D HTTP/1.1\r\nHost: a\r\n\r\n";
    for lie in [
        // RFC 9112 §5.2: a value that goes on in the next line.
        "X-One: a\r\n Content-Length: 400",
        "X-One: a\r\n\tTransfer-Encoding: chunked",
        " X-One: a",
        // RFC 9110 §5.5: such bytes are in no value.
        "X-One: a\0b",
        "X-One: a\rX-Two: b",
        "X-One: a\x08",
        "X-One\0: a",
        "X One: a",
        "X-One\t: a",
        ": a",
        "X-One",
        "X-Öne: a",
    ] {
        let text = format!("GET /graphql?query=%7Btrail%7D HTTP/1.1\r\nHost: a\r\n{lie}\r\n\r\n{hidden}");
        let said = raw(&platform, text.as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{lie:?}:\n{said}");
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{lie:?}:\n{said}");
    }
    for target in ["/\0graphql?query=%7Btrail%7D", "graphql?query=%7Btrail%7D", "/graphql?query={\ttrail}", ""] {
        let said = raw(&platform, format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{target:?}:\n{said}");
        assert!(!said.contains("\"data\""), "{target:?}:\n{said}");
    }
    assert!(platform.ask("{ trail }").await["data"]["trail"].is_string());
}

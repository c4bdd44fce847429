//! Requests whose frame lies: bodies that unpack to more, lengths that differ, and pages of other sites.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::socket::Socket;
use crate::support::{PARTNER, PATIENCE, Platform, Transport};

async fn code(response: reqwest::Response) -> Value {
    response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn nothing_that_is_packed_is_unpacked() {
    let platform = Platform::start(Transport::InProcess).await;
    for coding in ["gzip", "br", "zstd", "deflate, gzip", "GZIP"] {
        let request = platform.post(&json!({ "query": "{ trail }" })).header("content-encoding", coding);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 415, "{coding}");
        assert_eq!(response.headers()["accept-encoding"], "identity");
        assert_eq!(code(response).await, "UNSUPPORTED_CONTENT_ENCODING");
    }
    let plain = platform.post(&json!({ "query": "{ trail }" })).header("content-encoding", "identity");
    assert_eq!(plain.send().await.unwrap().status(), 200);
}

/// Sends bytes as they are, and reads until the router closes the connection or says no more.
async fn raw(platform: &Platform, text: &str) -> String {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
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
    ] {
        let said = raw(&platform, &format!("{head}{lie}")).await;
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{lie}:\n{said}");
        assert!(!said.contains("HTTP/1.1 200"), "{lie}:\n{said}");
    }
    assert!(platform.ask("{ trail }").await["data"]["trail"].is_string());
}

#[tokio::test]
async fn another_sites_page_reads_and_opens_nothing() {
    let platform = Platform::start(Transport::InProcess).await;
    let evil = "https://evil.example.com";
    for (name, value) in [("origin", evil), ("cookie", "session=1"), ("sec-fetch-site", "cross-site")] {
        let response = platform.get("{ trail }").header(name, value).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
        assert_eq!(code(response).await, "CROSS_SITE_REQUEST");
        let asked = platform.get("{ trail }").header(name, value).header("apollo-require-preflight", "true");
        assert_eq!(asked.send().await.unwrap().status(), 200, "{name}");
    }
    let partner = platform.get("{ trail }").header("origin", PARTNER).send().await.unwrap();
    assert_eq!(partner.headers()["access-control-allow-origin"], PARTNER);
    assert_eq!(partner.status(), 200);
    for origin in [evil, "null", "http://127.0.0.1"] {
        assert_eq!(Socket::try_open(&platform, &[("origin", origin)]).await.err(), Some(403), "{origin}");
    }
}

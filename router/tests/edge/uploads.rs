//! Files with mutations: to the subgraph that wants them, within limits, and from nobody who did not mean to send them.

use std::sync::Arc;
use std::time::Duration;

use cloudphone_router::protection::Capacity;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::files::{platform, sha256};
use crate::support::raw::send_whole;
use crate::support::{PATIENCE, Platform, Transport};

const BOUNDARY: &str = "the-boundary";

/// A form of parts: name, what follows it in the head, and the content.
fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, more, content) in parts {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

const TEXT: &str = "; filename=\"a.txt\"\r\nContent-Type: text/plain";

async fn send(platform: &Platform, body: Vec<u8>) -> (u16, Value) {
    let response = respond(platform, body).await;
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn respond(platform: &Platform, body: Vec<u8>) -> reqwest::Response {
    let request = Client::new().post(platform.url()).header("apollo-require-preflight", "1");
    let request = request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}")).body(body);
    request.send().await.unwrap()
}

async fn refusal(platform: &Platform, parts: &[(&str, &str, &[u8])]) -> (u16, String) {
    let (status, answer) = send(platform, form(parts)).await;
    (status, answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
}

const KEEP: &str = r#"{"query":"mutation ($file: Upload!) { keep(file: $file, note: \"n\") { name mediaType length sha256 note } }","variables":{"file":null}}"#;
const MAP: &[u8] = br#"{"0":["variables.file"]}"#;

#[tokio::test]
async fn a_file_arrives_as_it_was_sent_whether_small_or_large() {
    let platform = platform(|_| {}).await;
    let large: Vec<u8> = (0_u32..3_000_000).map(|number| (number % 251) as u8).collect();
    for content in [&b""[..], b"hello\r\n--the-boundar", &large] {
        let (status, answer) =
            send(&platform, form(&[("operations", "", KEEP.as_bytes()), ("map", "", MAP), ("0", TEXT, content)])).await;
        let expected = json!({
            "name": "a.txt", "mediaType": "text/plain", "length": content.len(), "sha256": sha256(content), "note": "n",
        });
        assert_eq!((status, &answer["data"]["keep"]), (200, &expected), "{answer}");
    }
}

#[tokio::test]
async fn files_inside_inputs_and_batches_find_their_places() {
    let platform = platform(|_| {}).await;
    let many = r#"{"query":"mutation ($p: Package!) { keepAll(package: $p) { length note } }","variables":{"p":{"note":"x","files":[null,null]}}}"#;
    let map = br#"{"b":["variables.p.files.1"],"a":["variables.p.files.0"]}"#;
    let parts = [("operations", "", many.as_bytes()), ("map", "", &map[..]), ("a", TEXT, b"1"), ("b", TEXT, b"22")];
    let (_, answer) = send(&platform, form(&parts)).await;
    assert_eq!(
        answer["data"]["keepAll"],
        json!([{ "length": 1, "note": "x" }, { "length": 2, "note": "x" }]),
        "{answer}"
    );
    let batch = format!("[{{\"query\":\"{{ accounts {{ id }} }}\"}},{KEEP},{KEEP}]");
    let map = br#"{"0":["1.variables.file","2.variables.file"]}"#;
    let (_, answer) =
        send(&platform, form(&[("operations", "", batch.as_bytes()), ("map", "", map), ("0", TEXT, b"333")])).await;
    assert_eq!(answer[0]["data"]["accounts"].as_array().map(Vec::len), Some(3));
    assert!(answer[1]["data"]["keep"]["length"] == 3 && answer[2]["data"]["keep"]["length"] == 3, "{answer}");
}

#[tokio::test]
async fn a_form_without_a_sign_that_it_was_meant_is_refused() {
    let platform = platform(|_| {}).await;
    let body = form(&[("operations", "", KEEP.as_bytes()), ("map", "", MAP), ("0", TEXT, b"x")]);
    let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = Client::new().post(platform.url()).header(CONTENT_TYPE, &media_type).body(body.clone());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 403);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CROSS_SITE_REQUEST");
    let off = Platform::start(Transport::InProcess).await;
    let request = Client::new().post(off.url()).header("apollo-require-preflight", "1");
    let response = request.header(CONTENT_TYPE, &media_type).body(body).send().await.unwrap();
    assert_eq!(response.status(), 415, "nobody switched it on");
}

#[tokio::test]
async fn forms_that_are_not_as_specified_are_refused() {
    let platform = platform(|limits| limits.files = 2).await;
    let operations = ("operations", "", KEEP.as_bytes());
    let (map, file) = (("map", "", MAP), ("0", TEXT, &b"x"[..]));
    let bad = (400, "BAD_FORM".to_owned());
    assert_eq!(refusal(&platform, &[]).await, bad);
    assert_eq!(refusal(&platform, &[operations, file]).await, bad, "no map");
    assert_eq!(refusal(&platform, &[map, operations, file]).await, bad, "out of order");
    assert_eq!(refusal(&platform, &[operations, file, map]).await, bad, "a file before its place is known");
    assert_eq!(refusal(&platform, &[operations, map]).await, bad, "no file");
    assert_eq!(refusal(&platform, &[operations, map, file, file]).await, bad, "twice");
    let elsewhere = ("map", "", &br#"{"0":["variables.other"]}"#[..]);
    assert_eq!(refusal(&platform, &[operations, elsewhere, file]).await, bad);
    let query = br#"{"query":"query ($file: Upload!) { looksLike(file: $file) }","variables":{"file":null}}"#;
    let not_allowed = (400, "UPLOAD_NOT_ALLOWED".to_owned());
    assert_eq!(refusal(&platform, &[("operations", "", &query[..]), map, file]).await, not_allowed);
    let text =
        br#"{"query":"mutation ($file: String!) { rename(id: 1, name: $file) { name } }","variables":{"file":null}}"#;
    assert_eq!(refusal(&platform, &[("operations", "", &text[..]), map, file]).await, not_allowed);
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada");
    let many = ("map", "", &br#"{"0":["variables.file"],"1":[],"2":[]}"#[..]);
    assert_eq!(refusal(&platform, &[operations, many, file]).await, (413, "TOO_MANY_FILES".to_owned()));
    let json = ("operations", "", &b"{"[..]);
    assert_eq!(refusal(&platform, &[json, map, file]).await, (400, "BAD_REQUEST".to_owned()));
    let (status, answer) = send(&platform, form(&[operations, map, ("stranger", TEXT, b"y"), file])).await;
    assert!(status == 200 && answer["data"]["keep"]["length"] == 1, "what the map does not know is left out: {answer}");
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_all_there() {
    let platform = platform(|limits| {
        limits.file_bytes = 100_000;
        limits.request_bytes = 250_000;
    })
    .await;
    let operations = br#"{"query":"mutation ($p: Package!) { keepAll(package: $p) { length } }","variables":{"p":{"files":[null,null,null]}}}"#;
    let operations = ("operations", "", &operations[..]);
    let map =
        ("map", "", &br#"{"0":["variables.p.files.0"],"1":["variables.p.files.1"],"2":["variables.p.files.2"]}"#[..]);
    let large = vec![b'x'; 100_001];
    let too_large = (413, "PAYLOAD_TOO_LARGE".to_owned());
    assert_eq!(refusal(&platform, &[operations, map, ("0", TEXT, &large)]).await, too_large);
    let each = &large[..90_000];
    assert_eq!(
        refusal(&platform, &[operations, map, ("0", TEXT, each), ("1", TEXT, each), ("2", TEXT, each)]).await,
        too_large
    );
    let long_map = format!("{{\"{}\":[]}}", "m".repeat(70_000));
    assert_eq!(refusal(&platform, &[operations, ("map", "", long_map.as_bytes())]).await, too_large);
}

/// Sends a head and what follows it, then goes on with the same bytes for as long as somebody reads; gives the answer.
async fn endless(platform: &Platform, begin: Vec<u8>, then: &[u8]) -> String {
    let mut stream = TcpStream::connect(platform.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\napollo-require-preflight: 1\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&begin).await.unwrap();
    let (mut reads, mut writes) = stream.into_split();
    let then = then.to_vec();
    let writing = tokio::spawn(async move {
        if then.is_empty() {
            return std::future::pending().await;
        }
        while writes.write_all(&then).await.is_ok() {}
        std::future::pending::<()>().await;
    });
    let mut answer = vec![0; 4096];
    let read = timeout(PATIENCE, reads.read(&mut answer)).await.expect("the router answers by itself").unwrap_or(0);
    writing.abort();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_part_that_never_ends_takes_neither_memory_nor_time_without_limit() {
    let platform = platform(|limits| {
        limits.timeout = Duration::from_millis(300);
        limits.request_bytes = 2_000_000;
        limits.file_bytes = 1_000_000;
    })
    .await;
    let mut begin = form(&[("operations", "", KEEP.as_bytes()), ("map", "", MAP), ("0", TEXT, b"x")]);
    begin.truncate(begin.len() - BOUNDARY.len() - 8);
    let answer = endless(&platform, begin.clone(), b"").await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("REQUEST_TIMEOUT"), "{answer}");
    // A writer that is refused may find the connection reset before it reads why; what counts is that it ends.
    let answer = endless(&platform, begin, &[b'x'; 8192]).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413") || answer.starts_with("HTTP/1.1 408"), "{answer}");
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"").into_bytes();
    let answer = endless(&platform, head, &[b'n'; 8192]).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada");
}

#[tokio::test]
async fn who_sends_everything_before_looking_for_an_answer_hears_of_the_refusal() {
    let platform = platform(|limits| limits.file_bytes = 1000).await;
    let large = vec![b'x'; 30_000_000];
    let body = form(&[("operations", "", KEEP.as_bytes()), ("map", "", MAP), ("0", TEXT, &large)]);
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\napollo-require-preflight: 1\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n",
        body.len()
    );
    let answer = send_whole(&platform, &head, &body).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
}

#[tokio::test]
async fn there_is_room_for_so_many_forms_at_once() {
    let places = Capacity::new(1);
    let own = Arc::clone(&places);
    let platform = platform(|limits| limits.places = own).await;
    let held = places.take().await;
    let parts = [("operations", "", KEEP.as_bytes()), ("map", "", MAP), ("0", TEXT, &b"x"[..])];
    assert_eq!(refusal(&platform, &parts).await, (503, "UPLOADS_BUSY".to_owned()));
    assert_eq!(respond(&platform, form(&parts)).await.headers()["retry-after"], "1");
    drop(held);
    assert_eq!(send(&platform, form(&parts)).await.0, 200);
}

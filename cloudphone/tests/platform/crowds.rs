//! More connections than there is room for, most of which never come to the end of what they want.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::gated::Site;
use crate::support::{Client, Socket, eventually, holds};

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);
const ROOM: usize = 200;
/// Connections that send the head of a request byte by byte.
const SLOW: usize = 300;

async fn connect(site: &Site) -> TcpStream {
    TcpStream::connect(site.client.base.trim_start_matches("http://")).await.unwrap()
}

/// Sends the head of a request byte by byte for as long as it is listened to, and then comes again.
async fn trickle(address: String) {
    loop {
        let Ok(mut stream) = TcpStream::connect(&address).await else { return };
        let mut head = b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: ".to_vec();
        while stream.write_all(&head).await.is_ok() {
            head = b"x".to_vec();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_trickle_keep_nobody_out() {
    let room = ROOM.to_string();
    let site = Site::start(&[("CLOUDPHONE_HTTP__MAX_CONNECTIONS", &room)]).await;
    let mut live = Socket::open(&site.client).await;
    live.start("subscription { ticked }", json!({})).await;
    let mut slow = JoinSet::new();
    for _ in 0..SLOW {
        slow.spawn(trickle(site.client.base.trim_start_matches("http://").to_owned()));
    }
    // Each time by a connection of its own, as one that rests may be gone when it is to be used again.
    let metric = async |name: &str| Client::new(&site.client.base).metric(name, "").await;
    eventually(30, "there is no room left", async || {
        holds(metric("cloudphone_http_connections_dismissed_total").await > 0.5)
    })
    .await;
    for _ in 0..30 {
        let asked = reqwest::Client::new().post(format!("{}/graphql", site.client.base));
        let answer = timeout(PATIENCE, asked.json(&json!({ "query": "{ now }" })).send()).await.unwrap().unwrap();
        assert_eq!(answer.json::<Value>().await.unwrap()["data"]["now"], 7);
    }
    let before = live.event(30, "it ticks", |data| data["ticked"].as_u64()).await;
    live.event(30, "it ticks on", |data| data["ticked"].as_u64().filter(|now| *now > before)).await;
    let open = metric("cloudphone_http_connections").await;
    assert!(open <= f64::from(u32::try_from(2 * ROOM).unwrap()), "{open} connections are held");
}

#[tokio::test]
async fn where_all_are_being_answered_a_new_one_is_told_to_come_back() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__MAX_CONNECTIONS", "3")]).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(site.hold().await);
    }
    let mut heard = Vec::new();
    let mut late = connect(&site).await;
    timeout(PATIENCE, late.read_to_end(&mut heard)).await.unwrap().unwrap();
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.starts_with("HTTP/1.1 503") && heard.contains("retry-after: 1"), "{heard}");
    site.opened.add_permits(3);
    for one in held {
        assert_eq!(one.await.unwrap()["data"]["held"], 8, "those who were there are answered");
    }
    let answer = timeout(PATIENCE, reqwest::get(format!("{}/health/liveness", site.client.base))).await.unwrap();
    assert_eq!(answer.unwrap().status(), 200, "there is room again");
}

#[tokio::test]
async fn a_head_has_its_time_also_on_a_connection_that_was_of_use_before() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__HEADER_READ_TIMEOUT_SECONDS", "2")]).await;
    let mut stream = connect(&site).await;
    let mut answer = [0; 4096];
    stream.write_all(b"GET /health/liveness HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let length = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"));
    let began = Instant::now();
    stream.write_all(b"GET /health/liveness HTTP/1.1\r\nx-slow: ").await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    // An unused one would be kept for 75 seconds; a reset says the same as an end.
    let _ = timeout(PATIENCE, reading.read_to_end(&mut Vec::new())).await.expect("it is let go");
    assert!(began.elapsed() > Duration::from_millis(500), "it had time to go on");
    trickle.abort();
}

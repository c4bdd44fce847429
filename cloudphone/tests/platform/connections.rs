//! Clients that say nothing or take nothing: their connections end in bounded time, and nobody else notices.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::support::{Builder, Client, MqttDevice, Platform, eventually, holds};

/// What the settings of these tests allow.
const PATIENCE_SECONDS: u64 = 2;
/// What the machine may take beyond that.
const SLACK_SECONDS: u64 = 20;
/// Answers that together exceed whatever kernel and server keep for a client.
const ANSWERS: usize = 100;
const LARGE: &str = "{ __schema { types { name description fields { name description
    args { name description type { name kind } } type { name kind ofType { name kind } } } } } }";

async fn platform() -> Platform {
    Builder::new()
        .set("http.write_timeout_seconds", PATIENCE_SECONDS)
        .set("devices.play_simulated", false)
        .set("devices.messages_per_second", 1000)
        .set("mqtt.messages_per_second", 1000)
        .start()
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_say_what_it_wants_is_let_go() {
    let platform = Builder::new()
        .set("http.header_read_timeout_seconds", PATIENCE_SECONDS)
        .set("http.keep_alive_seconds", PATIENCE_SECONDS)
        .start()
        .await;
    let address = address_of(&platform.client);
    for beginning in ["", "P", "PRI * HTTP/2.0\r\n", "GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let began = Instant::now();
        let limit = Duration::from_secs(PATIENCE_SECONDS + SLACK_SECONDS);
        // A reset says the same as an end.
        let _ = timeout(limit, stream.read_to_end(&mut Vec::new()))
            .await
            .unwrap_or_else(|_| panic!("{beginning:?} is kept"));
        assert!(began.elapsed() > Duration::from_millis(500), "{beginning:?} had no time to go on");
    }
    // A connection that rests between two requests is used again within the time, and let go after it.
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /health/liveness HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer).await.unwrap();
        assert!(String::from_utf8_lossy(&answer[..length]).starts_with("HTTP/1.1 200"));
    }
    let mut rest = Vec::new();
    let end = timeout(Duration::from_secs(PATIENCE_SECONDS + SLACK_SECONDS), stream.read_to_end(&mut rest));
    let _ = end.await.expect("an unused connection ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_its_answers_is_disconnected() {
    let platform = platform().await;
    let admin = platform.admin().await.client;
    let mut stream = narrow(&admin).await;
    let request = post(&admin, "application/json", LARGE, &json!({}));
    let here = stream.local_addr().unwrap();
    // The server stops reading as well, so that not all of it can be sent.
    let _ = timeout(Duration::from_secs(5), stream.write_all(request.repeat(ANSWERS).as_bytes())).await;
    let deadline = PATIENCE_SECONDS + SLACK_SECONDS;
    eventually(deadline, "it is disconnected", async || holds(!is_held(address_of(&admin), here))).await;
    admin.ask("{ me { user { id } } }", json!({})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_to_an_event_stream_that_never_reads_is_disconnected() {
    let platform = platform().await;
    let admin = platform.admin().await.client;
    let id = admin.create_devices("busy", 1, false).await.remove(0);
    admin.reaches(&id, "STOPPED", 20).await;
    let device = MqttDevice::take_over(&admin, &platform.mqtt, &id).await;
    let specification = "{ androidVersion cpuCores memoryMb storageGb widthPx heightPx density gpu locale timezone }";
    let copies: Vec<String> = (0..20).map(|copy| format!("copy{copy}: specification {specification}")).collect();
    let query = format!(
        "subscription($id: ID!) {{ deviceTelemetry(deviceIds: [$id], minIntervalMs: 0) {{
            sample {{ sequence }} device {{ id {} }} }} }}",
        copies.join(" ")
    );
    let mut stream = narrow(&admin).await;
    let here = stream.local_addr().unwrap();
    stream.write_all(post(&admin, "text/event-stream", &query, &json!({ "id": id })).as_bytes()).await.unwrap();
    eventually(10, "it is subscribed", async || {
        holds(platform.client.metric("cloudphone_graphql_subscriptions_active", "").await > 0.5)
    })
    .await;
    let busy = async {
        let mut pace = tokio::time::interval(Duration::from_millis(5));
        for sequence in 1.. {
            pace.tick().await;
            device.measure(sequence, 50.0).await;
        }
    };
    let gone = eventually(60, "it is disconnected, and its subscription ends", async || {
        let active = platform.client.metric("cloudphone_graphql_subscriptions_active", "").await;
        holds(!is_held(address_of(&admin), here) && active < 0.5)
    });
    tokio::select! {
        () = gone => {}
        () = busy => {}
    }
}

fn address_of(client: &Client) -> SocketAddr {
    client.base.trim_start_matches("http://").parse().unwrap()
}

/// A connection with hardly any room for what is not read.
async fn narrow(client: &Client) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address_of(client)).await.unwrap()
}

fn post(client: &Client, accept: &str, query: &str, variables: &Value) -> String {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let token = client.token.as_ref().unwrap();
    format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\naccept: {accept}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        address_of(client),
        body.len()
    )
}

/// Whether the server still owns its end of a connection; the kernel may hold the rest of the answer for longer.
pub(crate) fn is_held(server: SocketAddr, client: SocketAddr) -> bool {
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let of = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => format!("{:08X}:{:04X}", u32::from_le_bytes(ip.octets()), address.port()),
        IpAddr::V6(_) => unreachable!("the tests listen on IPv4"),
    };
    let (server, client) = (of(server), of(client));
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        // Local and remote address, and the inode, which is 0 once no process owns the socket.
        columns.get(1) == Some(&server.as_str())
            && columns.get(2) == Some(&client.as_str())
            && columns.get(9).is_some_and(|inode| *inode != "0")
    })
}

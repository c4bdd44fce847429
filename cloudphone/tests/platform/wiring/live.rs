//! Limits of live connections and streams.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::site::Site;
use crate::support::{Incoming, Socket, eventually, holds};

const TICKS: &str = "subscription { ticked }";
const SILENT: &str = "subscription { silent }";

/// The code with which an operation is refused, or none.
async fn refused(socket: &mut Socket) -> Option<String> {
    match socket.next(20).await {
        Incoming::Error(errors) => Some(errors[0]["extensions"]["code"].as_str().unwrap().to_owned()),
        Incoming::Next(_) => None,
        end => panic!("{end:?}"),
    }
}

/// Waits until nobody watches any more.
async fn quiet(site: &Site) {
    eventually(20, "all streams have ended", async || {
        let watching = site.client.metric("cloudphone_graphql_subscriptions_active", "").await;
        let connected = site.client.metric("cloudphone_websocket_connections", "").await;
        holds(watching + connected < 0.5)
    })
    .await;
}

#[tokio::test]
async fn connections_and_subscriptions_are_as_many_as_the_settings_say() {
    let site = Site::start("[router]\nmax_connections = 1\n").await;
    let mut only = Socket::open(&site.client).await;
    assert!(Socket::try_open(&site.client).await.is_err(), "there is one place");
    let events = site.post(&json!({ "query": TICKS })).header("accept", "text/event-stream").send().await.unwrap();
    assert_eq!(events.status(), 503, "event streams count as well");
    site.configure("[router]\nmax_operations_per_connection = 2\n").await;
    for _ in 0..2 {
        only.start(SILENT, json!({})).await;
    }
    only.start(TICKS, json!({})).await;
    assert_eq!(refused(&mut only).await.as_deref(), Some("TOO_MANY_OPERATIONS"));
    drop(only);
    quiet(&site).await;

    for (setting, code) in
        [("max_subscriptions_per_user", "TOO_MANY_SUBSCRIPTIONS"), ("max_subscriptions", "SUBSCRIPTIONS_EXHAUSTED")]
    {
        let beside = if setting == "max_subscriptions" { "max_subscriptions_per_user = 2\n" } else { "" };
        site.configure(&format!("[router]\n{beside}{setting} = 2\n")).await;
        let mut sockets = [Socket::open(&site.client).await, Socket::open(&site.client).await];
        for socket in &mut sockets {
            socket.start(TICKS, json!({})).await;
            assert_eq!(refused(socket).await, None, "{setting}");
        }
        let mut third = Socket::open(&site.client).await;
        third.start(TICKS, json!({})).await;
        assert_eq!(refused(&mut third).await.as_deref(), Some(code), "{setting}");
        drop((sockets, third));
        quiet(&site).await;
    }
}

/// How many streams of the subgraph it takes to serve two equal subscriptions, the second begun once the first runs.
async fn upstreams(site: &Site, query: &str) -> f64 {
    let mut sockets = [Socket::open(&site.client).await, Socket::open(&site.client).await];
    for socket in &mut sockets {
        socket.start(query, json!({})).await;
        for _ in 0..3 {
            assert!(matches!(socket.next(20).await, Incoming::Next(_)));
        }
    }
    let streams = site.client.metric("cloudphone_graphql_subscription_upstreams", "").await;
    drop(sockets);
    quiet(site).await;
    streams
}

#[tokio::test]
async fn streams_are_shared_as_the_settings_say_of_their_fields() {
    let site = Site::start("").await;
    assert!((upstreams(&site, TICKS).await - 2.0).abs() < 0.5, "nobody knows how it begins");
    site.configure("[router]\nsubscriptions_from_next = [\"ticked\"]\nsubscriptions_from_snapshot = [\"stood\"]\n")
        .await;
    assert!((upstreams(&site, TICKS).await - 1.0).abs() < 0.5, "it may be joined at any time");
    let stood = upstreams(&site, "subscription { stood }").await;
    assert!((0.5..2.5).contains(&stood), "{stood}");
}

#[tokio::test]
async fn a_silent_socket_is_pinged_after_the_time_that_is_set() {
    // The default would take longer than the test waits.
    let site = Site::start("[router]\nheartbeat_seconds = 1\n").await;
    let mut request =
        format!("{}/graphql/ws", site.client.base.replacen("http", "ws", 1)).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket.send(Message::text(json!({ "type": "connection_init" }).to_string())).await.unwrap();
    let pinged = async {
        while let Some(message) = socket.next().await {
            match message.unwrap() {
                Message::Ping(_) => return,
                Message::Text(text) if serde_json::from_str::<Value>(&text).unwrap()["type"] == "ping" => return,
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
        panic!("the connection ended");
    };
    timeout(Duration::from_secs(20), pinged).await.expect("it is pinged");
}

/// Whether somebody who begins to read late has missed events of a stream that another one reads all the time.
async fn misses_events(site: &Site) -> bool {
    let query = "subscription { poured(id: 1) }";
    let (mut reading, mut late) = (Socket::open(&site.client).await, Socket::open_narrow(&site.client).await);
    for socket in [&mut reading, &mut late] {
        socket.start(query, json!({})).await;
        assert!(matches!(socket.next(20).await, Incoming::Next(_)));
    }
    // More than sockets and the queue of a connection hold.
    for _ in 0..500 {
        assert!(matches!(reading.next(20).await, Incoming::Next(_)), "who reads is served");
    }
    drop(reading);
    for _ in 0..500 {
        match late.next(20).await {
            Incoming::Next(event) if event["extensions"]["subscription"]["gap"] == true => return true,
            Incoming::Next(_) => {}
            end => panic!("{end:?}"),
        }
    }
    false
}

#[tokio::test]
async fn a_subscriber_may_lie_as_many_events_behind_as_the_settings_say() {
    let settings =
        |events: usize| format!("[router]\nmax_events_behind = {events}\nsubscriptions_from_next = [\"poured\"]\n");
    let site = Site::start(&settings(1)).await;
    assert!(misses_events(&site).await, "one event behind is all there is");
    assert!(site.client.metric("cloudphone_graphql_subscription_dropped_total", "").await > 0.0);
    quiet(&site).await;
    site.configure(&settings(100_000)).await;
    assert!(!misses_events(&site).await, "all of it is kept for the slow one");
}

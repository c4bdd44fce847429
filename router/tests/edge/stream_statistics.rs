//! What is counted of live streams: events, deliveries, bytes, and how far behind the slowest is.

use std::time::{Duration, Instant};

use cloudphone_router::protection::Limits;
use cloudphone_router::streams::FieldRule;
use serde_json::json;

use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport, measured, subscribed, until};

const DOCUMENT: &str = "subscription { noteAdded { text } }";
const LAG: &str = "cloudphone_graphql_subscription_lag_seconds";

async fn subscribers(platform: &Platform, count: u32) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        let mut socket = Socket::session(platform, None).await;
        socket.subscribe("1", DOCUMENT).await;
        sockets.push(socket);
    }
    subscribed(count).await;
    platform.notes.listened_to_by(1).await;
    sockets
}

fn counted(name: &str) -> usize {
    let name = format!("cloudphone_graphql_subscription_{name}_total");
    format!("{:.0}", measured(&name)).parse().unwrap()
}

#[tokio::test]
async fn events_deliveries_and_bytes_are_counted() {
    let platform = Platform::start(Transport::InProcess).await;
    let mut sockets = subscribers(&platform, 3).await;
    let mut bytes = 0;
    for text in ["one", "two", "a third one"] {
        platform.notes.announce(text, "1");
        for socket in &mut sockets {
            let payload = socket.next().await["payload"].clone();
            assert_eq!(payload, json!({ "data": { "noteAdded": { "text": text } } }));
            bytes += payload.to_string().len();
        }
    }
    assert_eq!(counted("events"), 3, "each event once, however many get it");
    assert_eq!(counted("deliveries"), 9);
    assert_eq!(counted("bytes"), bytes, "what clients got of answers");
    assert_eq!(counted("dropped"), 0);
    until("each event was let go once", || (measured(&format!("{LAG}_count")) - 3.0).abs() < 0.5).await;
    assert!(measured(&format!("{LAG}_sum")) < 60.0, "nobody lay behind for long");
}

#[tokio::test]
async fn how_far_behind_the_slowest_is_tells_while_it_reads_nothing() {
    let few = |limits: &mut Limits| {
        limits.streams.events_behind = 8;
        limits.streams.fields = [("noteAdded".to_owned(), FieldRule::next(&[]))].into();
    };
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(few)).await;
    let mut sockets = subscribers(&platform, 2).await;
    let padding = "x".repeat(32 * 1024);
    // The first one reads nothing. More than all buffers between the router and it can hold:
    for number in 0..500 {
        platform.notes.announce(&format!("{number} {padding}"), "1");
        assert_eq!(sockets[1].next().await["type"], "next");
    }
    let lag = || measured(&format!("{LAG}_sum"));
    let (before, since) = (lag(), Instant::now());
    until("a while has passed", || since.elapsed() > Duration::from_millis(500)).await;
    platform.notes.announce("last", "1");
    sockets[1].next().await;
    assert!(lag() - before >= 0.5, "the oldest event was let go, which the slow one has not read");
}

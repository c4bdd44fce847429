//! Subscriptions at several instances: when the one in use dies, another one goes on.

use std::time::Duration;

use cloudphone_traffic::{Balancing, Source, Weighted};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::streamer::{Manner, Streamer, protocols};
use crate::support::{PATIENCE, Routed, Setup, until};

/// A client that watches by an event stream.
pub struct Watcher {
    body: BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    text: String,
}

impl Watcher {
    pub async fn start(routed: &Routed, document: &str) -> Self {
        let request = routed.post(&json!({ "query": document })).header("accept", "text/event-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { body: response.bytes_stream().boxed(), text: String::new() }
    }

    /// The next answer; none at the end.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let frame: String = self.text.drain(..end + 2).collect();
                match frame.strip_prefix("event: next\ndata: ") {
                    Some(event) => return Some(serde_json::from_str(event).unwrap()),
                    None => continue,
                }
            }
            let chunk = timeout(PATIENCE, self.body.next()).await.expect("it says something in time")?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    pub async fn hears(&mut self, number: u32) {
        assert_eq!(self.next().await, Some(json!({ "data": { "ticked": number } })));
    }

    pub async fn hears_after_a_gap(&mut self, number: u32) {
        let told = json!({ "data": { "ticked": number }, "extensions": { "subscription": { "gap": true } } });
        assert_eq!(self.next().await, Some(told));
    }
}

async fn two(manner: Manner) -> [Streamer; 2] {
    [Streamer::start(manner).await, Streamer::start(manner).await]
}

fn setup(instances: &[Streamer]) -> Setup {
    let source = Source::Fixed(instances.iter().map(Streamer::weighted).collect());
    Setup::new(source).policy(|policy| policy.health_check.enabled = false)
}

/// The one that streams first.
async fn in_use(instances: [Streamer; 2]) -> (Streamer, Streamer) {
    let [one, two] = instances;
    until("one of them streams", async || one.streams() + two.streams() > 0).await;
    if one.streams() > 0 { (one, two) } else { (two, one) }
}

#[tokio::test]
async fn a_stream_goes_on_at_another_instance_when_its_own_is_killed() {
    for subscriptions in protocols() {
        let instances = two(Manner::default()).await;
        let mut setup = setup(&instances);
        setup.subscriptions = subscriptions;
        let routed = Routed::start(setup).await;
        let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
        let (mut first, second) = in_use(instances).await;
        first.say(1);
        watcher.hears(1).await;
        first.kill().await;
        second.is_watched_by(1).await;
        second.say(2);
        watcher.hears_after_a_gap(2).await;
        second.say(3);
        watcher.hears(3).await;
        let pool = routed.page("/health/pool").await;
        let places = pool["subgraphs"]["things"]["instances"].as_array().unwrap();
        let streams: u64 = places.iter().map(|place| place["streams"].as_u64().unwrap()).sum();
        assert_eq!(streams, 1, "it is counted where it is now: {pool}");
        drop(watcher);
        second.is_watched_by(0).await;
    }
}

#[tokio::test]
async fn nothing_is_missed_at_another_instance_that_can_go_on_where_the_first_one_ended() {
    let instances = two(Manner { named: true, ..Manner::default() }).await;
    let mut setup = setup(&instances);
    [_, setup.subscriptions] = protocols();
    let routed = Routed::start(setup).await;
    let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
    let (mut first, second) = in_use(instances).await;
    first.say(7);
    watcher.hears(7).await;
    first.kill().await;
    second.is_watched_by(1).await;
    assert_eq!(second.starts()[0].last_event_id.as_deref(), Some("event-7"));
    second.say(8);
    watcher.hears(8).await;
}

#[tokio::test]
async fn all_streams_of_a_shared_connection_move() {
    const STREAMS: usize = 20;
    let instances = two(Manner::default()).await;
    let routed = Routed::start(setup(&instances).policy(|policy| policy.balancing = Balancing::LeastConnections)).await;
    let mut watchers = Vec::new();
    for number in 0..STREAMS {
        watchers.push(Watcher::start(&routed, &format!("subscription S{number} {{ ticked }}")).await);
    }
    let [mut first, second] = instances;
    // They count as connections do.
    first.is_watched_by(STREAMS / 2).await;
    second.is_watched_by(STREAMS / 2).await;
    first.kill().await;
    second.is_watched_by(STREAMS).await;
    second.say(1);
    let mut gaps = 0;
    for watcher in &mut watchers {
        let heard = watcher.next().await.unwrap();
        assert_eq!(heard["data"]["ticked"], 1);
        gaps += usize::from(heard["extensions"]["subscription"]["gap"] == true);
    }
    assert_eq!(gaps, STREAMS / 2, "only those that moved may have missed something");
}

#[tokio::test]
async fn a_stream_whose_subgraph_refuses_to_go_on_ends_at_once() {
    for code in [4401, 4403, 4406] {
        ends_when_refused_by(code).await;
    }
}

async fn ends_when_refused_by(code: u16) {
    let (mut first, second) = (
        Streamer::start(Manner::default()).await,
        Streamer::start(Manner { unwelcome: Some(code), ..Manner::default() }).await,
    );
    let source = Source::Fixed(vec![Weighted { weight: 1000, ..first.weighted() }, second.weighted()]);
    let setup = Setup::new(source).policy(|policy| {
        policy.balancing = Balancing::WeightedRoundRobin;
        policy.health_check.enabled = false;
    });
    let routed = Routed::start(setup).await;
    let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
    first.is_watched_by(1).await;
    first.say(1);
    watcher.hears(1).await;
    first.kill().await;
    let ended = watcher.next().await.unwrap();
    assert_eq!(ended["errors"][0]["extensions"]["code"], "DOWNSTREAM_SERVICE_ERROR", "{ended}");
    assert_eq!(watcher.next().await, None);
}

#[tokio::test]
async fn a_stream_ends_with_an_error_when_nobody_is_back_in_time() {
    for subscriptions in protocols() {
        let instances = two(Manner::default()).await;
        let mut setup = setup(&instances).policy(|policy| policy.recovery.patience = Duration::from_millis(300));
        setup.subscriptions = subscriptions;
        let routed = Routed::start(setup).await;
        let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
        let (first, second) = in_use(instances).await;
        for mut instance in [second, first] {
            instance.kill().await;
        }
        let ended = watcher.next().await.unwrap();
        assert_eq!(ended["errors"][0]["extensions"]["code"], "DOWNSTREAM_SERVICE_ERROR", "{ended}");
        assert_eq!(watcher.next().await, None);
    }
}

#[tokio::test]
async fn subscriptions_go_through_unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    for (number, subscriptions) in protocols().into_iter().enumerate() {
        let streamer = Streamer::at_socket(&folder.path().join(format!("{number}.sock")));
        let mut setup = Setup::new(Source::Fixed(vec![streamer.weighted()]));
        setup.subscriptions = subscriptions;
        let routed = Routed::start(setup).await;
        let mut watcher = Watcher::start(&routed, "subscription { ticked }").await;
        streamer.is_watched_by(1).await;
        streamer.say(5);
        watcher.hears(5).await;
        until("a query goes the same way", async || routed.ask("{ name }").await["data"]["name"] == "streamer").await;
    }
}

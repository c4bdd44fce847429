//! Subgraphs that vanish: their fields fail in bounded time, all others are answered as ever, and a return is used at once.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::witness::number_of;
use super::{PAUSE_SECONDS, Site};
use crate::support::{Cable, Incoming, Socket, apart, eventually, holds};

/// What a call may take, and how long a host may be silent about what it was sent.
const CALL_SECONDS: u64 = 5;
const CONNECT_SECONDS: u64 = 1;
/// How soon a return has to be noticed: pauses between tries grow to five seconds, and so do those of the kernel.
const RETURN_SECONDS: u64 = 20;
/// Questions at once, and with them connections.
const CROWD: usize = 8;

fn settings(http: &str) -> String {
    format!(
        "[router.subgraphs.far]
        timeout_seconds = {CALL_SECONDS}
        connect_timeout_seconds = {CONNECT_SECONDS}
        deduplicate = false
        http = \"{http}\""
    )
}

/// Whether an answer is whole; otherwise it must lack the far subgraph's field, and nothing else.
fn is_whole(answer: &Value) -> bool {
    assert_eq!(answer["data"]["near"], 1, "{answer}");
    if answer["errors"].is_null() {
        assert_eq!(answer["data"]["far"], 2, "{answer}");
        return true;
    }
    assert_eq!(answer["data"]["far"], Value::Null, "{answer}");
    let errors = answer["errors"].as_array().unwrap();
    assert!(errors.len() == 1 && errors[0]["path"] == json!(["far"]), "{answer}");
    false
}

/// Asks both subgraphs, by several callers at once.
async fn crowd(site: &Site) -> Vec<bool> {
    let answers = (0..CROWD).map(async |_| {
        let began = Instant::now();
        let answer = site.client.answer("{ near far }", json!({})).await;
        if !answer["errors"].is_null() {
            eprintln!("after {:?}: {answer}", began.elapsed());
        }
        answer
    });
    join_all(answers).await.iter().map(is_whole).collect()
}

/// From now on every answer is whole, and none waits for a connection that is none.
async fn all_is_well(site: &Site) {
    let began = Instant::now();
    for _ in 0..3 {
        assert!(crowd(site).await.iter().all(|whole| *whole), "a connection to a host that is gone was used");
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(PAUSE_SECONDS), "answers took {took:?}");
}

async fn returns(site: &Site) {
    site.cable.plug();
    eventually(RETURN_SECONDS, "the return is noticed", async || {
        holds(is_whole(&site.client.answer("{ near far }", json!({})).await))
    })
    .await;
    all_is_well(site).await;
}

async fn calls_to_who_vanishes(cable: Cable, http: &str) {
    let mut site = Site::start(cable, &settings(http)).await;
    let witness = site.witness().await;
    all_is_well(&site).await;

    // In the middle of an answer.
    let client = site.client.clone();
    let asking = tokio::spawn(async move { client.answer("{ near far: half }", json!({})).await });
    site.far.half_sent().await;
    site.cable.pull();
    let began = Instant::now();
    assert!(!is_whole(&asking.await.unwrap()));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(CALL_SECONDS + PAUSE_SECONDS), "the call took {took:?}");

    // While connections rest. The first call finds out that the host is gone; none after it waits for any of the others.
    let mut times = Vec::new();
    for _ in 0..4 {
        let began = Instant::now();
        assert!(!is_whole(&site.client.answer("{ near far }", json!({})).await));
        times.push(began.elapsed());
    }
    eprintln!("{http}: calls to who is gone took {times:?}");
    assert!(times[0] < Duration::from_secs(CALL_SECONDS), "{times:?}");
    let connecting = Duration::from_millis(CONNECT_SECONDS * 1000 + 800);
    assert!(times[1..].iter().all(|time| *time < connecting), "each waits for connecting at most: {times:?}");
    returns(&site).await;

    // Gone and back, as another host, before anybody asked: it knows nothing of the connections that rest.
    site.exchange_host();
    site.cable.plug();
    all_is_well(&site).await;

    // Gone for longer, with calls that fail meanwhile, so that the circuit breaker opens.
    site.exchange_host();
    assert!(crowd(&site).await.iter().all(|whole| !whole));
    assert!(crowd(&site).await.iter().all(|whole| !whole));
    returns(&site).await;
    witness.noticed_nothing().await;
}

#[test]
fn a_subgraph_that_vanishes_costs_only_its_own_fields_and_is_used_again_once_it_is_back() {
    apart(async |cable: Cable| calls_to_who_vanishes(cable, "http1").await);
}

#[test]
fn so_does_one_that_speaks_http_2() {
    apart(async |cable: Cable| calls_to_who_vanishes(cable, "prior-knowledge").await);
}

#[test]
fn an_instance_that_vanishes_costs_no_answer_and_no_stream() {
    let settings = format!(
        "{}
        [[router.subgraphs.far.instances]]
        url = \"http://FAR/graphql\"
        [[router.subgraphs.far.instances]]
        url = \"http://NEAR/graphql\"
        [router.subgraphs.far.subscriptions]
        ping_seconds = 1",
        settings("negotiated")
    );
    apart(async move |cable: Cable| {
        let site = Site::start(cable, &settings).await;
        let witness = site.witness().await;
        all_is_well(&site).await;
        let mut sockets = Vec::new();
        for follower in ["one", "other"] {
            let mut socket = Socket::open(&site.client).await;
            socket.start("subscription($of: String!) { farTicks(of: $of) }", json!({ "of": follower })).await;
            socket.event(10, "a tick", number_of).await;
            sockets.push((follower, socket));
        }
        let of_far = |(follower, _): &(&str, Socket)| site.far.followers(follower) == 1;
        let (follower, mut socket) = sockets.remove(sockets.iter().position(of_far).expect("instances take turns"));

        site.cable.pull();
        for _ in 0..3 {
            let began = Instant::now();
            assert!(crowd(&site).await.iter().all(|whole| *whole), "the other instance answers");
            eprintln!("with an instance less it took {:?}", began.elapsed());
            assert!(began.elapsed() < Duration::from_secs(CALL_SECONDS));
        }
        all_is_well(&site).await;
        loop {
            let Incoming::Next(event) = socket.next(RETURN_SECONDS).await else { panic!("the stream goes on") };
            if event["extensions"]["subscription"]["gap"] == true {
                break;
            }
        }
        assert_eq!(site.near.followers(follower), 1, "at the other instance");
        witness.noticed_nothing().await;
    });
}

/// Follows the far subgraph until it was lost and is back, twice: as the same host and as another one.
async fn stream_of_who_vanishes(cable: Cable, settings: &str) {
    let mut site = Site::start(cable, settings).await;
    let witness = site.witness().await;
    let mut socket = Socket::open(&site.client).await;
    socket.start("subscription { farTicks(of: \"follower\") }", json!({})).await;
    for exchanged in [false, true] {
        let number = socket.event(10, "a tick", number_of).await;
        for next in number + 1..number + 20 {
            assert_eq!(socket.event(10, "the next tick", number_of).await, next);
        }
        let client = site.client.clone();
        let lost = async || client.metric("cloudphone_graphql_upstream_lost_total", "subgraph=\"far\"").await;
        let before = lost().await;
        if exchanged {
            site.exchange_host();
        } else {
            site.cable.pull();
        }
        eventually(RETURN_SECONDS, "the loss is noticed", async || holds(lost().await > before + 0.5)).await;
        site.cable.plug();
        let mut last = 0;
        let began = Instant::now();
        loop {
            let Incoming::Next(event) = socket.next(RETURN_SECONDS).await else { panic!("the stream goes on") };
            let number = number_of(&event["data"]).unwrap();
            if event["extensions"]["subscription"]["gap"] == true {
                assert_eq!(number, 1, "it begins anew");
                break;
            }
            assert!(last == 0 || number == last + 1, "a gap is told: {event}");
            last = number;
        }
        eprintln!("the stream went on after {:?}", began.elapsed());
        eventually(10, "it is followed once", async || holds(site.far.followers("follower") == 1)).await;
    }
    witness.noticed_nothing().await;
}

#[test]
fn a_stream_over_a_websocket_goes_on_once_its_subgraph_is_back() {
    apart(async |cable: Cable| {
        stream_of_who_vanishes(cable, "[router.subgraphs.far.subscriptions]\nping_seconds = 1\n").await;
    });
}

#[test]
fn a_stream_of_server_sent_events_goes_on_once_its_subgraph_is_back() {
    let settings = "[router.subgraphs.far.subscriptions]
        protocol = \"sse\"
        url = \"/events\"
        silence_seconds = 2";
    apart(async |cable: Cable| stream_of_who_vanishes(cable, settings).await);
}

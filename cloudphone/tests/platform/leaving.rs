//! A router that is told to stop: load balancers hear of it first, whoever is served is served to the end, and nobody waits
//! who is in a hurry.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use rustix::process::Signal;
use serde_json::json;

use crate::gated::Site;
use crate::support::{Client, Incoming, Socket, eventually, holds};

/// Longer than any test takes: what ends earlier was not waited for.
const NEVER: &str = "600";

async fn readiness(site: &Site) -> u16 {
    // Each time by a connection of its own, as load balancers do.
    reqwest::get(format!("{}/health/readiness", site.client.base)).await.unwrap().status().as_u16()
}

async fn event_stream(site: &Site) -> Response {
    let request = reqwest::Client::new().post(format!("{}/graphql", site.client.base));
    let request = request.header("accept", "text/event-stream");
    request.json(&json!({ "query": "subscription { ticked }" })).send().await.unwrap()
}

#[tokio::test]
async fn load_balancers_are_told_while_everybody_is_still_served() {
    let mut site = Site::start(&[("CLOUDPHONE_HTTP__NOTICE_SECONDS", NEVER)]).await;
    let mut before = Socket::open(&site.client).await;
    before.start("subscription { ticked }", json!({})).await;
    assert_eq!(readiness(&site).await, 200);

    site.program.signal(Signal::TERM);
    eventually(10, "it is not ready any more", async || holds(readiness(&site).await == 503)).await;
    assert_eq!(site.client.ask("{ now }", json!({})).await["now"], 7);
    let liveness = reqwest::get(format!("{}/health/liveness", site.client.base)).await.unwrap();
    assert_eq!(liveness.status(), 200, "nobody should kill it for this");
    assert_eq!(liveness.headers()["connection"], "close", "the next request should go elsewhere");
    let mut after = Socket::open(&site.client).await;
    after.start("subscription { ticked }", json!({})).await;
    for socket in [&mut before, &mut after] {
        socket.event(10, "a tick", |data| data["ticked"].as_u64()).await;
    }

    let (held, ended) = (site.hold().await, site.program.terminate(10).await);
    assert!(ended.0.success(), "who asks again does not wait: {}", site.program.stderr());
    assert!(held.await.is_err(), "not even for what is under way");
}

#[tokio::test]
async fn whoever_is_served_is_served_to_the_end_and_streams_are_told_to_come_again() {
    let mut site = Site::start(&[("CLOUDPHONE_HTTP__NOTICE_SECONDS", "1")]).await;
    let mut listening = Socket::open(&site.client).await;
    listening.start("subscription { ticked }", json!({})).await;
    listening.event(10, "a tick", |data| data["ticked"].as_u64()).await;
    let mut asking = Socket::open(&site.client).await;
    asking.start("{ held }", json!({})).await;
    site.asked.acquire().await.unwrap().forget();
    let stream = event_stream(&site).await;
    assert_eq!(stream.status(), StatusCode::OK);
    let held = site.hold().await;

    site.program.signal(Signal::TERM);
    assert_eq!(listening.end(20).await, Incoming::Closed(1001, "Server is going away".to_owned()));
    let said = stream.text().await.expect("its body ends as a whole body does");
    assert!(said.contains("ticked") && !said.contains("complete"), "{said}");
    let refused = async || Client::new(&site.client.base).try_answer("{ now }", json!({})).await.is_err();
    eventually(10, "nothing new is taken", async || holds(refused().await)).await;

    site.opened.add_permits(2);
    assert_eq!(held.await.unwrap(), json!({ "data": { "held": 8 } }));
    assert_eq!(asking.next(10).await, Incoming::Next(json!({ "data": { "held": 8 } })));
    assert_eq!(asking.next(10).await, Incoming::Complete);
    assert_eq!(asking.next(10).await, Incoming::Closed(1001, "Server is going away".to_owned()));
    let status = site.program.ended(20).await;
    assert!(status.success() && !site.program.stderr().contains("still under way"), "{}", site.program.stderr());
}

#[tokio::test]
async fn what_takes_longer_than_the_drain_time_is_cut() {
    let mut site = Site::start(&[("CLOUDPHONE_HTTP__DRAIN_SECONDS", "1")]).await;
    let held = site.hold().await;
    let mut asking = Socket::open(&site.client).await;
    asking.start("{ held }", json!({})).await;
    site.asked.acquire().await.unwrap().forget();
    let (status, took) = site.program.terminate(30).await;
    assert!(status.success() && took >= Duration::from_secs(1), "{took:?}");
    assert!(held.await.is_err());
    assert_eq!(asking.next(10).await, Incoming::Closed(1001, "Server is going away".to_owned()), "even then");
    assert!(site.program.stderr().contains("still under way"), "{}", site.program.stderr());
}

#[tokio::test]
async fn a_person_at_a_terminal_does_not_wait_for_load_balancers() {
    let mut site = Site::start(&[("CLOUDPHONE_HTTP__NOTICE_SECONDS", NEVER)]).await;
    site.program.signal(Signal::INT);
    assert!(site.program.ended(20).await.success());
}

//! A router with too much to do turns work away before everything gets slow.

use std::time::{Duration, Instant};

use cloudphone_router::protection::{Overload, OverloadRules};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport, subscribed};

async fn platform(rules: OverloadRules) -> Platform {
    let settings = Settings::new(Transport::InProcess);
    Platform::start_with(settings.stages(|stages| stages.overload = Some(Overload::new(rules)))).await
}

fn rules(operations: usize, wait: Duration) -> OverloadRules {
    OverloadRules { operations, wait, memory_bytes: None, lag: None }
}

#[tokio::test]
async fn who_is_admitted_is_answered_soon_whatever_the_load() {
    const PLACES: usize = 4;
    let wait = Duration::from_millis(300);
    let platform = platform(rules(PLACES, wait)).await;
    // Ten times as many as there are places, each of which takes a while.
    let began = Instant::now();
    let asked = (0..10 * PLACES).map(|_| async {
        let response = platform.post(&json!({ "query": "{ pause(milliseconds: 1000) }" })).send().await.unwrap();
        let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let answer: Value = response.json().await.unwrap();
        (status, retry, answer, began.elapsed())
    });
    let answers = join_all(asked).await;
    let (admitted, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.0 == 200);
    assert!(admitted.len() >= PLACES, "{} were admitted", admitted.len());
    assert!(admitted.len() < 10 * PLACES, "nobody was turned away");
    for (_, _, answer, _) in &admitted {
        assert_eq!(answer["data"]["pause"], true);
    }
    for (status, retry, answer, _) in &refused {
        assert_eq!((*status, *retry), (503, true));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "OVERLOADED");
    }
    // Without places for a part of them, all would wait for each other: 40 by 4 at a time are 10 seconds.
    let slowest = admitted.iter().chain(&refused).map(|answer| answer.3).max().unwrap();
    assert!(slowest < Duration::from_secs(7), "{slowest:?}");
}

#[tokio::test]
async fn live_streams_and_health_go_on_while_operations_are_turned_away() {
    let platform = platform(rules(1, Duration::ZERO)).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("live", "subscription { noteAdded { text } }").await;
    subscribed(1).await;
    platform.notes.listened_to_by(1).await;
    let busy = platform.post(&json!({ "query": "{ pause(milliseconds: 3000) }" })).send();
    let others = async {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = platform.ask("{ trail }").await;
            if answer["errors"][0]["extensions"]["code"] == "OVERLOADED" {
                break;
            }
            assert!(Instant::now() < deadline, "the one place was never taken");
        }
        socket.subscribe("more", "{ trail }").await;
        let refused = socket.next().await;
        assert_eq!(refused["payload"][0]["extensions"]["code"], "OVERLOADED");
        platform.notes.announce("still", "1");
        assert_eq!(socket.next().await["payload"]["data"]["noteAdded"]["text"], "still");
    };
    let (busy, ()) = tokio::join!(busy, others);
    assert_eq!(busy.unwrap().status(), 200);
    assert_eq!(platform.ask("{ trail }").await.get("errors"), None, "the place is free again");
}

#[tokio::test]
async fn without_memory_nothing_is_read_and_what_is_no_operation_is_answered() {
    let rules = OverloadRules { memory_bytes: Some(1), ..rules(100, Duration::ZERO) };
    let platform = platform(rules).await;
    let deadline = Instant::now() + PATIENCE;
    while platform.ask("{ trail }").await["errors"][0]["extensions"]["code"] != "OVERLOADED" {
        assert!(Instant::now() < deadline, "the memory was never measured");
    }
    let refused = platform.post(&json!({ "query": "{ trail }" })).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].as_bytes()), (503, &b"1"[..]));
    assert_eq!(Socket::try_open(&platform, &[]).await.err(), Some(503));
    let health = reqwest::get(format!("http://{}/health/liveness", platform.address)).await.unwrap();
    assert_eq!(health.status(), 200);
}

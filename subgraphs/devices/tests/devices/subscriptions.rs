//! Telemetry and changes as they reach subscribers: the wall, the paced feed, the resumed one, the slow one.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{Caller, SystemClock};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::support::{Engines, HandDevice, Running, admin, codes, eventually, next, next_that, open};

const EACH: &str = "subscription($ids: [ID!], $from: DateTime) {
    deviceTelemetry(deviceIds: $ids, minIntervalMs: 0, resumeFrom: $from) { gap sample { sequence at } } }";
const WALL: &str = "subscription($filter: DeviceFilter) { fleet(filter: $filter, minIntervalMs: 100) {
    sequence kind removedIds devices { id name latestTelemetry { sequence } } } }";

async fn update(domain: &Running, caller: &Caller, id: &str, group: &str) {
    let query = "mutation($id: ID!, $group: String) { updateDevice(input: { id: $id, group: $group }) { userErrors { code } } }";
    let answer = domain.ask(caller, query, json!({ "id": id, "group": group })).await;
    assert!(codes(&answer["updateDevice"]["userErrors"]).is_empty());
}

async fn latest_is(domain: &Running, caller: &Caller, id: &str, sequence: u64) {
    let query = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence } } }";
    eventually(&format!("sample {sequence} is there"), async || {
        domain.ask(caller, query, json!({ "id": id })).await["device"]["latestTelemetry"]["sequence"] == json!(sequence)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_shows_what_matches_and_tells_what_comes_and_goes() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let (inside, outside) = (domain.one(&me, "Inside").await, domain.one(&me, "Outside").await);
    update(&domain, &me, &inside, "Lab").await;
    let device = HandDevice::of(&engines, &domain, &me, &inside).await;
    device.measure(1, 1.0).await;
    latest_is(&domain, &me, &inside, 1).await;

    let mut wall = domain.subscribe(&me, WALL, json!({ "filter": { "group": "Lab" } }));
    let snapshot = next(&mut wall).await["fleet"].clone();
    let shown = json!([{ "id": inside, "name": "Inside", "latestTelemetry": { "sequence": 1 } }]);
    assert_eq!((&snapshot["kind"], &snapshot["devices"]), (&json!("SNAPSHOT"), &shown));
    device.measure(2, 1.0).await;
    let measured = next(&mut wall).await["fleet"].clone();
    assert_eq!(measured["kind"], "TELEMETRY");
    assert_eq!(measured["devices"][0]["latestTelemetry"]["sequence"], 2);
    update(&domain, &me, &outside, "Lab").await;
    let came = next(&mut wall).await["fleet"].clone();
    assert_eq!((&came["kind"], &came["devices"][0]["id"]), (&json!("CHANGED"), &json!(outside)));
    update(&domain, &me, &inside, "Field").await;
    let left = next(&mut wall).await["fleet"].clone();
    assert_eq!((&left["kind"], &left["removedIds"]), (&json!("REMOVED"), &json!([inside])));
    // What left is not heard of any more.
    device.measure(3, 1.0).await;
    latest_is(&domain, &me, &inside, 3).await;
    assert!(domain.act(&me, "delete", &outside).await.is_empty());
    let gone = next_that(&mut wall, |event| event["fleet"]["kind"] != "CHANGED").await["fleet"].clone();
    assert_eq!((&gone["kind"], &gone["removedIds"]), (&json!("REMOVED"), &json!([outside])));
    let numbers: Vec<_> =
        [snapshot, measured, came, left].iter().map(|event| event["sequence"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_subscriber_gets_the_latest_and_is_told_of_gaps() {
    let engines = Engines::start().await;
    let settings =
        cloudphone_devices::DevicesSettings { recent_samples: 20, messages_per_second: 1000.0, ..engines.by_hand() };
    let domain = engines.start_domain(settings).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let device = HandDevice::of(&engines, &domain, &me, &id).await;
    let mut wall = domain.subscribe(&me, WALL, json!({}));
    next(&mut wall).await;
    let mut each = domain.subscribe(&me, EACH, json!({ "ids": [id] }));
    open(&mut each).await;
    let paced =
        "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 60000) { sample { sequence } } }";
    let mut paced = domain.subscribe(&me, paced, json!({ "ids": [id] }));
    open(&mut paced).await;
    for sequence in 1..=200 {
        device.measure(sequence, 1.0).await;
    }
    latest_is(&domain, &me, &id, 200).await;

    let seen = next(&mut wall).await;
    assert_eq!(seen["fleet"]["devices"][0]["latestTelemetry"]["sequence"], 200, "latest wins");
    let first = next(&mut each).await["deviceTelemetry"].clone();
    assert_eq!((&first["sample"]["sequence"], &first["gap"]), (&json!(181), &json!(true)));
    for sequence in 182..=200 {
        let event = next(&mut each).await["deviceTelemetry"].clone();
        assert_eq!((&event["sample"]["sequence"], &event["gap"]), (&json!(sequence), &json!(false)));
    }
    assert_eq!(next(&mut paced).await["deviceTelemetry"]["sample"]["sequence"], 200);
    device.measure(201, 1.0).await;
    latest_is(&domain, &me, &id, 201).await;
    assert!(futures::poll!(paced.next()).is_pending(), "a minute is not over");
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_resumes_without_a_gap_and_without_doubles() {
    let engines = Engines::start().await;
    let settings = || cloudphone_devices::DevicesSettings {
        recent_samples: 10,
        messages_per_second: 10_000.0,
        ..engines.by_hand()
    };
    let domain = engines.start_domain(settings()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let device = Arc::new(HandDevice::of(&engines, &domain, &me, &id).await);
    let mut each = domain.subscribe(&me, EACH, json!({ "ids": [id] }));
    open(&mut each).await;
    device.measure(1, 1.0).await;
    let last_seen = next(&mut each).await["deviceTelemetry"]["sample"]["at"].clone();
    drop(each);

    // While the subscriber is away and comes back, the device never stops; most is in the table by then, the rest in memory.
    let talking = {
        let device = Arc::clone(&device);
        tokio::spawn(async move {
            for sequence in 2..=600 {
                device.measure(sequence, 1.0).await;
                tokio::time::sleep(std::time::Duration::from_millis(3)).await;
            }
        })
    };
    latest_at_least(&domain, &me, &id, 200).await;
    let mut resumed = domain.subscribe(&me, EACH, json!({ "ids": [id], "from": last_seen }));
    for sequence in 2..=600 {
        let event = next(&mut resumed).await["deviceTelemetry"].clone();
        assert_eq!((&event["sample"]["sequence"], &event["gap"]), (&json!(sequence), &json!(false)));
    }
    talking.await.unwrap();
    domain.stop().await;

    // The same after a restart: all of it comes from the table.
    let domain = engines.start_domain(settings()).await;
    let mut resumed = domain.subscribe(&me, EACH, json!({ "ids": [id], "from": last_seen }));
    for sequence in 2..=600 {
        assert_eq!(next(&mut resumed).await["deviceTelemetry"]["sample"]["sequence"], json!(sequence));
    }
    domain.stop().await;
}

async fn latest_at_least(domain: &Running, caller: &Caller, id: &str, sequence: i64) {
    let query = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence } } }";
    eventually(&format!("sample {sequence} is there"), async || {
        let found = domain.ask(caller, query, json!({ "id": id })).await;
        found["device"]["latestTelemetry"]["sequence"].as_i64() >= Some(sequence)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_told_with_the_move_behind_them() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let query = "subscription($filter: DeviceFilter) { deviceChanged(filter: $filter) {
        device { name state online } transition { from to actor { id } } } }";
    let mut changes = domain.subscribe(&me, query, json!({ "filter": { "search": "pix" } }));
    open(&mut changes).await;
    domain.create(&me, "Other", 1, false).await;
    let id = domain.one(&me, "Pixel").await;
    let moves: Vec<Value> = {
        let mut moves = Vec::new();
        for _ in 0..3 {
            moves.push(next(&mut changes).await["deviceChanged"].clone());
        }
        moves
    };
    let states: Vec<_> = moves.iter().map(|change| change["device"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["CREATING", "PROVISIONING", "STOPPED"]);
    assert_eq!(moves[0]["transition"]["actor"]["id"], json!(me.user_id().unwrap().to_string()));
    assert_eq!(moves[2]["transition"]["from"], "PROVISIONING");
    let _device = HandDevice::of(&engines, &domain, &me, &id).await;
    let came = next(&mut changes).await["deviceChanged"].clone();
    assert_eq!((&came["device"]["online"], &came["transition"]), (&json!(true), &json!(null)));
    // Leaving the filter is a change as well.
    let rename = "mutation($id: ID!) { updateDevice(input: { id: $id, name: \"Gone\" }) { userErrors { code } } }";
    domain.ask(&me, rename, json!({ "id": id })).await;
    assert_eq!(next(&mut changes).await["deviceChanged"]["device"]["name"], "Gone");
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_ends_with_the_identity_behind_it() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let soon: DateTime<Utc> = cloudphone_core::Clock::now(&SystemClock) + TimeDelta::milliseconds(300);
    let me = Caller { expires_at: Some(soon), ..admin() };
    for query in [WALL, EACH, "subscription { deviceChanged { device { id } } }"] {
        let mut events = domain.subscribe(&me, query, json!({}));
        let ended = async { while events.next().await.is_some() {} };
        tokio::time::timeout(std::time::Duration::from_secs(5), ended).await.expect("the subscription ends");
    }
    assert!(Utc::now() >= soon);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn intervals_out_of_bounds_are_refused() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let too_many: Vec<_> = (0..2001).map(|_| uuid::Uuid::new_v4()).collect();
    for (query, variables) in [
        ("subscription { fleet(minIntervalMs: 99) { kind } }", json!({})),
        ("subscription { deviceTelemetry(minIntervalMs: -1) { gap } }", json!({})),
        ("subscription { deviceTelemetry(minIntervalMs: 60001) { gap } }", json!({})),
        ("subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids) { gap } }", json!({ "ids": too_many })),
    ] {
        let mut events = domain.subscribe(&admin(), query, variables);
        assert_eq!(crate::support::code_of(&events.next().await.unwrap()), "VALIDATION_FAILED", "{query}");
        assert!(events.next().await.is_none());
    }
    domain.stop().await;
}

//! The life of a device: made, started, measured, watched, stopped, gone.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, Packet, QoS};
use serde_json::json;

use crate::support::device::is_welcome;
use crate::support::{CREATE, Engines, HandDevice, Witness, admin, eventually, next, next_that};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_made_starts_is_measured_and_goes() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let mut wall = domain.subscribe(
        &me,
        "subscription { fleet(minIntervalMs: 100) { sequence kind removedIds devices { id state latestTelemetry { cpuPercent } } } }",
        json!({}),
    );
    let first = next(&mut wall).await;
    assert_eq!(first["fleet"]["kind"], "SNAPSHOT");
    assert_eq!(first["fleet"]["devices"], json!([]));

    let id = domain.create(&me, "Pixel", 1, false).await.remove(0);
    domain.reaches(&me, &id, "STOPPED").await;
    assert!(domain.act(&me, "start", &id).await.is_empty());
    domain.reaches(&me, &id, "RUNNING").await;
    let measured = next_that(&mut wall, |event| {
        event["fleet"]["kind"] == "TELEMETRY"
            && event["fleet"]["devices"][0]["latestTelemetry"]["cpuPercent"].is_number()
    });
    assert_eq!(measured.await["fleet"]["devices"][0]["id"], json!(id));

    let mut samples = domain.subscribe(
        &me,
        "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 0) { gap device { name } sample { sequence batteryPercent } } }",
        json!({ "ids": [id] }),
    );
    let (one, two) = (next(&mut samples).await, next(&mut samples).await);
    let number = |event: &serde_json::Value| event["deviceTelemetry"]["sample"]["sequence"].as_i64().unwrap();
    assert_eq!(number(&two), number(&one) + 1);
    assert_eq!(two["deviceTelemetry"]["gap"], json!(false));

    assert!(domain.act(&me, "pause", &id).await.is_empty());
    domain.reaches(&me, &id, "PAUSED").await;
    assert_eq!(domain.act(&me, "reboot", &id).await, ["DEVICE_STATE_CONFLICT"]);
    assert!(domain.act(&me, "resume", &id).await.is_empty());
    domain.reaches(&me, &id, "RUNNING").await;
    assert!(domain.act(&me, "reboot", &id).await.is_empty());
    domain.reaches(&me, &id, "RUNNING").await;
    assert!(domain.act(&me, "stop", &id).await.is_empty());
    domain.reaches(&me, &id, "STOPPED").await;

    let history = domain
        .ask(&me, "query($id: ID!) { device(id: $id) { transitions(first: 50) { nodes { from to cause } } commands { nodes { kind status } } } }", json!({ "id": id }))
        .await;
    let moves: Vec<_> = history["device"]["transitions"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| entry["to"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        moves,
        [
            "CREATING",
            "PROVISIONING",
            "STOPPED",
            "STARTING",
            "RUNNING",
            "PAUSING",
            "PAUSED",
            "STARTING",
            "RUNNING",
            "REBOOTING",
            "RUNNING",
            "STOPPING",
            "STOPPED"
        ]
    );
    let commands = history["device"]["commands"]["nodes"].as_array().unwrap();
    assert!(commands.iter().all(|command| command["status"] == "SUCCEEDED"), "{commands:?}");

    assert!(domain.act(&me, "delete", &id).await.is_empty());
    domain.reaches(&me, &id, "GONE").await;
    let gone = next_that(&mut wall, |event| event["fleet"]["kind"] == "REMOVED").await;
    assert_eq!(gone["fleet"]["removedIds"], json!([id]));

    witness.sees("devices.device.deleted").await;
    let story: Vec<_> = witness
        .story_of(&id)
        .into_iter()
        .filter_map(|event| Some(event.strip_prefix("devices.device.")?.to_owned()))
        .collect();
    let expected =
        ["created", "provisioned", "started", "paused", "resumed", "rebooted", "stopped", "deleted"].map(str::to_owned);
    assert_eq!(story, expected);
    assert_eq!(
        witness.audited(),
        ["create", "start", "pause", "resume", "reboot", "stop", "delete"].map(|verb| format!("device.{verb}"))
    );
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_device_leaves_nothing_at_the_broker() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let secret = domain.rotate(&me, &id).await;
    let device = HandDevice::connect(&engines, me.tenant_id, id.parse().unwrap(), &secret).await;
    device.report("stopped", uuid::Uuid::new_v4()).await;
    let retained = async || {
        let (client, mut events) = AsyncClient::new(engines.service_account(), 10);
        client.subscribe(format!("cloudphone/v1/{}/#", me.tenant_id), QoS::AtLeastOnce).await.unwrap();
        let mut kept = Vec::new();
        loop {
            // The broker repeats what it kept at once.
            match tokio::time::timeout(Duration::from_millis(300), events.poll()).await {
                Ok(Ok(Event::Incoming(Packet::Publish(message)))) => kept.push(message.topic),
                Ok(event) => drop(event.unwrap()),
                Err(_) => return kept,
            }
        }
    };
    eventually("the broker keeps status and report", async || retained().await.len() == 2).await;
    drop(device);
    assert!(domain.act(&me, "delete", &id).await.is_empty());
    domain.reaches(&me, &id, "GONE").await;
    eventually("the broker keeps nothing", async || retained().await.is_empty()).await;
    assert!(!is_welcome(&engines, &id, &secret).await);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_goes_when_its_time_is_over() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let expires_at = chrono::Utc::now() + chrono::TimeDelta::seconds(3);
    let input = json!({ "name": "Mayfly", "specification": {}, "expiresAt": expires_at });
    let made = domain.ask(&me, CREATE, json!({ "input": input })).await;
    let id = made["createDevice"]["devices"][0]["id"].as_str().unwrap();
    domain.reaches(&me, id, "GONE").await;
    assert_eq!(witness.sees("devices.device.expired").await.subject, id);
    let deleted = witness.sees("devices.device.deleted").await;
    assert!(deleted.time >= expires_at);
    domain.stop().await;
}

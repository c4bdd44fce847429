//! Devices that lie, babble or flood: refused, counted, kept for a look, and no harm to others.

use chrono::Utc;
use cloudphone_core::{Caller, TenantId};
use cloudphone_devices::topic::{self, Channel};
use rumqttc::{AsyncClient, QoS};
use serde_json::{Value, json};

use crate::support::witness::{count, counted};
use crate::support::{Engines, HandDevice, Running, admin, eventually, open};

const REFUSED: &str = "cloudphone_devices_messages_refused_total";

async fn quarantined(domain: &Running, caller: &Caller) -> Vec<Value> {
    let query = "{ telemetryQuarantine(first: 100) { nodes { deviceId topic reason detail payload payloadBytes } } }";
    let found = domain.ask(caller, query, json!({})).await;
    found["telemetryQuarantine"]["nodes"].as_array().unwrap().clone()
}

async fn is_quarantined(domain: &Running, caller: &Caller, reason: &str) -> Value {
    let with_reason =
        async || quarantined(domain, caller).await.into_iter().find(|message| message["reason"] == reason);
    eventually(reason, async || with_reason().await.is_some()).await;
    with_reason().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_are_counted_and_kept() {
    count();
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Babbler").await;
    let device = HandDevice::of(&engines, &domain, &me, &id).await;
    let telemetry = topic::upward(me.tenant_id, id.parse().unwrap(), Channel::Telemetry);
    let reported = topic::upward(me.tenant_id, id.parse().unwrap(), Channel::Reported);

    device.send(&telemetry, false, b"\xff\x00not json".to_vec()).await;
    let kept = is_quarantined(&domain, &me, "UNDECODABLE").await;
    assert_eq!((&kept["deviceId"], &kept["topic"], &kept["payloadBytes"]), (&json!(id), &json!(telemetry), &json!(10)));
    device.send(&telemetry, false, vec![b' '; 5000]).await;
    assert_eq!(is_quarantined(&domain, &me, "OVERSIZED").await["payloadBytes"], 5000);
    device.send(&telemetry, false, json!({ "ts": Utc::now(), "seq": 1, "cpu": 101 }).to_string().into_bytes()).await;
    is_quarantined(&domain, &me, "OUT_OF_RANGE").await;
    device.send(&telemetry, false, json!({ "ts": "2020-01-01T00:00:00Z", "seq": 1 }).to_string().into_bytes()).await;
    is_quarantined(&domain, &me, "CLOCK_SKEW").await;
    device.send(&reported, false, br#"{"state":"flying"}"#.to_vec()).await;
    eventually("the report is kept", async || {
        quarantined(&domain, &me).await.iter().any(|message| message["topic"] == json!(reported))
    })
    .await;
    // A packet beyond the broker's limit ends the connection; the device is as welcome as before.
    device.client.publish(&telemetry, QoS::AtMostOnce, false, vec![b' '; 300 * 1024]).await.unwrap();
    for reason in ["UNDECODABLE", "OVERSIZED", "OUT_OF_RANGE", "CLOCK_SKEW"] {
        assert!(counted(&format!("{REFUSED} {reason}")) >= 1, "{reason}");
    }
    eventually("a good message is taken, once the device is back", async || {
        device.measure(7, 12.5).await;
        let query = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence } } }";
        domain.ask(&me, query, json!({ "id": id })).await["device"]["latestTelemetry"]["sequence"] == 7
    })
    .await;
    assert!(quarantined(&domain, &admin()).await.is_empty(), "others see nothing of it");
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_cannot_speak_or_listen_for_another() {
    count();
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let (me, stranger) = (admin(), admin());
    let (mine, sibling, theirs) =
        (domain.one(&me, "Mine").await, domain.one(&me, "Sibling").await, domain.one(&stranger, "Theirs").await);
    let device = HandDevice::of(&engines, &domain, &me, &mine).await;
    let latest = async |caller: &Caller, id: &str| {
        let query = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence } } }";
        domain.ask(caller, query, json!({ "id": id })).await["device"]["latestTelemetry"].clone()
    };
    let sample = json!({ "ts": Utc::now(), "seq": 66 }).to_string().into_bytes();
    let wrong = [
        topic::upward(me.tenant_id, sibling.parse().unwrap(), Channel::Telemetry),
        topic::upward(stranger.tenant_id, theirs.parse().unwrap(), Channel::Telemetry),
        topic::upward(stranger.tenant_id, mine.parse().unwrap(), Channel::Telemetry),
        topic::upward(stranger.tenant_id, theirs.parse().unwrap(), Channel::Status),
        format!("{}/commands/{}", topic::base(me.tenant_id, sibling.parse().unwrap()), uuid::Uuid::new_v4()),
    ];
    for topic in &wrong {
        device.send(topic, false, sample.clone()).await;
    }
    for filter in ["#".to_owned(), topic::commands(me.tenant_id, sibling.parse().unwrap()), wrong[0].clone()] {
        device.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
    }
    eventually("the broker refuses all of it", async || {
        let statistics = engines.broker.statistics().await;
        statistics.refused_publishes == wrong.len() as u64 && statistics.refused_subscriptions == 3
    })
    .await;
    assert_eq!(latest(&me, &sibling).await, json!(null));
    assert_eq!(latest(&stranger, &theirs).await, json!(null));

    // A broker that lets such a message through does not make it true.
    let (client, mut events) = AsyncClient::new(engines.service_account(), 10);
    let polling = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    client.publish(&wrong[2], QoS::AtLeastOnce, false, sample.clone()).await.unwrap();
    let unknown = topic::upward(me.tenant_id, cloudphone_core::DeviceId::new(), Channel::Telemetry);
    client.publish(unknown, QoS::AtLeastOnce, false, sample).await.unwrap();
    let kept = is_quarantined(&domain, &me, "WRONG_TENANT").await;
    assert_eq!((&kept["deviceId"], &kept["topic"]), (&json!(mine), &json!(wrong[2])));
    is_quarantined(&domain, &me, "UNKNOWN_DEVICE").await;
    assert!(quarantined(&domain, &stranger).await.is_empty(), "the words of a device stay with its owner");
    assert_eq!(latest(&me, &mine).await, json!(null));
    polling.abort();
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut_and_others_are_heard() {
    count();
    let engines = Engines::start().await;
    let settings = cloudphone_devices::DevicesSettings { messages_per_second: 10.0, ..engines.by_hand() };
    let domain = engines.start_domain(settings).await;
    let me = admin();
    let (loud, quiet) = (domain.one(&me, "Loud").await, domain.one(&me, "Quiet").await);
    let flooding = HandDevice::of(&engines, &domain, &me, &loud).await;
    let calm = HandDevice::of(&engines, &domain, &me, &quiet).await;
    let query =
        "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 0) { sample { sequence } } }";
    let mut samples = domain.subscribe(&me, query, json!({ "ids": [quiet] }));
    open(&mut samples).await;
    for sequence in 0..500 {
        flooding.measure(sequence, 1.0).await;
    }
    calm.measure(1, 1.0).await;
    assert_eq!(crate::support::next(&mut samples).await["deviceTelemetry"]["sample"]["sequence"], 1);
    eventually("most of the flood is dropped", async || counted(&format!("{REFUSED} RATE_LIMITED")) >= 400).await;
    let accepted = counted("cloudphone_devices_messages_accepted_total");
    assert!(accepted <= 100, "{accepted} were accepted");
    domain.stop().await;
}

#[test]
fn a_device_may_use_the_topics_of_its_schema_only() {
    let (tenant, device) = (TenantId::new(), cloudphone_core::DeviceId::new());
    let topics = cloudphone_devices::DeviceCredentials::publish_topics(tenant, device);
    for schema in cloudphone_devices::mqtt_schemas().iter().filter(|schema| schema.from_device) {
        let topic = schema.topic.replace("{tenant}", &tenant.to_string()).replace("{device}", &device.to_string());
        assert!(topics.contains(&topic), "{topic}");
    }
}

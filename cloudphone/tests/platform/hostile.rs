//! Devices that misbehave on the wire: refused, quarantined, limited and counted, without harm to others.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Builder, Client, MqttDevice, Socket, eventually, holds, samples, text};

const REFUSED: &str = "cloudphone_devices_messages_refused_total";
const QUARANTINE: &str = "{ telemetryQuarantine(first: 100) { nodes { reason deviceId payloadBytes topic } } }";
const TELEMETRY: &str =
    "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 0) { sample { sequence } } }";
/// The most that the platform takes of a device in a second, as configured by default.
const PER_SECOND: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_messages_are_refused_or_quarantined_and_a_flood_is_limited() {
    let platform = Builder::new().set("devices.play_simulated", false).start().await;
    let (ours, theirs) = (platform.admin().await.client, platform.client.register("rival").await.client);
    let (made, foreign) =
        (ours.create_devices("ours", 2, false).await, theirs.create_devices("theirs", 1, false).await);
    for id in &made {
        ours.reaches(id, "STOPPED", 20).await;
    }
    theirs.reaches(&foreign[0], "STOPPED", 20).await;
    let steady = MqttDevice::take_over(&ours, &platform.mqtt, &made[0]).await;
    let bad = MqttDevice::take_over(&ours, &platform.mqtt, &made[1]).await;
    let rival = MqttDevice::take_over(&theirs, &platform.mqtt, &foreign[0]).await;

    only_itself_is_let_in(&ours, &platform.mqtt, &bad.id).await;
    unreadable_messages_are_quarantined(&platform.client, &ours, &theirs, &bad).await;

    // What is said in another's name, of the same organisation or not, reaches nobody.
    let lie = json!({ "ts": chrono::Utc::now(), "seq": 1, "cpu": 99.0 }).to_string();
    let others = [
        steady.topic("telemetry"),
        rival.topic("telemetry"),
        rival.topic("telemetry").replace(&rival.id, &bad.id),
        steady.topic("status"),
        bad.topic("commands/1"),
    ];
    let refused = platform.client.metric("cloudphone_mqtt_publishes_refused_total", "").await;
    for topic in &others {
        bad.publish(topic, lie.clone()).await;
    }
    eventually(10, "all five are refused", async || {
        let now = platform.client.metric("cloudphone_mqtt_publishes_refused_total", "").await;
        holds(now >= refused + 5.0)
    })
    .await;
    assert_eq!((latest(&ours, &steady.id).await, latest(&theirs, &rival.id).await), (Value::Null, Value::Null));

    // A packet beyond all bounds costs its sender the connection, and nobody else.
    let (before, others) = (bad.connections(), steady.connections());
    bad.publish(&bad.topic("telemetry"), vec![b'x'; 1024 * 1024]).await;
    eventually(20, "the sender has to connect again", async || holds(bad.connections() > before)).await;
    assert_eq!(steady.connections(), others);

    a_flood_is_limited(&platform.client, &ours, &steady, &bad).await;
}

async fn only_itself_is_let_in(owner: &Client, broker: &str, id: &str) {
    let device = format!("device-{id}");
    assert!(!MqttDevice::is_admitted(broker, &device, &device, "a guess").await);
    assert!(!MqttDevice::is_admitted(broker, "somebody", "somebody", "a guess").await);
    assert!(!MqttDevice::is_admitted(broker, "cloudphone", "cloudphone", "").await);
    let made = owner.create_devices("spare", 1, false).await.remove(0);
    owner.reaches(&made, "STOPPED", 20).await;
    let first = owner.change("rotateDeviceCredential", &json!({ "id": made }), "username secret").await;
    let (name, secret) = (text(&first["username"]), text(&first["secret"]));
    assert!(MqttDevice::is_admitted(broker, name, name, secret).await);
    assert!(!MqttDevice::is_admitted(broker, &device, &device, secret).await, "another device's secret");
    assert!(!MqttDevice::is_admitted(broker, &device, name, secret).await, "another device's client id");
    owner.change("rotateDeviceCredential", &json!({ "id": made }), "username").await;
    assert!(!MqttDevice::is_admitted(broker, name, name, secret).await, "a secret of before");
}

async fn unreadable_messages_are_quarantined(platform: &Client, ours: &Client, theirs: &Client, bad: &MqttDevice) {
    let now = chrono::Utc::now();
    let at = |ts: chrono::DateTime<chrono::Utc>, cpu: f64| json!({ "ts": ts, "seq": 1, "cpu": cpu }).to_string();
    let messages = [
        ("UNDECODABLE", "{ not json".to_owned()),
        ("OVERSIZED", format!("{{\"ts\":\"{}\"}}", "x".repeat(8000))),
        ("OUT_OF_RANGE", at(now, 1000.0)),
        ("CLOCK_SKEW", at(now + chrono::TimeDelta::hours(3), 1.0)),
    ];
    for (_, message) in &messages {
        bad.publish(&bad.topic("telemetry"), message.clone()).await;
    }
    for (reason, message) in &messages {
        let entry = eventually(10, &format!("{reason} is quarantined"), async || {
            let kept = ours.ask(QUARANTINE, json!({})).await["telemetryQuarantine"]["nodes"].clone();
            kept.as_array().unwrap().iter().find(|one| one["reason"] == *reason).cloned()
        })
        .await;
        assert_eq!(entry["deviceId"], json!(bad.id));
        assert_eq!(entry["payloadBytes"], message.len());
        let labels = format!("reason=\"{reason}\"");
        assert!((platform.metric(REFUSED, &labels).await - 1.0).abs() < f64::EPSILON, "{reason} is counted once");
    }
    bad.publish(&bad.topic("acks"), "[]").await;
    bad.publish(&bad.topic("reported"), "{\"state\":\"\\u0000\"}").await;
    eventually(10, "unreadable answers are counted", async || {
        holds(platform.metric(REFUSED, "reason=\"UNDECODABLE\"").await >= 3.0)
    })
    .await;
    let others = theirs.ask(QUARANTINE, json!({})).await;
    assert_eq!(others["telemetryQuarantine"]["nodes"], json!([]), "one organisation's troubles are not another's");
}

async fn a_flood_is_limited(platform: &Client, ours: &Client, steady: &MqttDevice, bad: &MqttDevice) {
    let mut socket = Socket::open(ours).await;
    socket.start(TELEMETRY, json!({ "ids": [steady.id] })).await;
    steady.measure_until_heard(&mut socket).await;
    let began = Instant::now();
    let flood = async {
        for sequence in 1..=4000 {
            bad.measure(sequence, 50.0).await;
        }
    };
    let steadily = async {
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        for sequence in 1..=30 {
            pace.tick().await;
            steady.measure(sequence, 10.0).await;
        }
    };
    let heard = async {
        for expected in 1..=30 {
            let sequence = socket
                .event(10, &format!("measurement {expected} of the steady device"), |data| {
                    data["deviceTelemetry"]["sample"]["sequence"].as_u64().filter(|sequence| *sequence > 0)
                })
                .await;
            assert_eq!(sequence, expected, "the flood took the place of another's measurement");
        }
    };
    tokio::join!(flood, steadily, heard);
    eventually(10, "messages of the flood are counted as refused", async || {
        let at_the_broker = platform.metric("cloudphone_mqtt_messages_rate_limited_total", "").await;
        holds(at_the_broker + platform.metric(REFUSED, "reason=\"RATE_LIMITED\"").await > 100.0)
    })
    .await;
    let query = "query($id: ID!) { device(id: $id) { telemetry(resolution: RAW, maxPoints: 2000) { samples } } }";
    let kept = samples(&ours.ask(query, json!({ "id": bad.id })).await["device"]["telemetry"]);
    let most = PER_SECOND * (3 + began.elapsed().as_secs());
    assert!((1..=most).contains(&kept), "{kept} of the flood were taken, {most} are allowed");
}

async fn latest(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { device(id: $id) { latestTelemetry { cpuPercent } } }";
    client.ask(query, json!({ "id": id })).await["device"]["latestTelemetry"].clone()
}

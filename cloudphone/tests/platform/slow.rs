//! Subscribers that stop reading: they cost the others nothing and the platform no memory.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Builder, MqttDevice, Socket, eventually, holds};

/// Measurements sent, and how many a second.
const MEASUREMENTS: u64 = 1500;
const PER_SECOND: u64 = 150;
/// Subscribers that never read.
const STALLED: usize = 5;
/// What the process may grow by, in MiB. What is written to the stalled ones is several times as much.
const GROWTH: u64 = 48;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_subscriber_slows_nobody_and_keeps_no_memory() {
    let platform = Builder::new()
        .set("devices.play_simulated", false)
        .set("devices.messages_per_second", 1000)
        .set("mqtt.messages_per_second", 1000)
        .start()
        .await;
    let admin = platform.admin().await.client;
    let id = admin.create_devices("busy", 1, false).await.remove(0);
    admin.reaches(&id, "STOPPED", 20).await;
    let device = MqttDevice::take_over(&admin, &platform.mqtt, &id).await;

    let mut reading = Socket::open(&admin).await;
    let brief =
        "subscription($id: ID!) { deviceTelemetry(deviceIds: [$id], minIntervalMs: 0) { gap sample { sequence } } }";
    reading.start(brief, json!({ "id": id })).await;
    // Many times what the kernel keeps for somebody who does not read.
    let specification = "{ androidVersion cpuCores memoryMb storageGb widthPx heightPx density gpu locale timezone }";
    let copies: Vec<String> = (0..20).map(|copy| format!("copy{copy}: specification {specification}")).collect();
    let verbose = format!(
        "subscription($id: ID!) {{ deviceTelemetry(deviceIds: [$id], minIntervalMs: 0) {{
            gap sample {{ sequence }} device {{ id {} }} }} }}",
        copies.join(" ")
    );
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        let mut socket = Socket::open_narrow(&admin).await;
        socket.start(&verbose, json!({ "id": id })).await;
        stalled.push(socket);
    }
    device.measure_until_heard(&mut reading).await;
    let before = platform.program.resident_mib();

    let sending = async {
        let mut pace = tokio::time::interval(Duration::from_millis(1000 / PER_SECOND));
        for sequence in 1..=MEASUREMENTS {
            pace.tick().await;
            device.measure(sequence, 50.0).await;
        }
        Instant::now()
    };
    let receiving = async {
        for expected in 1..=MEASUREMENTS {
            let (sequence, gap) = reading
                .event(20, "the next measurement", |data| {
                    let event = &data["deviceTelemetry"];
                    Some((event["sample"]["sequence"].as_u64()?, event["gap"].as_bool()?))
                        .filter(|(sequence, _)| *sequence > 0)
                })
                .await;
            assert_eq!((sequence, gap), (expected, false), "every measurement comes, once and in order");
        }
        Instant::now()
    };
    let (sent, received) = tokio::join!(sending, receiving);
    let behind = received.saturating_duration_since(sent);
    assert!(behind < Duration::from_secs(3), "the reading subscriber was {behind:?} behind at the end");
    let after = platform.program.resident_mib();
    assert!(after < before + GROWTH, "{before} MiB before, {after} MiB after");

    eventually(60, "the stalled ones are let go, the reading one stays", async || {
        let open = platform.client.metric("cloudphone_websocket_connections", "").await;
        assert!(open > 0.5, "the reading subscriber lost its connection");
        device.measure(MEASUREMENTS + 1, 50.0).await;
        holds(open < 1.5)
    })
    .await;
    reading.event(10, "it is served on", |data| data["deviceTelemetry"]["sample"]["sequence"].as_u64()).await;
}

//! The platform's main job from end to end, told twice: in one process, and in parts over external engines.

use serde_json::json;

use crate::support::{ADMIN, Builder, Client, DEMO_PASSWORD, Distributed, Socket, eventually, samples, text};

/// The longest that a simulated phone takes to boot on a busy machine, in seconds.
const BOOT: u64 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_one_process() {
    let mut platform = Builder::new().start().await;
    first_slice(&platform.client).await;
    let (status, _) = platform.program.terminate(10).await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_parts_over_external_engines() {
    let platform = Distributed::start(&[]).await;
    first_slice(&platform.client).await;
    platform.stop().await;
}

/// Sign in, create, start, watch measurements with the owner's name, rename the owner, stop, delete.
async fn first_slice(anonymous: &Client) {
    let refused = anonymous.answer("{ devices { nodes { id } } }", json!({})).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
    let admin = anonymous.sign_in(ADMIN, DEMO_PASSWORD).await.client;
    let id = &admin.create_devices("first", 1, false).await[0];
    admin.reaches(id, "STOPPED", 20).await;

    let mut socket = Socket::open(&admin).await;
    let watched = "subscription($id: ID!) { deviceTelemetry(deviceIds: [$id], minIntervalMs: 0) {
        sample { at cpuPercent batteryPercent sequence } device { id name state owner { id displayName email } } } }";
    socket.start(watched, json!({ "id": id })).await;
    let payload = admin.change("startDevice", &json!({ "id": id }), "device { state }").await;
    assert_eq!(payload["device"]["state"], "STARTING");
    let owner = socket
        .event(BOOT, "the running device measures", |data| {
            let event = &data["deviceTelemetry"];
            assert!(event["sample"]["cpuPercent"].as_f64().is_some_and(|cpu| (0.0..=100.0).contains(&cpu)), "{event}");
            (event["device"]["state"] == "RUNNING").then(|| event["device"]["owner"].clone())
        })
        .await;
    assert_eq!((text(&owner["displayName"]), text(&owner["email"])), ("Demo Admin", ADMIN), "joined from identity");

    admin.change("updateProfile", &json!({ "displayName": "Renamed Admin" }), "user { displayName }").await;
    socket
        .event(20, "the owner's new name", |data| {
            (data["deviceTelemetry"]["device"]["owner"]["displayName"] == "Renamed Admin").then_some(())
        })
        .await;

    let history = "query($id: ID!) { device(id: $id) { online allowedActions telemetry(resolution: RAW) { samples }
        transitions { nodes { from to actor { displayName } } } } }";
    let device = eventually(10, "measurements are kept", async || {
        let device = admin.ask(history, json!({ "id": id })).await["device"].clone();
        (samples(&device["telemetry"]) >= 2).then_some(device)
    })
    .await;
    assert_eq!(device["online"], true);
    let started =
        device["transitions"]["nodes"].as_array().unwrap().iter().find(|one| one["to"] == "STARTING").unwrap();
    assert_eq!(started["actor"]["displayName"], "Renamed Admin", "a list is joined as well");

    admin.change("stopDevice", &json!({ "id": id }), "device { state }").await;
    admin.reaches(id, "STOPPED", 30).await;
    admin.change("deleteDevice", &json!({ "id": id }), "device { state }").await;
    admin.reaches_absence(id).await;
}

//! Power cuts, and engines that die under load: nothing acknowledged is lost, doubled or stuck.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Builder, Client, Following, MqttDevice, Socket, eventually, holds, ids, kill, samples, text};

/// Devices that are being made when the power goes.
const MANY: usize = 60;
const TELEMETRY: &str = "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 0) {
    sample { sequence cpuPercent } device { id state owner { displayName } } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_amid_creation_and_telemetry_forgets_nothing_acknowledged() {
    let platform = Builder::new().set("devices.simulated_interval_ms", 250).start().await;
    let admin = platform.admin().await.client;
    let lived = admin.create_devices("lived", 3, true).await;
    let [running, paused, stopped] = lived.as_slice() else { panic!("{lived:?}") };
    for id in &lived {
        admin.reaches(id, "RUNNING", 60).await;
    }
    admin.change("pauseDevice", &json!({ "id": paused }), "device { id }").await;
    admin.change("stopDevice", &json!({ "id": stopped }), "device { id }").await;
    admin.reaches(paused, "PAUSED", 30).await;
    admin.reaches(stopped, "STOPPED", 30).await;
    let place =
        json!({ "deviceId": running, "kind": "SET_LOCATION", "arguments": { "latitude": 48.5, "longitude": 9.25 } });
    let command = admin.change("sendDeviceCommand", &place, "command { id }").await["command"]["id"].clone();
    eventually(20, "the command is done", async || holds(command_status(&admin, running).await == "SUCCEEDED")).await;
    let kept = eventually(10, "measurements are kept", async || {
        Some(stored(&admin, running).await).filter(|count| *count > 4)
    })
    .await;

    // The power goes while some devices are still being set up, and while another request is on its way.
    let made = admin.create_devices("many", MANY, true).await;
    let late = admin.clone();
    let late = tokio::spawn(async move {
        let input = json!({ "input": { "name": "late", "count": 40, "specification": {} } });
        late.try_answer(CREATE, input).await.ok()
    });
    let unfinished = |counts: &Value| {
        let of = |state: &str| {
            counts
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["state"] == state)
                .map_or(0, |one| one["count"].as_u64().unwrap())
        };
        of("CREATING") + of("PROVISIONING")
    };
    let counts = admin.ask("{ deviceStateCounts { state count } }", json!({})).await["deviceStateCounts"].clone();
    assert!(unfinished(&counts) > 0, "all devices are set up already: {counts}");
    let platform = platform.crash_and_restart().await;
    let acknowledged = late.await.unwrap();

    // The token of before still holds, and so does every state.
    let admin = platform.client.with_token(admin.token.as_ref().unwrap());
    assert_eq!(admin.state(paused).await, "PAUSED");
    assert_eq!(admin.state(stopped).await, "STOPPED");
    assert_eq!(admin.state(running).await, "RUNNING");
    let mut socket = Socket::open(&admin).await;
    socket.start(TELEMETRY, json!({ "ids": [running] })).await;
    socket
        .event(40, "the running phone measures again", |data| data["deviceTelemetry"]["sample"]["sequence"].as_u64())
        .await;
    assert!(stored(&admin, running).await >= kept, "measurements that were there are still there");
    let where_is = admin.ask(LATEST, json!({ "id": running })).await["device"]["latestTelemetry"].clone();
    let (latitude, longitude) = (where_is["latitude"].as_f64().unwrap(), where_is["longitude"].as_f64().unwrap());
    assert!(
        (latitude - 48.5).abs() < 0.1 && (longitude - 9.25).abs() < 0.1,
        "the phone is where it was sent: {where_is}"
    );
    let commands = admin.ask(COMMANDS, json!({ "id": running })).await["device"]["commands"]["nodes"].clone();
    assert_eq!(commands.as_array().unwrap().iter().filter(|one| one["id"] == command).count(), 1);

    // What was acknowledged is there once and gets done; what was not is there whole or not at all.
    let late_ones = named(&admin, "late").await;
    match acknowledged {
        Some(answer) => assert_eq!(ids(&answer["data"]["createDevice"]["devices"]).len(), late_ones.len(), "{answer}"),
        None => assert!([0, 40].contains(&late_ones.len()), "half of a request was done: {}", late_ones.len()),
    }
    let there = named(&admin, "many").await;
    assert_eq!(there, made.into_iter().collect::<BTreeSet<_>>(), "exactly the devices that were acknowledged");
    eventually(100, "every device is set up and started", async || {
        let counts = admin.ask("{ deviceStateCounts { state count } }", json!({})).await["deviceStateCounts"].clone();
        let running = counts.as_array().unwrap().iter().find(|one| one["state"] == "RUNNING")?["count"].as_u64()?;
        holds(unfinished(&counts) == 0 && running == 1 + MANY as u64)
    })
    .await;
    let history = admin.ask(HISTORIES, json!({})).await["devices"]["nodes"].clone();
    for device in history.as_array().unwrap() {
        let steps: Vec<&str> =
            device["transitions"]["nodes"].as_array().unwrap().iter().map(|one| text(&one["to"])).collect();
        for once in ["CREATING", "PROVISIONING", "RUNNING"] {
            assert_eq!(steps.iter().filter(|step| **step == once).count(), 1, "{steps:?}");
        }
    }
    // Every acknowledged creation is in the audit log, once.
    eventually(30, "the audit log has every creation", async || {
        let filter = "{ auditLog(filter: { action: \"device.create\" }, first: 1) { totalCount } }";
        let counted = admin.ask(filter, json!({})).await["auditLog"]["totalCount"].as_u64();
        holds(counted == Some((3 + MANY + late_ones.len()) as u64))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_outlives_the_death_of_its_database_under_load() {
    let platform = Builder::new().set("devices.play_simulated", false).start().await;
    let admin = platform.admin().await.client;
    let id = admin.create_devices("steady", 1, false).await.remove(0);
    admin.reaches(&id, "STOPPED", 20).await;
    let device = Arc::new(MqttDevice::take_over(&admin, &platform.mqtt, &id).await);
    let over = Arc::new(AtomicBool::new(false));
    let measuring = tokio::spawn(measure_until(Arc::clone(&device), Arc::clone(&over)));
    let mut following = Following::new(&admin, TELEMETRY, json!({ "ids": [id] }));
    let sequence = |event: &Value| event["data"]["deviceTelemetry"]["sample"]["sequence"].as_u64();
    following.event(20, "the first measurement", sequence).await;
    let working = tokio::spawn(rename_until(admin.clone(), id.clone(), Arc::clone(&over)));
    let victim = platform.program.descendant("postgres").unwrap();
    kill(victim);
    let other = eventually(30, "PostgreSQL runs again", async || {
        platform.program.descendants().into_iter().find(|pid| *pid > victim && is_postmaster(*pid))
    })
    .await;
    assert_ne!(other, victim);
    eventually(30, "the platform is ready again", async || {
        holds(platform.client.get("/health/readiness").await.0 == 200)
    })
    .await;
    following.forget();
    following.event(10, "telemetry goes on", sequence).await;
    let mark = admin.change("updateDevice", &json!({ "id": id, "group": "after" }), "device { group }").await;
    assert_eq!(mark["device"]["group"], "after");
    over.store(true, Ordering::Relaxed);
    let measured = measuring.await.unwrap();
    let acknowledged = working.await.unwrap();

    assert_eq!(following.connections(), 1, "the subscriber never lost its connection");
    let name =
        admin.ask("query($id: ID!) { device(id: $id) { name version } }", json!({ "id": id })).await["device"].clone();
    assert!(number(&name["name"]) >= acknowledged.1, "the last acknowledged name or a later one: {name}");
    assert!(acknowledged.0 > 3, "some changes went through: {acknowledged:?}");
    eventually(30, "every measurement is stored, also those made meanwhile", async || {
        holds(stored(&admin, &id).await == measured)
    })
    .await;
}

/// Measures twenty times a second; answers how often.
async fn measure_until(device: Arc<MqttDevice>, over: Arc<AtomicBool>) -> u64 {
    let mut sequence = 0;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    while !over.load(Ordering::Relaxed) {
        pace.tick().await;
        sequence += 1;
        device.measure(sequence, 50.0).await;
    }
    sequence
}

/// Renames a device over and over; answers how many times that was acknowledged, and with which number last.
async fn rename_until(client: Client, id: String, over: Arc<AtomicBool>) -> (u64, u64) {
    let (mut count, mut last, mut attempt) = (0, 0, 0);
    while !over.load(Ordering::Relaxed) {
        attempt += 1;
        let input = json!({ "input": { "id": id, "name": format!("steady {attempt}") } });
        let mutation = "mutation($input: UpdateDeviceInput!) { updateDevice(input: $input) { device { id } userErrors { code } } }";
        let answer = client.try_answer(mutation, input).await.expect("the router answers all the time");
        if answer["data"]["updateDevice"]["device"]["id"].is_string() {
            (count, last) = (count + 1, attempt);
        } else {
            let code = text(&answer["errors"][0]["extensions"]["code"]).to_owned();
            assert!(["UNAVAILABLE", "SERVICE_UNAVAILABLE"].contains(&code.as_str()), "{answer}");
        }
    }
    (count, last)
}

const CREATE: &str =
    "mutation($input: CreateDeviceInput!) { createDevice(input: $input) { devices { id } userErrors { code } } }";
const LATEST: &str = "query($id: ID!) { device(id: $id) { latestTelemetry { latitude longitude } } }";
const COMMANDS: &str = "query($id: ID!) { device(id: $id) { commands { nodes { id kind status } } } }";
const HISTORIES: &str =
    "{ devices(first: 200, filter: { search: \"many\" }) { nodes { transitions { nodes { to } } } } }";

async fn command_status(client: &Client, device: &str) -> String {
    let commands = client.ask(COMMANDS, json!({ "id": device })).await["device"]["commands"]["nodes"].clone();
    let place = commands.as_array().unwrap().iter().find(|one| one["kind"] == "SET_LOCATION").unwrap();
    text(&place["status"]).to_owned()
}

/// How many measurements of a device the database has.
async fn stored(client: &Client, id: &str) -> u64 {
    let query = "query($id: ID!) { device(id: $id) { telemetry(resolution: RAW, maxPoints: 2000) { samples } } }";
    samples(&client.ask(query, json!({ "id": id })).await["device"]["telemetry"])
}

async fn named(client: &Client, name: &str) -> BTreeSet<String> {
    let query = "query($name: String!) { devices(first: 200, filter: { search: $name }) { nodes { id } } }";
    ids(&client.ask(query, json!({ "name": name })).await["devices"]["nodes"]).into_iter().collect()
}

fn number(name: &Value) -> u64 {
    text(name).rsplit(' ').next().unwrap().parse().unwrap()
}

fn is_postmaster(pid: u32) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("/postgres")
}

//! Bad days: brokers and databases that go away, processes that die in the middle, phones that lose their network.

use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_embedded_postgres::State;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::installations::{publish, shop, wish};
use crate::support::{Doomed, Engines, HandDevice, Running, Witness, admin, eventually, next, next_that};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_restarts_is_found_again_by_everybody() {
    let engines = Engines::with_foreign_broker().await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    domain.reaches(&me, &id, "RUNNING").await;
    let query =
        "subscription { fleet(minIntervalMs: 100) { kind devices { id online latestTelemetry { sequence } } } }";
    let mut wall = domain.subscribe(&me, query, json!({}));
    let sequence = |event: &serde_json::Value| event["fleet"]["devices"][0]["latestTelemetry"]["sequence"].as_i64();
    let before = sequence(&next_that(&mut wall, |event| sequence(event).is_some()).await);

    engines.stop_broker().await;
    let status = domain.devices.status();
    eventually("the loss is noticed", async || {
        let health = status.read();
        !health.telemetry_connected && !health.control_connected
    })
    .await;
    // An order given meanwhile is obeyed later.
    assert!(domain.act(&me, "stop", &id).await.is_empty());
    engines.start_broker().await;
    domain.reaches(&me, &id, "STOPPED").await;
    assert!(domain.act(&me, "start", &id).await.is_empty());
    let after = next_that(&mut wall, |event| sequence(event) > before && event["fleet"]["kind"] == "TELEMETRY").await;
    assert_eq!(after["fleet"]["devices"][0]["online"], json!(true));
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_wait_for_a_database_that_restarts() {
    let engines = Engines::start().await;
    let settings = cloudphone_devices::DevicesSettings { messages_per_second: 1000.0, ..engines.by_hand() };
    let domain = engines.start_domain(settings).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let mut device = HandDevice::of(&engines, &domain, &me, &id).await;
    domain.order(&me, &id, "SET_CONFIG", json!({}), 300).await;
    let command = device.command().await;
    let query = "subscription { deviceTelemetry(minIntervalMs: 0) { sample { sequence } } }";
    let mut samples = domain.subscribe(&me, query, json!({}));
    crate::support::open(&mut samples).await;

    let State::Running { pid, restarts } = engines.postgres.state() else { panic!("PostgreSQL runs") };
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    device.answer(&command, "succeeded", json!({})).await;
    for number in 0..200 {
        device.measure(number, 1.0).await;
        assert_eq!(next(&mut samples).await["deviceTelemetry"]["sample"]["sequence"], json!(number));
    }
    let is_back = |state: &State| matches!(state, State::Running { restarts: now, .. } if *now > restarts);
    tokio::time::timeout(Duration::from_secs(30), engines.postgres.watch().wait_for(is_back)).await.unwrap().unwrap();
    eventually("everything is stored", async || {
        engines.number("SELECT count(*) AS number FROM telemetry_samples").await == 200
    })
    .await;
    domain.last_command_is(&me, &id, "SUCCEEDED").await;
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_devices_are_made_and_started_leaves_nothing_stuck_or_doubled() {
    let engines = Engines::start().await;
    let me = admin();
    let mut acknowledged = Vec::new();
    for (round, patience) in ["PROVISIONING", "STARTING", "RUNNING"].into_iter().enumerate() {
        let doomed = Doomed::start(&engines, engines.settings()).await;
        acknowledged.extend(doomed.create(&me, format!("Batch {round}"), 6).await);
        // Each process dies at another point of the work.
        let reached = format!(
            "SELECT count(*) AS number FROM device_transitions WHERE to_state = '{patience}' AND device_id IN (SELECT id FROM devices WHERE name LIKE 'Batch {round}%')"
        );
        eventually(patience, async || engines.number(&reached).await >= 2).await;
        doomed.die();
    }
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.settings()).await;
    for id in &acknowledged {
        domain.reaches(&me, id, "RUNNING").await;
    }
    assert_eq!(engines.number("SELECT count(*) AS number FROM devices").await, 18);
    assert_eq!(engines.number("SELECT count(*) AS number FROM device_credentials").await, 18);
    let doubled = "SELECT count(*) AS number FROM (SELECT 1 FROM device_transitions
        WHERE to_state IN ('CREATING', 'PROVISIONING', 'STARTING') GROUP BY device_id, to_state HAVING count(*) > 1) AS doubled";
    assert_eq!(engines.number(doubled).await, 0, "each device was made, set up and switched on once");
    let unfinished = "SELECT count(*) AS number FROM device_commands WHERE status <> 'SUCCEEDED'";
    eventually("every command ended well", async || engines.number(unfinished).await == 0).await;
    assert_eq!(engines.number("SELECT count(*) AS number FROM device_commands").await, 18);
    eventually("every event was published", async || {
        engines.number("SELECT count(*) AS number FROM outbox WHERE published_at IS NULL").await == 0
    })
    .await;
    drop(witness);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_goes_on_after_its_process_has_died() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let me = admin();
    let doomed = Doomed::start(&engines, engines.settings()).await;
    let id = doomed.create(&me, "Pixel".to_owned(), 1).await.remove(0);
    let running = "SELECT count(*) AS number FROM devices WHERE state = 'RUNNING'";
    eventually("it runs", async || engines.number(running).await == 1).await;
    let open = Arc::new(Semaphore::new(0));
    let order = wish(&id, &shop(Arc::clone(&open)).await);
    publish(&engines, &me, &order).await;
    let accepted = "SELECT count(*) AS number FROM device_commands WHERE kind = 'INSTALL_APP' AND status = 'ACCEPTED'";
    eventually("the phone downloads", async || engines.number(accepted).await == 1).await;
    doomed.die();

    let domain = engines.start_domain(engines.settings()).await;
    open.add_permits(10);
    let installed = witness.sees("devices.device.app-installed").await;
    assert_eq!(installed.data["installationId"], json!(order.installation_id));
    domain.last_command_is(&me, &id, "SUCCEEDED").await;
    assert_eq!(witness.seen("devices.device.app-installed").len(), 1);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_go_on_where_they_were_after_a_restart() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let ids = domain.create(&me, "Pixel", 3, true).await;
    for id in &ids {
        domain.reaches(&me, id, "RUNNING").await;
    }
    let [running, paused, stopped] = ids.as_slice() else { panic!("three were made") };
    assert!(domain.act(&me, "pause", paused).await.is_empty());
    assert!(domain.act(&me, "stop", stopped).await.is_empty());
    domain.reaches(&me, paused, "PAUSED").await;
    domain.reaches(&me, stopped, "STOPPED").await;
    publish(&engines, &me, &wish(running, &shop(Arc::new(Semaphore::new(1))).await)).await;
    witness.sees("devices.device.app-installed").await;
    let look = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence batteryPercent } } }";
    let measured = async |domain: &Running| {
        domain.ask(&me, look, json!({ "id": running })).await["device"]["latestTelemetry"].clone()
    };
    eventually("it is measured", async || !measured(&domain).await.is_null()).await;
    let before = measured(&domain).await;
    let moves: HashMap<String, i64> = histories(&engines, &ids).await;
    domain.stop().await;

    let stopped_at = chrono::Utc::now().to_rfc3339();
    let domain = engines.start_domain(engines.settings()).await;
    eventually("the phone goes on", async || {
        measured(&domain).await["sequence"].as_i64() > before["sequence"].as_i64()
    })
    .await;
    let charge = |sample: &serde_json::Value| sample["batteryPercent"].as_f64().unwrap();
    assert!((charge(&measured(&domain).await) - charge(&before)).abs() < 5.0, "the battery is no other one");
    let back = format!("SELECT count(*) AS number FROM devices WHERE online AND reported_at > '{stopped_at}'");
    eventually("all say how they are", async || engines.number(&back).await == 3).await;
    for (id, state) in [(running, "RUNNING"), (paused, "PAUSED"), (stopped, "STOPPED")] {
        assert_eq!(domain.state(&me, id).await, state);
    }
    assert_eq!(histories(&engines, &ids).await, moves, "nobody moved");
    let has_app =
        "SELECT count(*) AS number FROM devices WHERE reported->'apps' @> '[{\"package\": \"org.example.game\"}]'";
    assert_eq!(engines.number(has_app).await, 1);
    domain.stop().await;
}

async fn histories(engines: &Engines, ids: &[String]) -> HashMap<String, i64> {
    let mut moves = HashMap::new();
    for id in ids {
        let count = format!("SELECT count(*) AS number FROM device_transitions WHERE device_id = '{id}'");
        moves.insert(id.clone(), engines.number(&count).await);
    }
    moves
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_drops_off_the_network_comes_back() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    domain.reaches(&me, &id, "RUNNING").await;
    let query = "subscription($id: ID!) { deviceChanged(deviceIds: [$id]) { device { online state } } }";
    let mut changes = domain.subscribe(&me, query, json!({ "id": id }));
    crate::support::open(&mut changes).await;
    domain.order(&me, &id, "DROP_NETWORK", json!({ "seconds": 1 }), 60).await;
    for online in [false, true] {
        let change = next_that(&mut changes, |event| event["deviceChanged"]["device"]["online"] == json!(online)).await;
        assert_eq!(change["deviceChanged"]["device"]["state"], "RUNNING");
    }
    assert_eq!(domain.last_command_is(&me, &id, "SUCCEEDED").await["kind"], "DROP_NETWORK");
    domain.stop().await;
}

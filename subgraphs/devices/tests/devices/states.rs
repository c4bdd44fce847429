//! The state machine as clients meet it: what each state offers, what it refuses, and the record of who did what.

use serde_json::{Value, json};

use crate::support::{Engines, HandDevice, admin, person};

const STATES: [&str; 16] = [
    "CREATING",
    "PROVISIONING",
    "STARTING",
    "RUNNING",
    "PAUSING",
    "PAUSED",
    "STOPPING",
    "STOPPED",
    "REBOOTING",
    "RESETTING",
    "SNAPSHOTTING",
    "RESTORING",
    "MIGRATING",
    "ERROR",
    "DELETING",
    "DELETED",
];

/// What people may ask in a state; nothing else is legal.
fn offered(state: &str) -> &'static [&'static str] {
    match state {
        "STOPPED" => &["START", "DELETE"],
        "RUNNING" => &["STOP", "REBOOT", "PAUSE", "DELETE"],
        "PAUSED" => &["STOP", "RESUME", "DELETE"],
        "STARTING" | "REBOOTING" => &["STOP", "DELETE"],
        "ERROR" => &["START", "STOP", "DELETE"],
        "DELETING" | "DELETED" => &[],
        _ => &["DELETE"],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_move_that_a_state_does_not_offer_is_refused_and_changes_nothing() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let query =
        "query($id: ID!) { device(id: $id) { state version allowedActions transitions(first: 200) { nodes { to } } } }";
    for state in STATES {
        // Out of the worker's sight, which would finish what it begins.
        let later = "work_due_at = now() + interval '1 hour'";
        engines.sql(&format!("UPDATE devices SET state = '{state}', {later} WHERE id = '{id}'")).await;
        let before = domain.ask(&me, query, json!({ "id": id })).await["device"].clone();
        if state == "DELETED" {
            assert_eq!(before, json!(null));
        } else {
            assert_eq!(before["allowedActions"], json!(offered(state)), "{state}");
        }
        for action in ["START", "STOP", "REBOOT", "PAUSE", "RESUME", "DELETE"] {
            if offered(state).contains(&action) {
                continue;
            }
            let refused = domain.act(&me, &action.to_lowercase(), &id).await;
            let expected = if state == "DELETED" { "NOT_FOUND" } else { "DEVICE_STATE_CONFLICT" };
            assert_eq!(refused, [expected], "{action} of a device in {state}");
        }
        let after = domain.ask(&me, query, json!({ "id": id })).await["device"].clone();
        assert_eq!(before, after, "{state}");
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_tells_who_wished_and_what_the_phone_did_by_itself() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let colleague = person(me.tenant_id, &["device:read", "device:operate"]);
    let id = domain.one(&me, "Pixel").await;
    let mut device = HandDevice::of(&engines, &domain, &me, &id).await;
    assert!(domain.act(&colleague, "start", &id).await.is_empty());
    assert_eq!(device.command().await["kind"], "START");
    let boot = uuid::Uuid::new_v4();
    device.report("running", boot).await;
    domain.reaches(&me, &id, "RUNNING").await;
    // The phone restarts by itself, and is switched off by its own button.
    device.report("rebooting", boot).await;
    domain.reaches(&me, &id, "REBOOTING").await;
    let next_boot = uuid::Uuid::new_v4();
    device.report("booting", next_boot).await;
    device.report("running", next_boot).await;
    domain.reaches(&me, &id, "RUNNING").await;
    device.report("stopped", next_boot).await;
    domain.reaches(&me, &id, "STOPPED").await;

    let query = "query($id: ID!, $after: String) { device(id: $id) { transitions(first: 3, after: $after) {
        nodes { from to cause actor { id } } pageInfo { hasNextPage endCursor } } } }";
    let (mut moves, mut after) = (Vec::new(), json!(null));
    loop {
        let page = domain.ask(&me, query, json!({ "id": id, "after": after })).await["device"]["transitions"].clone();
        moves.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    moves.reverse();
    let entry = |from: Value, to: &str, cause: &str, actor: Option<&cloudphone_core::Caller>| {
        let actor = actor.map(|caller| json!({ "id": caller.user_id().unwrap().to_string() }));
        json!({ "from": from, "to": to, "cause": cause, "actor": actor })
    };
    let expected = [
        entry(json!(null), "CREATING", "created", Some(&me)),
        entry(json!("CREATING"), "PROVISIONING", "being set up", None),
        entry(json!("PROVISIONING"), "STOPPED", "set up", None),
        entry(json!("STOPPED"), "STARTING", "start", Some(&colleague)),
        entry(json!("STARTING"), "RUNNING", "the phone runs", None),
        entry(json!("RUNNING"), "REBOOTING", "the phone reboots", None),
        entry(json!("REBOOTING"), "RUNNING", "the phone runs", None),
        entry(json!("RUNNING"), "STOPPED", "the phone is off", None),
    ];
    assert_eq!(moves, expected);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_does_not_obey_ends_in_error_and_may_recover() {
    let engines = Engines::start().await;
    let witness = crate::support::Witness::attach(&engines).await;
    let settings = cloudphone_devices::DevicesSettings {
        lifecycle_timeout: std::time::Duration::from_secs(1),
        ..engines.by_hand()
    };
    let domain = engines.start_domain(settings).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let mut device = HandDevice::of(&engines, &domain, &me, &id).await;
    assert!(domain.act(&me, "start", &id).await.is_empty());
    assert_eq!(device.command().await["kind"], "START");
    domain.reaches(&me, &id, "ERROR").await;
    let query = "query($id: ID!) { device(id: $id) { stateReason } }";
    let reason = domain.ask(&me, query, json!({ "id": id })).await["device"]["stateReason"].clone();
    assert_eq!(reason, "The phone did not confirm START in time.");
    assert_eq!(witness.sees("devices.device.failed").await.subject, id);

    device.report("running", uuid::Uuid::new_v4()).await;
    domain.reaches(&me, &id, "RUNNING").await;
    assert_eq!(witness.sees("devices.device.recovered").await.subject, id);
    assert_eq!(domain.ask(&me, query, json!({ "id": id })).await["device"]["stateReason"], json!(null));

    // A phone that refuses is believed at once.
    assert!(domain.act(&me, "reboot", &id).await.is_empty());
    let command = device.command().await;
    device
        .answer(&command, "failed", json!({ "error": { "code": "NO_POWER", "message": "The battery is empty." } }))
        .await;
    domain.reaches(&me, &id, "ERROR").await;
    assert_eq!(domain.ask(&me, query, json!({ "id": id })).await["device"]["stateReason"], "The battery is empty.");
    domain.stop().await;
}

//! Commands: sent, answered, given up, kept for devices that are away.

use serde_json::{Value, json};

use crate::support::{Engines, HandDevice, Witness, admin, eventually, next};

const WATCH: &str = "subscription($id: ID!) { deviceCommandUpdated(id: $id) {
    id kind status progress result error { code message } completedAt } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_followed_from_the_order_to_the_result() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let mut device = HandDevice::of(&engines, &domain, &me, &id).await;

    let command_id = domain.order(&me, &id, "SET_CONFIG", json!({ "brightness": 7 }), 60).await;
    let mut steps = domain.subscribe(&me, WATCH, json!({ "id": command_id }));
    let command = device.command().await;
    assert_eq!((&command["id"], &command["kind"]), (&json!(command_id), &json!("SET_CONFIG")));
    assert_eq!(command["arguments"], json!({ "brightness": 7 }));
    device.answer(&command, "accepted", json!({})).await;
    domain.last_command_is(&me, &id, "ACCEPTED").await;
    device.answer(&command, "progress", json!({ "progress": 60 })).await;
    eventually("it is at 60 %", async || domain.last_command(&me, &id).await["progress"] == 60).await;
    device.answer(&command, "succeeded", json!({ "result": { "version": 3 } })).await;
    // A device that changes its mind is not heard.
    device.answer(&command, "failed", json!({ "error": { "code": "LATE", "message": "Too late." } })).await;

    let mut seen = Vec::new();
    let last = loop {
        let step = next(&mut steps).await["deviceCommandUpdated"].clone();
        seen.push(step["status"].as_str().unwrap().to_owned());
        if !step["completedAt"].is_null() {
            break step;
        }
    };
    assert_eq!((last["status"].as_str(), &last["result"]), (Some("SUCCEEDED"), &json!({ "version": 3 })));
    let order = ["QUEUED", "SENT", "ACCEPTED", "SUCCEEDED"];
    let places: Vec<_> = seen.iter().map(|status| order.iter().position(|known| known == status).unwrap()).collect();
    assert!(places.is_sorted(), "{seen:?}");
    assert!(futures::StreamExt::next(&mut steps).await.is_none(), "nothing follows the end");

    let completed = witness.sees("devices.command.completed").await;
    assert_eq!((&completed.data["commandId"], &completed.data["status"]), (&json!(command_id), &json!("SUCCEEDED")));
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_its_device_and_is_given_up_in_time() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let (away, silent) = (domain.one(&me, "Away").await, domain.one(&me, "Silent").await);

    // Nobody is there to hear it.
    domain.order(&me, &away, "SET_CONFIG", json!({}), 1).await;
    let expired = domain.last_command_is(&me, &away, "EXPIRED").await;
    assert_eq!(expired["error"], json!({ "code": "EXPIRED", "message": "The device was not on the network in time." }));

    // Somebody hears it and says nothing.
    let mut device = HandDevice::of(&engines, &domain, &me, &silent).await;
    domain.order(&me, &silent, "SET_CONFIG", json!({}), 1).await;
    device.command().await;
    let expired = domain.last_command_is(&me, &silent, "EXPIRED").await;
    assert_eq!(expired["error"], json!({ "code": "EXPIRED", "message": "The device did not finish in time." }));

    // Ordered while the device is away, obeyed when it comes; asked again when it comes back without an answer.
    device.leave().await;
    eventually("it is away", async || !domain.is_online(&me, &silent).await).await;
    let waiting = domain.order(&me, &silent, "OPEN_APP", json!({ "package": "org.example" }), 60).await;
    assert_eq!(domain.last_command(&me, &silent).await["status"], "QUEUED");
    let secret = domain.rotate(&me, &silent).await;
    drop(device);
    let mut device = HandDevice::connect(&engines, me.tenant_id, silent.parse().unwrap(), &secret).await;
    assert_eq!(device.command().await["id"], json!(waiting));
    drop(device);
    let mut device = HandDevice::connect(&engines, me.tenant_id, silent.parse().unwrap(), &secret).await;
    let command = device.command().await;
    assert_eq!(command["id"], json!(waiting));
    device.answer(&command, "failed", json!({ "error": { "code": "NOT_INSTALLED", "message": "No such app." } })).await;
    let failed = domain.last_command_is(&me, &silent, "FAILED").await;
    assert_eq!(failed["error"]["code"], "NOT_INSTALLED");
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_make_no_sense_are_refused() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let query =
        "mutation($input: SendDeviceCommandInput!) { sendDeviceCommand(input: $input) { userErrors { code path } } }";
    let big = json!({ "text": "x".repeat(17 * 1024) });
    for (kind, arguments, seconds, code, path) in [
        ("START", json!({}), 60, "RESERVED", "kind"),
        ("INSTALL_APP", json!({}), 60, "RESERVED", "kind"),
        ("SET_CONFIG", json!({}), 0, "OUT_OF_RANGE", "timeoutSeconds"),
        ("SET_CONFIG", json!([1]), 60, "INVALID", "arguments"),
        ("SET_CONFIG", big, 60, "INVALID", "arguments"),
        ("DROP_NETWORK", json!({ "seconds": 0 }), 60, "OUT_OF_RANGE", "arguments.seconds"),
        ("SET_LOCATION", json!({ "latitude": 91, "longitude": 0 }), 60, "OUT_OF_RANGE", "arguments.latitude"),
        ("OPEN_APP", json!({}), 60, "REQUIRED", "arguments.package"),
    ] {
        let input = json!({ "deviceId": id, "kind": kind, "arguments": arguments, "timeoutSeconds": seconds });
        let answer = domain.ask(&me, query, json!({ "input": input })).await;
        let path: Vec<Value> = path.split('.').map(|part| json!(part)).collect();
        let expected = json!([{ "code": code, "path": path }]);
        assert_eq!(answer["sendDeviceCommand"]["userErrors"], expected, "{kind}");
    }
    assert_eq!(domain.last_command(&me, &id).await, json!(null), "nothing was sent");
    domain.stop().await;
}

//! Another tenant's ids answer as ids that do not exist: in every query, mutation and subscription.

use futures::StreamExt;
use serde_json::json;

use crate::support::{Engines, HandDevice, admin, code_of, codes, eventually, next, open};

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_ids_lead_nowhere() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let (me, stranger) = (admin(), admin());
    let device = domain.one(&me, "Mine").await;
    let command = domain.order(&me, &device, "SET_CONFIG", json!({}), 60).await;
    let made = domain
        .ask(&me, "mutation { createDeviceTemplate(input: { name: \"Rig\", category: GAMING, specification: {} }) { deviceTemplate { id } } }", json!({}))
        .await;
    let template = made["createDeviceTemplate"]["deviceTemplate"]["id"].as_str().unwrap().to_owned();
    let ids = json!({ "device": device, "command": command, "template": template });

    let entities = "query($device: ID!, $command: ID!, $template: ID!) { _entities(representations: [
        { __typename: \"Device\", id: $device }, { __typename: \"DeviceCommand\", id: $command },
        { __typename: \"DeviceTemplate\", id: $template }]) {
        ... on Device { name } ... on DeviceCommand { kind } ... on DeviceTemplate { title: name } } }";
    let own = domain.ask(&me, entities, ids.clone()).await;
    assert_eq!(own["_entities"], json!([{ "name": "Mine" }, { "kind": "SET_CONFIG" }, { "title": "Rig" }]));
    assert_eq!(domain.ask(&stranger, entities, ids.clone()).await["_entities"], json!([null, null, null]));

    for (query, expected) in [
        ("device(id: $device) { name }", json!(null)),
        ("deviceTemplate(id: $template) { name }", json!(null)),
        ("devices { totalCount }", json!({ "totalCount": 0 })),
        ("devices(filter: { templateId: $template }) { totalCount }", json!({ "totalCount": 0 })),
        ("deviceStateCounts { count }", json!([])),
        ("deviceTemplates { totalCount }", json!({ "totalCount": 0 })),
        ("telemetryQuarantine { totalCount }", json!({ "totalCount": 0 })),
    ] {
        // Unused variables are no business of this test.
        let used: Vec<_> =
            ["device", "command", "template"].into_iter().filter(|name| query.contains(&format!("${name}"))).collect();
        let declared = used.iter().map(|name| format!("${name}: ID!")).collect::<Vec<_>>().join(", ");
        let declared = if declared.is_empty() { declared } else { format!("({declared})") };
        let answer = domain.ask(&stranger, &format!("query{declared} {{ answer: {query} }}"), ids.clone()).await;
        assert_eq!(answer["answer"], expected, "{query}");
    }

    for mutation in [
        "startDevice(input: { id: $device })",
        "stopDevice(input: { id: $device })",
        "rebootDevice(input: { id: $device })",
        "pauseDevice(input: { id: $device })",
        "resumeDevice(input: { id: $device })",
        "deleteDevice(input: { id: $device })",
        "updateDevice(input: { id: $device, name: \"Stolen\" })",
        "rotateDeviceCredential(input: { id: $device })",
        "sendDeviceCommand(input: { deviceId: $device, kind: SET_CONFIG })",
        "updateDeviceTemplate(input: { id: $template, name: \"Stolen\", category: CUSTOM, specification: {} })",
        "deleteDeviceTemplate(input: { id: $template })",
        "createDevice(input: { name: \"x\", templateId: $template })",
    ] {
        let name = if mutation.contains("$device") { "device" } else { "template" };
        let query = format!("mutation(${name}: ID!) {{ answer: {mutation} {{ userErrors {{ code }} }} }}");
        let answer = domain.ask(&stranger, &query, ids.clone()).await;
        assert_eq!(codes(&answer["answer"]["userErrors"]), ["NOT_FOUND"], "{mutation}");
    }
    let found = domain.ask(&me, "query($id: ID!) { device(id: $id) { name state } }", json!({ "id": device })).await;
    assert_eq!(found["device"], json!({ "name": "Mine", "state": "STOPPED" }));
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_never_carry_another_tenants_devices() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let (me, stranger) = (admin(), admin());
    let (mine, theirs) = (domain.one(&me, "Mine").await, domain.one(&stranger, "Theirs").await);
    let command = domain.order(&me, &mine, "SET_CONFIG", json!({}), 60).await;
    let watch = "subscription($id: ID!) { deviceCommandUpdated(id: $id) { id } }";
    let mut commands = domain.subscribe(&stranger, watch, json!({ "id": command }));
    assert_eq!(code_of(&commands.next().await.unwrap()), "NOT_FOUND");
    assert!(commands.next().await.is_none());

    let both = json!({ "ids": [mine, theirs] });
    let telemetry = "subscription($ids: [ID!]) { deviceTelemetry(deviceIds: $ids, minIntervalMs: 0) { device { id } sample { sequence } } }";
    let changed = "subscription($ids: [ID!]) { deviceChanged(deviceIds: $ids) { device { id name } } }";
    let mut wall =
        domain.subscribe(&stranger, "subscription { fleet(minIntervalMs: 100) { kind devices { id } } }", json!({}));
    let snapshot = next(&mut wall).await;
    assert_eq!(snapshot["fleet"]["devices"], json!([{ "id": theirs }]));
    let my_device = HandDevice::of(&engines, &domain, &me, &mine).await;
    let their_device = HandDevice::of(&engines, &domain, &stranger, &theirs).await;
    let mut telemetry = domain.subscribe(&stranger, telemetry, both.clone());
    let mut changed = domain.subscribe(&stranger, changed, both);
    open(&mut telemetry).await;
    open(&mut changed).await;

    // What happens to mine comes first and is not seen; what happens to theirs follows and is.
    my_device.measure(1, 1.0).await;
    eventually("it is measured", async || {
        let query = "query($id: ID!) { device(id: $id) { latestTelemetry { sequence } } }";
        domain.ask(&me, query, json!({ "id": mine })).await["device"]["latestTelemetry"]["sequence"] == 1
    })
    .await;
    their_device.measure(2, 1.0).await;
    let sample = next(&mut telemetry).await["deviceTelemetry"].clone();
    assert_eq!(sample, json!({ "device": { "id": theirs }, "sample": { "sequence": 2 } }));
    let rename = "mutation($id: ID!) { updateDevice(input: { id: $id, name: \"New\" }) { userErrors { code } } }";
    domain.ask(&me, rename, json!({ "id": mine })).await;
    domain.ask(&stranger, rename, json!({ "id": theirs })).await;
    let change = next(&mut changed).await["deviceChanged"].clone();
    assert_eq!(change, json!({ "device": { "id": theirs, "name": "New" } }));
    domain.stop().await;
}

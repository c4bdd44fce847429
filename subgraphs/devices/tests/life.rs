//! The life of a device: made, started, measured, watched, stopped, deleted.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use serde_json::json;
use support::{admin, codes, engines, eventually, next, next_that, person};

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_made_starts_is_measured_and_goes() {
    let engines = engines().await;
    let domain = engines.start(engines.settings()).await;
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
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_sorted_and_paged_and_templates_make_devices() {
    let engines = engines().await;
    let domain = engines.start(engines.settings()).await;
    let me = admin();
    let template = domain
        .ask(
            &me,
            "mutation { createDeviceTemplate(input: { name: \"Rig\", category: GAMING, specification: { cpuCores: 8 } }) {
                deviceTemplate { id specification { cpuCores } } userErrors { code } } }",
            json!({}),
        )
        .await;
    let template_id = template["createDeviceTemplate"]["deviceTemplate"]["id"].as_str().unwrap().to_owned();
    let again = domain
        .ask(
            &me,
            "mutation { createDeviceTemplate(input: { name: \"RIG\", category: GAMING, specification: {} }) { userErrors { code } } }",
            json!({}),
        )
        .await;
    assert_eq!(codes(&again["createDeviceTemplate"]["userErrors"]), ["TEMPLATE_NAME_TAKEN"]);

    let input = json!({ "name": "Rig", "templateId": template_id, "count": 12, "group": "Arcade", "tags": ["gpu"] });
    let made = domain.ask(&me, support::CREATE, json!({ "input": input })).await;
    assert_eq!(made["createDevice"]["devices"].as_array().unwrap().len(), 12);
    domain.create(&me, "Loner_%", 1, false).await;

    let page = "query($after: String) { devices(first: 5, after: $after, orderBy: { field: NAME, direction: ASC }, filter: { group: \"Arcade\" }) {
        totalCount nodes { name template { name deviceCount } specification { cpuCores } } pageInfo { hasNextPage endCursor } } }";
    let (mut names, mut after) = (Vec::new(), json!(null));
    loop {
        let answer = domain.ask(&me, page, json!({ "after": after })).await;
        assert_eq!(answer["devices"]["totalCount"], 12);
        for node in answer["devices"]["nodes"].as_array().unwrap() {
            assert_eq!(node["specification"]["cpuCores"], 8);
            assert_eq!(node["template"]["deviceCount"], 12);
            names.push(node["name"].as_str().unwrap().to_owned());
        }
        if answer["devices"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = answer["devices"]["pageInfo"]["endCursor"].clone();
    }
    let expected: Vec<String> = (1..=12).map(|number| format!("Rig-{number:02}")).collect();
    assert_eq!(names, expected);

    let search = "query($text: String) { devices(filter: { search: $text }) { totalCount } }";
    for (text, found) in [("rig-1", 3), ("_%", 1), ("%", 1), ("nothing", 0)] {
        let answer = domain.ask(&me, search, json!({ "text": text })).await;
        assert_eq!(answer["devices"]["totalCount"], found, "{text}");
    }
    let code = domain.refusal(&me, "query { devices(after: \"forged\") { totalCount } }", json!({})).await;
    assert_eq!(code, "VALIDATION_FAILED");
    eventually("all devices are set up", async || {
        let counts = domain.ask(&me, "{ deviceStateCounts { state count } }", json!({})).await;
        counts["deviceStateCounts"] == json!([{ "state": "STOPPED", "count": 13 }])
    })
    .await;
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_devices_and_missing_permissions_are_walls() {
    let engines = engines().await;
    let domain = engines.start(engines.settings()).await;
    let (me, stranger) = (admin(), admin());
    let id = domain.create(&me, "Mine", 1, false).await.remove(0);
    domain.reaches(&me, &id, "STOPPED").await;

    assert_eq!(domain.state(&stranger, &id).await, "GONE");
    for action in ["start", "delete"] {
        assert_eq!(domain.act(&stranger, action, &id).await, ["NOT_FOUND"]);
    }
    let command =
        "mutation($id: ID!) { sendDeviceCommand(input: { deviceId: $id, kind: SET_CONFIG }) { userErrors { code } } }";
    let sent = domain.ask(&stranger, command, json!({ "id": id })).await;
    assert_eq!(codes(&sent["sendDeviceCommand"]["userErrors"]), ["NOT_FOUND"]);
    let rotate = "mutation($id: ID!) { rotateDeviceCredential(input: { id: $id }) { secret userErrors { code } } }";
    let rotated = domain.ask(&stranger, rotate, json!({ "id": id })).await;
    assert_eq!(codes(&rotated["rotateDeviceCredential"]["userErrors"]), ["NOT_FOUND"]);
    let entity = "query($id: ID!) { _entities(representations: [{ __typename: \"Device\", id: $id }]) { ... on Device { name } } }";
    assert_eq!(domain.ask(&stranger, entity, json!({ "id": id })).await["_entities"], json!([null]));
    assert_eq!(domain.ask(&me, entity, json!({ "id": id })).await["_entities"][0]["name"], "Mine");
    let mut wall = domain.subscribe(&stranger, "subscription { fleet { devices { id } } }", json!({}));
    assert_eq!(next(&mut wall).await["fleet"]["devices"], json!([]));

    let reader = person(me.tenant_id, &["device:read"]);
    assert_eq!(domain.state(&reader, &id).await, "STOPPED");
    for query in [
        "mutation { startDevice(input: { id: \"x\" }) { userErrors { code } } }",
        "query { devices { nodes { latestTelemetry { at } } } }",
        "query { deviceTemplates { totalCount } }",
        "mutation { createDevice(input: { name: \"x\", specification: {} }) { userErrors { code } } }",
    ] {
        let query = query.replace("\"x\" })", &format!("\"{id}\" }})"));
        assert_eq!(domain.refusal(&reader, &query, json!({})).await, "FORBIDDEN", "{query}");
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_orders_name_every_field_at_fault() {
    let engines = engines().await;
    let domain = engines.start(engines.settings()).await;
    let me = admin();
    let input = json!({
        "name": " ", "count": 101, "tags": [""], "expiresAt": "2020-01-01T00:00:00Z",
        "specification": { "cpuCores": 17, "memoryMb": 40000, "storageGb": 2000, "density": 700 }
    });
    let answer = domain.ask(&me, support::CREATE, json!({ "input": input })).await;
    let paths: Vec<String> = answer["createDevice"]["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            error["path"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(".")
        })
        .collect();
    assert_eq!(
        paths,
        [
            "name",
            "tags",
            "specification.cpuCores",
            "specification.memoryMb",
            "specification.storageGb",
            "specification.density",
            "count",
            "expiresAt"
        ]
    );
    let both = json!({ "name": "x", "templateId": "x", "specification": {} });
    let answer = domain.ask(&me, support::CREATE, json!({ "input": both })).await;
    assert_eq!(codes(&answer["createDevice"]["userErrors"]), ["EXACTLY_ONE"]);

    let id = domain.create(&me, "Pixel", 1, false).await.remove(0);
    domain.reaches(&me, &id, "STOPPED").await;
    let update = "mutation($id: ID!, $version: Long) { updateDevice(input: { id: $id, name: \"New\", expectedVersion: $version }) {
        device { name version } userErrors { code } } }";
    let stale = domain.ask(&me, update, json!({ "id": id, "version": 1 })).await;
    assert_eq!(codes(&stale["updateDevice"]["userErrors"]), ["CONFLICT"]);
    let renamed = domain.ask(&me, update, json!({ "id": id, "version": null })).await;
    assert_eq!(renamed["updateDevice"]["device"]["name"], "New");
    domain.stop().await;
}

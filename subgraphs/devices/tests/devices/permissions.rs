//! What each permission opens, and that nothing opens without one.

use std::task::Poll;

use async_graphql::Request;
use cloudphone_core::Origin;
use cloudphone_graphql::RequestScope;
use futures::StreamExt;
use serde_json::json;

use crate::support::{Engines, admin, code_of, person};

/// Every entrance and what it takes.
const ENTRANCES: [(&str, &[&str]); 25] = [
    ("query { device(id: \"ID\") { id } }", &["device:read"]),
    ("query { devices { totalCount } }", &["device:read"]),
    ("query { deviceStateCounts { count } }", &["device:read"]),
    ("query { device(id: \"ID\") { latestTelemetry { at } } }", &["device:read", "telemetry:read"]),
    ("query { device(id: \"ID\") { telemetry { at } } }", &["device:read", "telemetry:read"]),
    ("query { telemetryQuarantine { totalCount } }", &["telemetry:read"]),
    ("query { deviceTemplates { totalCount } }", &["template:read"]),
    ("query { deviceTemplate(id: \"ID\") { id } }", &["template:read"]),
    ("mutation { createDevice(input: { name: \"\", specification: {} }) { userErrors { code } } }", &["device:create"]),
    ("mutation { updateDevice(input: { id: \"ID\", name: \"x\" }) { userErrors { code } } }", &["device:update"]),
    ("mutation { rotateDeviceCredential(input: { id: \"ID\" }) { userErrors { code } } }", &["device:update"]),
    ("mutation { startDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:operate"]),
    ("mutation { stopDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:operate"]),
    ("mutation { rebootDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:operate"]),
    ("mutation { pauseDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:operate"]),
    ("mutation { resumeDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:operate"]),
    (
        "mutation { sendDeviceCommand(input: { deviceId: \"ID\", kind: SET_CONFIG }) { userErrors { code } } }",
        &["device:command"],
    ),
    (
        "mutation { createDeviceTemplate(input: { name: \"\", category: CUSTOM, specification: {} }) { userErrors { code } } }",
        &["template:write"],
    ),
    (
        "mutation { updateDeviceTemplate(input: { id: \"ID\", name: \"\", category: CUSTOM, specification: {} }) { userErrors { code } } }",
        &["template:write"],
    ),
    ("mutation { deleteDeviceTemplate(input: { id: \"ID\" }) { userErrors { code } } }", &["template:write"]),
    ("mutation { deleteDevice(input: { id: \"ID\" }) { userErrors { code } } }", &["device:delete"]),
    ("subscription { fleet { kind } }", &["device:read", "telemetry:read"]),
    ("subscription { deviceTelemetry { gap } }", &["device:read", "telemetry:read"]),
    ("subscription { deviceChanged { device { id } } }", &["device:read"]),
    ("subscription { deviceCommandUpdated(id: \"ID\") { id } }", &["device:read"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_entrance_takes_its_permission_and_no_other() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let all = [
        "device:read",
        "device:create",
        "device:update",
        "device:operate",
        "device:delete",
        "device:command",
        "template:read",
        "template:write",
        "telemetry:read",
    ];
    let outcome = async |scope: RequestScope, query: &str| {
        let request = Request::new(query.replace("ID", &id));
        let response = if query.starts_with("subscription") {
            let mut events = domain.devices.subgraph().subscribe(request, scope);
            // A refusal comes at once; a subscription that waits for something was let in.
            match futures::poll!(events.next()) {
                Poll::Ready(first) => first.unwrap(),
                Poll::Pending => return String::new(),
            }
        } else {
            domain.devices.subgraph().execute(request, scope).await
        };
        if response.errors.is_empty() { String::new() } else { code_of(&response) }
    };
    let with = |permissions: &[&'static str]| RequestScope::of(person(me.tenant_id, permissions));
    for (query, needed) in ENTRANCES {
        assert_ne!(outcome(with(needed), query).await, "FORBIDDEN", "{query}");
        for missing in needed {
            let rest: Vec<_> = all.iter().copied().filter(|permission| permission != missing).collect();
            assert_eq!(outcome(with(&rest), query).await, "FORBIDDEN", "{query} without {missing}");
        }
        let nobody = RequestScope::anonymous(Origin::internal());
        assert_eq!(outcome(nobody, query).await, "UNAUTHENTICATED", "{query}");
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_phone_is_takes_the_right_to_see_measurements() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    domain.reaches(&me, &id, "RUNNING").await;
    let place = async |permissions| {
        let query = "query($id: ID!) { device(id: $id) { location { latitude } } }";
        domain.ask(&person(me.tenant_id, permissions), query, json!({ "id": id })).await["device"]["location"].clone()
    };
    crate::support::eventually("it is measured", async || {
        place(&["device:read", "telemetry:read"]).await["latitude"].is_number()
    })
    .await;
    assert_eq!(place(&["device:read"]).await, json!(null));
    domain.stop().await;
}

//! Nobody reaches into another organisation, and nobody does what they may not.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{LANTERN_1, World, admin, codes, error_codes, person};

#[tokio::test]
async fn ids_of_other_organisations_answer_as_ids_that_do_not_exist() {
    let world = World::start().await;
    let (caller, stranger) = (admin(), admin());
    let application = world.application(&caller, LANTERN_1).await;
    let device = world.device(caller.tenant_id).await;
    let installation = world.install(&caller, &application, &[&device]).await["installations"][0].clone();
    let upload = world.start_upload(&caller, "other.apk", b"some other content").await["upload"].clone();
    let (installation_id, upload_id) = (&installation["id"], &upload["id"]);

    for (name, input) in [
        ("presignUploadParts", json!({ "uploadId": upload_id, "partNumbers": [1] })),
        ("completeApplicationUpload", json!({ "uploadId": upload_id })),
        ("cancelApplicationUpload", json!({ "uploadId": upload_id })),
        ("deleteApplication", json!({ "id": application })),
        ("installApplication", json!({ "applicationId": application, "deviceIds": [device] })),
        ("retryInstallation", json!({ "id": installation_id })),
        ("uninstallApplication", json!({ "installationId": installation_id })),
    ] {
        assert_eq!(codes(&world.change(&stranger, name, input, "").await), ["NOT_FOUND"], "{name}");
    }
    let by_package = json!({ "deviceId": device, "packageName": "com.cloudphone.lantern" });
    assert_eq!(codes(&world.change(&stranger, "uninstallApplication", by_package, "").await), ["NOT_INSTALLED"]);
    let own = world.application(&stranger, LANTERN_1).await;
    assert_eq!(codes(&world.install(&stranger, &own, &[&device]).await), ["NOT_FOUND"], "a device of others");

    let query = "query($a: ID!, $u: ID!, $d: ID!, $all: [_Any!]!) {
        application(id: $a) { id } applicationUpload(id: $u) { id }
        applicationUploads { nodes { fileName } } installations(filter: { deviceId: $d }) { totalCount }
        _entities(representations: $all) {
            ... on Application { id } ... on ApplicationUpload { id } ... on Installation { id }
            ... on Device { installedApps { packageName } installations { nodes { id } } } } }";
    let entity = |kind: &str, id: &Value| json!({ "__typename": kind, "id": id });
    let all = [
        entity("Application", &json!(application)),
        entity("ApplicationUpload", upload_id),
        entity("Installation", installation_id),
        entity("Device", &json!(device)),
    ];
    let variables = json!({ "a": application, "u": upload_id, "d": device, "all": all });
    let seen = world.ask(&stranger, query, variables.clone()).await;
    let nothing = json!({ "installedApps": [], "installations": { "nodes": [] } });
    assert_eq!(seen["_entities"], json!([null, null, null, nothing]));
    assert_eq!((&seen["application"], &seen["applicationUpload"]), (&Value::Null, &Value::Null));
    assert_eq!(seen["installations"]["totalCount"], 0);
    assert_eq!(seen["applicationUploads"]["nodes"], json!([{ "fileName": "app.apk" }]), "their own only");
    let mine = world.ask(&caller, query, variables).await;
    assert_eq!(mine["application"]["id"], *application);

    let query = "subscription($id: ID!) { applicationUploadProgress(id: $id) { id } }";
    let mut progress = world.subscribe(&stranger, query, json!({ "id": upload_id }));
    let first = futures::StreamExt::next(&mut progress).await.unwrap();
    assert_eq!(error_codes(&first), ["NOT_FOUND"]);
    // The devices domain of another organisation cannot speak for this one's device either.
    world.device_says(stranger.tenant_id, "app-installed", &installation, None).await;
    let marker = world.device(stranger.tenant_id).await;
    assert!(!marker.is_empty());
    assert_eq!(world.installation(&caller, installation_id).await["status"], "PENDING");
    world.stop().await;
}

#[tokio::test]
async fn every_operation_asks_for_its_permission() {
    let world = World::start().await;
    let tenant = admin().tenant_id;
    let id = uuid::Uuid::now_v7().to_string();
    let mutations = [
        (
            "startApplicationUpload",
            json!({ "fileName": "a.apk", "sizeBytes": 1, "sha256": "0".repeat(64) }),
            "app:upload",
        ),
        ("presignUploadParts", json!({ "uploadId": id, "partNumbers": [1] }), "app:upload"),
        ("completeApplicationUpload", json!({ "uploadId": id }), "app:upload"),
        ("cancelApplicationUpload", json!({ "uploadId": id }), "app:upload"),
        ("deleteApplication", json!({ "id": id }), "app:delete"),
        ("installApplication", json!({ "applicationId": id, "deviceIds": [id] }), "app:install"),
        ("uninstallApplication", json!({ "installationId": id }), "app:install"),
        ("retryInstallation", json!({ "id": id }), "app:install"),
    ];
    let permissions = ["app:read", "app:upload", "app:install", "app:delete"];
    for (name, input, needed) in &mutations {
        let others: Vec<_> = permissions.into_iter().filter(|permission| permission != needed).collect();
        let refused = world.refused(&person(tenant, &others), name, input.clone()).await;
        assert_eq!(refused, ["FORBIDDEN"], "{name}");
        let allowed = world.refused(&person(tenant, &[*needed]), name, input.clone()).await;
        assert_eq!(allowed, [""; 0], "{name}");
    }
    let outsider = person(tenant, &["device:*"]);
    for query in [
        format!("{{ application(id: \"{id}\") {{ id }} }}"),
        "{ applications { totalCount } }".to_owned(),
        format!("{{ applicationUpload(id: \"{id}\") {{ id }} }}"),
        "{ applicationUploads { totalCount } }".to_owned(),
        "{ installations { totalCount } }".to_owned(),
        format!(
            "{{ _entities(representations: [{{ __typename: \"Device\", id: \"{id}\" }}]) {{ ... on Device {{ installedApps {{ label }} }} }} }}"
        ),
    ] {
        assert_eq!(error_codes(&world.answer(&outsider, &query, Value::Null).await), ["FORBIDDEN"], "{query}");
    }
    for query in
        ["subscription { installationProgress { id } }", "subscription { applicationUploadProgress(id: \"x\") { id } }"]
    {
        let mut stream = world.subscribe(&outsider, query, Value::Null);
        let first = futures::StreamExt::next(&mut stream).await.unwrap();
        assert!(["FORBIDDEN", "NOT_FOUND"].contains(&error_codes(&first)[0].as_str()), "{query}");
    }
    world.stop().await;
}

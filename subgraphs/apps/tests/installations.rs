//! How applications get onto devices and off them again, with everything that can go wrong in between.
#![allow(clippy::unwrap_used)]

mod support;

use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::{Value, json};
use support::{INSTALLATION_FIELDS, LANTERN_1, LANTERN_2, World, admin, codes, eventually, next};

#[tokio::test]
async fn an_application_gets_onto_a_device_and_off_again() {
    let world = World::start().await;
    let caller = admin();
    let tenant = caller.tenant_id;
    let application = world.application(&caller, LANTERN_1).await;
    let (device, other) = (world.device(tenant).await, world.device(tenant).await);
    let query = format!("subscription($id: ID) {{ installationProgress(deviceId: $id) {{ {INSTALLATION_FIELDS} }} }}");
    let mut progress = world.subscribe(&caller, &query, json!({ "id": device }));

    let ordered = world.install(&caller, &application, &[&device, &other, &device]).await;
    assert_eq!(ordered["userErrors"], json!([]));
    let installations = ordered["installations"].as_array().unwrap();
    assert_eq!(installations.len(), 2, "a device that is named twice is asked once");
    let ours = installations.iter().find(|one| one["device"]["id"] == *device).unwrap();
    assert_eq!((&ours["status"], &ours["attempts"]), (&json!("PENDING"), &json!(1)));
    let wishes = world.events("apps.installation.requested").await;
    let wish = wishes.iter().find(|wish| wish["deviceId"] == *device).unwrap();
    assert_eq!(wish["package"], "com.cloudphone.lantern");
    let download = reqwest::get(wish["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(download.bytes().await.unwrap(), LANTERN_1, "the device can download what it is to install");

    let first = next(&mut progress).await["installationProgress"].clone();
    assert_eq!((&first["id"], &first["status"]), (&ours["id"], &json!("PENDING")));

    let told = async |percent: i32| {
        let message = json!({ "installationId": ours["id"], "progress": percent });
        let channel = format!("devices.install-progress.{tenant}");
        world.engines.cache.publish(&channel, Bytes::from(message.to_string())).await.unwrap();
    };
    eventually("progress is listened to", async || {
        told(40).await;
        (world.installation(&caller, &ours["id"]).await["progress"] == 40).then_some(())
    })
    .await;
    assert_eq!(world.installation(&caller, &ours["id"]).await["status"], "INSTALLING");
    let under_way = next(&mut progress).await["installationProgress"].clone();
    assert_eq!((&under_way["status"], &under_way["progress"]), (&json!("INSTALLING"), &json!(40)));
    told(20).await;
    world.device_says(tenant, "app-installed", ours, None).await;
    let installed = world.reaches(&caller, &ours["id"], "INSTALLED").await;
    assert_eq!(installed["progress"], 100);
    loop {
        let event = next(&mut progress).await["installationProgress"].clone();
        assert_eq!(event["device"]["id"], *device, "other devices are not told of");
        if event["status"] == "INSTALLED" {
            break;
        }
    }

    let again = world.install(&caller, &application, &[&device]).await;
    assert_eq!(again["installations"][0]["id"], ours["id"], "what is there is not asked for again");
    let query = "query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Device { id
        installedApps { packageName label versionName versionCode installedAt application { id installCount } }
        installations(first: 5) { nodes { id status } } } } }";
    let ids = [&device, &other].map(|id| json!({ "__typename": "Device", "id": id }));
    let devices = world.ask(&caller, query, json!({ "ids": ids })).await["_entities"].clone();
    assert_eq!(devices[0]["installedApps"][0]["application"], json!({ "id": application, "installCount": 1 }));
    assert_eq!(devices[1]["installedApps"], json!([]));
    assert_eq!(devices[1]["installations"]["nodes"][0]["status"], "PENDING");

    let in_use = world.change(&caller, "deleteApplication", json!({ "id": application }), "").await;
    assert_eq!(codes(&in_use), ["APPLICATION_IN_USE"]);
    let by_package = json!({ "deviceId": device, "packageName": "com.cloudphone.lantern" });
    let removal = world.change(&caller, "uninstallApplication", by_package, "installation { id status }").await;
    assert_eq!(removal["installation"], json!({ "id": ours["id"], "status": "UNINSTALLING" }));
    assert_eq!(world.events("apps.installation.removal-requested").await[0]["deviceId"], *device);
    let busy = world.install(&caller, &application, &[&device]).await;
    assert_eq!(codes(&busy), ["INSTALLATION_IN_PROGRESS"]);
    world.device_says(tenant, "app-uninstalled", ours, None).await;
    world.reaches(&caller, &ours["id"], "UNINSTALLED").await;
    let by_package = json!({ "deviceId": device, "packageName": "com.cloudphone.lantern" });
    assert_eq!(codes(&world.change(&caller, "uninstallApplication", by_package, "").await), ["NOT_INSTALLED"]);
    for (kind, count) in [("installed", 1), ("uninstalled", 1), ("install-failed", 0)] {
        assert_eq!(world.events(&format!("apps.application.{kind}")).await.len(), count, "{kind}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_failure_can_be_tried_again_and_late_answers_find_their_place() {
    let world = World::start().await;
    let caller = admin();
    let tenant = caller.tenant_id;
    let application = world.application(&caller, LANTERN_1).await;
    let device = world.device(tenant).await;
    let asked = world.install(&caller, &application, &[&device]).await["installations"][0].clone();
    let retry = async || {
        let fields = "installation { id status attempts failure { code } }";
        world.change(&caller, "retryInstallation", json!({ "id": asked["id"] }), fields).await
    };
    assert_eq!(codes(&retry().await), ["INSTALLATION_STATE_CONFLICT"]);
    world.device_says(tenant, "app-install-failed", &asked, Some("HASH_MISMATCH")).await;
    let failed = world.reaches(&caller, &asked["id"], "FAILED").await;
    assert_eq!(failed["failure"]["code"], "HASH_MISMATCH");
    let retried = retry().await;
    let expected = json!({ "id": asked["id"], "status": "PENDING", "attempts": 2, "failure": null });
    assert_eq!(retried["installation"], expected);
    assert_eq!(world.events("apps.installation.requested").await.len(), 2);

    // Nobody answers: silence is a failure as well, and a late success corrects it.
    world.engines.clock.advance(TimeDelta::minutes(31));
    let silent = world.reaches(&caller, &asked["id"], "FAILED").await;
    assert_eq!(silent["failure"]["code"], "INSTALL_TIMED_OUT");
    world.device_says(tenant, "app-installed", &asked, None).await;
    world.reaches(&caller, &asked["id"], "INSTALLED").await;
    world.device_says(tenant, "app-installed", &asked, None).await;

    let remove = json!({ "installationId": asked["id"] });
    world.change(&caller, "uninstallApplication", remove.clone(), "").await;
    world.device_says(tenant, "app-install-failed", &asked, Some("REMOVAL_REFUSED")).await;
    let kept = world.reaches(&caller, &asked["id"], "INSTALLED").await;
    assert_eq!(kept["failure"]["code"], "REMOVAL_REFUSED");
    world.change(&caller, "uninstallApplication", remove, "").await;
    world.engines.clock.advance(TimeDelta::minutes(31));
    let kept = world.reaches(&caller, &asked["id"], "INSTALLED").await;
    assert_eq!(kept["failure"]["code"], "REMOVAL_TIMED_OUT");
    assert_eq!(world.events("apps.application.installed").await.len(), 1, "said twice, done once");
    world.stop().await;
}

#[tokio::test]
async fn a_newer_version_takes_the_place_of_the_older_one() {
    let world = World::start().await;
    let caller = admin();
    let tenant = caller.tenant_id;
    let (old, new) = (world.application(&caller, LANTERN_1).await, world.application(&caller, LANTERN_2).await);
    let device = world.device(tenant).await;
    let first = world.install(&caller, &old, &[&device]).await["installations"][0].clone();
    assert_eq!(codes(&world.install(&caller, &new, &[&device]).await), ["INSTALLATION_IN_PROGRESS"]);
    world.device_says(tenant, "app-installed", &first, None).await;
    world.reaches(&caller, &first["id"], "INSTALLED").await;
    let second = world.install(&caller, &new, &[&device]).await["installations"][0].clone();
    world.device_says(tenant, "app-installed", &second, None).await;
    world.reaches(&caller, &second["id"], "INSTALLED").await;
    world.reaches(&caller, &first["id"], "UNINSTALLED").await;
    let gone = world.change(&caller, "deleteApplication", json!({ "id": old }), "deletedId").await;
    assert_eq!(gone["deletedId"], *old);
    let kept = world.installation(&caller, &first["id"]).await;
    assert_eq!(kept["application"]["label"], "Lantern", "history names what is no longer in the catalogue");
    world.stop().await;
}

#[tokio::test]
async fn the_end_of_a_device_ends_what_is_on_it_and_on_its_way_to_it() {
    let world = World::start().await;
    let caller = admin();
    let tenant = caller.tenant_id;
    let application = world.application(&caller, LANTERN_1).await;
    let (has, waits) = (world.device(tenant).await, world.device(tenant).await);
    let both = world.install(&caller, &application, &[&has, &waits]).await["installations"].clone();
    let of = |device: &str| both.as_array().unwrap().iter().find(|one| one["device"]["id"] == device).unwrap().clone();
    world.device_says(tenant, "app-installed", &of(&has), None).await;
    world.reaches(&caller, &of(&has)["id"], "INSTALLED").await;
    for device in [&has, &waits] {
        world.tell(tenant, "deleted", device.parse().unwrap(), json!({})).await;
    }
    world.reaches(&caller, &of(&has)["id"], "UNINSTALLED").await;
    let failed = world.reaches(&caller, &of(&waits)["id"], "FAILED").await;
    assert_eq!(failed["failure"]["code"], "DEVICE_DELETED");
    let refused = world.install(&caller, &application, &[&has, "nonsense"]).await;
    let paths: Vec<_> = refused["userErrors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    assert_eq!(
        (codes(&refused), paths),
        (vec!["NOT_FOUND"; 2], vec![json!(["deviceIds", "0"]), json!(["deviceIds", "1"])])
    );
    let retried = world.change(&caller, "retryInstallation", json!({ "id": of(&waits)["id"] }), "").await;
    assert_eq!(codes(&retried), ["NOT_FOUND"]);
    // An event that comes late does not bring the device back.
    world.tell(tenant, "created", has.parse().unwrap(), json!({})).await;
    let marker = world.device(tenant).await;
    let still = world.install(&caller, &application, &[&has, &marker]).await;
    assert_eq!((codes(&still), still["installations"].as_array().unwrap().len()), (vec!["NOT_FOUND"], 1));
    let none: [&str; 0] = [];
    assert_eq!(codes(&world.install(&caller, &application, &none).await), ["OUT_OF_RANGE"]);
    let list = world.ask(&caller, "{ installations(filter: { status: FAILED }) { totalCount } }", Value::Null).await;
    assert_eq!(list["installations"]["totalCount"], 1);
    world.stop().await;
}

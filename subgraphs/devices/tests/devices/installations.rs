//! Installations: a wish of the apps domain becomes a command, and its end an event.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use cloudphone_core::{ApplicationId, Caller, InstallationId};
use cloudphone_devices::events::{InstallationRequested, RemovalRequested};
use cloudphone_events::{DomainEvent, outbox};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::support::{Engines, HandDevice, Witness, admin, eventually};

const PACKAGE: &[u8] = &[7; 200_000];

/// Serves a package, each time only when somebody lets it.
pub async fn shop(open: Arc<Semaphore>) -> String {
    let handler = move || {
        let open = Arc::clone(&open);
        async move {
            open.acquire().await.unwrap().forget();
            PACKAGE
        }
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/app.apk", get(handler))).await });
    format!("http://{address}/app.apk")
}

pub fn wish(device: &str, url: &str) -> InstallationRequested {
    InstallationRequested {
        installation_id: InstallationId::new(),
        device_id: device.parse().unwrap(),
        application_id: ApplicationId::new(),
        package: "org.example.game".to_owned(),
        version_code: 7,
        version_name: Some("1.2".to_owned()),
        url: url.to_owned(),
        sha256: hex::encode(Sha256::digest(PACKAGE)),
        size_bytes: PACKAGE.len() as u64,
    }
}

/// Publishes as the apps domain would.
pub async fn publish<E: DomainEvent + Sync>(engines: &Engines, caller: &Caller, event: &E) {
    let service = Caller::service("apps", caller.tenant_id);
    engines.database.transaction(&service, async |conn| outbox::append(conn, &service, event).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_phone_installs_and_removes_an_app() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    domain.reaches(&me, &id, "RUNNING").await;
    let url = shop(Arc::new(Semaphore::new(100))).await;
    let order = wish(&id, &url);
    let mut progress = engines.cache.subscribe(&format!("devices.install-progress.{}", me.tenant_id)).await.unwrap();
    publish(&engines, &me, &order).await;
    let installed = witness.sees("devices.device.app-installed").await;
    assert_eq!(installed.tenant_id, me.tenant_id);
    let facts = json!({ "deviceId": id, "installationId": order.installation_id, "applicationId": order.application_id,
        "package": "org.example.game", "versionCode": 7, "error": null });
    assert_eq!(installed.data, facts);
    let told: serde_json::Value = serde_json::from_slice(&progress.next().await.unwrap()).unwrap();
    assert_eq!(told["installationId"], json!(order.installation_id));
    let has_app = "SELECT count(*) AS number FROM devices WHERE reported->'apps' @> '[{\"package\": \"org.example.game\", \"versionCode\": 7}]'";
    eventually("the phone reports it", async || engines.number(has_app).await == 1).await;

    let removal = RemovalRequested {
        installation_id: order.installation_id,
        device_id: order.device_id,
        package: order.package.clone(),
    };
    publish(&engines, &me, &removal).await;
    let removed = witness.sees("devices.device.app-uninstalled").await;
    assert_eq!(removed.data["installationId"], json!(order.installation_id));
    eventually("the phone reports it gone", async || engines.number(has_app).await == 0).await;

    // What arrives must be what was announced.
    publish(&engines, &me, &InstallationRequested { sha256: "00".repeat(32), ..wish(&id, &url) }).await;
    publish(&engines, &me, &InstallationRequested { size_bytes: 10, ..wish(&id, &url) }).await;
    publish(&engines, &me, &wish(&id, &url.replace("app.apk", "nothing"))).await;
    eventually("three fail", async || witness.seen("devices.device.app-install-failed").len() == 3).await;
    let failures = witness.seen("devices.device.app-install-failed");
    let mut codes: Vec<_> = failures.iter().map(|event| event.data["error"]["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["CHECKSUM_MISMATCH", "DOWNLOAD_FAILED", "SIZE_MISMATCH"]);
    assert_eq!(engines.number(has_app).await, 0);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_one_command_however_often_it_arrives() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let mut device = HandDevice::of(&engines, &domain, &me, &id).await;
    let order = wish(&id, "http://127.0.0.1:1/never");
    publish(&engines, &me, &order).await;
    let command = device.command().await;
    assert_eq!(command["kind"], "INSTALL_APP");
    assert_eq!(command["arguments"]["installationId"], json!(order.installation_id));
    assert_eq!(command["arguments"]["sha256"], json!(order.sha256));
    // The bus delivers at least once.
    let event = witness.sees("apps.installation.requested").await;
    cloudphone_events::Bus::publish(&*engines.bus, &[event]).await.unwrap();
    device.answer(&command, "succeeded", json!({})).await;
    witness.sees("devices.device.app-installed").await;

    // Another tenant's wish for this device is a wish for no device at all.
    let stranger = admin();
    publish(&engines, &stranger, &wish(&id, "http://127.0.0.1:1/never")).await;
    let refused = witness.sees("devices.device.app-install-failed").await;
    assert_eq!((refused.tenant_id, &refused.data["error"]["code"]), (stranger.tenant_id, &json!("DEVICE_NOT_READY")));
    assert_eq!(engines.number("SELECT count(*) AS number FROM device_commands").await, 1);

    // A device that goes takes its wishes with it.
    publish(&engines, &me, &wish(&id, "http://127.0.0.1:1/never")).await;
    device.command().await;
    assert!(domain.act(&me, "delete", &id).await.is_empty());
    eventually("it is told", async || witness.seen("devices.device.app-install-failed").len() == 2).await;
    assert_eq!(witness.seen("devices.device.app-install-failed")[1].data["error"]["code"], "SUPERSEDED");
    domain.stop().await;
}

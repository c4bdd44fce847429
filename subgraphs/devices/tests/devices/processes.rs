//! Two processes over the same engines tell each other what they changed.

use cloudphone_database::{Database, Options};
use cloudphone_devices::DeviceCredentials;
use serde_json::json;

use crate::support::{Engines, admin, eventually, next_that};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_one_process_is_seen_in_the_other() {
    let engines = Engines::with_foreign_broker().await;
    let domain = engines.start_domain(engines.settings()).await;
    let other_pool = Database::connect(Options::new("devices", engines.postgres.url("devices"))).await.unwrap();
    let other_credentials = DeviceCredentials::new(other_pool.clone());
    let mut settings = engines.by_hand();
    settings.broker.client_id = "the other process".to_owned();
    let mut given = engines.given(other_pool, settings);
    given.credentials = other_credentials.clone();
    let other = crate::support::Running {
        devices: cloudphone_devices::build(given).await.unwrap(),
        relay: cloudphone_events::Relay::spawn(
            engines.database.clone(),
            engines.bus.clone(),
            cloudphone_events::RelayOptions::default(),
        ),
    };
    let me = admin();
    let wall = "subscription { fleet(minIntervalMs: 100) { kind devices { id state latestTelemetry { sequence } } removedIds } }";
    let mut wall = other.subscribe(&me, wall, json!({}));
    crate::support::next(&mut wall).await;

    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    let event = next_that(&mut wall, |event| {
        let device = &event["fleet"]["devices"][0];
        device["state"] == "RUNNING" && !device["latestTelemetry"].is_null()
    });
    assert_eq!(event.await["fleet"]["devices"][0]["id"], json!(id));

    // A credential that one process withdraws is not believed by the other.
    let first = domain.rotate(&me, &id).await;
    let username = cloudphone_devices::topic::username(id.parse().unwrap());
    assert!(other_credentials.verify(&username, first.as_bytes()).await.unwrap().is_some());
    let second = other.rotate(&me, &id).await;
    assert!(other_credentials.verify(&username, first.as_bytes()).await.unwrap().is_none());
    eventually("the first process forgets as well", async || {
        let believed = engines.credentials.verify(&username, first.as_bytes()).await.unwrap();
        let renewed = engines.credentials.verify(&username, second.as_bytes()).await.unwrap();
        believed.is_none() && renewed.is_some()
    })
    .await;

    assert!(domain.act(&me, "delete", &id).await.is_empty());
    let gone = next_that(&mut wall, |event| event["fleet"]["kind"] == "REMOVED").await;
    assert_eq!(gone["fleet"]["removedIds"], json!([id]));
    other.stop().await;
    domain.stop().await;
}

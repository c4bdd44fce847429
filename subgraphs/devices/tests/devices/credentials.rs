//! Credentials of devices: theirs alone, replaced on request, withdrawn with the device.

use cloudphone_devices::topic;
use serde_json::json;

use crate::support::device::{is_let_in, is_welcome};
use crate::support::{Engines, HandDevice, Witness, admin, codes, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_is_refused_and_its_connection_ends() {
    let engines = Engines::start().await;
    let witness = Witness::attach(&engines).await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let first = domain.rotate(&me, &id).await;
    let device = HandDevice::connect(&engines, me.tenant_id, id.parse().unwrap(), &first).await;
    eventually("it is online", async || domain.is_online(&me, &id).await).await;

    let second = domain.rotate(&me, &id).await;
    assert_ne!(first, second);
    eventually("it is thrown out", async || engines.broker.statistics().await.refused_connections > 0).await;
    drop(device);
    assert!(!is_welcome(&engines, &id, &first).await);
    assert!(is_welcome(&engines, &id, &second).await);
    assert!(!is_welcome(&engines, &id, "").await);
    let trail = serde_json::to_string(&witness.seen("core.audit.recorded")).unwrap();
    assert!(!trail.contains(&first) && !trail.contains(&second), "no secret gets into the audit log");
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_opens_only_its_own_device() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let (me, stranger) = (admin(), admin());
    let (mine, theirs) = (domain.one(&me, "Mine").await, domain.one(&stranger, "Theirs").await);
    let secret = domain.rotate(&me, &mine).await;
    domain.rotate(&stranger, &theirs).await;
    assert!(!is_welcome(&engines, &theirs, &secret).await);
    assert!(!is_welcome(&engines, &uuid::Uuid::new_v4().to_string(), &secret).await);
    // Nor may a device take over the connection of another by its client id.
    let mut disguised = rumqttc::MqttOptions::new(
        topic::username(theirs.parse().unwrap()),
        engines.address.ip().to_string(),
        engines.address.port(),
    );
    disguised.set_credentials(topic::username(mine.parse().unwrap()), &secret);
    assert!(!is_let_in(disguised).await);
    assert!(is_welcome(&engines, &mine, &secret).await);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_phone_learns_its_new_secret_by_itself() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.settings()).await;
    let me = admin();
    let id = domain.create(&me, "Pixel", 1, true).await.remove(0);
    domain.reaches(&me, &id, "RUNNING").await;
    let secret = domain.rotate(&me, &id).await;
    // It obeys, so it has signed in anew.
    assert!(domain.act(&me, "stop", &id).await.is_empty());
    domain.reaches(&me, &id, "STOPPED").await;
    assert!(domain.act(&me, "delete", &id).await.is_empty());
    domain.reaches(&me, &id, "GONE").await;
    assert!(!is_welcome(&engines, &id, &secret).await);
    let query = "mutation($id: ID!) { rotateDeviceCredential(input: { id: $id }) { secret userErrors { code } } }";
    let refused = domain.ask(&me, query, json!({ "id": id })).await;
    assert_eq!(codes(&refused["rotateDeviceCredential"]["userErrors"]), ["NOT_FOUND"]);
    domain.stop().await;
}

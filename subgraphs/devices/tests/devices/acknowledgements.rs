//! What is acknowledged to a device is stored: at that moment, after every accident, and once.

use std::process::Command;
use std::sync::Arc;

use cloudphone_devices::DevicesSettings;
use cloudphone_devices::topic::{self, Channel};
use cloudphone_embedded_postgres::State;
use diesel_async::SimpleAsyncConnection;
use rumqttc::{AsyncClient, Event, Packet, QoS};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::support::device::sample;
use crate::support::witness::{count, counted};
use crate::support::{CarefulDevice, Doomed, Engines, HandDevice, Mosquitto, admin, eventually, next, open};

const STORED: &str = "SELECT count(*) AS number FROM telemetry_samples";
const SAMPLES: &str = "subscription { deviceTelemetry(minIntervalMs: 0) { sample { sequence } device { name } } }";

/// Keeps everybody from writing samples.
struct Bar {
    lift: Arc<Notify>,
    holding: JoinHandle<()>,
}

impl Bar {
    async fn lower(engines: &Engines) -> Self {
        let (lift, lowered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (database, lifted, ready) = (engines.database.clone(), Arc::clone(&lift), Arc::clone(&lowered));
        let holding = tokio::spawn(async move {
            let held = database.system_transaction(async |conn| {
                conn.batch_execute("LOCK TABLE telemetry_samples IN EXCLUSIVE MODE").await?;
                ready.notify_one();
                lifted.notified().await;
                Ok::<_, cloudphone_database::DatabaseError>(())
            });
            held.await.unwrap();
        });
        lowered.notified().await;
        Self { lift, holding }
    }

    async fn lift(self) {
        self.lift.notify_one();
        self.holding.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_sample_is_in_the_table_at_that_moment() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Careful").await;
    let mut device = CarefulDevice::of(&engines, &domain, &me, &id).await;
    for number in 1..=30 {
        device.tell(sample(number)).await;
        assert_eq!(engines.number(STORED).await, i64::try_from(number).unwrap());
    }
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_not_acknowledged_and_holds_up_nobody_else() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let (careful, other) = (domain.one(&me, "Careful").await, domain.one(&me, "Other").await);
    let mut device = CarefulDevice::of(&engines, &domain, &me, &careful).await;
    let quick = HandDevice::of(&engines, &domain, &me, &other).await;
    let mut samples = domain.subscribe(&me, SAMPLES, json!({}));
    open(&mut samples).await;
    let bar = Bar::lower(&engines).await;
    device.begin(sample(1));
    tokio::select! {
        () = device.is_acknowledged() => panic!("acknowledged, though nothing can be stored"),
        () = eventually("the device is sent away", async || engines.broker.statistics().await.withheld >= 1) => {}
    }
    assert_eq!(next(&mut samples).await["deviceTelemetry"]["sample"]["sequence"], 1, "watchers see it at once");
    for number in 10..40 {
        quick.measure(number, 1.0).await;
        let event = next(&mut samples).await;
        assert_eq!(event["deviceTelemetry"]["sample"]["sequence"], number, "{event}");
    }
    bar.lift().await;
    device.is_acknowledged().await;
    device.tell(sample(2)).await;
    assert_eq!(
        next(&mut samples).await["deviceTelemetry"]["sample"]["sequence"],
        2,
        "and not once more when it is sent again"
    );
    let of_careful = format!("{STORED} WHERE device_id = '{careful}'");
    assert_eq!(engines.number(&of_careful).await, 2, "each sample once");
    eventually("the others are stored as well", async || engines.number(STORED).await == 32).await;
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_death_of_the_database_takes_nothing_that_was_acknowledged() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let mut devices = Vec::new();
    for name in ["one", "two", "three"] {
        let id = domain.one(&me, name).await;
        devices.push(CarefulDevice::of(&engines, &domain, &me, &id).await);
    }
    let State::Running { pid, .. } = engines.postgres.state() else { panic!("PostgreSQL runs") };
    let measuring: Vec<_> = devices
        .into_iter()
        .map(|mut device| {
            tokio::spawn(async move {
                for number in 1..=60 {
                    device.tell(sample(number)).await;
                }
            })
        })
        .collect();
    eventually("all are at it", async || engines.number(STORED).await > 20).await;
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    for device in measuring {
        device.await.unwrap();
    }
    // No waiting here: all were acknowledged.
    assert_eq!(engines.number(STORED).await, 180);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_is_acknowledged_for_it_would_be_refused_again() {
    count();
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Babbler").await;
    let mut device = CarefulDevice::of(&engines, &domain, &me, &id).await;
    device.tell("not json").await;
    device.tell(json!({ "ts": "2020-01-01T00:00:00Z", "seq": 1 }).to_string()).await;
    for reason in ["UNDECODABLE", "CLOCK_SKEW"] {
        assert_eq!(counted(&format!("cloudphone_devices_messages_refused_total {reason}")), 1, "{reason}");
    }
    let query = "{ telemetryQuarantine(first: 10) { nodes { reason } } }";
    eventually("both are kept for a look", async || {
        let kept = domain.ask(&me, query, json!({})).await;
        kept["telemetryQuarantine"]["nodes"].as_array().unwrap().len() == 2
    })
    .await;
    device.tell(sample(1)).await;
    assert_eq!(engines.number(STORED).await, 1);
    domain.stop().await;
}

/// Publishes samples at `QoS 1` at once, as a device that was off the network, and waits until the broker has them.
async fn hand_over(broker: &Mosquitto, topic: &str, numbers: std::ops::Range<u64>) {
    let (client, mut events) = AsyncClient::new(broker.options("a device"), 1000);
    let mut open = numbers.end - numbers.start;
    for number in numbers {
        client.try_publish(topic, QoS::AtLeastOnce, false, sample(number)).unwrap();
    }
    while open > 0 {
        if let Event::Incoming(Packet::PubAck(_)) = events.poll().await.unwrap() {
            open -= 1;
        }
    }
    client.try_disconnect().unwrap();
    while events.poll().await.is_ok() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_broker_keeps_what_was_not_stored_until_it_is() {
    let (engines, broker) = tokio::join!(Engines::with_foreign_broker(), Mosquitto::start());
    let me = admin();
    let mut settings = DevicesSettings { messages_per_second: 5.0, ..engines.by_hand() };
    settings.broker.url = broker.url();
    let doomed = Doomed::start(&engines, settings.clone()).await;
    let id = doomed.create(&me, "Buffering".to_owned(), 1).await.remove(0);
    let topic = topic::upward(me.tenant_id, id.parse().unwrap(), Channel::Telemetry);
    hand_over(&broker, &topic, 1..11).await;
    eventually("the first are stored", async || engines.number(STORED).await == 10).await;

    // These reach the process and not the table, when the process dies.
    let bar = Bar::lower(&engines).await;
    hand_over(&broker, &topic, 11..61).await;
    eventually("some are on their way", async || doomed.domain.devices.status().read().waiting_samples > 0).await;
    doomed.die();
    bar.lift().await;
    // And these find nobody.
    hand_over(&broker, &topic, 61..101).await;

    let domain = engines.start_domain(settings).await;
    eventually("everything is stored", async || engines.number(STORED).await == 100).await;
    let distinct = "SELECT count(DISTINCT sequence) AS number FROM telemetry_samples";
    assert_eq!(engines.number(distinct).await, 100, "each once");
    assert_eq!(domain.devices.status().read().waiting_samples, 0);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_broker_is_asked_for_nothing_that_it_was_told_is_stored() {
    count();
    let (engines, broker) = tokio::join!(Engines::with_foreign_broker(), Mosquitto::start());
    let me = admin();
    let mut settings = engines.by_hand();
    settings.broker.url = broker.url();
    let domain = engines.start_domain(settings.clone()).await;
    let id = domain.create(&me, "Steady", 1, false).await.remove(0);
    let topic = topic::upward(me.tenant_id, id.parse().unwrap(), Channel::Telemetry);
    let accepted = || counted("cloudphone_devices_messages_accepted_total");
    eventually("the intake listens", async || domain.devices.status().read().telemetry_connected).await;
    hand_over(&broker, &topic, 1..201).await;
    eventually("all are stored", async || engines.number(STORED).await == 200).await;
    assert_eq!(accepted(), 200, "nothing comes twice while the connection stands");
    domain.stop().await;
    let domain = engines.start_domain(settings).await;
    hand_over(&broker, &topic, 201..202).await;
    eventually("the last one is stored", async || engines.number(STORED).await == 201).await;
    // Those acknowledgements that the stop overtook come again, which are at most a handful.
    assert!(accepted() <= 221, "{} messages were accepted", accepted());
    domain.stop().await;
}

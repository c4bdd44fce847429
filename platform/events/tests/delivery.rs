//! The same stories on both buses: nothing lost, nothing doubled, order kept, failures contained.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudphone_core::CommonError;
use cloudphone_events::{
    DeadLetterFilter, DeadLetters, Inbox, InboxOptions, Relay, RelayOptions, RunningInbox, outbox,
};
use common::{Counted, GROUP, Recorder, Trouble, World, conflict, quick_inbox, until};
use serde_json::json;
use uuid::Uuid;

/// Runs each story on the in-process bus and on Redis.
macro_rules! on_both_buses {
    ($($story:ident),+ $(,)?) => {
        mod in_process {
            $(#[tokio::test] async fn $story() { super::$story(super::World::in_process().await).await; })+
        }
        mod redis {
            $(#[tokio::test] async fn $story() { super::$story(super::World::with_redis().await).await; })+
        }
    };
}

on_both_buses! {
    events_of_an_aggregate_arrive_once_and_in_order,
    an_event_of_a_rolled_back_change_is_never_published,
    relays_killed_in_the_middle_lose_and_double_nothing,
    replicas_of_relay_and_consumer_share_the_work_in_order,
    a_failing_event_holds_up_its_aggregate_only_and_ends_as_a_dead_letter,
    a_replayed_dead_letter_is_handled,
    a_discarded_dead_letter_is_gone,
    dead_letters_are_picked_by_group_type_and_age,
    a_panicking_or_hanging_handler_counts_as_a_failure,
    a_payload_that_does_not_fit_is_a_dead_letter_at_once,
    events_survive_a_restart_of_the_database,
    a_consumer_whose_database_is_down_delays_events_but_loses_none,
    events_are_forgotten_after_their_retention,
    each_group_gets_every_event,
    events_appended_before_anybody_listens_arrive,
    thousands_of_events_flow,
}

async fn start(world: &World, recorder: Arc<Recorder>) -> (Arc<dyn cloudphone_events::Bus>, RunningInbox) {
    let bus = world.bus().await;
    let inbox = world.inbox(recorder).start(&*bus).await.unwrap();
    (bus, inbox)
}

async fn events_of_an_aggregate_arrive_once_and_in_order(world: World) {
    let (bus, inbox) = start(&world, Arc::default()).await;
    let relay = world.relay(&bus);
    let devices: Vec<Uuid> = (0..10).map(|_| Uuid::now_v7()).collect();
    futures::future::join_all(devices.iter().map(|device| world.count(*device, 1..=40))).await;
    world.until_recorded(400).await;
    for device in devices {
        assert_eq!(world.recorded(device).await, (1..=40).collect::<Vec<_>>());
    }
    relay.stop().await;
    inbox.stop().await;
    bus.close().await;
}

async fn an_event_of_a_rolled_back_change_is_never_published(world: World) {
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let _relay = world.relay(&bus);
    let (device, caller) = (Uuid::now_v7(), world.caller());
    let undone: Result<(), CommonError> = world
        .publisher
        .transaction(&caller, async |conn| {
            outbox::append(conn, &caller, &Counted { device_id: device, number: 1 }).await?;
            Err(conflict())
        })
        .await;
    assert!(undone.is_err());
    world.count(device, [2]).await;
    world.until_recorded(1).await;
    assert_eq!(world.recorded(device).await, [2]);
}

async fn relays_killed_in_the_middle_lose_and_double_nothing(world: World) {
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let devices: Vec<Uuid> = (0..5).map(|_| Uuid::now_v7()).collect();
    let appending = futures::future::join_all(devices.iter().map(|device| world.count(*device, 1..=60)));
    let killing = async {
        for round in 0..15_u64 {
            // A runtime of its own, whose end drops the relay at whatever it is waiting for.
            let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let options = cloudphone_database::Options::new("devices", world.postgres.url("devices"));
            let bus = Arc::clone(&bus);
            doomed.spawn(async move {
                let database = cloudphone_database::Database::connect(options).await.unwrap();
                let _relay = cloudphone_events::Relay::spawn(
                    database,
                    bus,
                    cloudphone_events::RelayOptions { batch: 3, ..common::quick_relay() },
                );
                std::future::pending::<()>().await;
            });
            tokio::time::sleep(Duration::from_millis(20 + round * 3)).await;
            doomed.shutdown_background();
        }
    };
    tokio::join!(appending, killing);
    let _relay = world.relay(&bus);
    world.until_recorded(300).await;
    for device in devices {
        assert_eq!(world.recorded(device).await, (1..=60).collect::<Vec<_>>());
    }
}

async fn replicas_of_relay_and_consumer_share_the_work_in_order(world: World) {
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let second_bus = world.bus().await;
    let _second_inbox = world.inbox(Arc::default()).start(&*second_bus).await.unwrap();
    let _relays = [world.relay(&bus), world.relay(&second_bus), world.relay(&bus)];
    let devices: Vec<Uuid> = (0..8).map(|_| Uuid::now_v7()).collect();
    futures::future::join_all(devices.iter().map(|device| world.count(*device, 1..=50))).await;
    world.until_recorded(400).await;
    for device in devices {
        assert_eq!(world.recorded(device).await, (1..=50).collect::<Vec<_>>());
    }
}

async fn a_failing_event_holds_up_its_aggregate_only_and_ends_as_a_dead_letter(world: World) {
    let (bus, _inbox) = start(&world, Recorder::in_trouble(2, Trouble::Error)).await;
    let _relay = world.relay(&bus);
    let (ill, healthy) = (Uuid::now_v7(), Uuid::now_v7());
    let ids = world.count(ill, [1, 2, 3]).await;
    world.count(healthy, [1, 3, 4]).await;
    world.until_recorded(5).await;
    assert_eq!(world.recorded(healthy).await, [1, 3, 4]);
    assert_eq!(world.recorded(ill).await, [1, 3], "what the failing handler wrote was undone");
    let dead = DeadLetters::new(world.consumer.clone()).list(&everything(), 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].event.id, dead[0].attempts), (ids[1], 3));
    assert_eq!(dead[0].error, "the recorder was told to fail");
}

async fn a_replayed_dead_letter_is_handled(world: World) {
    let recorder = Recorder::in_trouble(1, Trouble::Error);
    let (bus, _inbox) = start(&world, Arc::clone(&recorder)).await;
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    let ids = world.count(device, [1, 2]).await;
    world.until_recorded(1).await;
    let dead_letters = DeadLetters::new(world.consumer.clone());
    *recorder.trouble.lock() = None;
    let first = DeadLetterFilter::of(GROUP, ids[0]);
    let (one, other) = tokio::join!(dead_letters.replay(&first), dead_letters.replay(&first));
    assert_eq!([one.unwrap(), other.unwrap()].concat(), [(GROUP.to_owned(), ids[0])], "two at once replay it once");
    world.until_recorded(2).await;
    assert_eq!(world.recorded(device).await, [2, 1]);
    assert!(dead_letters.list(&everything(), 10).await.unwrap().is_empty());
    assert!(dead_letters.replay(&first).await.unwrap().is_empty(), "it is no dead letter any more");
}

async fn a_discarded_dead_letter_is_gone(world: World) {
    let (bus, _inbox) = start(&world, Recorder::in_trouble(1, Trouble::Error)).await;
    let _relay = world.relay(&bus);
    let ids = world.count(Uuid::now_v7(), [1]).await;
    let dead_letters = DeadLetters::new(world.consumer.clone());
    until("the event is dead", async || !dead_letters.list(&everything(), 1).await.unwrap().is_empty()).await;
    assert_eq!(dead_letters.discard(&DeadLetterFilter::of(GROUP, ids[0])).await.unwrap().len(), 1);
    assert!(dead_letters.replay(&everything()).await.unwrap().is_empty());
    assert_eq!(world.recorded_in_all().await, 0);
}

async fn dead_letters_are_picked_by_group_type_and_age(world: World) {
    let (bus, _inbox) = start(&world, Recorder::in_trouble(1, Trouble::Error)).await;
    let _relay = world.relay(&bus);
    let ids = world.count(Uuid::now_v7(), [1]).await;
    let dead_letters = DeadLetters::new(world.consumer.clone());
    until("the event is dead", async || dead_letters.count(&everything()).await.unwrap() == 1).await;
    let failed_at = dead_letters.list(&everything(), 1).await.unwrap()[0].failed_at;
    let later = failed_at + chrono::TimeDelta::seconds(1);
    let typed = |event_type: &str| DeadLetterFilter { event_type: Some(event_type.to_owned()), ..everything() };
    for (filter, count) in [
        (DeadLetterFilter::of_group("somebody"), 0),
        (DeadLetterFilter::of("somebody", ids[0]), 0),
        (typed("devices.device.counted"), 1),
        (typed("devices.device"), 0),
        (typed("devices.*"), 1),
        (typed("devices_*"), 0),
        (typed("*"), 1),
        (DeadLetterFilter { failed_from: Some(failed_at), ..everything() }, 1),
        (DeadLetterFilter { failed_from: Some(later), ..everything() }, 0),
        (DeadLetterFilter { failed_before: Some(failed_at), ..everything() }, 0),
        (DeadLetterFilter { failed_before: Some(later), ..everything() }, 1),
        (DeadLetterFilter { events: Some(Vec::new()), ..everything() }, 0),
    ] {
        assert_eq!(dead_letters.count(&filter).await.unwrap(), count, "{filter:?}");
        if count == 0 {
            assert!(dead_letters.discard(&filter).await.unwrap().is_empty(), "{filter:?}");
        }
    }
}

fn everything() -> DeadLetterFilter {
    DeadLetterFilter::of_group(GROUP)
}

async fn a_panicking_or_hanging_handler_counts_as_a_failure(world: World) {
    let recorder = Recorder::in_trouble(2, Trouble::Panic);
    let (bus, _inbox) = start(&world, Arc::clone(&recorder)).await;
    let _relay = world.relay(&bus);
    let dead_letters = DeadLetters::new(world.consumer.clone());
    for (trouble, words) in [(Trouble::Panic, "told to panic"), (Trouble::Hang, "took longer than 500ms")] {
        *recorder.trouble.lock() = Some((2, trouble));
        let device = Uuid::now_v7();
        let ids = world.count(device, [1, 2, 3]).await;
        until("the later event is handled", async || world.recorded(device).await == [1, 3]).await;
        let dead = dead_letters.list(&everything(), 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].event.id, dead[0].attempts), (1, ids[1], 3));
        assert!(dead[0].error.contains(words), "{}", dead[0].error);
        dead_letters.discard(&DeadLetterFilter::of(GROUP, ids[1])).await.unwrap();
    }
}

async fn a_payload_that_does_not_fit_is_a_dead_letter_at_once(world: World) {
    let bus = world.bus().await;
    let _inbox = world.inbox(Arc::default()).start(&*bus).await.unwrap();
    let device = Uuid::now_v7();
    world.count(device, [1]).await;
    let stranger = strange_event(&world, device);
    bus.publish(std::slice::from_ref(&stranger)).await.unwrap();
    let _relay = world.relay(&bus);
    world.until_recorded(1).await;
    let dead_letters = DeadLetters::new(world.consumer.clone());
    until("the event is dead", async || !dead_letters.list(&everything(), 1).await.unwrap().is_empty()).await;
    let dead = dead_letters.list(&everything(), 10).await.unwrap();
    assert_eq!((dead[0].event.id, dead[0].attempts), (stranger.id, 1));
    assert!(dead[0].error.contains("expected i64"), "{}", dead[0].error);
}

fn strange_event(world: &World, device: Uuid) -> cloudphone_events::CloudEvent {
    serde_json::from_value(json!({
        "specversion": "1.0", "id": Uuid::now_v7(), "source": "/cloudphone/elsewhere", "type": "devices.device.counted",
        "time": "2026-01-01T00:00:00Z", "datacontenttype": "application/json", "dataschema": "urn:test",
        "subject": device, "tenantid": world.tenant, "aggregateid": device, "sequence": 1,
        "correlationid": Uuid::now_v7(), "schemaversion": 1, "data": {"deviceId": device, "number": "many"}
    }))
    .unwrap()
}

async fn events_survive_a_restart_of_the_database(mut world: World) {
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    world.count(device, 1..=20).await;
    world.restart_postgres().await;
    world.count(device, 21..=40).await;
    world.until_recorded(40).await;
    assert_eq!(world.recorded(device).await, (1..=40).collect::<Vec<_>>());
}

async fn a_consumer_whose_database_is_down_delays_events_but_loses_none(mut world: World) {
    let elsewhere = world.folder.path().join("elsewhere");
    let postgres = common::start_postgres(&elsewhere).await;
    world.consumer = common::database(&postgres, "identity").await;
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    world.count(device, 1..=3).await;
    world.until_recorded(3).await;
    postgres.stop().await;
    world.count(device, 4..=6).await;
    let _postgres = common::start_postgres(&elsewhere).await;
    world.until_recorded(6).await;
    assert_eq!(world.recorded(device).await, [1, 2, 3, 4, 5, 6]);
}

async fn events_are_forgotten_after_their_retention(world: World) {
    let bus = world.bus().await;
    let forgetful =
        InboxOptions { retention: Duration::ZERO, upkeep_interval: Duration::from_millis(50), ..quick_inbox() };
    let _inbox = world.inbox(Arc::default()).with_options(forgetful).start(&*bus).await.unwrap();
    let options =
        RelayOptions { retention: Duration::ZERO, poll_interval: Duration::from_millis(50), ..common::quick_relay() };
    let _relay = Relay::spawn(world.publisher.clone(), Arc::clone(&bus), options);
    world.count(Uuid::now_v7(), 1..=3).await;
    world.until_recorded(3).await;
    until("outbox and inbox are empty", async || world.kept().await == (0, 0)).await;
}

async fn each_group_gets_every_event(world: World) {
    let bus = world.bus().await;
    let _one = world.inbox(Arc::default()).start(&*bus).await.unwrap();
    let _other = Inbox::new(world.consumer.clone(), "another")
        .with_options(quick_inbox())
        .on::<Counted>(Arc::<Recorder>::default())
        .start(&*bus)
        .await
        .unwrap();
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    world.count(device, [7]).await;
    world.until_recorded(2).await;
    assert_eq!(world.recorded(device).await, [7, 7]);
}

async fn events_appended_before_anybody_listens_arrive(world: World) {
    let device = Uuid::now_v7();
    world.count(device, 1..=5).await;
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let _relay = world.relay(&bus);
    world.until_recorded(5).await;
    assert_eq!(world.recorded(device).await, [1, 2, 3, 4, 5]);
}

async fn thousands_of_events_flow(world: World) {
    const DEVICES: i64 = 200;
    const EACH: i64 = 20;
    let caller = world.caller();
    let devices: Vec<Uuid> = (0..DEVICES).map(|_| Uuid::now_v7()).collect();
    for number in 1..=EACH {
        let events: Vec<_> = devices.iter().map(|device| Counted { device_id: *device, number }).collect();
        world
            .publisher
            .transaction(&caller, async |conn| outbox::append_all(conn, &caller, &events).await)
            .await
            .unwrap();
    }
    let (bus, _inbox) = start(&world, Arc::default()).await;
    let started = Instant::now();
    let _relay = world.relay(&bus);
    world.until_recorded(DEVICES * EACH).await;
    let rate = f64::from(u32::try_from(DEVICES * EACH).unwrap()) / started.elapsed().as_secs_f64();
    eprintln!("{rate:.0} events/s");
    for device in devices {
        assert_eq!(world.recorded(device).await, (1..=EACH).collect::<Vec<_>>());
    }
    let latency = Instant::now();
    world.count(Uuid::now_v7(), [1]).await;
    world.until_recorded(DEVICES * EACH + 1).await;
    eprintln!("one event took {:?} from before its commit to after its effect", latency.elapsed());
}

//! What only a bus outside of the process can do wrong: be away, and forget.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;

use cloudphone_events::{BusError, RedisBus, RedisBusOptions};
use common::World;
use uuid::Uuid;

#[tokio::test]
async fn events_wait_while_redis_is_away() {
    let mut world = World::with_redis().await;
    let bus = world.bus().await;
    let _inbox = world.inbox(Arc::default()).start(&*bus).await.unwrap();
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    world.count(device, 1..=5).await;
    world.until_recorded(5).await;
    world.redis.as_mut().unwrap().kill();
    world.count(device, 6..=10).await;
    world.redis.as_mut().unwrap().start_again();
    world.until_recorded(10).await;
    assert_eq!(world.recorded(device).await, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_that_redis_forgot_before_anybody_read_them_are_published_again() {
    let mut world = World::with_redis().await;
    let bus = world.bus().await;
    let device = Uuid::now_v7();
    world.count(device, 1..=5).await;
    let relay = world.relay(&bus);
    common::until("Redis has all events", async || world.unpublished().await == 0).await;
    world.redis.as_mut().unwrap().kill();
    world.redis.as_mut().unwrap().start_again();
    let _inbox = world.inbox(Arc::default()).start(&*bus).await.unwrap();
    world.until_recorded(5).await;
    world.count(device, [6]).await;
    world.until_recorded(6).await;
    assert_eq!(world.recorded(device).await, [1, 2, 3, 4, 5, 6]);
    relay.stop().await;
}

#[tokio::test]
async fn a_consumer_goes_on_where_it_stopped() {
    let world = World::with_redis().await;
    let bus = world.bus().await;
    let _relay = world.relay(&bus);
    let device = Uuid::now_v7();
    for round in 0..3 {
        let readers = world.bus().await;
        let inbox = world.inbox(Arc::default()).start(&*readers).await.unwrap();
        world.count(device, [round * 2 + 1]).await;
        world.until_recorded(round * 2 + 1).await;
        inbox.stop().await;
        readers.close().await;
        world.count(device, [round * 2 + 2]).await;
    }
    let _inbox = world.inbox(Arc::default()).start(&*bus).await.unwrap();
    world.until_recorded(6).await;
    assert_eq!(world.recorded(device).await, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_refused() {
    let refused = RedisBus::connect("http://example.org", RedisBusOptions::default()).await.err();
    assert!(matches!(refused, Some(BusError::Address(_))));
}

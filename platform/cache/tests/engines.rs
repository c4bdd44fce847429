//! Both engines pass the same suite: the in-process one and a real Redis.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;
use cloudphone_cache::{Charge, Engine, Quota};
use cloudphone_testkit::RedisServer;

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "the condition never held");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn values_come_back_until_they_expire(engine: &Engine) {
    engine.set("greeting", Bytes::from_static(b"hello"), Duration::from_mins(1)).await.unwrap();
    assert_eq!(engine.get("greeting").await.unwrap().as_deref(), Some(&b"hello"[..]));
    engine.set("greeting", Bytes::from_static(b"brief"), Duration::from_millis(30)).await.unwrap();
    eventually(async || engine.get("greeting").await.unwrap().is_none()).await;
    engine.set("gone", Bytes::from_static(b"x"), Duration::from_mins(1)).await.unwrap();
    engine.delete("gone").await.unwrap();
    assert!(engine.get("gone").await.unwrap().is_none());
}

async fn a_lock_has_one_holder_and_ends_by_itself(engine: &Engine) {
    let first = engine.acquire("job", Duration::from_secs(30)).await.unwrap().expect("the lock is free");
    assert!(engine.acquire("job", Duration::from_secs(30)).await.unwrap().is_none());
    assert!(first.extend(Duration::from_millis(30)).await.unwrap());
    let mut second = None;
    eventually(async || {
        second = engine.acquire("job", Duration::from_secs(30)).await.unwrap();
        second.is_some()
    })
    .await;
    assert!(!first.extend(Duration::from_secs(30)).await.unwrap(), "a lost lease cannot be extended");
    assert!(!first.release().await.unwrap(), "a lost lease does not release the next holder's");
    assert!(second.expect("acquired above").release().await.unwrap());
}

async fn a_counter_counts_within_its_window(engine: &Engine) {
    assert_eq!(engine.increment("hits", 1, Duration::from_millis(80)).await.unwrap(), 1);
    assert_eq!(engine.increment("hits", 2, Duration::from_millis(80)).await.unwrap(), 3);
    eventually(async || engine.increment("hits", 1, Duration::from_millis(1)).await.unwrap() == 1).await;
}

async fn a_signal_reaches_every_listener(engine: &Engine) {
    let mut one = engine.subscribe("news").await.unwrap();
    let mut two = engine.subscribe("news").await.unwrap();
    engine.publish("elsewhere", Bytes::from_static(b"other")).await.unwrap();
    engine.publish("news", Bytes::from_static(b"it works")).await.unwrap();
    for listener in [&mut one, &mut two] {
        let signal = tokio::time::timeout(Duration::from_secs(5), listener.next()).await.unwrap();
        assert_eq!(signal.as_deref(), Some(&b"it works"[..]));
    }
}

fn charge(key: &str, requests: u32, window: Duration, amount: u32) -> Charge {
    Charge { key: key.to_owned(), quota: Quota { requests, window }, amount }
}

async fn a_quota_is_charged_exactly_by_all_who_come_at_once(engine: &Engine) {
    let hour = Duration::from_hours(1);
    let charges = (0..60).map(|_| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.charge(&[charge("rate:{ada}", 20, hour, 1)]).await.unwrap()[0].fits })
    });
    let fitted = futures::future::join_all(charges).await.into_iter().filter(|fits| *fits.as_ref().unwrap()).count();
    assert_eq!(fitted, 20);
    let refused = engine.charge(&[charge("rate:{ada}", 20, hour, 1)]).await.unwrap()[0];
    assert_eq!((refused.fits, refused.remaining), (false, 0));
    let (one, all) = (hour / 20, hour);
    assert!(refused.enough_in <= one && refused.enough_in > one / 2, "{refused:?}");
    assert!(refused.full_in <= all && refused.full_in + one > all, "{refused:?}");
}

async fn quotas_are_charged_together_or_not_at_all(engine: &Engine) {
    let both = |amount| {
        let hour = Duration::from_hours(1);
        [charge("rate:{bob}:wide", 100, hour, amount), charge("rate:{bob}:narrow", 3, hour, amount)]
    };
    let standing = engine.charge(&both(2)).await.unwrap();
    assert_eq!(standing.iter().map(|balance| balance.remaining).collect::<Vec<_>>(), [98, 1]);
    let standing = engine.charge(&both(2)).await.unwrap();
    assert_eq!(standing.iter().map(|balance| balance.fits).collect::<Vec<_>>(), [true, false]);
    assert_eq!(standing.iter().map(|balance| balance.remaining).collect::<Vec<_>>(), [98, 1], "neither was charged");
    assert!(engine.charge(&both(1)).await.unwrap().iter().all(|balance| balance.fits));
}

async fn a_quota_fills_up_again(engine: &Engine) {
    let again = || [charge("rate:{eve}", 2, Duration::from_millis(60), 2)];
    assert!(engine.charge(&again()).await.unwrap()[0].fits);
    eventually(async || engine.charge(&again()).await.unwrap()[0].fits).await;
}

async fn whole_suite(engine: Engine) {
    engine.ping().await.unwrap();
    values_come_back_until_they_expire(&engine).await;
    a_lock_has_one_holder_and_ends_by_itself(&engine).await;
    a_counter_counts_within_its_window(&engine).await;
    a_signal_reaches_every_listener(&engine).await;
    a_quota_is_charged_exactly_by_all_who_come_at_once(&engine).await;
    quotas_are_charged_together_or_not_at_all(&engine).await;
    a_quota_fills_up_again(&engine).await;
}

#[tokio::test]
async fn the_in_process_engine_keeps_the_contract() {
    whole_suite(Engine::in_process()).await;
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let server = RedisServer::start();
    whole_suite(Engine::redis(&server.url()).await.unwrap()).await;
}

#[tokio::test]
async fn signals_cross_processes_through_redis() {
    let server = RedisServer::start();
    let here = Engine::redis(&server.url()).await.unwrap();
    let there = Engine::redis(&server.url()).await.unwrap();
    let mut listener = here.subscribe("news").await.unwrap();
    there.publish("news", Bytes::from_static(b"from afar")).await.unwrap();
    let signal = tokio::time::timeout(Duration::from_secs(5), listener.next()).await.unwrap();
    assert_eq!(signal.as_deref(), Some(&b"from afar"[..]));
}

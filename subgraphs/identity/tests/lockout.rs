//! Guessing a password locks the account for a while, without telling the guesser.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::{MEMBER, PASSWORD, World, codes, origin};

async fn guess(world: &World, email: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(codes(&world.try_login(origin(), email, "Wrong-Horse-1").await), ["INVALID_CREDENTIALS"]);
    }
}

#[tokio::test]
async fn the_fifth_wrong_password_locks_for_a_quarter_of_an_hour() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    guess(&world, &founder.email, 4).await;
    assert!(codes(&world.try_login(origin(), &founder.email, PASSWORD).await).is_empty(), "four are forgiven");

    guess(&world, &founder.email, 5).await;
    assert_eq!(codes(&world.try_login(origin(), &founder.email, PASSWORD).await), ["ACCOUNT_LOCKED"]);
    assert!(world.authenticate(&founder.access).await.is_ok(), "who is signed in stays so");
    assert_eq!(world.events("identity.auth.locked").await.len(), 1);
    let entries = world.audited(&founder.access, &["user.lock"]).await;
    let entry = entries.iter().find(|entry| entry["action"] == "user.lock").unwrap();
    assert_eq!(entry["actorKind"], "SERVICE");

    world.advance(900);
    assert!(codes(&world.try_login(origin(), &founder.email, PASSWORD).await).is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_locked_account_does_not_confirm_endless_guesses() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    guess(&world, &founder.email, 10).await;
    assert_eq!(codes(&world.try_login(origin(), &founder.email, PASSWORD).await), ["INVALID_CREDENTIALS"]);
    world.stop().await;
}

#[tokio::test]
async fn guesses_at_once_count_one_by_one() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let guesses = (0..5).map(|_| world.try_login(origin(), &founder.email, "Wrong-Horse-1"));
    futures::future::join_all(guesses).await;
    assert_eq!(codes(&world.try_login(origin(), &founder.email, PASSWORD).await), ["ACCOUNT_LOCKED"]);
    world.stop().await;
}

#[tokio::test]
async fn an_administrator_unlocks() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    guess(&world, &member.email, 5).await;
    let payload = world.mutate(&founder.access, "unlockUser", "user { status }", json!({ "id": member.user_id })).await;
    assert_eq!(payload["user"]["status"], "ACTIVE");
    assert!(codes(&world.try_login(origin(), &member.email, PASSWORD).await).is_empty());
    world.stop().await;
}

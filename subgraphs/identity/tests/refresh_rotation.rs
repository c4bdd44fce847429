//! Refresh tokens: each is good once, and one that comes back a second time ends its whole session.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::{World, codes, signed_in};

#[tokio::test]
async fn a_spent_refresh_token_that_comes_back_ends_the_session_for_everybody() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let bystander = world.login(&founder.email).await;

    let second = signed_in(&world.refresh(&founder.refresh).await, &founder.email);
    assert_ne!(second.refresh, founder.refresh);
    assert!(world.authenticate(&second.access).await.is_ok());

    assert_eq!(codes(&world.refresh(&founder.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    assert!(world.authenticate(&second.access).await.is_err(), "the thief's or the owner's access ends at once");
    assert!(world.authenticate(&founder.access).await.is_err());
    assert_eq!(codes(&world.refresh(&second.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    assert!(world.authenticate(&bystander.access).await.is_ok(), "other sessions of the person go on");

    let revoked = world.events("identity.session.revoked").await;
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["reason"], "REFRESH_TOKEN_REUSE");
    world.stop().await;
}

#[tokio::test]
async fn two_clients_that_race_with_one_token_cannot_both_win() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let (one, other) = tokio::join!(world.refresh(&founder.refresh), world.refresh(&founder.refresh));
    let won = [&one, &other].iter().filter(|payload| !payload["session"].is_null()).count();
    assert_eq!(won, 1, "{one} {other}");
    world.stop().await;
}

#[tokio::test]
async fn an_idle_session_ends_and_a_used_one_ends_at_its_absolute_limit() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    world.advance(1_801);
    assert_eq!(codes(&world.refresh(&founder.refresh).await), ["INVALID_REFRESH_TOKEN"]);

    let mut session = world.login(&founder.email).await;
    // Twenty minutes at a time keep it busy; after 24 hours it ends all the same.
    for _ in 0..71 {
        world.advance(1_200);
        session = signed_in(&world.refresh(&session.refresh).await, &founder.email);
    }
    world.advance(1_200);
    assert!(world.authenticate(&session.access).await.is_err());
    assert_eq!(codes(&world.refresh(&session.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    world.stop().await;
}

#[tokio::test]
async fn an_access_token_ends_after_a_quarter_of_an_hour_while_its_session_goes_on() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    world.advance(899);
    assert!(world.authenticate(&founder.access).await.is_ok());
    world.advance(1);
    assert!(world.authenticate(&founder.access).await.is_err());
    assert!(codes(&world.refresh(&founder.refresh).await).is_empty());
    world.stop().await;
}

#[tokio::test]
async fn unknown_and_malformed_tokens_are_refused_alike() {
    let world = World::start().await;
    for token in ["", "garbage", &"A".repeat(43)] {
        assert_eq!(codes(&world.refresh(token).await), ["INVALID_REFRESH_TOKEN"], "{token}");
        assert!(world.authenticate(token).await.is_err());
    }
    assert_eq!(world.events("identity.session.revoked").await, Vec::<serde_json::Value>::new());
    assert_eq!(json!(null), world.ask("{ me { permissions } }", json!({})).await["data"]["me"]);
    world.stop().await;
}

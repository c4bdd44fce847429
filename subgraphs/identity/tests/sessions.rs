//! Where a person is signed in, and how they end what they do not know.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{PASSWORD, World, codes, origin_of, signed_in};

const SESSIONS: &str = "{ sessions { id address userAgent current expiresAt } }";

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_one_or_all_others() {
    let world = World::start().await;
    let here = world.register("Acme").await;
    let login = async |client: &str| {
        signed_in(&world.try_login(origin_of("198.51.100.7", client), &here.email, PASSWORD).await, &here.email)
    };
    let (phone, tablet) = (login("phone").await, login("tablet").await);

    let seen = world.ask_as(&here.access, SESSIONS, json!({})).await["data"]["sessions"].clone();
    let of =
        |client: &str| seen.as_array().unwrap().iter().find(|session| session["userAgent"] == client).unwrap().clone();
    assert_eq!(seen.as_array().unwrap().len(), 3);
    assert_eq!((of("console")["current"].clone(), of("phone")["current"].clone()), (json!(true), json!(false)));
    assert_eq!(of("phone")["address"], "198.51.100.7");

    let payload =
        world.mutate(&here.access, "revokeSession", "revokedSessionId", json!({ "id": of("phone")["id"] })).await;
    assert_eq!(payload["revokedSessionId"], of("phone")["id"]);
    assert!(world.authenticate(&phone.access).await.is_err());
    assert!(world.authenticate(&tablet.access).await.is_ok());
    let again =
        world.mutate(&here.access, "revokeSession", "revokedSessionId", json!({ "id": of("phone")["id"] })).await;
    assert_eq!(codes(&again), ["NOT_FOUND"]);

    let query = "mutation { revokeOtherSessions { revokedCount } }";
    assert_eq!(world.ask_as(&here.access, query, json!({})).await["data"]["revokeOtherSessions"]["revokedCount"], 1);
    assert!(world.authenticate(&tablet.access).await.is_err());
    assert!(world.authenticate(&here.access).await.is_ok());
    world.stop().await;
}

#[tokio::test]
async fn a_sign_in_from_a_new_place_and_client_raises_an_event() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    world.login(&founder.email).await;
    assert_eq!(world.events("identity.auth.suspicious-login").await, Vec::<Value>::new(), "known clients raise none");
    world.try_login(origin_of("203.0.113.9", "curl"), &founder.email, PASSWORD).await;
    let events = world.events("identity.auth.suspicious-login").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["address"], "203.0.113.9");
    world.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_replaces_the_old_one() {
    let world = World::start().await;
    let here = world.register("Acme").await;
    let elsewhere = world.login(&here.email).await;
    let change = async |current: &str, new: &str| {
        world
            .mutate(&here.access, "changePassword", "", json!({ "currentPassword": current, "newPassword": new }))
            .await
    };
    assert_eq!(codes(&change("Wrong-Horse-1", "Better-Horse-2").await), ["WRONG_PASSWORD"]);
    assert_eq!(codes(&change(PASSWORD, PASSWORD).await), ["UNCHANGED"]);
    assert_eq!(codes(&change(PASSWORD, "weak").await).len(), 4);
    assert!(world.authenticate(&elsewhere.access).await.is_ok());

    assert!(codes(&change(PASSWORD, "Better-Horse-2").await).is_empty());
    assert!(world.authenticate(&here.access).await.is_ok());
    assert!(world.authenticate(&elsewhere.access).await.is_err());
    assert_eq!(codes(&world.try_login(support::origin(), &here.email, PASSWORD).await), ["INVALID_CREDENTIALS"]);
    let payload = world.try_login(support::origin(), &here.email, "Better-Horse-2").await;
    assert!(codes(&payload).is_empty());
    world.stop().await;
}

#[tokio::test]
async fn guessing_the_password_from_a_stolen_session_locks_as_well() {
    let world = World::start().await;
    let here = world.register("Acme").await;
    let input = json!({ "currentPassword": "Wrong-Horse-1", "newPassword": "Better-Horse-2" });
    for _ in 0..5 {
        let payload = world.mutate(&here.access, "changePassword", "", input.clone()).await;
        assert_eq!(codes(&payload), ["WRONG_PASSWORD"]);
    }
    let right = json!({ "currentPassword": PASSWORD, "newPassword": "Better-Horse-2" });
    assert_eq!(codes(&world.mutate(&here.access, "changePassword", "", right).await), ["ACCOUNT_LOCKED"]);
    world.stop().await;
}

#[tokio::test]
async fn a_person_renames_themselves() {
    let world = World::start().await;
    let here = world.register("Acme").await;
    let payload =
        world.mutate(&here.access, "updateProfile", "user { displayName }", json!({ "displayName": " Ann " })).await;
    assert_eq!(payload["user"]["displayName"], "Ann");
    let empty = world.mutate(&here.access, "updateProfile", "user { id }", json!({ "displayName": " " })).await;
    assert_eq!(empty["userErrors"][0]["path"], json!(["displayName"]));
    assert_eq!(world.events("identity.user.updated").await[0]["displayName"], "Ann");
    world.stop().await;
}

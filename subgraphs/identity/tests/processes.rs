//! Several processes over one database: they believe each other's tokens and hear each other's news.
#![allow(clippy::unwrap_used)]

mod support;

use cloudphone_database::DatabaseError;
use cloudphone_identity::{Identity, NAME};
use diesel::sql_types::BigInt;
use serde_json::json;
use support::{World, origin};

const QUARTER: i64 = 90 * 86_400;

async fn believes(process: &Identity, token: &str) -> bool {
    process.authenticator.authenticate(token, origin()).await.is_ok()
}

#[tokio::test]
async fn tokens_hold_in_another_process_and_over_a_restart() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let other = world.another_process().await;
    assert!(believes(&other, &founder.access).await);
    other.stop().await;
    let restarted = world.another_process().await;
    assert!(believes(&restarted, &founder.access).await);
    restarted.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn a_session_ended_in_one_process_is_ended_in_the_other_at_once() {
    let world = World::start().await;
    let other = world.another_process().await;
    let founder = world.register("Acme").await;
    assert!(believes(&other, &founder.access).await, "the other process remembers the session now");
    let mut changes = other.authenticator.changes();
    world.ask_as(&founder.access, "mutation { logout { userErrors { code } } }", json!({})).await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(5), changes.recv()).await.unwrap().unwrap();
    assert!(heard.session_id.is_some());
    assert!(!believes(&other, &founder.access).await);
    other.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn keys_rotate_and_a_process_learns_of_one_that_another_has_made() {
    let world = World::start().await;
    let first = world.register("Acme").await;
    world.advance(QUARTER + 1);
    let other = world.another_process().await;
    world.advance(601);
    let query = "mutation($email: String!, $password: String!) {
        login(input: { email: $email, password: $password }) { session { accessToken } } }";
    let request = async_graphql::Request::new(query)
        .variables(async_graphql::Variables::from_json(json!({ "email": first.email, "password": support::PASSWORD })));
    let scope = cloudphone_graphql::RequestScope::anonymous(origin());
    let answer = serde_json::to_value(other.subgraph.execute(request, scope).await).unwrap();
    let token = answer["data"]["login"]["session"]["accessToken"].as_str().unwrap_or_else(|| panic!("{answer}"));

    let key_of = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert_ne!(key_of(token), key_of(&first.access), "the new key signs");
    assert!(believes(&world.identity, token).await, "a process that has not loaded the key reads it");
    other.stop().await;
    world.stop().await;
}

#[tokio::test]
async fn sessions_that_ended_long_ago_are_forgotten() {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        sessions: i64,
    }
    let world = World::start().await;
    world.register("Acme").await;
    let count = async || {
        use diesel_async::RunQueryDsl as _;
        world
            .database
            .system_transaction(async |connection| {
                let query = diesel::sql_query("SELECT count(*) AS sessions FROM sessions");
                Ok::<_, DatabaseError>(query.get_result::<Count>(connection).await?.sessions)
            })
            .await
            .unwrap()
    };
    assert_eq!(count().await, 1);
    world.advance(2 * QUARTER);
    // Its first round of upkeep is at the start.
    let other = world.another_process().await;
    world.eventually(async || (count().await == 0).then_some(())).await;
    assert_eq!(other.subgraph.name(), NAME);
    other.stop().await;
    world.stop().await;
}

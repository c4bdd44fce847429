//! Ids of another organisation answer as ids that do not exist, in every query and mutation; the database agrees.
#![allow(clippy::unwrap_used)]

mod support;

use cloudphone_core::Caller;
use cloudphone_database::DatabaseError;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use support::{MEMBER, World, codes};

#[tokio::test]
async fn another_organisations_ids_do_not_exist_in_any_mutation() {
    let world = World::start().await;
    let ours = world.register("Ours").await;
    let theirs = world.register("Theirs").await;
    let victim = world.hire(&theirs, "victim@theirs.example.com", MEMBER).await;
    let role = json!({ "name": "Watchers", "permissions": ["device:read"] });
    let role = world.mutate(&theirs.access, "createRole", "role { id }", role).await["role"]["id"].clone();
    let key = json!({ "name": "ci", "permissions": ["device:read"] });
    let key = world.mutate(&theirs.access, "createApiKey", "apiKey { id }", key).await["apiKey"]["id"].clone();
    let session = world.ask_as(&theirs.access, "{ me { session { id } } }", json!({})).await;
    let session = session["data"]["me"]["session"]["id"].clone();

    let user = json!(victim.user_id);
    let attempts = [
        ("updateUser", "user { id }", json!({ "id": user, "displayName": "Mine" })),
        ("deactivateUser", "user { id }", json!({ "id": user })),
        ("activateUser", "user { id }", json!({ "id": user })),
        ("unlockUser", "user { id }", json!({ "id": user })),
        ("deleteUser", "deletedUserId", json!({ "id": user })),
        ("updateRole", "role { id }", json!({ "id": role, "name": "Mine" })),
        ("deleteRole", "deletedRoleId", json!({ "id": role })),
        ("revokeApiKey", "apiKey { id }", json!({ "id": key })),
        ("revokeSession", "revokedSessionId", json!({ "id": session })),
        ("updateUser", "user { id }", json!({ "id": ours.user_id, "roleIds": [role] })),
        (
            "createUser",
            "user { id }",
            json!({
                "email": "new@ours.example.com", "displayName": "New", "password": support::PASSWORD, "roleIds": [role],
            }),
        ),
    ];
    for (mutation, selection, input) in attempts {
        let foreign = world.mutate(&ours.access, mutation, selection, input).await;
        assert_eq!(codes(&foreign), ["NOT_FOUND"], "{mutation}: {foreign}");
    }
    // A malformed id and one that nobody has answer in the same words.
    for id in ["nonsense", "019bc000-0000-7000-8000-000000000000"] {
        let absent = world.mutate(&ours.access, "deleteUser", "deletedUserId", json!({ "id": id })).await;
        let foreign = world.mutate(&ours.access, "deleteUser", "deletedUserId", json!({ "id": user })).await;
        assert_eq!(absent, foreign);
    }
    assert!(world.authenticate(&victim.access).await.is_ok(), "nothing happened to the victim");
    world.stop().await;
}

#[tokio::test]
async fn queries_and_entities_show_nothing_of_another_organisation() {
    let world = World::start().await;
    let ours = world.register("Ours").await;
    let theirs = world.register("Theirs").await;
    world.audited(&theirs.access, &["tenant.register"]).await;

    let query = "query($id: ID!) { user(id: $id) { id } users(search: \"founder\") { totalCount nodes { id } }
        auditLog(filter: { actorId: $id }) { totalCount } }";
    let answer = world.ask_as(&ours.access, query, json!({ "id": theirs.user_id })).await["data"].clone();
    assert_eq!(answer["user"], Value::Null);
    assert_eq!(answer["users"], json!({ "totalCount": 1, "nodes": [{ "id": ours.user_id }] }));
    assert_eq!(answer["auditLog"]["totalCount"], 0);

    let tenant = |of: &str| {
        let (world, of) = (&world, of.to_owned());
        async move { world.ask_as(&of, "{ tenant { id } }", json!({})).await["data"]["tenant"]["id"].clone() }
    };
    let representations = json!([
        { "__typename": "User", "id": theirs.user_id },
        { "__typename": "User", "id": ours.user_id },
        { "__typename": "Tenant", "id": tenant(&theirs.access).await },
        { "__typename": "Tenant", "id": tenant(&ours.access).await },
    ]);
    let query = "query($of: [_Any!]!) { _entities(representations: $of) { ... on User { displayName } ... on Tenant { name } } }";
    let answer = world.ask_as(&ours.access, query, json!({ "of": representations })).await;
    assert_eq!(answer["data"]["_entities"], json!([null, { "displayName": "Founder" }, null, { "name": "Ours" }]));
    assert_eq!(world.refused(&ours.access, "{ tenants { nodes { id } } }", json!({})).await, "FORBIDDEN");
    world.stop().await;
}

#[tokio::test]
async fn the_database_hides_other_organisations_even_from_a_query_without_a_filter() {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        foreign: i64,
    }
    let world = World::start().await;
    let ours = world.register("Ours").await;
    let theirs = world.register("Theirs").await;
    world.audited(&theirs.access, &["tenant.register"]).await;
    let caller: Caller = world.authenticate(&ours.access).await.unwrap();
    for (table, column) in [
        ("tenants", "id"),
        ("users", "tenant_id"),
        ("user_roles", "tenant_id"),
        ("sessions", "tenant_id"),
        ("refresh_tokens", "tenant_id"),
        ("audit_entries", "tenant_id"),
        ("outbox", "tenant_id"),
    ] {
        let count = format!("SELECT count(*) AS foreign FROM {table} WHERE {column} <> '{}'", caller.tenant_id);
        let seen = world
            .database
            .transaction(&caller, async |connection| {
                Ok::<_, DatabaseError>(diesel::sql_query(&count).get_result::<Count>(connection).await?)
            })
            .await
            .unwrap();
        assert_eq!(seen.foreign, 0, "{table}");
        let all = world
            .database
            .system_transaction(async |connection| {
                Ok::<_, DatabaseError>(diesel::sql_query(&count).get_result::<Count>(connection).await?)
            })
            .await
            .unwrap();
        assert!(all.foreign > 0, "{table} holds rows that could have been seen");
    }
    let stolen = world
        .database
        .transaction(&caller, async |connection| {
            diesel::sql_query("UPDATE users SET display_name = 'stolen'").execute(connection).await?;
            Ok::<_, DatabaseError>(diesel::sql_query("SELECT 1 FROM signing_keys").execute(connection).await?)
        })
        .await
        .unwrap();
    assert_eq!(stolen, 0, "signing keys belong to no organisation");
    let name = world.ask_as(&theirs.access, "{ me { user { displayName } } }", json!({})).await;
    assert_eq!(name["data"]["me"]["user"]["displayName"], "Founder");
    world.stop().await;
}

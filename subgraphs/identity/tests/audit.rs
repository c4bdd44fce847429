//! The audit log: every mutation leaves one entry, and no entry can be changed.
#![allow(clippy::unwrap_used)]

mod support;

use cloudphone_core::Caller;
use cloudphone_database::DatabaseError;
use cloudphone_events::audit;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use support::{MEMBER, PASSWORD, World};
use uuid::Uuid;

#[tokio::test]
async fn every_mutation_leaves_an_entry_with_actor_target_and_change() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let as_founder = async |mutation: &str, selection: &str, input: Value| {
        let payload = world.mutate(&founder.access, mutation, selection, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
        payload
    };
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    let id = json!({ "id": member.user_id });
    as_founder("updateUser", "user { id }", json!({ "id": member.user_id, "displayName": "Renamed" })).await;
    as_founder("unlockUser", "user { id }", id.clone()).await;
    as_founder("deactivateUser", "user { id }", id.clone()).await;
    as_founder("activateUser", "user { id }", id.clone()).await;
    as_founder("deleteUser", "deletedUserId", id).await;
    let role = json!({ "name": "Drivers", "permissions": ["device:read"] });
    let role = as_founder("createRole", "role { id }", role).await["role"]["id"].clone();
    as_founder("updateRole", "role { id }", json!({ "id": role, "description": "Drive" })).await;
    as_founder("deleteRole", "deletedRoleId", json!({ "id": role })).await;
    let key = json!({ "name": "ci", "permissions": ["device:read"] });
    let key = as_founder("createApiKey", "apiKey { id }", key).await["apiKey"]["id"].clone();
    as_founder("revokeApiKey", "apiKey { id }", json!({ "id": key })).await;
    as_founder("updateProfile", "user { id }", json!({ "displayName": "Ann" })).await;
    as_founder("changePassword", "", json!({ "currentPassword": PASSWORD, "newPassword": "Better-Horse-2" })).await;

    let wanted = [
        "tenant.register",
        "session.open",
        "user.create",
        "user.update",
        "user.unlock",
        "user.deactivate",
        "user.activate",
        "user.delete",
        "session.revoke",
        "role.create",
        "role.update",
        "role.delete",
        "api-key.create",
        "api-key.revoke",
        "user.update-profile",
        "user.change-password",
    ];
    let entries = world.audited(&founder.access, &wanted).await;
    let of = |action: &str| entries.iter().find(|entry| entry["action"] == action).unwrap();
    let update = of("user.update");
    assert_eq!(update["actor"]["id"], founder.user_id.as_str());
    assert_eq!((update["actorKind"].clone(), update["targetType"].clone()), (json!("USER"), json!("user")));
    assert_eq!(update["targetId"], member.user_id.as_str());
    assert_eq!(update["before"]["displayName"], "Colleague");
    assert_eq!(update["after"]["displayName"], "Renamed");
    assert_eq!(update["address"], "192.0.2.1");
    assert_eq!(of("user.delete")["after"], Value::Null);
    let told = serde_json::to_string(&entries).unwrap();
    assert!(!told.contains("argon2") && !told.contains(PASSWORD), "no secret is ever kept");
    world.stop().await;
}

#[tokio::test]
async fn a_refused_mutation_leaves_nothing() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let twice = json!({ "email": founder.email, "displayName": "X", "password": PASSWORD });
    world.mutate(&founder.access, "createUser", "user { id }", twice).await;
    assert_eq!(world.events("identity.user.created").await.len(), 1);
    let recorded = world.events("core.audit.recorded").await;
    assert!(recorded.iter().all(|entry| entry["action"] != "user.create"), "{recorded:?}");
    world.stop().await;
}

#[tokio::test]
async fn the_log_is_filtered_by_action_actor_target_and_time() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    world.audited(&founder.access, &["user.create"]).await;
    let count = async |filter: &str| {
        let query = format!("{{ auditLog(filter: {{ {filter} }}) {{ totalCount }} }}");
        let answer = world.ask_as(&founder.access, &query, json!({})).await;
        answer["data"]["auditLog"]["totalCount"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    };
    // Both opened a session; one account and one organisation were made.
    world.eventually(async || (count("action: \"session.open\"").await == 2).then_some(())).await;
    assert_eq!(count("action: \"user.create\"").await, 1);
    assert_eq!(count("action: \"user.*\"").await, 1);
    assert_eq!(count("action: \"%\"").await, 0);
    assert_eq!(count(&format!("actorId: \"{}\"", member.user_id)).await, 1);
    assert_eq!(count(&format!("targetType: \"user\", targetId: \"{}\"", member.user_id)).await, 1);
    assert_eq!(count("from: \"2100-01-01T00:00:00Z\"").await, 0);
    assert_eq!(count("to: \"2100-01-01T00:00:00Z\"").await, 4);
    world.stop().await;
}

#[tokio::test]
async fn entries_of_other_domains_are_kept_and_none_can_be_changed_or_deleted() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let caller = world.authenticate(&founder.access).await.unwrap();
    let device = Uuid::now_v7();
    world
        .database
        .transaction(&Caller::service("devices", caller.tenant_id), async |connection| {
            let entry = audit::AuditEntry {
                action: "device.recover",
                target_type: "device",
                target_id: Some(device),
                ..audit::AuditEntry::default()
            };
            audit::record(connection, &Caller::service("devices", caller.tenant_id), entry).await?;
            Ok::<_, cloudphone_identity::IdentityError>(())
        })
        .await
        .unwrap();
    let entries = world.audited(&founder.access, &["device.recover"]).await;
    let entry = entries.iter().find(|entry| entry["action"] == "device.recover").unwrap();
    assert_eq!((entry["actorKind"].clone(), entry["actor"].clone()), (json!("SERVICE"), Value::Null));

    for tampering in
        ["UPDATE audit_entries SET action = 'nothing'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"]
    {
        let outcome = world
            .database
            .system_transaction(async |connection| {
                Ok::<_, DatabaseError>(diesel::sql_query(tampering).execute(connection).await?)
            })
            .await;
        assert!(outcome.unwrap_err().to_string().contains("append-only"), "{tampering}");
    }
    world.stop().await;
}

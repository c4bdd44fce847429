//! API keys: shown once, never more than their maker may, and gone at once when revoked.
#![allow(clippy::unwrap_used)]

mod support;

use chrono::TimeDelta;
use cloudphone_core::{Clock, Permission, Subject};
use serde_json::{Value, json};
use support::{AUDITOR, OPERATOR, TENANT_ADMIN, World, codes};

async fn make(world: &World, credential: &str, permissions: Value, expires_at: Value) -> Value {
    let input = json!({ "name": "ci", "permissions": permissions, "expiresAt": expires_at });
    let selection = "secret apiKey { id name prefix permissions lastUsedAt revokedAt }";
    world.mutate(credential, "createApiKey", selection, input).await
}

#[tokio::test]
async fn a_key_acts_for_its_maker_within_its_scope_until_it_is_revoked() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let payload = make(&world, &founder.access, json!(["device:read", "user:read"]), Value::Null).await;
    let text = payload["secret"].as_str().unwrap();
    assert!(text.starts_with(&format!("cp_{}_", payload["apiKey"]["prefix"].as_str().unwrap())));

    let caller = world.authenticate(text).await.unwrap();
    assert!(matches!(caller.subject, Subject::ApiKey { .. }));
    assert!(caller.may(&Permission::new("device:read")) && !caller.may(&Permission::new("device:operate")));
    let me = world.ask_as(text, "{ me { user { id } session { id } permissions } }", json!({})).await;
    assert_eq!(me["data"]["me"]["session"], Value::Null);
    assert_eq!(me["data"]["me"]["permissions"], json!(["device:read", "user:read"]));
    let used = world.ask_as(&founder.access, "{ apiKeys { totalCount nodes { lastUsedAt } } }", json!({})).await;
    assert_eq!(used["data"]["apiKeys"]["totalCount"], 1);
    assert!(used["data"]["apiKeys"]["nodes"][0]["lastUsedAt"].is_string());

    let mut changes = world.identity.authenticator.changes();
    let input = json!({ "id": payload["apiKey"]["id"] });
    let revoked = world.mutate(&founder.access, "revokeApiKey", "apiKey { revokedAt }", input.clone()).await;
    assert!(revoked["apiKey"]["revokedAt"].is_string());
    assert_eq!(changes.try_recv().unwrap().api_key_id.unwrap().to_string(), payload["apiKey"]["id"].as_str().unwrap());
    assert!(world.authenticate(text).await.is_err());
    let again = world.mutate(&founder.access, "revokeApiKey", "apiKey { revokedAt }", input).await;
    assert_eq!(again["apiKey"]["revokedAt"], revoked["apiKey"]["revokedAt"]);
    world.stop().await;
}

#[tokio::test]
async fn a_key_loses_what_its_maker_loses_and_ends_with_the_account() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let admin = world.hire(&founder, "admin@acme.example.com", TENANT_ADMIN).await;
    let payload = make(&world, &admin.access, json!(["device:*", "audit:read"]), Value::Null).await;
    let text = payload["secret"].as_str().unwrap();
    assert!(world.authenticate(text).await.unwrap().may(&Permission::new("device:delete")));

    let input = json!({ "id": admin.user_id, "roleIds": [AUDITOR] });
    world.mutate(&founder.access, "updateUser", "user { id }", input).await;
    let caller = world.authenticate(text).await.unwrap();
    assert!(caller.may(&Permission::new("audit:read")) && !caller.may(&Permission::new("device:delete")));

    world.mutate(&founder.access, "deactivateUser", "user { id }", json!({ "id": admin.user_id })).await;
    assert!(world.authenticate(text).await.is_err());
    world.stop().await;
}

#[tokio::test]
async fn nobody_makes_a_key_that_allows_more_than_they_may() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let beyond = make(&world, &founder.access, json!(["tenant:write"]), Value::Null).await;
    assert_eq!(codes(&beyond), ["BEYOND_OWN_PERMISSIONS"]);
    assert_eq!(beyond["secret"], Value::Null);
    for (permissions, code) in [(json!(["moon:read"]), "UNKNOWN_PERMISSION"), (json!([]), "REQUIRED")] {
        assert_eq!(codes(&make(&world, &founder.access, permissions, Value::Null).await), [code]);
    }
    let past = json!(world.clock.now() - TimeDelta::seconds(1));
    assert_eq!(codes(&make(&world, &founder.access, json!(["device:read"]), past).await), ["IN_THE_PAST"]);

    let operator = world.hire(&founder, "operator@acme.example.com", OPERATOR).await;
    let query = "mutation { createApiKey(input: { name: \"x\", permissions: [\"device:read\"] }) { secret } }";
    assert_eq!(world.refused(&operator.access, query, json!({})).await, "FORBIDDEN");
    // A key cannot make a key, or it would outlive its own end.
    let key = make(&world, &founder.access, json!(["apikey:write", "device:read"]), Value::Null).await;
    assert_eq!(world.refused(key["secret"].as_str().unwrap(), query, json!({})).await, "SESSION_REQUIRED");
    world.stop().await;
}

#[tokio::test]
async fn a_key_ends_on_time_and_a_wrong_secret_opens_nothing() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let end = json!(world.clock.now() + TimeDelta::seconds(60));
    let payload = make(&world, &founder.access, json!(["device:read"]), end).await;
    let text = payload["secret"].as_str().unwrap();
    assert!(world.authenticate(text).await.unwrap().expires_at.is_some());
    let prefix = payload["apiKey"]["prefix"].as_str().unwrap();
    for wrong in
        [format!("cp_{prefix}_{}", "A".repeat(43)), format!("cp_{prefix}_"), "cp_".to_owned(), format!("{text}x")]
    {
        assert!(world.authenticate(&wrong).await.is_err(), "{wrong}");
    }
    world.advance(60);
    assert!(world.authenticate(text).await.is_err());
    world.stop().await;
}

//! Organisations as the platform's operators manage them.
#![allow(clippy::unwrap_used)]

mod support;

use cloudphone_core::Caller;
use serde_json::json;
use support::{PASSWORD, World, codes, origin};

const OPERATOR: &str = "operator@platform.example.com";

#[tokio::test]
async fn an_operator_creates_suspends_and_resumes_an_organisation() {
    let world = World::start().await;
    let platform = world.identity.seed_platform(OPERATOR, PASSWORD).await.unwrap();
    assert_eq!(world.identity.seed_platform(OPERATOR, PASSWORD).await.unwrap(), platform);
    let operator = world.login(OPERATOR).await;
    let input = json!({
        "name": "Acme", "slug": "acme", "adminEmail": "admin@acme.example.com", "adminPassword": PASSWORD,
        "adminDisplayName": "Admin",
    });
    let tenant = world.mutate(&operator.access, "createTenant", "tenant { id slug status }", input.clone()).await;
    assert_eq!(tenant["tenant"]["status"], "ACTIVE");
    assert_eq!(
        codes(&world.mutate(&operator.access, "createTenant", "tenant { id }", input.clone()).await),
        ["SLUG_TAKEN"]
    );
    let bad = json!({
        "name": "A", "slug": "No Slug", "adminEmail": "x", "adminPassword": "weak", "adminDisplayName": "",
    });
    assert!(codes(&world.mutate(&operator.access, "createTenant", "tenant { id }", bad).await).len() >= 5);

    let admin = world.login("admin@acme.example.com").await;
    let other = world.register("Other").await;
    assert!(world.authenticate(&admin.access).await.is_ok());
    let id = json!({ "id": tenant["tenant"]["id"] });
    let mut changes = world.identity.authenticator.changes();
    let suspended = world.mutate(&operator.access, "suspendTenant", "tenant { status }", id.clone()).await;
    assert_eq!(suspended["tenant"]["status"], "SUSPENDED");
    assert_eq!(changes.try_recv().unwrap().tenant_id.to_string(), tenant["tenant"]["id"].as_str().unwrap());
    assert!(world.authenticate(&admin.access).await.is_err());
    assert_eq!(codes(&world.refresh(&admin.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    assert_eq!(codes(&world.try_login(origin(), &admin.email, PASSWORD).await), ["TENANT_SUSPENDED"]);
    assert!(world.authenticate(&other.access).await.is_ok(), "others go on");

    world.mutate(&operator.access, "resumeTenant", "tenant { id }", id).await;
    assert!(world.authenticate(&admin.access).await.is_ok());
    let own =
        world.mutate(&operator.access, "suspendTenant", "tenant { id }", json!({ "id": platform.to_string() })).await;
    assert_eq!(codes(&own), ["OWN_ORGANISATION"]);
    world.audited(&operator.access, &["tenant.create", "tenant.suspend", "tenant.resume"]).await;
    world.stop().await;
}

#[tokio::test]
async fn an_operator_lists_and_renames_organisations() {
    let world = World::start().await;
    world.identity.seed_platform(OPERATOR, PASSWORD).await.unwrap();
    let operator = world.login(OPERATOR).await;
    let acme = world.register("Acme Phones").await;
    world.register("Berlin Testers").await;
    let query = "{ all: tenants(first: 2) { totalCount nodes { name } pageInfo { hasNextPage endCursor } }
        found: tenants(search: \"PHONE\") { nodes { id name } } }";
    let answer = world.ask_as(&operator.access, query, json!({})).await["data"].clone();
    assert_eq!(answer["all"]["totalCount"], 3);
    assert_eq!(answer["all"]["nodes"], json!([{ "name": "Acme Phones" }, { "name": "Berlin Testers" }]));
    let rest = "query($after: String) { tenants(after: $after) { nodes { name } pageInfo { hasNextPage } } }";
    let rest = world.ask_as(&operator.access, rest, json!({ "after": answer["all"]["pageInfo"]["endCursor"] })).await;
    assert_eq!(
        rest["data"]["tenants"],
        json!({ "nodes": [{ "name": "Platform" }], "pageInfo": { "hasNextPage": false } })
    );

    let input = json!({ "id": answer["found"]["nodes"][0]["id"], "name": "Acme", "slug": "acme" });
    world.mutate(&operator.access, "updateTenant", "tenant { name }", input).await;
    let tenant = world.ask_as(&acme.access, "{ tenant { name slug } }", json!({})).await["data"]["tenant"].clone();
    assert_eq!(tenant, json!({ "name": "Acme", "slug": "acme" }));
    let caller: Caller = world.authenticate(&operator.access).await.unwrap();
    assert!(caller.permissions.iter().any(|permission| permission.as_str() == "*:*"));
    world.stop().await;
}

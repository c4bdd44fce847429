//! Accounts as administrators manage them and as colleagues see them.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{AUDITOR, MEMBER, OPERATOR, PASSWORD, World, codes, origin};

#[tokio::test]
async fn closing_an_account_ends_its_sessions_at_once_and_tells_everybody() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    let elsewhere = world.login(&member.email).await;
    assert!(world.authenticate(&member.access).await.is_ok());

    let mut changes = world.identity.authenticator.changes();
    let input = json!({ "id": member.user_id });
    let payload = world.mutate(&founder.access, "deactivateUser", "user { status }", input.clone()).await;
    assert_eq!(payload["user"]["status"], "DEACTIVATED");
    for session in [&member, &elsewhere] {
        assert!(world.authenticate(&session.access).await.is_err());
        assert_eq!(codes(&world.refresh(&session.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    }
    let mut told = Vec::new();
    while let Ok(change) = changes.try_recv() {
        assert_eq!(change.user_id.unwrap().to_string(), member.user_id);
        told.push(change.session_id);
    }
    assert_eq!(told.iter().flatten().count(), 2, "each session is named");
    assert!(told.contains(&None), "and the person as a whole");

    assert_eq!(codes(&world.try_login(origin(), &member.email, PASSWORD).await), ["ACCOUNT_DEACTIVATED"]);
    assert_eq!(codes(&world.try_login(origin(), &member.email, "Wrong-Horse-1").await), ["INVALID_CREDENTIALS"]);
    world.mutate(&founder.access, "activateUser", "user { id }", input).await;
    assert!(world.authenticate(&member.access).await.is_err(), "old sessions stay ended");
    world.login(&member.email).await;
    for kind in ["identity.user.deactivated", "identity.user.activated"] {
        assert_eq!(world.events(kind).await, [json!({ "userId": member.user_id })]);
    }
    world.stop().await;
}

#[tokio::test]
async fn deleting_an_account_frees_its_address_for_a_new_person() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    let payload = world.mutate(&founder.access, "deleteUser", "deletedUserId", json!({ "id": member.user_id })).await;
    assert_eq!(payload["deletedUserId"], member.user_id.as_str());
    assert!(world.authenticate(&member.access).await.is_err());
    assert_eq!(codes(&world.try_login(origin(), &member.email, PASSWORD).await), ["INVALID_CREDENTIALS"]);

    let again = world.hire(&founder, &member.email, MEMBER).await;
    assert_ne!(again.user_id, member.user_id);
    world.stop().await;
}

#[tokio::test]
async fn a_list_pages_searches_filters_and_sorts() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    for name in ["Dora", "Berta", "100%", "Carla", "Anna"] {
        let email = format!("{}@acme.example.com", name.to_lowercase().replace('%', "p"));
        let input = json!({ "email": email, "displayName": name, "password": PASSWORD });
        assert_eq!(codes(&world.mutate(&founder.access, "createUser", "user { id }", input).await), Vec::<&str>::new());
    }
    let list = async |arguments: &str| {
        let query = format!(
            "{{ users({arguments}) {{ totalCount nodes {{ id displayName }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let answer = world.ask_as(&founder.access, &query, json!({})).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["users"].clone()
    };
    let names = |users: &Value| -> Vec<String> {
        users["nodes"].as_array().unwrap().iter().map(|user| user["displayName"].as_str().unwrap().to_owned()).collect()
    };

    for (field, direction, expected) in [
        ("DISPLAY_NAME", "ASC", ["100%", "Anna", "Berta", "Carla", "Dora", "Founder"]),
        ("DISPLAY_NAME", "DESC", ["Founder", "Dora", "Carla", "Berta", "Anna", "100%"]),
        ("CREATED_AT", "ASC", ["Founder", "Dora", "Berta", "100%", "Carla", "Anna"]),
        ("EMAIL", "ASC", ["100%", "Anna", "Berta", "Carla", "Dora", "Founder"]),
    ] {
        let order = format!("orderBy: {{ field: {field}, direction: {direction} }}");
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = list(&format!("first: 4, {order}{after}")).await;
            assert_eq!(page["totalCount"], 6);
            seen.extend(names(&page));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, expected, "{field} {direction}");
    }
    assert_eq!(names(&list("search: \"ERT\"").await), ["Berta"]);
    assert_eq!(names(&list("search: \"0%\"").await), ["100%"], "the sign is no wildcard");
    assert_eq!(names(&list("search: \"carla@\"").await), ["Carla"]);

    let id = list("search: \"Anna\"").await["nodes"][0]["id"].clone();
    world.mutate(&founder.access, "deactivateUser", "user { id }", json!({ "id": id })).await;
    assert_eq!(names(&list("status: DEACTIVATED").await), ["Anna"]);
    assert_eq!(list("status: ACTIVE").await["totalCount"], 5);
    assert_eq!(list("status: LOCKED").await["totalCount"], 0);
    let bad = world.ask_as(&founder.access, "{ users(first: 500) { totalCount } }", json!({})).await;
    assert_eq!(bad["errors"][0]["extensions"]["code"], "VALIDATION_FAILED");
    world.stop().await;
}

#[tokio::test]
async fn colleagues_see_a_name_and_only_the_entitled_see_more() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let member = world.hire(&founder, "member@acme.example.com", MEMBER).await;
    let query = "query($of: [_Any!]!) { _entities(representations: $of) {
        ... on User { id displayName email status roles { name } lastLoginAt } } }";
    let of = json!([{ "__typename": "User", "id": founder.user_id }, { "__typename": "User", "id": member.user_id }]);

    let seen = world.ask_as(&member.access, query, json!({ "of": of })).await["data"]["_entities"].clone();
    assert_eq!(
        seen[0],
        json!({
            "id": founder.user_id, "displayName": "Founder", "email": null, "status": null, "roles": null, "lastLoginAt": null,
        })
    );
    assert_eq!(seen[1]["email"], member.email.as_str());
    assert_eq!(seen[1]["roles"], json!([{ "name": "Member" }]));
    assert_eq!(world.refused(&member.access, "{ users { totalCount } }", json!({})).await, "FORBIDDEN");

    let auditor = world.hire(&founder, "auditor@acme.example.com", AUDITOR).await;
    let seen = world.ask_as(&auditor.access, query, json!({ "of": of })).await["data"]["_entities"].clone();
    assert_eq!(seen[0]["email"], founder.email.as_str());
    let nobody = world.ask(query, json!({ "of": of })).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    world.stop().await;
}

#[tokio::test]
async fn what_a_role_does_not_allow_is_refused_before_anything_is_read() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let operator = world.hire(&founder, "operator@acme.example.com", OPERATOR).await;
    let id = json!({ "id": founder.user_id });
    for (query, variables) in [
        ("mutation($id: ID!) { updateUser(input: { id: $id }) { user { id } } }", &id),
        ("mutation($id: ID!) { deactivateUser(input: { id: $id }) { user { id } } }", &id),
        ("mutation($id: ID!) { activateUser(input: { id: $id }) { user { id } } }", &id),
        ("mutation($id: ID!) { unlockUser(input: { id: $id }) { user { id } } }", &id),
        ("mutation($id: ID!) { deleteUser(input: { id: $id }) { deletedUserId } }", &id),
        ("mutation($id: ID!) { updateRole(input: { id: $id }) { role { id } } }", &id),
        ("mutation($id: ID!) { deleteRole(input: { id: $id }) { deletedRoleId } }", &id),
        ("mutation($id: ID!) { suspendTenant(input: { id: $id }) { tenant { id } } }", &id),
        ("mutation($id: ID!) { resumeTenant(input: { id: $id }) { tenant { id } } }", &id),
        ("mutation($id: ID!) { updateTenant(input: { id: $id }) { tenant { id } } }", &id),
        ("mutation { createRole(input: { name: \"x\", permissions: [] }) { role { id } } }", &json!({})),
        ("{ auditLog { totalCount } }", &json!({})),
        ("{ roles { id } }", &json!({})),
        ("{ tenants { totalCount } }", &json!({})),
        ("{ apiKeys { totalCount } }", &json!({})),
    ] {
        assert_eq!(world.refused(&operator.access, query, variables.clone()).await, "FORBIDDEN", "{query}");
        let nobody = world.ask(query, variables.clone()).await;
        assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{query}");
    }
    world.stop().await;
}

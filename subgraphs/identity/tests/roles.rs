//! Roles: what people may do follows their roles at once, and nobody climbs above themselves.
#![allow(clippy::unwrap_used)]

mod support;

use cloudphone_core::Permission;
use serde_json::json;
use support::{AUDITOR, MEMBER, SUPER_ADMIN, TENANT_ADMIN, World, codes};

#[tokio::test]
async fn a_change_of_a_role_reaches_its_holders_without_a_new_sign_in() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let role = json!({ "name": "Drivers", "permissions": ["device:read", "device:operate"] });
    let role =
        world.mutate(&founder.access, "createRole", "role { id permissions builtIn }", role).await["role"].clone();
    assert_eq!(role["builtIn"], false);
    let driver = world.hire(&founder, "driver@acme.example.com", role["id"].as_str().unwrap()).await;
    let operate = Permission::new("device:operate");
    assert!(world.authenticate(&driver.access).await.unwrap().may(&operate));

    let mut changes = world.identity.authenticator.changes();
    let less = json!({ "id": role["id"], "permissions": ["device:read"] });
    world.mutate(&founder.access, "updateRole", "role { id }", less).await;
    assert!(!world.authenticate(&driver.access).await.unwrap().may(&operate));
    assert_eq!(changes.try_recv().unwrap().user_id, None, "everybody of the organisation is concerned");

    let give = json!({ "id": driver.user_id, "roleIds": [MEMBER] });
    world.mutate(&founder.access, "updateUser", "user { id }", give).await;
    assert!(world.authenticate(&driver.access).await.unwrap().may(&operate));
    world.stop().await;
}

#[tokio::test]
async fn nobody_hands_out_or_governs_more_than_they_hold() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let role =
        json!({ "name": "Recruiters", "permissions": ["user:create", "user:update", "user:delete", "role:write"] });
    let role = world.mutate(&founder.access, "createRole", "role { id }", role).await["role"]["id"].clone();
    let recruiter = world.hire(&founder, "recruiter@acme.example.com", role.as_str().unwrap()).await;

    let new = json!({ "email": "x@acme.example.com", "displayName": "X", "password": support::PASSWORD, "roleIds": [MEMBER] });
    assert_eq!(
        codes(&world.mutate(&recruiter.access, "createUser", "user { id }", new).await),
        ["BEYOND_OWN_PERMISSIONS"]
    );
    for (mutation, input) in [
        ("updateUser", json!({ "id": recruiter.user_id, "roleIds": [TENANT_ADMIN] })),
        ("updateUser", json!({ "id": founder.user_id, "roleIds": [] })),
        ("deactivateUser", json!({ "id": founder.user_id })),
    ] {
        let payload = world.mutate(&recruiter.access, mutation, "user { id }", input).await;
        assert_eq!(codes(&payload), ["BEYOND_OWN_PERMISSIONS"], "{mutation}");
    }
    let payload =
        world.mutate(&recruiter.access, "deleteUser", "deletedUserId", json!({ "id": founder.user_id })).await;
    assert_eq!(codes(&payload), ["BEYOND_OWN_PERMISSIONS"]);
    let climb = json!({ "id": role, "permissions": ["device:*"] });
    assert_eq!(
        codes(&world.mutate(&recruiter.access, "updateRole", "role { id }", climb).await),
        ["BEYOND_OWN_PERMISSIONS"]
    );
    let all = json!({ "name": "Everything", "permissions": ["*:*"] });
    assert_eq!(
        codes(&world.mutate(&founder.access, "createRole", "role { id }", all).await),
        ["BEYOND_OWN_PERMISSIONS"]
    );
    let operator = json!({ "id": founder.user_id, "roleIds": [SUPER_ADMIN] });
    assert_eq!(
        codes(&world.mutate(&founder.access, "updateUser", "user { id }", operator).await),
        ["BEYOND_OWN_PERMISSIONS"]
    );
    world.stop().await;
}

#[tokio::test]
async fn an_organisation_keeps_somebody_who_governs_it() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let step_down = json!({ "id": founder.user_id, "roleIds": [AUDITOR] });
    let payload = world.mutate(&founder.access, "updateUser", "user { id }", step_down.clone()).await;
    assert_eq!(codes(&payload), ["LAST_ADMINISTRATOR"]);
    assert_eq!(
        codes(&world.mutate(&founder.access, "deactivateUser", "user { id }", json!({ "id": founder.user_id })).await),
        ["OWN_ACCOUNT"]
    );

    // Two administrators who close each other's accounts at the same moment: one of them stays.
    let second = world.hire(&founder, "second@acme.example.com", TENANT_ADMIN).await;
    let (one, other) = (json!({ "id": second.user_id }), json!({ "id": founder.user_id }));
    let founder_caller = world.authenticate(&founder.access).await.unwrap();
    let second_caller = world.authenticate(&second.access).await.unwrap();
    let query = "mutation($input: DeactivateUserInput!) { deactivateUser(input: $input) { userErrors { code } } }";
    let (first, second_answer) = tokio::join!(
        world.execute(cloudphone_graphql::RequestScope::of(founder_caller), query, json!({ "input": one })),
        world.execute(cloudphone_graphql::RequestScope::of(second_caller), query, json!({ "input": other })),
    );
    let outcomes = [codes(&first["data"]["deactivateUser"]), codes(&second_answer["data"]["deactivateUser"])];
    assert!(outcomes.contains(&vec![]) && outcomes.contains(&vec!["LAST_ADMINISTRATOR"]), "{outcomes:?}");
    world.stop().await;
}

#[tokio::test]
async fn built_in_roles_stay_and_held_ones_cannot_be_deleted() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    for (mutation, selection) in [("updateRole", "role { id }"), ("deleteRole", "deletedRoleId")] {
        let payload = world.mutate(&founder.access, mutation, selection, json!({ "id": MEMBER })).await;
        assert_eq!(codes(&payload), ["BUILT_IN_ROLE"]);
    }
    let role = json!({ "name": "Drivers", "description": "Drive", "permissions": ["device:read"] });
    let id = world.mutate(&founder.access, "createRole", "role { id }", role.clone()).await["role"]["id"].clone();
    assert_eq!(codes(&world.mutate(&founder.access, "createRole", "role { id }", role).await), ["ROLE_NAME_TAKEN"]);
    let driver = world.hire(&founder, "driver@acme.example.com", id.as_str().unwrap()).await;
    let delete = json!({ "id": id });
    assert_eq!(
        codes(&world.mutate(&founder.access, "deleteRole", "deletedRoleId", delete.clone()).await),
        ["ROLE_IN_USE"]
    );
    world.mutate(&founder.access, "updateUser", "user { id }", json!({ "id": driver.user_id, "roleIds": [] })).await;
    assert_eq!(world.mutate(&founder.access, "deleteRole", "deletedRoleId", delete).await["deletedRoleId"], id);

    let roles =
        world.ask_as(&founder.access, "{ roles { name builtIn } permissions { name description } }", json!({})).await;
    let names: Vec<_> =
        roles["data"]["roles"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Auditor", "Member", "Operator", "Support", "Tenant Admin"]);
    assert!(roles["data"]["permissions"].as_array().unwrap().len() > 20);
    world.stop().await;
}

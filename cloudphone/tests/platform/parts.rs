//! Parts and engines of a distributed platform that die and come back while people watch.

use serde_json::json;

use crate::support::{
    ADMIN, Client, DEMO_PASSWORD, Distributed, Following, MqttDevice, codes, error_code, eventually, holds, text,
};

const TELEMETRY: &str = "subscription($id: ID!) { deviceTelemetry(deviceIds: [$id], minIntervalMs: 0) {
    sample { sequence } device { id owner { displayName } } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_and_parts_come_and_go_while_subscribers_stay() {
    let mut platform = Distributed::start(&[("CLOUDPHONE_DEVICES__SIMULATED_INTERVAL_MS", "300")]).await;
    let admin = platform.client.sign_in(ADMIN, DEMO_PASSWORD).await.client;
    let id = admin.create_devices("watched", 1, true).await.remove(0);
    admin.reaches(&id, "RUNNING", 60).await;
    let mut following = Following::new(&admin, TELEMETRY, json!({ "id": id }));
    let sequence = |event: &serde_json::Value| {
        let telemetry = &event["data"]["deviceTelemetry"];
        telemetry["device"]["owner"]["displayName"].as_str()?;
        telemetry["sample"]["sequence"].as_u64()
    };
    let before = following.event(20, "a measurement", sequence).await;

    who_operates_the_router_sets_breakers(&platform, &admin).await;

    // This broker lets everybody say everything: the platform itself looks at who may be meant.
    let nobody = "019bc000-0000-7000-8000-000000000000";
    for (tenant, device, reason) in [(nobody, id.as_str(), "WRONG_TENANT"), (nobody, nobody, "UNKNOWN_DEVICE")] {
        let liar = MqttDevice::connect(&platform.mosquitto.url, tenant, device, reason, "").await;
        liar.measure(1_000_000, 99.0).await;
        eventually(10, &format!("{reason} is counted"), async || {
            let labels = format!("reason=\"{reason}\"");
            let count =
                platform.part_client("devices").metric("cloudphone_devices_messages_refused_total", &labels).await;
            holds(count >= 1.0)
        })
        .await;
    }

    // The broker loses its memory; phones and intake come back to it by themselves.
    platform.mosquitto.kill();
    eventually(20, "health tells that the broker is away", async || {
        holds(devices_health(&platform).await.contains("no connection to the broker"))
    })
    .await;
    platform.mosquitto.start_again().await;
    following.forget();
    let after = following.event(40, "measurements after the broker's return", sequence).await;
    assert!(after > before, "the phone went on counting: {before}, {after}");
    assert_eq!(following.connections(), 1, "the subscriber stayed connected");
    assert_eq!(admin.state(&id).await, "RUNNING");
    eventually(40, "the phone is on the network again", async || {
        let device = admin.ask("query($id: ID!) { device(id: $id) { online } }", json!({ "id": id })).await;
        holds(device["device"]["online"] == true)
    })
    .await;
    // Commands reach the phone again.
    admin.change("rebootDevice", &json!({ "id": id }), "device { id }").await;
    admin.reaches(&id, "RUNNING", 60).await;

    // A subgraph dies: the others answer, and the answer says what is missing.
    let mixed = "query($id: ID!) { me { user { displayName } } device(id: $id) { name } devices { totalCount } }";
    platform.kill("devices");
    let partial = eventually(20, "a partial answer", async || {
        Some(admin.answer(mixed, json!({ "id": id })).await).filter(|answer| !answer["errors"].is_null())
    })
    .await;
    assert_eq!(text(&partial["data"]["me"]["user"]["displayName"]), "Demo Admin", "{partial}");
    assert!(partial["data"]["device"].is_null(), "{partial}");
    assert!(partial["data"]["devices"].is_null(), "{partial}");
    let mut missing: Vec<_> = partial["errors"].as_array().unwrap().iter().map(|error| error["path"].clone()).collect();
    missing.sort_by_key(ToString::to_string);
    assert_eq!(missing, [json!(["device"]), json!(["devices"])], "{partial}");
    let router = platform.router.pid();
    platform.start_again("devices").await;
    let gap = |event: &serde_json::Value| (event["extensions"]["subscription"]["gap"] == true).then_some(());
    following.event(40, "that measurements may be missing", gap).await;
    eventually(30, "whole answers again", async || {
        holds(admin.answer(mixed, json!({ "id": id })).await["errors"].is_null())
    })
    .await;
    following.forget();
    following.event(40, "measurements after the subgraph's return", sequence).await;

    platform.kill("identity");
    eventually(20, "events without the owner's name, and with the reason", async || {
        Some(following.event(20, "an event", |event| Some(event.clone())).await)
            .filter(|event| !event["errors"].is_null() && !event["data"]["deviceTelemetry"]["sample"].is_null())
    })
    .await;
    platform.start_again("identity").await;
    following.event(30, "the owner's name again", sequence).await;
    assert_eq!(platform.router.pid(), router);
    admin.ask("{ me { user { id } } }", json!({})).await;
    platform.stop().await;
}

/// The permission is granted by a role like any other, by those only who hold it themselves.
async fn who_operates_the_router_sets_breakers(platform: &Distributed, admin: &Client) {
    const PASSWORD: &str = "A-Strong-Word-1!";
    let permissions = json!({ "name": "Router crew", "permissions": ["router:operate", "app:read"] });
    let payload = admin.attempt("createRole", &permissions, "role { id }").await;
    assert_eq!(codes(&payload), ["BEYOND_OWN_PERMISSIONS"], "who governs one organisation does not run the platform");
    assert!(platform.run_with_input(&["administrator", "--email", "root@example.com"], PASSWORD).await);
    let root = platform.client.sign_in("root@example.com", PASSWORD).await.client;
    let role = root.change("createRole", &permissions, "role { id }").await["role"]["id"].clone();
    let mut people = Vec::new();
    for (name, roles) in [("crew", json!([role])), ("guest", json!([]))] {
        let email = format!("{name}@example.com");
        let input = json!({ "email": email, "displayName": name, "password": PASSWORD, "roleIds": roles });
        root.change("createUser", &input, "user { id }").await;
        people.push(platform.client.sign_in(&email, PASSWORD).await.client);
    }
    let set = async |action: &str, who: &Client| {
        let url = format!("{}/health/circuit-breakers/apps/{action}", platform.client.base);
        let request = reqwest::Client::new().post(url).bearer_auth(who.token.as_ref().unwrap());
        request.send().await.unwrap().status().as_u16()
    };
    let [crew, guest] = &people[..] else { panic!("there are two") };
    let applications = async || error_code(&admin.answer("{ applications { totalCount } }", json!({})).await);
    assert_eq!(applications().await, "");
    for action in ["force-open", "reset"] {
        assert_eq!(set(action, guest).await, 403, "{action}");
        assert_eq!(set(action, admin).await, 403, "{action}");
    }
    assert_eq!(set("force-open", crew).await, 200);
    assert_eq!(applications().await, "SUBGRAPH_UNAVAILABLE");
    assert_eq!(set("reset", crew).await, 200);
    assert_eq!(applications().await, "");
}

/// What the devices process says about its health.
async fn devices_health(platform: &Distributed) -> String {
    platform.part_client("devices").get("/health/detailed").await.1
}

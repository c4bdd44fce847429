//! Another organisation's ids in every query, mutation and subscription that takes one: as if they did not exist.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Builder, Client, Incoming, Socket, apps, text};

/// What every description of the schema's fields asks for.
const SCHEMA: &str = "{ __schema {
    queryType { fields { ...F } } mutationType { fields { ...F } } subscriptionType { fields { ...F } }
    types { name kind inputFields { name type { ...T } } } } }
    fragment F on __Field { name args { name type { ...T } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// A question or order with ids in it; `$device` and the like stand for ids.
struct Call {
    operation: &'static str,
    field: &'static str,
    arguments: &'static str,
    selection: &'static str,
}

const fn call(operation: &'static str, field: &'static str, arguments: &'static str, selection: &'static str) -> Call {
    Call { operation, field, arguments, selection }
}

const fn query(field: &'static str, arguments: &'static str, selection: &'static str) -> Call {
    call("query", field, arguments, selection)
}

const fn mutation(field: &'static str, arguments: &'static str) -> Call {
    call("mutation", field, arguments, "__typename userErrors { code message path }")
}

const fn subscription(field: &'static str, arguments: &'static str, selection: &'static str) -> Call {
    call("subscription", field, arguments, selection)
}

const CALLS: &[Call] = &[
    query("device", "id: $device", "id name"),
    query("deviceTemplate", "id: $template", "id name"),
    query("user", "id: $user", "id displayName"),
    query("application", "id: $application", "id label"),
    query("applicationUpload", "id: $upload", "id fileName"),
    query("devices", "filter: { ownerId: $user }", "totalCount nodes { id }"),
    query("devices", "filter: { templateId: $template }", "totalCount nodes { id }"),
    query("auditLog", "filter: { actorId: $user }", "totalCount nodes { id }"),
    query("auditLog", "filter: { targetId: $device }", "totalCount nodes { id }"),
    query("installations", "filter: { deviceId: $device }", "nodes { id }"),
    query("installations", "filter: { applicationId: $application }", "nodes { id }"),
    mutation("createDevice", "{ name: \"x\", templateId: $template }"),
    mutation("updateDevice", "{ id: $device, name: \"Mine\" }"),
    mutation("startDevice", "{ id: $device }"),
    mutation("stopDevice", "{ id: $device }"),
    mutation("rebootDevice", "{ id: $device }"),
    mutation("pauseDevice", "{ id: $device }"),
    mutation("resumeDevice", "{ id: $device }"),
    mutation("deleteDevice", "{ id: $device }"),
    mutation("rotateDeviceCredential", "{ id: $device }"),
    mutation("sendDeviceCommand", "{ deviceId: $device, kind: DROP_NETWORK, arguments: { seconds: 60 } }"),
    mutation(
        "updateDeviceTemplate",
        "{ id: $template, name: \"Mine\", category: CUSTOM, specification: { cpuCores: 1 } }",
    ),
    mutation("deleteDeviceTemplate", "{ id: $template }"),
    mutation("updateUser", "{ id: $user, displayName: \"Mine\" }"),
    mutation("updateUser", "{ id: $me, roleIds: [$role] }"),
    mutation(
        "createUser",
        "{ email: \"a@b.example.com\", displayName: \"A\", password: \"A-Strong-Word-1!\", roleIds: [$role] }",
    ),
    mutation("deactivateUser", "{ id: $user }"),
    mutation("activateUser", "{ id: $user }"),
    mutation("unlockUser", "{ id: $user }"),
    mutation("deleteUser", "{ id: $user }"),
    mutation("updateRole", "{ id: $role, name: \"Mine\" }"),
    mutation("deleteRole", "{ id: $role }"),
    mutation("revokeApiKey", "{ id: $key }"),
    mutation("revokeSession", "{ id: $session }"),
    mutation("updateTenant", "{ id: $tenant, name: \"Mine\" }"),
    mutation("suspendTenant", "{ id: $tenant }"),
    mutation("resumeTenant", "{ id: $tenant }"),
    mutation("presignUploadParts", "{ uploadId: $upload, partNumbers: [1] }"),
    mutation("completeApplicationUpload", "{ uploadId: $upload }"),
    mutation("cancelApplicationUpload", "{ uploadId: $upload }"),
    mutation("deleteApplication", "{ id: $application }"),
    mutation("installApplication", "{ applicationId: $application, deviceIds: [$mine] }"),
    mutation("installApplication", "{ applicationId: $application, deviceIds: [$device] }"),
    mutation("uninstallApplication", "{ installationId: $installation }"),
    mutation("uninstallApplication", "{ deviceId: $device, packageName: \"com.cloudphone.lantern\" }"),
    mutation("retryInstallation", "{ id: $installation }"),
    subscription("deviceTelemetry", "deviceIds: [$device], minIntervalMs: 0", "sample { at } device { id }"),
    subscription("deviceTelemetry", "filter: { ownerId: $user }, minIntervalMs: 0", "sample { at } device { id }"),
    subscription("deviceChanged", "deviceIds: [$device]", "device { id }"),
    subscription("deviceCommandUpdated", "id: $command", "id"),
    subscription("fleet", "filter: { ownerId: $user }, minIntervalMs: 100", "devices { id }"),
    subscription("applicationUploadProgress", "id: $upload", "id fileName"),
    subscription("installationProgress", "ids: [$installation]", "id"),
    subscription("installationProgress", "deviceId: $device", "id"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_organisations_ids_do_not_exist_anywhere() {
    let platform = Builder::new().set("devices.simulated_interval_ms", 200).start().await;
    let victim = platform.admin().await;
    let stranger = platform.client.register("stranger").await;
    every_field_with_an_id_has_a_call(&stranger.client).await;

    let mut foreign = belongings(&victim.client).await;
    foreign.insert("user", victim.user_id.clone());
    let mine = stranger.client.create_devices("mine", 1, false).await.remove(0);
    stranger.client.reaches(&mine, "STOPPED", 20).await;
    let own = [("me", stranger.user_id.clone()), ("mine", mine)];
    foreign.extend(own.clone());
    let mut absent: BTreeMap<&str, String> = foreign.keys().map(|name| (*name, uuid_of_nobody())).collect();
    absent.extend(own);

    let before = victim.client.ask(STATE_OF_THINGS, json!({})).await;
    for call in CALLS.iter().filter(|call| call.operation != "subscription") {
        let (theirs, nobodys) =
            (ask(&stranger.client, call, &foreign).await, ask(&stranger.client, call, &absent).await);
        assert_eq!(theirs, nobodys, "{} tells foreign ids from unknown ones", call.field);
        if call.operation == "mutation" {
            let refused = !theirs["errors"].is_null() || theirs["data"][call.field]["userErrors"] != json!([]);
            assert!(refused, "{}: {theirs}", call.field);
        }
        for (name, id) in foreign.iter().filter(|(name, _)| !["me", "mine"].contains(*name)) {
            assert!(!theirs.to_string().contains(id), "{} answers with the {name}: {theirs}", call.field);
        }
    }
    for call in CALLS.iter().filter(|call| call.operation == "subscription") {
        hears_nothing(&stranger.client, &victim.client, call, &foreign).await;
    }
    assert_eq!(victim.client.ask(STATE_OF_THINGS, json!({})).await, before, "nothing of the victim's has changed");
}

/// What the victim would see if a foreign order had had an effect.
const STATE_OF_THINGS: &str = "{ me { user { id displayName status } tenant { name status } } roles { name }
    apiKeys { nodes { id revokedAt } } deviceTemplates(first: 100) { nodes { id name } }
    devices { nodes { id name state tags } } applications { nodes { id } } installations { nodes { id status } } }";

/// One of each kind of thing that has an id.
async fn belongings(client: &Client) -> BTreeMap<&'static str, String> {
    let id = |value: &Value| text(&value["id"]).to_owned();
    let device = client.create_devices("secret", 1, true).await.remove(0);
    client.reaches(&device, "RUNNING", 60).await;
    let template = json!({ "name": "Secret plan", "category": "CUSTOM", "specification": {} });
    let template = client.change("createDeviceTemplate", &template, "deviceTemplate { id }").await;
    let command =
        json!({ "deviceId": device, "kind": "SET_LOCATION", "arguments": { "latitude": 1.0, "longitude": 1.0 } });
    let command = client.change("sendDeviceCommand", &command, "command { id }").await;
    let role = json!({ "name": "Secret role", "permissions": ["device:read"] });
    let role = client.change("createRole", &role, "role { id }").await;
    let key = json!({ "name": "Secret key", "permissions": ["device:read"] });
    let key = client.change("createApiKey", &key, "apiKey { id }").await;
    let me = client.ask("{ me { session { id } tenant { id } } }", json!({})).await["me"].clone();
    let application = apps::publish(client, apps::LANTERN_1).await;
    let install = json!({ "applicationId": application, "deviceIds": [device] });
    let installation = client.change("installApplication", &install, "installations { id }").await;
    let upload = apps::start(client, apps::LANTERN_2).await;
    let installation = id(&installation["installations"][0]);
    apps::reaches(client, &installation, "INSTALLED").await;
    BTreeMap::from([
        ("template", id(&template["deviceTemplate"])),
        ("command", id(&command["command"])),
        ("role", id(&role["role"])),
        ("key", id(&key["apiKey"])),
        ("session", id(&me["session"])),
        ("tenant", id(&me["tenant"])),
        ("installation", installation),
        ("upload", id(&upload)),
        ("application", application),
        ("device", device),
    ])
}

fn document(call: &Call, ids: &BTreeMap<&str, String>) -> String {
    let mut names: Vec<&&str> = ids.keys().collect();
    // Longer names first: one may be the beginning of another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut arguments = call.arguments.to_owned();
    for name in names {
        arguments = arguments.replace(&format!("${name}"), &format!("\"{}\"", ids[*name]));
    }
    assert!(!arguments.contains('$'), "{arguments}");
    let arguments = if call.operation == "mutation" { format!("input: {arguments}") } else { arguments };
    format!("{} {{ {}({arguments}) {{ {} }} }}", call.operation, call.field, call.selection)
}

/// The answer, without what differs from call to call.
async fn ask(client: &Client, call: &Call, ids: &BTreeMap<&str, String>) -> Value {
    let mut answer = client.answer(&document(call, ids), json!({})).await;
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        if let Some(extensions) = error["extensions"].as_object_mut() {
            extensions.remove("correlationId");
        }
    }
    let clean = ids.values().fold(answer.to_string(), |text, id| text.replace(&format!("`{id}`"), "`id`"));
    serde_json::from_str(&clean).unwrap()
}

/// Subscribes to what is the victim's and makes it move; no event may come.
async fn hears_nothing(stranger: &Client, victim: &Client, call: &Call, foreign: &BTreeMap<&str, String>) {
    let mut socket = Socket::open(stranger).await;
    let document = document(call, foreign);
    socket.start(&document, json!({})).await;
    // The same by the victim is the proof that there is something to hear.
    let mut witness = Socket::open(victim).await;
    witness.start(&document, json!({})).await;
    let rename = json!({ "id": foreign["device"], "tags": [call.field] });
    let silent = ["deviceCommandUpdated", "applicationUploadProgress", "installationProgress"].contains(&call.field);
    if !silent {
        victim.change("updateDevice", &rename, "device { id }").await;
        witness.event(20, call.field, |data| (!data[call.field].is_null()).then_some(())).await;
        victim.change("updateDevice", &json!({ "id": foreign["device"], "tags": [] }), "device { id }").await;
    }
    // A query on the same connection comes after whatever the subscription had to say at once.
    socket.start("{ __typename }", json!({})).await;
    loop {
        match socket.next(20).await {
            Incoming::Next(payload) if payload["data"]["__typename"] == "Query" => break,
            Incoming::Next(payload) => {
                let news = payload["data"][call.field].clone();
                let empty = news.is_null() || news["devices"] == json!([]);
                assert!(empty, "{} lets a stranger hear {payload}", call.field);
            }
            Incoming::Error(_) | Incoming::Complete => {}
            end @ Incoming::Closed(..) => panic!("{}: {end:?}", call.field),
        }
    }
}

/// Whether the list above is complete; a new field fails here until it has a call.
async fn every_field_with_an_id_has_a_call(client: &Client) {
    let schema = client.ask(SCHEMA, json!({})).await["__schema"].clone();
    let inputs: BTreeMap<&str, &Value> =
        schema["types"].as_array().unwrap().iter().map(|kind| (text(&kind["name"]), &kind["inputFields"])).collect();
    let mut wanting = BTreeSet::new();
    for (operation, root) in
        [("query", "queryType"), ("mutation", "mutationType"), ("subscription", "subscriptionType")]
    {
        for field in schema[root]["fields"].as_array().unwrap() {
            let takes_ids =
                field["args"].as_array().unwrap().iter().any(|argument| takes_id(&argument["type"], &inputs));
            let called = CALLS.iter().any(|call| call.operation == operation && call.field == text(&field["name"]));
            if takes_ids && !called {
                wanting.insert(text(&field["name"]).to_owned());
            }
        }
    }
    assert_eq!(wanting, BTreeSet::new(), "these take ids and have no call here");
}

fn takes_id(kind: &Value, inputs: &BTreeMap<&str, &Value>) -> bool {
    let mut named = kind;
    while !named["ofType"].is_null() {
        named = &named["ofType"];
    }
    if named["name"] == "ID" {
        return true;
    }
    let fields = inputs.get(text(&named["name"])).and_then(|fields| fields.as_array());
    fields.into_iter().flatten().any(|field| takes_id(&field["type"], inputs))
}

fn uuid_of_nobody() -> String {
    "019bc000-0000-7000-8000-000000000000".to_owned()
}

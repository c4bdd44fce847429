//! Every mutation leaves an entry in the audit log: who did what to which thing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloudphone_cache::Engine as Cache;
use cloudphone_core::SystemClock;
use cloudphone_database::{Database, Options};
use cloudphone_events::InProcessBus;
use cloudphone_graphql::identity_token::InternalSecret;
use cloudphone_identity::{Identity, IdentityEngines, Settings};
use serde_json::{Value, json};

use crate::support::{Builder, Client, Postgres, apps, eventually, ids, text};

const OPERATOR: &str = "operator@platform.example.com";
const SECRET: &str = "a secret that only this test and its platform know";
const PASSWORD: &str = "A-Strong-Word-1!";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mutation_leaves_an_audit_entry() {
    let postgres = Postgres::start().await;
    make_operator(&postgres).await;
    let builder = Builder::new().set("database.url", postgres.url()).set("internal_secret", SECRET);
    let mut platform = builder.start().await;
    let admin = platform.admin().await.client;
    let mut story = Story { auditor: admin.clone(), seen: BTreeSet::new() };

    people(&mut story, &platform.client).await;
    devices(&mut story).await;
    applications(&mut story).await;
    organisations(&mut story, &platform.client).await;

    let schema = admin.ask("{ __schema { mutationType { fields { name } } } }", json!({})).await;
    let all: BTreeSet<String> = schema["__schema"]["mutationType"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| text(&field["name"]).to_owned())
        .collect();
    assert_eq!(story.seen, all, "every mutation is called here");
    let (status, _) = platform.program.terminate(15).await;
    assert!(status.success());
    postgres.stop().await;
}

/// Calls mutations and reads what the audit log of the same organisation says about them.
struct Story {
    auditor: Client,
    seen: BTreeSet<String>,
}

impl Story {
    /// Calls a mutation with one input, and waits for a new entry of `action` about `target`, if that is known.
    async fn step(&mut self, mutation: &str, input: &Value, fields: &str, action: &str) -> Value {
        let client = self.auditor.clone();
        self.step_as(&client, mutation, input, fields, action).await
    }

    async fn step_as(&mut self, client: &Client, mutation: &str, input: &Value, fields: &str, action: &str) -> Value {
        let before = self.entries(action).await;
        let payload = client.change(mutation, input, fields).await;
        self.noted(mutation, action, &before).await;
        payload
    }

    /// Waits for an entry that was not there before.
    async fn noted(&mut self, mutation: &str, action: &str, before: &BTreeMap<String, Value>) {
        let entry = eventually(20, &format!("{mutation} is noted as {action}"), async || {
            self.entries(action).await.into_iter().find(|(id, _)| !before.contains_key(id))
        })
        .await
        .1;
        assert!(entry["targetId"].is_string(), "{mutation}: {entry}");
        assert!(entry["actorKind"] == "SERVICE" || entry["actor"]["id"].is_string(), "{mutation}: {entry}");
        assert!(!entry.to_string().contains(PASSWORD), "{mutation} writes a password into the log");
        self.seen.insert(mutation.to_owned());
    }

    async fn entries(&self, action: &str) -> BTreeMap<String, Value> {
        let query = "query($action: String!) { auditLog(filter: { action: $action }, first: 200) { nodes {
            id at actorKind actor { id } targetId targetType before after address correlationId } } }";
        let found = self.auditor.ask(query, json!({ "action": action })).await["auditLog"]["nodes"].clone();
        let entries = found.as_array().unwrap().iter();
        entries.map(|entry| (text(&entry["id"]).to_owned(), entry.clone())).collect()
    }
}

async fn people(story: &mut Story, anonymous: &Client) {
    let role = json!({ "name": "Crew", "permissions": ["device:read"] });
    let role = story.step("createRole", &role, "role { id }", "role.create").await["role"]["id"].clone();
    story.step("updateRole", &json!({ "id": role, "name": "Team" }), "role { id }", "role.update").await;
    let email = "crew@demo.cloudphone.local";
    let user = json!({ "email": email, "displayName": "Crew", "password": PASSWORD, "roleIds": [] });
    let user = story.step("createUser", &user, "user { id }", "user.create").await["user"]["id"].clone();
    story.step("updateUser", &json!({ "id": user, "roleIds": [role] }), "user { id }", "user.update").await;
    let me = json!({ "id": user });
    story.step("deactivateUser", &me, "user { id }", "user.deactivate").await;
    story.step("activateUser", &me, "user { id }", "user.activate").await;

    let before = story.entries("session.open").await;
    let crew = anonymous.sign_in(email, PASSWORD).await.client;
    story.noted("login", "session.open", &before).await;
    renewals(story, anonymous, email).await;
    let profile = json!({ "displayName": "Crew Member" });
    story.step_as(&crew, "updateProfile", &profile, "user { id }", "user.update-profile").await;
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "Another-Word-2!" });
    story.step_as(&crew, "changePassword", &change, "__typename", "user.change-password").await;
    let other = anonymous.sign_in(email, "Another-Word-2!").await.client;
    let session = other.ask("{ me { session { id } } }", json!({})).await["me"]["session"]["id"].clone();
    story.step_as(&crew, "revokeSession", &json!({ "id": session }), "revokedSessionId", "session.revoke").await;
    anonymous.sign_in(email, "Another-Word-2!").await;
    for (mutation, document) in [
        ("revokeOtherSessions", "mutation { revokeOtherSessions { revokedCount userErrors { code } } }"),
        ("logout", "mutation { logout { userErrors { code } } }"),
    ] {
        let before = story.entries("session.revoke").await;
        crew.ask(document, json!({})).await;
        story.noted(mutation, "session.revoke", &before).await;
    }
    for _ in 0..5 {
        let wrong = json!({ "email": email, "password": "Wrong-Word-9!" });
        anonymous.attempt("login", &wrong, "session { expiresAt }").await;
    }
    story.step("unlockUser", &me, "user { id }", "user.unlock").await;
    let key = json!({ "name": "ci", "permissions": ["device:read"] });
    let key = story.step("createApiKey", &key, "apiKey { id }", "api-key.create").await["apiKey"]["id"].clone();
    story.step("revokeApiKey", &json!({ "id": key }), "apiKey { id }", "api-key.revoke").await;
    story.step("deleteUser", &me, "deletedUserId", "user.delete").await;
    story.step("deleteRole", &json!({ "id": role }), "deletedRoleId", "role.delete").await;
}

/// A session is renewed, and ended when its spent token comes back.
async fn renewals(story: &mut Story, anonymous: &Client, email: &str) {
    let signed_in = anonymous.sign_in(email, PASSWORD).await;
    let spent = json!({ "refreshToken": signed_in.refresh_token });
    let session = signed_in.client.ask("{ me { session { id } } }", json!({})).await["me"]["session"]["id"].clone();
    let renewed =
        story.step_as(anonymous, "refreshSession", &spent, "session { accessToken }", "session.refresh").await;
    let entry = story.entries("session.refresh").await.into_values().find(|entry| entry["targetId"] == session);
    let entry = entry.unwrap();
    assert_eq!(entry["address"], "127.0.0.1", "{entry}");
    assert_eq!(entry["actor"]["id"], signed_in.user_id.as_str(), "{entry}");
    assert!(!entry.to_string().contains(text(&renewed["session"]["accessToken"])), "no token is in the log");

    let before = story.entries("session.revoke").await;
    let refused = anonymous.attempt("refreshSession", &spent, "session { accessToken }").await;
    assert_eq!(refused["userErrors"][0]["code"], "INVALID_REFRESH_TOKEN", "{refused}");
    story.noted("refreshSession", "session.revoke", &before).await;
    let ended = story.entries("session.revoke").await.into_values().find(|entry| entry["targetId"] == session);
    assert_eq!(ended.unwrap()["after"]["reason"], "REFRESH_TOKEN_REUSE");
}

async fn devices(story: &mut Story) {
    let template = json!({ "name": "Plan", "category": "TESTING", "specification": {} });
    let made = story.step("createDeviceTemplate", &template, "deviceTemplate { id }", "device-template.create").await;
    let template = made["deviceTemplate"]["id"].clone();
    let change = json!({ "id": template, "name": "Plan B", "category": "TESTING", "specification": {} });
    story.step("updateDeviceTemplate", &change, "deviceTemplate { id }", "device-template.update").await;
    let input = json!({ "name": "noted", "templateId": template });
    let device = ids(&story.step("createDevice", &input, "devices { id }", "device.create").await["devices"]).remove(0);
    let id = json!({ "id": device });
    let client = story.auditor.clone();
    client.reaches(&device, "STOPPED", 20).await;
    story.step("updateDevice", &json!({ "id": device, "name": "well noted" }), "device { id }", "device.update").await;
    for (mutation, action, state) in [
        ("startDevice", "device.start", "RUNNING"),
        ("rebootDevice", "device.reboot", "RUNNING"),
        ("pauseDevice", "device.pause", "PAUSED"),
        ("resumeDevice", "device.resume", "RUNNING"),
    ] {
        story.step(mutation, &id, "device { id }", action).await;
        client.reaches(&device, state, 60).await;
    }
    let command = json!({ "deviceId": device, "kind": "OPEN_APP", "arguments": { "package": "com.android.settings" } });
    story.step("sendDeviceCommand", &command, "command { id }", "device.command").await;
    story.step("stopDevice", &id, "device { id }", "device.stop").await;
    client.reaches(&device, "STOPPED", 60).await;
    story.step("rotateDeviceCredential", &id, "secret", "device.rotate-credential").await;
    story.step("deleteDevice", &id, "device { id }", "device.delete").await;
    client.reaches_absence(&device).await;
    story.step("deleteDeviceTemplate", &json!({ "id": template }), "deletedId", "device-template.delete").await;
}

async fn applications(story: &mut Story) {
    let client = story.auditor.clone();
    let phone = client.create_devices("phone", 1, true).await.remove(0);
    let start = |file: &[u8]| json!({ "fileName": "a.apk", "sizeBytes": file.len(), "sha256": apps::sha256(file) });
    let fields = "upload { id }";
    let given_up =
        story.step("startApplicationUpload", &start(b"one"), fields, "application-upload.start").await["upload"]
            .clone();
    let id = json!({ "uploadId": given_up["id"] });
    story.step("cancelApplicationUpload", &id, fields, "application-upload.cancel").await;
    let upload = apps::start(&client, apps::LANTERN_1).await;
    let parts = json!({ "uploadId": upload["id"], "partNumbers": [1] });
    story.step("presignUploadParts", &parts, "urls { number }", "application-upload.presign").await;
    apps::send(&client, &upload, apps::LANTERN_1).await;
    let id = json!({ "uploadId": upload["id"] });
    story.step("completeApplicationUpload", &id, fields, "application-upload.complete").await;
    let application = apps::settled(&client, &upload["id"]).await["application"]["id"].clone();

    client.reaches(&phone, "RUNNING", 60).await;
    let install = json!({ "applicationId": application, "deviceIds": [phone] });
    let made = story.step("installApplication", &install, "installations { id }", "application.install").await;
    let installation = ids(&made["installations"]).remove(0);
    apps::reaches(&client, &installation, "INSTALLED").await;
    let remove = json!({ "installationId": installation });
    story.step("uninstallApplication", &remove, "installation { id }", "application.uninstall").await;
    apps::reaches(&client, &installation, "UNINSTALLED").await;

    client.change("deleteDevice", &json!({ "id": phone }), "device { id }").await;
    client.reaches_absence(&phone).await;
    retry(story, &application).await;
    story.step("deleteApplication", &json!({ "id": application }), "deletedId", "application.delete").await;
}

/// An installation that a phone refuses because it is off, tried again, and given up with its phone.
async fn retry(story: &mut Story, application: &Value) {
    let client = story.auditor.clone();
    let phone = client.create_devices("off", 1, false).await.remove(0);
    client.reaches(&phone, "STOPPED", 20).await;
    let install = json!({ "applicationId": application, "deviceIds": [phone] });
    let made = client.change("installApplication", &install, "installations { id }").await;
    let installation = ids(&made["installations"]).remove(0);
    apps::reaches(&client, &installation, "FAILED").await;
    story.step("retryInstallation", &json!({ "id": installation }), "installation { id }", "installation.retry").await;
    apps::reaches(&client, &installation, "FAILED").await;
    client.change("deleteDevice", &json!({ "id": phone }), "device { id }").await;
    client.reaches_absence(&phone).await;
}

async fn organisations(story: &mut Story, anonymous: &Client) {
    // Who founds an organisation finds that in its own log.
    let founder = anonymous.register("founder").await.client;
    let mut own = Story { auditor: founder, seen: BTreeSet::new() };
    own.noted("register", "tenant.register", &BTreeMap::new()).await;
    let operator = anonymous.sign_in(OPERATOR, PASSWORD).await.client;
    let mut own = Story { auditor: operator, seen: own.seen };
    let input = json!({ "name": "Customer", "slug": "customer", "adminEmail": "boss@customer.example.com",
        "adminPassword": PASSWORD, "adminDisplayName": "Boss" });
    // What operators do to organisations is in their own log.
    let made = own.step("createTenant", &input, "tenant { id }", "tenant.create").await;
    let id = json!({ "id": made["tenant"]["id"] });
    let rename = json!({ "id": made["tenant"]["id"], "name": "Customer Inc" });
    own.step("updateTenant", &rename, "tenant { id }", "tenant.update").await;
    own.step("suspendTenant", &id, "tenant { id }", "tenant.suspend").await;
    own.step("resumeTenant", &id, "tenant { id }", "tenant.resume").await;
    story.seen.append(&mut own.seen);
}

/// An operator of the platform is made by the identity domain itself, before the platform starts.
async fn make_operator(postgres: &Postgres) {
    let url = format!("{}/cloudphone_identity", postgres.url().trim_end_matches('/'));
    let database = Database::connect(Options::new("identity", url)).await.unwrap();
    let identity = Identity::build(IdentityEngines {
        database,
        bus: Arc::new(InProcessBus::new()),
        cache: Cache::in_process(),
        clock: Arc::new(SystemClock),
        secret: InternalSecret::new(SECRET).unwrap(),
        settings: Settings::default(),
    })
    .await
    .unwrap();
    identity.seed_platform(OPERATOR, PASSWORD).await.unwrap();
    identity.stop().await;
}

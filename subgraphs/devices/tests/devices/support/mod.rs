//! A whole devices domain on real engines for one test, and ways to talk to it.

#![allow(dead_code)]

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use cloudphone_core::{Caller, Origin, Permission, SessionId, Subject, TenantId, UserId};
use cloudphone_devices::Devices;
use cloudphone_events::Relay;
use cloudphone_graphql::RequestScope;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};

pub mod device;
pub mod doomed;
pub mod engines;
pub mod mosquitto;
pub mod witness;

pub use device::{CarefulDevice, HandDevice};
pub use doomed::Doomed;
pub use engines::Engines;
pub use mosquitto::Mosquitto;
pub use witness::Witness;

/// The domain at work.
pub struct Running {
    pub devices: Devices,
    pub relay: Relay,
}

impl Running {
    pub async fn stop(self) {
        self.relay.stop().await;
        self.devices.stop().await;
    }

    /// Answers a request; panics on a GraphQL error.
    pub async fn ask(&self, caller: &Caller, query: &str, variables: Value) -> Value {
        let response = self.answer(caller, query, variables).await;
        assert!(response.errors.is_empty(), "{query}: {:?}", response.errors);
        response.data.into_json().unwrap()
    }

    pub async fn answer(&self, caller: &Caller, query: &str, variables: Value) -> Response {
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.devices.subgraph().execute(request, RequestScope::of(caller.clone())).await
    }

    /// The code of the first error.
    pub async fn refusal(&self, caller: &Caller, query: &str, variables: Value) -> String {
        let response = self.answer(caller, query, variables).await;
        code_of(&response)
    }

    pub fn subscribe(&self, caller: &Caller, query: &str, variables: Value) -> BoxStream<'static, Response> {
        let request = Request::new(query).variables(Variables::from_json(variables));
        self.devices.subgraph().subscribe(request, RequestScope::of(caller.clone()))
    }

    /// Makes devices and answers their ids.
    pub async fn create(&self, caller: &Caller, name: &str, count: usize, start: bool) -> Vec<String> {
        let input = json!({ "name": name, "count": count, "start": start, "tags": ["lab"], "specification": {} });
        let made = self.ask(caller, CREATE, json!({ "input": input })).await;
        assert_eq!(made["createDevice"]["userErrors"], json!([]));
        let devices = made["createDevice"]["devices"].as_array().unwrap();
        devices.iter().map(|device| device["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Makes one device that is set up and switched off.
    pub async fn one(&self, caller: &Caller, name: &str) -> String {
        let id = self.create(caller, name, 1, false).await.remove(0);
        self.reaches(caller, &id, "STOPPED").await;
        id
    }

    /// Gives a device a new secret and answers it.
    pub async fn rotate(&self, caller: &Caller, id: &str) -> String {
        let query =
            "mutation($id: ID!) { rotateDeviceCredential(input: { id: $id }) { username secret userErrors { code } } }";
        let rotated = self.ask(caller, query, json!({ "id": id })).await;
        rotated["rotateDeviceCredential"]["secret"].as_str().unwrap().to_owned()
    }

    /// Orders something from a device; answers the command's id.
    pub async fn order(&self, caller: &Caller, id: &str, kind: &str, arguments: Value, seconds: i32) -> String {
        let input = json!({ "deviceId": id, "kind": kind, "arguments": arguments, "timeoutSeconds": seconds });
        let query = "mutation($input: SendDeviceCommandInput!) {
            sendDeviceCommand(input: $input) { command { id status } userErrors { code path } } }";
        let sent = self.ask(caller, query, json!({ "input": input })).await;
        assert_eq!(sent["sendDeviceCommand"]["userErrors"], json!([]));
        sent["sendDeviceCommand"]["command"]["id"].as_str().unwrap().to_owned()
    }

    /// The newest command of a device.
    pub async fn last_command(&self, caller: &Caller, id: &str) -> Value {
        let query = "query($id: ID!) { device(id: $id) { commands(first: 1) { nodes {
            id kind status progress error { code message } result } } } }";
        self.ask(caller, query, json!({ "id": id })).await["device"]["commands"]["nodes"][0].clone()
    }

    pub async fn last_command_is(&self, caller: &Caller, id: &str, status: &str) -> Value {
        eventually(&format!("the command is {status}"), async || {
            self.last_command(caller, id).await["status"] == json!(status)
        })
        .await;
        self.last_command(caller, id).await
    }

    pub async fn is_online(&self, caller: &Caller, id: &str) -> bool {
        let found = self.ask(caller, "query($id: ID!) { device(id: $id) { online } }", json!({ "id": id })).await;
        found["device"]["online"] == json!(true)
    }

    pub async fn state(&self, caller: &Caller, id: &str) -> String {
        let found = self.ask(caller, "query($id: ID!) { device(id: $id) { state } }", json!({ "id": id })).await;
        found["device"]["state"].as_str().unwrap_or("GONE").to_owned()
    }

    pub async fn reaches(&self, caller: &Caller, id: &str, state: &str) {
        eventually(&format!("{id} is {state}"), async || self.state(caller, id).await == state).await;
    }

    /// Acts on a device; answers the codes of its user errors.
    pub async fn act(&self, caller: &Caller, action: &str, id: &str) -> Vec<String> {
        let query = format!(
            "mutation($id: ID!) {{ answer: {action}Device(input: {{ id: $id }}) {{ device {{ state }} userErrors {{ code }} }} }}"
        );
        let answer = self.ask(caller, &query, json!({ "id": id })).await;
        codes(&answer["answer"]["userErrors"])
    }
}

pub const CREATE: &str = "mutation($input: CreateDeviceInput!) {
    createDevice(input: $input) { devices { id name state } userErrors { code message path } }
}";

pub fn codes(errors: &Value) -> Vec<String> {
    errors.as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

pub fn code_of(response: &Response) -> String {
    let error = response.errors.first().expect("an error was expected");
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
    code.and_then(|code| code.into_json().ok()).and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Has a subscription begin: it takes place when somebody first asks for its events.
pub async fn open(stream: &mut BoxStream<'static, Response>) {
    assert!(futures::poll!(stream.next()).is_pending(), "there is no event yet");
}

/// The next event of a subscription.
pub async fn next(stream: &mut BoxStream<'static, Response>) -> Value {
    let response = tokio::time::timeout(Duration::from_secs(20), stream.next())
        .await
        .expect("an event comes in time")
        .expect("the subscription goes on");
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()
}

/// The first event that fits.
pub async fn next_that(stream: &mut BoxStream<'static, Response>, fits: impl Fn(&Value) -> bool) -> Value {
    tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let event = next(stream).await;
            if fits(&event) {
                return event;
            }
        }
    })
    .await
    .expect("a fitting event comes in time")
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

/// A signed-in person with these permissions.
pub fn person(tenant_id: TenantId, permissions: &[&'static str]) -> Caller {
    Caller {
        subject: Subject::User { user_id: UserId::new(), session_id: SessionId::new() },
        tenant_id,
        permissions: Arc::new(permissions.iter().map(|name| Permission::new(name)).collect()),
        expires_at: None,
        origin: Origin::internal(),
    }
}

pub fn admin() -> Caller {
    person(TenantId::new(), &["*:*"])
}

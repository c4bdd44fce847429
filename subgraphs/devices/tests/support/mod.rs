//! A whole devices domain on real engines for one test: database, broker, bus, simulated phones, and ways to talk to it.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use async_trait::async_trait;
use cloudphone_cache::Engine as Cache;
use cloudphone_core::{Caller, Origin, Permission, SessionId, Subject, SystemClock, TenantId, UserId};
use cloudphone_database::{Database, Options};
use cloudphone_devices::{
    BrokerAccess, BrokerControl, DeviceCredentials, Devices, DevicesEngines, DevicesSettings, PhonePace,
};
use cloudphone_embedded_mqtt::{Authority, ConnectRequest, EmbeddedMqtt, Principal, Refusal};
use cloudphone_embedded_postgres::EmbeddedPostgres;
use cloudphone_events::{InProcessBus, Relay, RelayOptions};
use cloudphone_graphql::RequestScope;
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};

pub mod device;

pub const KEY: &str = "a key for tests that is long enough for anybody";
pub const SERVICE: &str = "platform-devices";
const SERVICE_PASSWORD: &str = "the platform's own password";

/// Bound to what the platform is asked in production: the credentials of the domain.
struct Doorkeeper(DeviceCredentials);

#[async_trait]
impl Authority for Doorkeeper {
    async fn authenticate(&self, request: ConnectRequest<'_>) -> Result<Principal, Refusal> {
        let (Some(username), Some(password)) = (request.username, request.password) else {
            return Err(Refusal::BadCredentials);
        };
        if username == SERVICE && password == SERVICE_PASSWORD.as_bytes() {
            return Ok(Principal::service(SERVICE));
        }
        if request.client_id != username {
            return Err(Refusal::NotAuthorized);
        }
        match self.0.verify(username, password).await {
            Ok(Some((tenant_id, device_id))) => Ok(Principal {
                name: username.into(),
                publish: DeviceCredentials::publish_topics(tenant_id, device_id).into(),
                subscribe: DeviceCredentials::subscribe_filters(tenant_id, device_id).into(),
                messages_per_second: None,
            }),
            Ok(None) => Err(Refusal::BadCredentials),
            Err(_) => Err(Refusal::NotAuthorized),
        }
    }
}

struct Switch(Arc<EmbeddedMqtt>);

#[async_trait]
impl BrokerControl for Switch {
    async fn disconnect(&self, client_id: &str) {
        self.0.disconnect(client_id).await;
    }
}

/// What outlives the domain: its engines.
pub struct Engines {
    pub postgres: EmbeddedPostgres,
    pub database: Database,
    pub broker: Arc<EmbeddedMqtt>,
    pub bus: Arc<InProcessBus>,
    pub credentials: DeviceCredentials,
    _folder: tempfile::TempDir,
}

pub async fn engines() -> Engines {
    let folder = tempfile::tempdir().unwrap();
    make_passable(folder.path());
    let postgres = EmbeddedPostgres::start(cloudphone_embedded_postgres::Options::new(folder.path().join("postgres")))
        .await
        .unwrap();
    postgres.ensure_database("devices").await.unwrap();
    let database = Database::connect(Options::new("devices", postgres.url("devices"))).await.unwrap();
    cloudphone_devices::migrate(&database).await.unwrap();
    let credentials = DeviceCredentials::new(database.clone());
    let doorkeeper = Arc::new(Doorkeeper(credentials.clone()));
    let broker = EmbeddedMqtt::start(cloudphone_embedded_mqtt::Options::default(), doorkeeper).await.unwrap();
    let bus = Arc::new(InProcessBus::new());
    Engines { postgres, database, broker: Arc::new(broker), bus, credentials, _folder: folder }
}

/// PostgreSQL runs as somebody else when the test runs as root.
fn make_passable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

impl Engines {
    pub fn settings(&self) -> DevicesSettings {
        let access = BrokerAccess {
            url: format!("mqtt://{}", self.broker.service_addr()),
            username: SERVICE.to_owned(),
            password: SERVICE_PASSWORD.to_owned(),
        };
        let mut settings = DevicesSettings::new(access, KEY);
        settings.phone_broker_url = Some(format!("mqtt://{}", self.broker.tcp_addr()));
        settings.pace = PhonePace::default().faster(20);
        settings.telemetry_interval = Duration::from_millis(100);
        settings.lifecycle_timeout = Duration::from_secs(20);
        settings.presence_grace = Duration::from_secs(2);
        settings
    }

    pub async fn start(&self, settings: DevicesSettings) -> Running {
        let devices = cloudphone_devices::build(DevicesEngines {
            database: self.database.clone(),
            bus: self.bus.clone(),
            cache: Cache::in_process(),
            clock: Arc::new(SystemClock),
            credentials: self.credentials.clone(),
            broker: Some(Arc::new(Switch(Arc::clone(&self.broker)))),
            settings,
        })
        .await
        .unwrap();
        let relay = Relay::spawn(self.database.clone(), self.bus.clone(), RelayOptions::default());
        Running { devices, relay }
    }
}

/// The domain at work.
pub struct Running {
    pub devices: Devices,
    relay: Relay,
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

    /// The code of the only error.
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

//! What outlives the domain: database, broker, bus and cache.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloudphone_cache::Engine as Cache;
use cloudphone_core::{Clock, SystemClock};
use cloudphone_database::{Database, Options};
use cloudphone_devices::{
    BrokerAccess, BrokerControl, DeviceCredentials, DevicesEngines, DevicesSettings, PhonePace, TelemetryInlet, topic,
};
use cloudphone_embedded_mqtt::{Authority, ConnectRequest, EmbeddedMqtt, NotKept, Principal, Refusal, Statistics, Tap};
use cloudphone_embedded_postgres::EmbeddedPostgres;
use cloudphone_events::{InProcessBus, Relay, RelayOptions};
use parking_lot::Mutex;
use tokio::sync::RwLock;

use super::Running;

const KEY: &str = "a key for tests that is long enough for anybody";
const SERVICE: &str = "platform-devices";
const SERVICE_PASSWORD: &str = "the platform's own password";

/// Answers the broker as the platform does: by the credentials of the domain.
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
        match self.0.verify(username, password).await {
            Ok(Some(_)) if request.client_id != username => Err(Refusal::NotAuthorized),
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

/// Hands telemetry to the domain that was built last.
#[derive(Default)]
pub struct ToDomain(Mutex<TelemetryInlet>);

impl ToDomain {
    fn inlet(&self) -> TelemetryInlet {
        self.0.lock().clone()
    }
}

#[async_trait]
impl Tap for ToDomain {
    fn receive(&self, topic: &str, payload: &[u8]) {
        self.inlet().receive(topic, payload);
    }

    async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotKept> {
        self.inlet().keep(topic, payload).await.map_err(|_| NotKept)
    }
}

/// The broker, which may be away for a time.
#[derive(Default)]
pub struct Broker(RwLock<Option<EmbeddedMqtt>>);

#[async_trait]
impl BrokerControl for Broker {
    async fn disconnect(&self, client_id: &str) {
        if let Some(broker) = &*self.0.read().await {
            broker.disconnect(client_id).await;
        }
    }
}

impl Broker {
    pub async fn statistics(&self) -> Statistics {
        self.0.read().await.as_ref().expect("the broker is up").statistics()
    }
}

pub struct Engines {
    pub postgres: EmbeddedPostgres,
    pub database: Database,
    pub broker: Arc<Broker>,
    pub address: SocketAddr,
    pub bus: Arc<InProcessBus>,
    pub cache: Cache,
    pub clock: Arc<dyn Clock>,
    pub credentials: DeviceCredentials,
    /// Absent where the domain subscribes to telemetry, as to a foreign broker.
    to_domain: Option<Arc<ToDomain>>,
    _folder: tempfile::TempDir,
}

impl Engines {
    /// Engines whose broker hands telemetry to the domain.
    pub async fn start() -> Self {
        Self::start_with(Some(Arc::default())).await
    }

    /// Engines whose broker the domain knows by its address only.
    pub async fn with_foreign_broker() -> Self {
        Self::start_with(None).await
    }

    async fn start_with(to_domain: Option<Arc<ToDomain>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL runs as somebody else when the test runs as root, and must be able to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = cloudphone_embedded_postgres::Options::new(folder.path().join("postgres"));
        let postgres = EmbeddedPostgres::start(cluster).await.unwrap();
        postgres.ensure_database("devices").await.unwrap();
        let database = Database::connect(Options::new("devices", postgres.url("devices"))).await.unwrap();
        cloudphone_devices::migrate(&database).await.unwrap();
        let mut engines = Self {
            postgres,
            credentials: DeviceCredentials::new(database.clone()),
            database,
            broker: Arc::default(),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            bus: Arc::new(InProcessBus::new()),
            cache: Cache::in_process(),
            clock: Arc::new(SystemClock),
            to_domain,
            _folder: folder,
        };
        engines.start_broker().await;
        engines.address = engines.broker.0.read().await.as_ref().unwrap().tcp_addr();
        engines
    }

    pub async fn start_broker(&self) {
        let keeping = Duration::from_secs(2);
        let options = cloudphone_embedded_mqtt::Options { tcp: self.address, keeping, ..Default::default() };
        let doorkeeper = Arc::new(Doorkeeper(self.credentials.clone()));
        let broker = EmbeddedMqtt::start(options, doorkeeper).await.unwrap();
        if let Some(to_domain) = &self.to_domain {
            broker.tap(topic::ALL_TELEMETRY, Arc::clone(to_domain) as Arc<dyn Tap>);
        }
        *self.broker.0.write().await = Some(broker);
    }

    pub async fn stop_broker(&self) {
        let broker = self.broker.0.write().await.take();
        broker.expect("the broker is up").stop().await;
    }

    /// Settings of a domain whose simulated phones are in a hurry.
    pub fn settings(&self) -> DevicesSettings {
        let access = BrokerAccess {
            url: format!("mqtt://{}", self.address),
            username: SERVICE.to_owned(),
            password: SERVICE_PASSWORD.to_owned(),
            client_id: SERVICE.to_owned(),
        };
        let mut settings = DevicesSettings::new(access, KEY);
        settings.pace = PhonePace::default().faster(20);
        settings.telemetry_interval = Duration::from_millis(100);
        settings.lifecycle_timeout = Duration::from_secs(20);
        settings.presence_grace = Duration::from_secs(2);
        settings
    }

    /// The same without simulated phones, for devices that are played by hand.
    pub fn by_hand(&self) -> DevicesSettings {
        DevicesSettings { play_simulated: false, ..self.settings() }
    }

    pub async fn start_domain(&self, settings: DevicesSettings) -> Running {
        let devices = cloudphone_devices::build(self.given(self.database.clone(), settings)).await.unwrap();
        let relay = Relay::spawn(self.database.clone(), self.bus.clone(), RelayOptions::default());
        Running { devices, relay }
    }

    /// What a domain is built from, over these engines and a pool of its own. It gets what the broker hands over.
    pub fn given(&self, database: Database, settings: DevicesSettings) -> DevicesEngines {
        let telemetry = self.to_domain.as_ref().map(|to_domain| {
            let inlet = TelemetryInlet::new();
            *to_domain.0.lock() = inlet.clone();
            inlet
        });
        DevicesEngines {
            database,
            bus: self.bus.clone(),
            cache: self.cache.clone(),
            clock: Arc::clone(&self.clock),
            credentials: self.credentials.clone(),
            broker: Some(Arc::clone(&self.broker) as Arc<dyn BrokerControl>),
            telemetry,
            settings,
        }
    }

    /// An MQTT client with every right.
    pub fn service_account(&self) -> rumqttc::MqttOptions {
        let mut options = rumqttc::MqttOptions::new("a witness", self.address.ip().to_string(), self.address.port());
        options.set_credentials(SERVICE, SERVICE_PASSWORD);
        options
    }

    /// Runs statements that no use case offers.
    pub async fn sql(&self, statements: &str) {
        use diesel_async::SimpleAsyncConnection;
        self.database
            .system_transaction(async |conn| {
                conn.batch_execute(statements).await?;
                Ok::<_, cloudphone_database::DatabaseError>(())
            })
            .await
            .unwrap();
    }

    /// The single number that a statement answers.
    pub async fn number(&self, statement: &str) -> i64 {
        use diesel_async::RunQueryDsl;
        #[derive(diesel::QueryableByName)]
        struct Number {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let found: Number = self
            .database
            .system_transaction(async |conn| {
                Ok::<_, cloudphone_database::DatabaseError>(diesel::sql_query(statement).get_result(conn).await?)
            })
            .await
            .unwrap();
        found.number
    }
}

//! A whole apps domain on real engines for one test: database, object storage, bus, a stand-in for the devices domain, and
//! ways to talk to it.

#![allow(dead_code, clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Response;
use cloudphone_apps::{Apps, AppsEngines, AppsSettings, AppsStorage};
use cloudphone_cache::Engine as Cache;
use cloudphone_core::{
    Caller, CorrelationId, DeviceId, EventId, ManualClock, Origin, Permission, SessionId, Subject, TenantId, UserId,
};
use cloudphone_database::{Database, Options};
use cloudphone_embedded_postgres::EmbeddedPostgres;
use cloudphone_embedded_s3::EmbeddedS3;
use cloudphone_events::{Bus, CloudEvent, InProcessBus, Relay, RelayOptions};
use futures::StreamExt;
use futures::stream::BoxStream;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

mod face;
pub mod gate;

pub use face::Face;

pub const LANTERN_1: &[u8] = include_bytes!("../fixtures/lantern-1.apk");
pub const LANTERN_2: &[u8] = include_bytes!("../fixtures/lantern-2.apk");
const ACCESS_KEY: &str = "apps";
const SECRET_KEY: &str = "a secret key for tests";

/// What outlives the domain: its engines.
pub struct Engines {
    pub postgres: EmbeddedPostgres,
    pub database: Database,
    pub bus: Arc<InProcessBus>,
    pub cache: Cache,
    pub clock: Arc<ManualClock>,
    pub storage: AppsStorage,
    pub settings: AppsSettings,
    pub folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Engines {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        make_passable(folder.path());
        let postgres = cloudphone_embedded_postgres::Options::new(folder.path().join("postgres"));
        let postgres = EmbeddedPostgres::start(postgres).await.unwrap();
        postgres.ensure_database("apps").await.unwrap();
        let database = Database::connect(Options::new("apps", postgres.url("apps"))).await.unwrap();
        cloudphone_apps::migrate(&database).await.unwrap();
        let options = cloudphone_embedded_s3::Options::new(folder.path().join("storage"), ACCESS_KEY, SECRET_KEY);
        let (store, stop) = (EmbeddedS3::open(options).await.unwrap(), CancellationToken::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let ends = stop.clone();
        tokio::spawn(async move { store.serve(listener, ends).await });
        let storage = AppsStorage {
            public_endpoint: endpoint.clone(),
            endpoint,
            region: "us-east-1".to_owned(),
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            bucket: "packages".to_owned(),
            force_path_style: true,
        };
        let clock = Arc::new(ManualClock::at(chrono::Utc::now()));
        let (bus, cache) = (Arc::new(InProcessBus::new()), Cache::in_process());
        let settings = AppsSettings { part_bytes: 5 * 1024 * 1024, ..AppsSettings::default() };
        Self { postgres, database, bus, cache, clock, storage, settings, folder, stop }
    }

    pub fn domain(&self) -> AppsEngines {
        AppsEngines {
            database: self.database.clone(),
            bus: self.bus.clone(),
            cache: self.cache.clone(),
            clock: self.clock.clone(),
            storage: self.storage.clone(),
            settings: self.settings.clone(),
        }
    }
}

/// PostgreSQL runs as somebody else when the test runs as root.
fn make_passable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The domain at work.
pub struct World {
    pub engines: Engines,
    pub apps: Apps,
    face: Face,
    relay: Relay,
}

impl std::ops::Deref for World {
    type Target = Face;

    fn deref(&self) -> &Face {
        &self.face
    }
}

impl World {
    pub async fn start() -> Self {
        Self::over(Engines::start().await).await
    }

    pub async fn over(engines: Engines) -> Self {
        let apps = cloudphone_apps::build(engines.domain()).await.unwrap();
        let relay = Relay::spawn(engines.database.clone(), engines.bus.clone(), RelayOptions::default());
        let face = Face { subgraph: apps.subgraph().clone() };
        Self { engines, apps, face, relay }
    }

    pub async fn stop(self) -> Engines {
        self.relay.stop().await;
        self.apps.stop().await;
        self.engines
    }
}

impl World {
    /// A device that the devices domain has told of.
    pub async fn device(&self, tenant: TenantId) -> String {
        let id = DeviceId::new();
        self.tell(tenant, "created", id, json!({})).await;
        let known = || async {
            let count = self.count("SELECT count(*) AS count FROM known_devices WHERE device_id = $1", id.0).await;
            (count == 1).then_some(())
        };
        eventually("the device is known", async || known().await).await;
        id.to_string()
    }

    /// Publishes an event of the devices domain.
    pub async fn tell(&self, tenant: TenantId, what: &str, device: DeviceId, facts: Value) {
        let mut data = json!({ "deviceId": device, "name": "phone", "state": "STOPPED", "cause": "test" });
        for (name, value) in facts.as_object().unwrap() {
            data[name] = value.clone();
        }
        let event = CloudEvent {
            spec_version: "1.0".to_owned(),
            id: EventId::new(),
            source: "/cloudphone/devices".to_owned(),
            event_type: format!("devices.device.{what}"),
            time: chrono::Utc::now(),
            data_content_type: "application/json".to_owned(),
            data_schema: format!("devices.device.{what}.v1"),
            subject: device.to_string(),
            tenant_id: tenant,
            aggregate_id: device.0,
            sequence: 1,
            correlation_id: CorrelationId::new(),
            causation_id: None,
            traceparent: None,
            schema_version: 1,
            data,
        };
        self.engines.bus.publish(&[event]).await.unwrap();
    }

    /// Tells what a device says about an installation.
    pub async fn device_says(&self, tenant: TenantId, what: &str, installation: &Value, error: Option<&str>) {
        let device: DeviceId = installation["device"]["id"].as_str().unwrap().parse().unwrap();
        let removal = what == "app-uninstalled" || error == Some("REMOVAL_REFUSED");
        let facts = json!({
            "installationId": installation["id"],
            "applicationId": if removal { Value::Null } else { installation["application"]["id"].clone() },
            "package": "com.cloudphone.lantern",
            "versionCode": if removal { Value::Null } else { json!(1) },
            "error": error.map(|code| json!({ "code": code, "message": "The device says so." })),
        });
        self.tell(tenant, what, device, facts).await;
    }

    /// The payloads of published or waiting events of a type.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        use diesel::sql_types::{Jsonb, Text};
        use diesel_async::RunQueryDsl;

        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Jsonb)]
            envelope: Value,
        }
        let rows: Vec<Row> = self
            .engines
            .database
            .system_transaction(async |conn| {
                let rows = diesel::sql_query("SELECT envelope FROM outbox WHERE event_type = $1 ORDER BY position");
                Ok::<_, cloudphone_database::DatabaseError>(rows.bind::<Text, _>(kind).load(conn).await?)
            })
            .await
            .unwrap();
        rows.into_iter().map(|row| row.envelope["data"].clone()).collect()
    }

    /// The actions in the audit trail, in order.
    pub async fn audited(&self) -> Vec<String> {
        let entries = self.events("core.audit.recorded").await;
        entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    }

    /// The answer of a counting query about an id.
    pub async fn count(&self, query: &str, id: Uuid) -> i64 {
        use diesel_async::RunQueryDsl;

        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let row: Row = self
            .engines
            .database
            .system_transaction(async |conn| {
                let row = diesel::sql_query(query).bind::<diesel::sql_types::Uuid, _>(id);
                Ok::<_, cloudphone_database::DatabaseError>(row.get_result(conn).await?)
            })
            .await
            .unwrap();
        row.count
    }

    /// Objects that storage holds, by the number of files with content.
    pub fn stored_objects(&self) -> usize {
        files_below(&self.engines.folder.path().join("storage/blobs"))
    }
}

fn files_below(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 };
    entries.flatten().map(count).sum()
}

pub const UPLOAD_FIELDS: &str = "id status progress sizeBytes partSizeBytes failure { code message }
    parts { number sizeBytes uploaded } application { id packageName }";
const UPLOAD: &str = "upload { id status progress sizeBytes partSizeBytes failure { code message }
    parts { number sizeBytes uploaded } application { id packageName } }";
pub const INSTALLATION_FIELDS: &str =
    "id status progress attempts failure { code message } device { id } application { id label }";

fn mutation(name: &str, input: &Value, fields: &str) -> (String, Value) {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ answer: {name}(input: $input) {{ {fields} userErrors {{ code message path }} }} }}"
    );
    (query, json!({ "input": input }))
}

pub fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The codes of a payload's user errors.
pub fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap_or_else(|| panic!("{payload}"));
    errors.iter().map(|error| error["code"].as_str().unwrap()).collect()
}

pub fn error_codes(response: &Response) -> Vec<String> {
    let code = |error: &async_graphql::ServerError| {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned();
        code.and_then(|code| code.into_json().ok()).and_then(|code| code.as_str().map(str::to_owned))
    };
    response.errors.iter().map(|error| code(error).unwrap_or_else(|| error.message.clone())).collect()
}

/// The next event of a subscription.
pub async fn next(stream: &mut BoxStream<'static, Response>) -> Value {
    let response = tokio::time::timeout(Duration::from_secs(30), stream.next())
        .await
        .expect("an event comes in time")
        .expect("the subscription goes on");
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()
}

/// Waits until something is there.
pub async fn eventually<T>(what: &str, mut holds: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = holds().await {
            return found;
        }
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

/// A ZIP archive of these files.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

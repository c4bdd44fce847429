//! A publisher and a consumer with a database each, on a throw-away PostgreSQL, and a Redis where a story needs one.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cloudphone_core::{Caller, CommonError, EventId, TenantId};
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError, EmbeddedMigrations, Options, embed_migrations};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions};
use cloudphone_events::{
    Bus, CloudEvent, DomainEvent, Handle, HandlerError, InProcessBus, Inbox, InboxOptions, RedisBus, RedisBusOptions,
    Relay, RelayOptions, outbox,
};
use cloudphone_testkit::RedisServer;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use uuid::Uuid;

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/migrations");
pub const GROUP: &str = "recorder";
const DEADLINE: Duration = Duration::from_mins(1);

diesel::table! {
    recorded (position) {
        position -> BigInt,
        tenant_id -> Uuid,
        event_id -> Uuid,
        aggregate_id -> Uuid,
        number -> BigInt,
    }
}

/// A device counted something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    pub device_id: Uuid,
    pub number: i64,
}

impl DomainEvent for Counted {
    const TYPE: &'static str = "devices.device.counted";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        self.device_id
    }
}

/// Writes each event into a table, and fails on demand.
#[derive(Default)]
pub struct Recorder {
    pub trouble: parking_lot::Mutex<Option<(i64, Trouble)>>,
}

#[derive(Clone, Copy)]
pub enum Trouble {
    Error,
    Panic,
    Hang,
}

impl Recorder {
    pub fn in_trouble(number: i64, trouble: Trouble) -> Arc<Self> {
        Arc::new(Self { trouble: parking_lot::Mutex::new(Some((number, trouble))) })
    }
}

#[async_trait]
impl Handle<Counted> for Recorder {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        counted: Counted,
    ) -> Result<(), HandlerError> {
        diesel::insert_into(recorded::table)
            .values((
                recorded::tenant_id.eq(event.tenant_id),
                recorded::event_id.eq(event.id),
                recorded::aggregate_id.eq(counted.device_id),
                recorded::number.eq(counted.number),
            ))
            .execute(conn)
            .await?;
        let trouble = *self.trouble.lock();
        match trouble {
            Some((number, trouble)) if number == counted.number => match trouble {
                Trouble::Error => Err("the recorder was told to fail".into()),
                Trouble::Panic => panic!("the recorder was told to panic"),
                Trouble::Hang => std::future::pending().await,
            },
            _ => Ok(()),
        }
    }
}

pub struct World {
    pub publisher: Database,
    pub consumer: Database,
    pub tenant: TenantId,
    pub redis: Option<RedisServer>,
    pub postgres: EmbeddedPostgres,
    pub folder: TempDir,
}

impl World {
    pub async fn in_process() -> Self {
        Self::build(false).await
    }

    pub async fn with_redis() -> Self {
        Self::build(true).await
    }

    async fn build(with_redis: bool) -> Self {
        let folder = TempDir::new().unwrap();
        // The server runs as another account when the tests run as root, and must be able to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let postgres = start_postgres(&folder.path().join("postgres")).await;
        let publisher = database(&postgres, "devices").await;
        let consumer = database(&postgres, "identity").await;
        let redis = with_redis.then(RedisServer::start);
        Self { publisher, consumer, tenant: TenantId::new(), redis, postgres, folder }
    }

    pub async fn bus(&self) -> Arc<dyn Bus> {
        match &self.redis {
            Some(redis) => Arc::new(RedisBus::connect(&redis.url(), RedisBusOptions::default()).await.unwrap()),
            None => Arc::new(InProcessBus::new()),
        }
    }

    pub fn caller(&self) -> Caller {
        Caller::service("devices", self.tenant)
    }

    pub async fn count(&self, device_id: Uuid, numbers: impl IntoIterator<Item = i64>) -> Vec<EventId> {
        let mut ids = Vec::new();
        for number in numbers {
            let event = Counted { device_id, number };
            let caller = self.caller();
            ids.push(
                self.publisher
                    .transaction(&caller, async |conn| outbox::append(conn, &caller, &event).await)
                    .await
                    .unwrap(),
            );
        }
        ids
    }

    pub async fn recorded(&self, device_id: Uuid) -> Vec<i64> {
        self.consumer
            .system_transaction(async |conn| {
                Ok::<_, DatabaseError>(
                    recorded::table
                        .filter(recorded::aggregate_id.eq(device_id))
                        .order(recorded::position)
                        .select(recorded::number)
                        .load(conn)
                        .await?,
                )
            })
            .await
            .unwrap()
    }

    pub async fn recorded_in_all(&self) -> i64 {
        let counted: Result<i64, DatabaseError> =
            self.consumer.system_transaction(async |conn| Ok(recorded::table.count().get_result(conn).await?)).await;
        // The database may be away on purpose; then nothing is known to be there.
        counted.unwrap_or(0)
    }

    pub async fn until_recorded(&self, total: i64) {
        until(&format!("{total} events are recorded"), async || self.recorded_in_all().await >= total).await;
    }

    pub async fn unpublished(&self) -> i64 {
        diesel::table! { outbox (id) { id -> Uuid, published_at -> Nullable<Timestamptz>, } }
        self.publisher
            .system_transaction(async |conn| {
                let unpublished = outbox::table.filter(outbox::published_at.is_null()).count();
                Ok::<_, DatabaseError>(unpublished.get_result(conn).await?)
            })
            .await
            .unwrap()
    }

    /// Rows in the publisher's outbox and in the consumer's inbox.
    pub async fn kept(&self) -> (i64, i64) {
        diesel::table! { outbox (id) { id -> Uuid, } }
        diesel::table! { inbox (event_id) { event_id -> Uuid, } }
        let published: Result<i64, DatabaseError> =
            self.publisher.system_transaction(async |conn| Ok(outbox::table.count().get_result(conn).await?)).await;
        let handled: Result<i64, DatabaseError> =
            self.consumer.system_transaction(async |conn| Ok(inbox::table.count().get_result(conn).await?)).await;
        (published.unwrap(), handled.unwrap())
    }

    pub fn inbox(&self, recorder: Arc<Recorder>) -> Inbox {
        Inbox::new(self.consumer.clone(), GROUP).with_options(quick_inbox()).on::<Counted>(recorder)
    }

    pub fn relay(&self, bus: &Arc<dyn Bus>) -> Relay {
        Relay::spawn(self.publisher.clone(), Arc::clone(bus), quick_relay())
    }

    pub async fn restart_postgres(&mut self) {
        self.postgres.stop().await;
        self.postgres = start_postgres(&self.folder.path().join("postgres")).await;
    }
}

pub fn quick_inbox() -> InboxOptions {
    InboxOptions {
        max_attempts: 3,
        first_backoff: Duration::from_millis(20),
        poll_interval: Duration::from_millis(50),
        handler_timeout: Duration::from_millis(500),
        ..InboxOptions::default()
    }
}

pub fn quick_relay() -> RelayOptions {
    RelayOptions { upkeep_interval: Duration::from_millis(200), ..RelayOptions::default() }
}

pub async fn start_postgres(data_dir: &Path) -> EmbeddedPostgres {
    EmbeddedPostgres::start(ClusterOptions::new(data_dir)).await.unwrap()
}

pub async fn database(postgres: &EmbeddedPostgres, name: &str) -> Database {
    postgres.ensure_database(name).await.unwrap();
    let database = Database::connect(Options::new(name, postgres.url(name))).await.unwrap();
    database.migrate(cloudphone_events::migrations()).await.unwrap();
    database.migrate(MIGRATIONS).await.unwrap();
    database
}

/// Waits for a condition, and fails the test when it does not come true.
pub async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < DEADLINE, "it never happened that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn conflict() -> CommonError {
    CommonError::Conflict { what: "device" }
}

//! The pool of connections to one database, its upkeep and its state.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::sql_types::{Bool, Text};
use diesel::{ConnectionError, QueryableByName};
use diesel_async::pooled_connection::deadpool::{Object, Pool, PoolError};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{DatabaseError, Options};

/// How often idle connections are looked at and the pool's state is measured.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(10);
/// A connection beyond the minimum closes after this long without work.
const IDLE_LIMIT: Duration = Duration::from_mins(5);

/// A domain's database. Clones share one pool, which closes with the last of them.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    pool: Pool<AsyncPgConnection>,
    signals: Mutex<HashMap<String, Arc<Notify>>>,
    _upkeep: DropGuard,
}

/// What a health check saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// How long a trivial query took, waiting for a connection included.
    pub answered_in: Duration,
    /// Open connections.
    pub connections: usize,
    /// Open connections that do nothing.
    pub idle: usize,
    /// Callers that wait for a connection.
    pub waiting: usize,
    /// The most connections that may be open.
    pub max_connections: usize,
}

#[derive(QueryableByName)]
struct Role {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    unsafe_role: bool,
}

impl Database {
    /// Connects, opens the minimum of connections and refuses a role that ignores row-level security.
    pub async fn connect(options: Options) -> Result<Self, DatabaseError> {
        let pool = build_pool(&options);
        let upkeep = CancellationToken::new();
        let inner = Inner { options, pool, signals: Mutex::default(), _upkeep: upkeep.clone().drop_guard() };
        let database = Self { inner: Arc::new(inner) };
        database.open_minimum().await?;
        database.check_role().await?;
        let pool = database.inner.pool.clone();
        let (name, minimum) = (database.name().to_owned(), database.inner.options.min_connections);
        // The task ends with the guard in `Inner`, thus with the last clone.
        tokio::spawn(upkeep.run_until_cancelled_owned(keep_up(pool, name, minimum)));
        Ok(database)
    }

    /// The domain that owns the database.
    pub fn name(&self) -> &str {
        &self.inner.options.name
    }

    /// The settings it was connected with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Asks the server a trivial question.
    pub async fn health(&self) -> Result<Health, DatabaseError> {
        let started = Instant::now();
        let mut connection = self.acquire().await?;
        connection.batch_execute("SELECT 1").await?;
        drop(connection);
        let status = self.inner.pool.status();
        Ok(Health {
            answered_in: started.elapsed(),
            connections: status.size,
            idle: status.available,
            waiting: status.waiting,
            max_connections: status.max_size,
        })
    }

    /// A wake-up call shared by all clones, such as from a committed outbox row to the relay.
    pub fn signal(&self, name: &str) -> Arc<Notify> {
        let mut signals = self.inner.signals.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(signals.entry(name.to_owned()).or_default())
    }

    /// Closes the pool: running transactions finish, new ones are refused.
    pub fn close(&self) {
        self.inner.pool.close();
    }

    pub(crate) fn retries(&self) -> u32 {
        self.inner.options.retries
    }

    pub(crate) fn max_connections(&self) -> usize {
        self.inner.options.max_connections
    }

    pub(crate) async fn acquire(&self) -> Result<Object<AsyncPgConnection>, DatabaseError> {
        let waited = Instant::now();
        let acquired = tokio::time::timeout(self.inner.options.acquire_timeout, self.inner.pool.get()).await;
        metrics::histogram!("cloudphone_database_acquire_duration_seconds", "database" => self.name().to_owned())
            .record(waited.elapsed());
        match acquired {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(PoolError::Backend(error))) => Err(DatabaseError::Unreachable(error.to_string())),
            Ok(Err(other)) => Err(DatabaseError::Unreachable(other.to_string())),
            Err(_) => Err(DatabaseError::PoolExhausted { waited_ms: waited.elapsed().as_millis() }),
        }
    }

    async fn open_minimum(&self) -> Result<(), DatabaseError> {
        let wanted = NonZeroUsize::new(self.inner.options.min_connections).unwrap_or(NonZeroUsize::MIN).get();
        futures::future::try_join_all((0..wanted.min(self.max_connections())).map(|_| self.acquire())).await?;
        Ok(())
    }

    async fn check_role(&self) -> Result<(), DatabaseError> {
        let mut connection = self.acquire().await?;
        let role: Role = diesel::sql_query(
            "SELECT rolname::text AS name, rolsuper OR rolbypassrls AS unsafe_role FROM pg_roles WHERE rolname = current_user",
        )
        .get_result(&mut connection)
        .await?;
        if role.unsafe_role { Err(DatabaseError::UnsafeRole { role: role.name }) } else { Ok(()) }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Database").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn build_pool(options: &Options) -> Pool<AsyncPgConnection> {
    let mut config = ManagerConfig::default();
    // A closed socket is noticed without a query; whatever else is wrong shows at BEGIN, which may change connections.
    config.recycling_method = RecyclingMethod::Fast;
    let (setup, connect_timeout) = (session_setup(options), options.connect_timeout);
    config.custom_setup = Box::new(move |url| establish(url.to_owned(), setup.clone(), connect_timeout));
    let manager = AsyncDieselConnectionManager::new_with_config(&options.url, config);
    Pool::builder(manager)
        .max_size(options.max_connections)
        .build()
        .expect("no pool time-outs that need a runtime are set")
}

/// Settings that last for a connection's life.
pub(crate) fn session_setup(options: &Options) -> String {
    let name: String = options.name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    let statement_ms = options.statement_timeout.as_millis();
    format!(
        "SET application_name = 'cloudphone-{name}'; SET statement_timeout = {statement_ms}; \
         SET idle_in_transaction_session_timeout = {};",
        statement_ms.saturating_mul(2)
    )
}

pub(crate) fn establish(
    url: String,
    setup: String,
    connect_timeout: Duration,
) -> BoxFuture<'static, Result<AsyncPgConnection, ConnectionError>> {
    async move {
        let opening = async {
            let mut connection = AsyncPgConnection::establish(&url).await?;
            connection.batch_execute(&setup).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(connection)
        };
        match tokio::time::timeout(connect_timeout, opening).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ConnectionError::BadConnection("connecting took too long".to_owned())),
        }
    }
    .boxed()
}

async fn keep_up(pool: Pool<AsyncPgConnection>, name: String, minimum: usize) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        let mut spare = pool.status().size.saturating_sub(minimum);
        pool.retain(|_, usage| {
            let expendable = spare > 0 && usage.last_used() > IDLE_LIMIT;
            spare -= usize::from(expendable);
            !expendable
        });
        let status = pool.status();
        let gauge = |state: &'static str, count: usize| {
            // Pools hold tens of connections, far from where a float loses whole numbers.
            #[allow(clippy::cast_precision_loss)]
            metrics::gauge!("cloudphone_database_connections", "database" => name.clone(), "state" => state)
                .set(count as f64);
        };
        gauge("idle", status.available);
        gauge("used", status.size.saturating_sub(status.available));
        gauge("waiting", status.waiting);
    }
}

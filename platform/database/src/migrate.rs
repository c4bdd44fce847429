//! Schema migrations: embedded in the program, run by one process at a time.

use std::time::Duration;

use diesel::migration::MigrationSource as _;
use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::pool::{establish, session_setup};
use crate::{Database, DatabaseError};

/// What every database of the platform has: the functions that keep tenants apart.
const TENANCY: EmbeddedMigrations = embed_migrations!("migrations");

/// Any number that nothing else in our databases locks.
const MIGRATION_LOCK: i64 = 0x0c10_0d9b_04e0;

/// How long another process may keep us waiting with its own migrations.
const LOCK_TIMEOUT: Duration = Duration::from_mins(2);

impl Database {
    /// Brings the schema up to date and answers the versions that ran. Processes that start together take turns.
    pub async fn migrate(&self, migrations: EmbeddedMigrations) -> Result<Vec<String>, DatabaseError> {
        self.with_migration_connection(move |harness| {
            let mut applied = Vec::new();
            for source in [&TENANCY, &migrations] {
                let versions = harness.run_pending_migrations_of(source)?;
                applied.extend(versions);
            }
            Ok(applied)
        })
        .await
    }

    /// The versions that [`migrate`](Self::migrate) would run.
    pub async fn pending_migrations(&self, migrations: EmbeddedMigrations) -> Result<Vec<String>, DatabaseError> {
        self.with_migration_connection(move |harness| {
            let mut pending = Vec::new();
            for source in [&TENANCY, &migrations] {
                pending.extend(harness.pending_of(source)?);
            }
            Ok(pending)
        })
        .await
    }

    async fn with_migration_connection<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Harness) -> diesel::migration::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let options = self.options();
        let mut connection = establish(options.url.clone(), session_setup(options), options.connect_timeout)
            .await
            .map_err(|error| DatabaseError::Unreachable(error.to_string()))?;
        // Rewriting a large table may take longer than any request should.
        let prepare = format!(
            "SET statement_timeout = {}; SELECT pg_advisory_lock({MIGRATION_LOCK}); SET statement_timeout = 0;",
            LOCK_TIMEOUT.as_millis()
        );
        connection.batch_execute(&prepare).await?;
        // The harness blocks; the lock goes with its connection.
        tokio::task::spawn_blocking(move || work(&mut Harness(AsyncMigrationHarness::new(connection))))
            .await
            .map_err(|error| DatabaseError::Migration(error.to_string()))?
            .map_err(|error| DatabaseError::Migration(error.to_string()))
    }
}

struct Harness(AsyncMigrationHarness<AsyncPgConnection>);

impl Harness {
    fn pending_of(&mut self, source: &EmbeddedMigrations) -> diesel::migration::Result<Vec<String>> {
        let applied = self.0.applied_migrations()?;
        let known = diesel::migration::MigrationSource::<Pg>::migrations(source)?;
        Ok(known
            .iter()
            .map(|migration| migration.name().version())
            .filter(|version| !applied.contains(version))
            .map(|version| version.to_string())
            .collect())
    }

    fn run_pending_migrations_of(&mut self, source: &EmbeddedMigrations) -> diesel::migration::Result<Vec<String>> {
        let applied = self.0.applied_migrations()?;
        let mut known: Vec<Box<dyn diesel::migration::Migration<Pg>>> = source.migrations()?;
        known.sort_unstable_by(|one, other| one.name().version().cmp(&other.name().version()));
        let mut ran = Vec::new();
        for migration in known {
            if !applied.contains(&migration.name().version()) {
                self.0.run_migration(&*migration)?;
                ran.push(migration.name().to_string());
            }
        }
        Ok(ran)
    }
}

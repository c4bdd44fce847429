//! A throw-away PostgreSQL with one table of tenants' notes.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::os::unix::fs::PermissionsExt;

use cloudphone_core::{Caller, TenantId};
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError, EmbeddedMigrations, Options, embed_migrations};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use tempfile::TempDir;
use uuid::Uuid;

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/migrations");

diesel::table! {
    notes (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        body -> Text,
        revision -> Integer,
    }
}

pub struct Server {
    pub postgres: EmbeddedPostgres,
    pub folder: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        // The server runs as another account when the tests run as root, and must be able to pass.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let postgres = EmbeddedPostgres::start(ClusterOptions::new(folder.path().join("postgres"))).await.unwrap();
        postgres.ensure_database("notes").await.unwrap();
        Self { postgres, folder }
    }

    pub fn options(&self) -> Options {
        Options::new("notes", self.postgres.url("notes"))
    }

    pub async fn database(&self) -> Database {
        let database = Database::connect(self.options()).await.unwrap();
        database.migrate(MIGRATIONS).await.unwrap();
        database
    }
}

pub fn caller_of(tenant_id: TenantId) -> Caller {
    Caller::service("test", tenant_id)
}

pub async fn insert(conn: &mut AsyncPgConnection, tenant_id: TenantId, body: &str) -> Result<Uuid, DatabaseError> {
    let id = Uuid::now_v7();
    diesel::insert_into(notes::table)
        .values((notes::id.eq(id), notes::tenant_id.eq(tenant_id), notes::body.eq(body)))
        .execute(conn)
        .await?;
    Ok(id)
}

pub async fn bodies(conn: &mut AsyncPgConnection) -> Result<Vec<String>, DatabaseError> {
    Ok(notes::table.select(notes::body).order(notes::body).load(conn).await?)
}

//! Statements only the superuser may run: the application's role and its databases.

use std::{path::Path, time::Duration};

use tokio::time::timeout;
use tokio_postgres::{Config, NoTls, error::SqlState};

use crate::{cluster::SUPERUSER, error::Error};

/// The role that owns the application's databases. It is no superuser and cannot bypass row-level security.
pub const APPLICATION_ROLE: &str = "cloudphone";

/// How long any of these statements may take.
const PATIENCE: Duration = Duration::from_secs(30);

const CREATE_ROLE: &str = "DO $$ BEGIN \
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cloudphone') THEN CREATE ROLE cloudphone; END IF; \
    ALTER ROLE cloudphone LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS; END $$";

/// Runs statements one by one on a connection of the superuser.
async fn execute(socket: &Path, action: &'static str, statement: &str) -> Result<(), Error> {
    let work = async {
        let (client, connection) = Config::new()
            .host_path(socket)
            .user(SUPERUSER)
            .dbname("postgres")
            .application_name("cloudphone-embedded-postgres")
            .connect(NoTls)
            .await?;
        // The connection does its work while the statement is awaited and ends with the client.
        let statement = async move { client.batch_execute(statement).await };
        let (result, _) = tokio::join!(statement, connection);
        result
    };
    match timeout(PATIENCE, work).await {
        Ok(result) => result.map_err(|source| Error::Database { action, source }),
        Err(_) => Err(Error::Timeout { action }),
    }
}

/// Whether the server answers a query.
pub(crate) async fn ping(socket: &Path) -> Result<(), Error> {
    let action = "ask whether PostgreSQL answers";
    match timeout(Duration::from_secs(2), execute(socket, action, "SELECT 1")).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout { action }),
    }
}

/// Makes the application's role what it must be.
pub(crate) async fn ensure_role(socket: &Path) -> Result<(), Error> {
    execute(socket, "create the application's role", CREATE_ROLE).await
}

/// Makes a database of the application's role unless it exists.
pub(crate) async fn ensure_database(socket: &Path, name: &str) -> Result<(), Error> {
    check_name(name)?;
    let statement = format!("CREATE DATABASE {name} OWNER {APPLICATION_ROLE} TEMPLATE template0 ENCODING 'UTF8'");
    match execute(socket, "create a database", &statement).await {
        Err(Error::Database { source, .. }) if source.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        // Two creations at once: the later one meets the catalogue's unique index.
        Err(Error::Database { source, .. }) if source.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(()),
        other => other,
    }
}

/// Accepts names that need no quoting and are none of PostgreSQL's own.
fn check_name(name: &str) -> Result<(), Error> {
    let plain = name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !["postgres", "template0", "template1"].contains(&name);
    if plain { Ok(()) } else { Err(Error::InvalidDatabaseName(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_database_name_cannot_carry_sql() {
        check_name("devices_2").unwrap();
        for name in ["", "Devices", "1st", "a b", "x;drop", "x\"", "template1", &"x".repeat(64)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}

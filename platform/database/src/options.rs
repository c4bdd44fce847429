//! How to reach a database and how much of it to use.

use std::time::Duration;

/// Settings of one database; the defaults suit a domain of the platform.
#[derive(Clone)]
pub struct Options {
    /// `postgres://user:password@host/database`, or `postgres:///database?host=/socket/folder&user=name` for a Unix socket.
    pub url: String,
    /// The domain that owns the database, such as `devices`: names it in metrics, in logs, in the server's activity
    /// view and as the source of events.
    pub name: String,
    /// Connections that stay open while idle.
    pub min_connections: usize,
    /// The most connections open at once.
    pub max_connections: usize,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// How long one statement may run before the server ends it.
    pub statement_timeout: Duration,
    /// How often a transaction runs again after it lost against a concurrent one.
    pub retries: u32,
}

impl Options {
    /// The defaults for a domain's database: 2 to 20 connections, 30 s per statement.
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: name.into(),
            min_connections: 2,
            max_connections: 20,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            retries: 5,
        }
    }
}

// Written by hand, since the address carries a password.
impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("name", &self.name)
            .field("min_connections", &self.min_connections)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

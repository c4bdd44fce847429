//! PostgreSQL: a private cluster under the data folder, or a server of the operator's.

use std::time::Duration;

use anyhow::Context as _;
use cloudphone_database::{Database, Options};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions};

use crate::settings::Settings;

/// Where the domains' databases are.
pub(crate) struct Databases {
    server: Server,
    max_connections: usize,
    statement_timeout: Duration,
}

enum Server {
    Embedded(EmbeddedPostgres),
    External { url: String },
}

impl Databases {
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let server = if let Some(url) = &settings.database.url {
            Server::External { url: url.reveal().trim_end_matches('/').to_owned() }
        } else {
            let folder = settings.data_dir.0.join("postgres");
            let folder = std::path::absolute(&folder).context("the data folder has no absolute path")?;
            Server::Embedded(EmbeddedPostgres::start(ClusterOptions::new(folder)).await?)
        };
        Ok(Self {
            server,
            max_connections: settings.database.max_connections,
            statement_timeout: Duration::from_secs(settings.database.statement_timeout_seconds),
        })
    }

    /// A domain's own database, `cloudphone_{domain}`. An embedded cluster makes it; elsewhere it must be there.
    pub(crate) async fn of(&self, domain: &str) -> anyhow::Result<Database> {
        let name = format!("cloudphone_{domain}");
        let url = match &self.server {
            Server::Embedded(cluster) => {
                cluster.ensure_database(&name).await?;
                cluster.url(&name)
            }
            Server::External { url } => with_database(url, &name),
        };
        let mut options = Options::new(domain, url);
        options.max_connections = self.max_connections;
        options.statement_timeout = self.statement_timeout;
        Database::connect(options).await.with_context(|| format!("the database {name} cannot be used"))
    }

    pub(crate) async fn stop(self) {
        if let Server::Embedded(cluster) = self.server {
            cluster.stop().await;
        }
    }
}

/// Puts the database's name into a server address, before its parameters.
fn with_database(url: &str, name: &str) -> String {
    match url.split_once('?') {
        Some((server, parameters)) => format!("{}/{name}?{parameters}", server.trim_end_matches('/')),
        None => format!("{url}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_goes_before_the_parameters() {
        assert_eq!(with_database("postgres://u@h:5432", "db"), "postgres://u@h:5432/db");
        assert_eq!(
            with_database("postgres://u@h:5432/?sslmode=require", "db"),
            "postgres://u@h:5432/db?sslmode=require"
        );
    }
}

//! PostgreSQL: a private cluster under the data folder, or a server of the operator's.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use cloudphone_database::{Database, Options};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions, RunningCluster};

use crate::settings::Settings;

/// Where the domains' databases are.
pub(crate) struct Databases {
    server: Server,
    max_connections: usize,
    statement_timeout: Duration,
}

enum Server {
    Embedded(EmbeddedPostgres),
    /// The cluster of a platform that runs beside this process.
    Running(RunningCluster),
    External {
        url: String,
    },
}

/// Connections that a look from beside takes at most, so that the platform keeps its own.
const CONNECTIONS_BESIDE: usize = 2;

impl Databases {
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let server = if let Some(url) = &settings.database.url {
            Server::External { url: url.reveal().trim_end_matches('/').to_owned() }
        } else {
            Server::Embedded(EmbeddedPostgres::start(ClusterOptions::new(cluster_folder(settings)?)).await?)
        };
        Ok(Self {
            server,
            max_connections: settings.database.max_connections,
            statement_timeout: Duration::from_secs(settings.database.statement_timeout_seconds),
        })
    }

    /// Reaches the databases of a platform that may be running; the embedded cluster is started only if nobody runs it.
    pub(crate) async fn beside(settings: &Settings) -> anyhow::Result<Self> {
        let running = match &settings.database.url {
            None => EmbeddedPostgres::running(cluster_folder(settings)?).await,
            Some(_) => None,
        };
        let server = match running {
            Some(cluster) => Server::Running(cluster),
            None => Self::start(settings).await?.server,
        };
        Ok(Self {
            server,
            max_connections: CONNECTIONS_BESIDE,
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
            Server::Running(cluster) => cluster.url(&name),
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

fn cluster_folder(settings: &Settings) -> anyhow::Result<PathBuf> {
    let folder = settings.data_dir.0.join("postgres");
    std::path::absolute(&folder).context("the data folder has no absolute path")
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

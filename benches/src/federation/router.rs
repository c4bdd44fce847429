//! The router under test: `cloudphone router` before the subgraphs over HTTP, or the same router with the subgraphs in its process.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use super::memo::Memo;
use crate::program::{Program, free_ports, log_filter};

/// A composed supergraph on disk.
pub struct Supergraph {
    /// The file.
    pub file: PathBuf,
    /// The subgraphs' SDL, by name.
    pub subgraphs: HashMap<&'static str, PathBuf>,
    _folder: TempDir,
}

impl Supergraph {
    /// Composes the subgraphs by the command that users have.
    pub async fn compose(program: &Path, subgraphs: &[Arc<Memo>], addresses: &[SocketAddr]) -> anyhow::Result<Self> {
        let folder = crate::folder::temporary()?;
        let mut command = Command::new(program);
        command.args(["schema", "compose"]);
        let mut files = HashMap::new();
        for (subgraph, address) in subgraphs.iter().zip(addresses) {
            let file = folder.path().join(format!("{}.graphql", subgraph.name));
            tokio::fs::write(&file, &subgraph.sdl).await?;
            let part = format!("{}=http://{address}/graphql,{}", subgraph.name, file.display());
            command.args(["--subgraph", &part]);
            files.insert(subgraph.name, file);
        }
        let output = command.output().await?;
        ensure!(output.status.success(), "it does not compose: {}", String::from_utf8_lossy(&output.stderr));
        let file = folder.path().join("supergraph.graphql");
        tokio::fs::write(&file, &output.stdout).await?;
        Ok(Self { file, subgraphs: files, _folder: folder })
    }
}

/// Starts `cloudphone router`.
pub async fn over_http(
    program: &Path,
    supergraph: &Supergraph,
    settings: &[(&str, &str)],
) -> anyhow::Result<(Program, SocketAddr)> {
    let [port] = free_ports().await?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = Command::new(program);
    command.args(["router", "--listen", &address.to_string(), "--supergraph"]).arg(&supergraph.file);
    command
        .env("CLOUDPHONE_OBSERVABILITY__LOG_FILTER", log_filter())
        .env("CLOUDPHONE_ROUTER__SUBSCRIPTIONS_FROM_NEXT", "stockChanged")
        // All clients come from one address.
        .env("CLOUDPHONE_ROUTER__MAX_CONNECTIONS_PER_USER", "100000")
        .envs(settings.iter().copied());
    let program = Program::start(command, "router on").await?;
    Ok((program, address))
}

/// Starts this program as a router with its subgraphs inside.
pub async fn in_process(supergraph: &Supergraph, delay: Duration) -> anyhow::Result<(Program, SocketAddr)> {
    let [port] = free_ports().await?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = Command::new(std::env::current_exe().context("this program has no path")?);
    command.args(["federation-in-process", "--listen", &address.to_string(), "--supergraph"]).arg(&supergraph.file);
    command.args(["--delay-ms", &delay.as_millis().to_string()]);
    let program = Program::start(command, "router on").await?;
    Ok((program, address))
}

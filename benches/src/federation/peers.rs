//! Other gateways and servers beside ours: the same subgraphs, the same load, the same checks. They come from npm.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::router::Supergraph;
use crate::program::free_ports;

/// How long a peer may take to start.
const START: Duration = Duration::from_mins(1);

/// A gateway or server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Hive Gateway, by its command line.
    Hive,
    /// Mercurius in gateway mode.
    Mercurius,
    /// graphql-yoga whose events come over MQTT.
    Yoga,
}

impl Peer {
    /// Whether it can let equal requests of equal callers share their calls to subgraphs.
    pub fn can_share(self) -> bool {
        self == Self::Hive
    }

    /// What it is called in the table, with its version.
    pub fn title(self, folder: &Path) -> anyhow::Result<String> {
        let (name, package) = match self {
            Self::Hive => ("Hive Gateway", "@graphql-hive/gateway"),
            Self::Mercurius => ("Mercurius gateway", "@mercuriusjs/gateway"),
            Self::Yoga => ("graphql-yoga with MQTT", "graphql-yoga"),
        };
        let file = folder.join("node_modules").join(package).join("package.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} is not installed", file.display()))?;
        let about: Value = serde_json::from_str(&text)?;
        Ok(format!("{name} {}", about["version"].as_str().unwrap_or("of an unknown version")))
    }
}

/// A peer that runs.
pub struct Running {
    child: Child,
    /// Its process.
    pub pid: u32,
    /// Where it answers.
    pub address: SocketAddr,
}

/// Where the peers' packages are installed; installs them when they are not.
pub async fn install(source: &Path) -> anyhow::Result<PathBuf> {
    let folder = source.canonicalize().with_context(|| format!("{} has no peers", source.display()))?;
    if !folder.join("node_modules").is_dir() {
        eprintln!("installing the peers into {}", folder.display());
        let mut command = Command::new("npm");
        command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        let status = command.stdout(Stdio::null()).status().await.context("npm cannot be run")?;
        ensure!(status.success(), "npm ci: {status}");
    }
    Ok(folder)
}

/// Starts a peer before the subgraphs, which are at these addresses by name; `is_shared` lets equal requests share calls.
pub async fn start(
    peer: Peer,
    folder: &Path,
    supergraph: &Supergraph,
    subgraphs: &[(&'static str, SocketAddr)],
    broker: Option<SocketAddr>,
    is_shared: bool,
) -> anyhow::Result<Running> {
    let [port] = free_ports().await?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = Command::new("node");
    command.current_dir(folder).env("PORT", port.to_string()).env("NODE_ENV", "production");
    match peer {
        Peer::Hive => {
            command.env("SHARED", if is_shared { "1" } else { "" });
            command.arg("node_modules/@graphql-hive/gateway/dist/bin.js").arg("supergraph").arg(&supergraph.file);
            command.args(["--port", &port.to_string(), "--host", "127.0.0.1", "--config-path", "hive.config.mjs"]);
        }
        Peer::Mercurius => {
            command.arg("mercurius.mjs");
            for (name, address) in subgraphs {
                command.arg(format!("{name}=http://{address}/graphql,{}", supergraph.subgraphs[name].display()));
            }
        }
        Peer::Yoga => {
            let broker = broker.context("a broker is needed")?;
            command.arg("yoga.mjs").env("MQTT_URL", format!("mqtt://{broker}"));
        }
    }
    let log = std::fs::File::create(folder.join(format!("{peer:?}.log").to_lowercase()))?;
    command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
    let mut child = command.spawn().context("node cannot be run")?;
    let pid = child.id().context("it ended at once")?;
    let until = Instant::now() + START;
    while TcpStream::connect(address).await.is_err() {
        if let Some(status) = child.try_wait()? {
            bail!("{peer:?} ended with {status}; see its log in {}", folder.display());
        }
        ensure!(Instant::now() < until, "{peer:?} does not listen; see its log in {}", folder.display());
        sleep(Duration::from_millis(100)).await;
    }
    Ok(Running { child, pid, address })
}

impl Running {
    /// Ends it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

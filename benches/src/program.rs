//! The program under test in a process of its own, from its start until it has stopped.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::client::Client;

/// How long a start may take; a thousand demo devices take a while.
const START: Duration = Duration::from_mins(3);
/// How long a stop may take.
const STOP: Duration = Duration::from_mins(1);

/// A running part of the platform.
pub struct Program {
    child: Child,
    /// Its process id.
    pub pid: u32,
    /// From the start until it said that it is ready.
    pub ready_after: Duration,
    /// The line in which it said so.
    pub said: String,
}

impl Program {
    /// Starts it and waits for a line with `ready` in it.
    pub async fn start(mut command: Command, ready: &str) -> anyhow::Result<Self> {
        let began = Instant::now();
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let pid = child.id().context("it ended at once")?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output is piped")?).lines();
        let said = timeout(START, async {
            while let Some(line) = lines.next_line().await? {
                if line.contains(ready) {
                    return Ok(line);
                }
            }
            bail!("it ended before it was ready; see its messages above")
        })
        .await
        .context("it was not ready in time")??;
        let ready_after = began.elapsed();
        // Whatever it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, pid, ready_after, said })
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw).context("a process id is positive")?;
        kill_process(pid, Signal::TERM)?;
        let status = timeout(STOP, self.child.wait()).await.context("it did not stop in time")??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}

/// `cloudphone up` with everything embedded, and a client that is signed in.
pub struct Platform {
    /// The process.
    pub program: Program,
    /// Signed in as the demo organisation's administrator.
    pub client: Client,
    /// Where devices connect.
    pub mqtt_port: u16,
}

impl Platform {
    /// Starts it on a data folder with so many demo devices and these further settings.
    pub async fn start(
        program: &Path,
        data: &TempDir,
        devices: usize,
        settings: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let [http_port, mqtt_port, websocket_port, storage_port] = free_ports().await?;
        let mut command = Command::new(program);
        command
            .args(["up", "--port", &http_port.to_string(), "--devices", &devices.to_string(), "--data-dir"])
            .arg(data.path().join("data"))
            .env("CLOUDPHONE_MQTT__PORT", mqtt_port.to_string())
            .env("CLOUDPHONE_MQTT__WEBSOCKET_PORT", websocket_port.to_string())
            .env("CLOUDPHONE_STORAGE__PORT", storage_port.to_string())
            .env("CLOUDPHONE_OBSERVABILITY__LOG_FILTER", log_filter())
            // All clients come from one address.
            .env("CLOUDPHONE_ROUTER__MAX_CONNECTIONS_PER_USER", "100000")
            .envs(settings.iter().map(|(name, value)| (*name, value.as_str())));
        let program = Program::start(command, "is ready").await?;
        let client = Client::sign_in(&format!("http://127.0.0.1:{http_port}")).await?;
        Ok(Self { program, client, mqtt_port })
    }
}

/// Warnings only, unless the environment asks for more: the cost of logging is not the subject.
pub fn log_filter() -> String {
    std::env::var("CLOUDPHONE_OBSERVABILITY__LOG_FILTER").unwrap_or_else(|_| "warn".to_owned())
}

/// Ports of the loopback interface that nobody uses at this moment.
pub async fn free_ports<const N: usize>() -> anyhow::Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    for _ in 0..N {
        held.push(TcpListener::bind(("127.0.0.1", 0)).await?);
    }
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

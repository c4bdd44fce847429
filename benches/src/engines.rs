//! The platform in parts, each in a process of its own, over engines that are not its own: PostgreSQL, Redis, Mosquitto and an S3 service.

use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloudphone_embedded_postgres::EmbeddedPostgres;
use cloudphone_embedded_s3::{EmbeddedS3, Options as StorageOptions};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::client::Client;
use crate::program::{Program, free_ports, log_filter};

/// What only the parts know.
pub const SECRET: &str = "a secret that only the parts of a benchmark know";
/// The subgraphs.
const SUBGRAPHS: [&str; 3] = ["identity", "devices", "apps"];
/// How long an engine may take to listen.
const LISTENS: Duration = Duration::from_secs(20);

/// Everything of the distributed form.
pub struct Distributed {
    /// The router's process.
    pub router: Program,
    /// The subgraphs' processes.
    pub subgraphs: Vec<Program>,
    /// Where the devices subgraph answers the router.
    pub devices_url: String,
    /// Signed in.
    pub client: Client,
    _engines: [Child; 2],
    _storage: DropGuard,
}

impl Distributed {
    /// Starts the other engines, then the parts.
    pub async fn start(program: &Path, folder: &TempDir, postgres: &EmbeddedPostgres) -> anyhow::Result<Self> {
        let [redis_port, mqtt_port, identity, devices, apps] = free_ports().await?;
        for domain in SUBGRAPHS {
            postgres.ensure_database(&format!("cloudphone_{domain}")).await?;
        }
        let redis = engine("redis-server", redis_port, |command| {
            command.args(["--port", &redis_port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
            command.current_dir(folder.path());
        });
        let rules = folder.path().join("mosquitto.conf");
        let account = if rustix::process::geteuid().is_root() { "user root\n" } else { "" };
        std::fs::write(&rules, format!("listener {mqtt_port} 127.0.0.1\nallow_anonymous true\n{account}"))?;
        let mosquitto = engine("mosquitto", mqtt_port, |command| {
            command.arg("-c").arg(&rules);
        });
        let engines = [redis.await?, mosquitto.await?];
        let store = StorageOptions::new(folder.path().join("storage"), "cloudphone", SECRET);
        let (store, listener) = (EmbeddedS3::open(store).await?, TcpListener::bind(("127.0.0.1", 0)).await?);
        let storage_url = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        tokio::spawn({
            let stop = stop.clone();
            async move { store.serve(listener, stop).await }
        });
        let mut settings = vec![
            ("CLOUDPHONE_INTERNAL_SECRET".to_owned(), SECRET.to_owned()),
            ("CLOUDPHONE_DATABASE__URL".to_owned(), postgres.url("")),
            ("CLOUDPHONE_ENGINE__REDIS_URL".to_owned(), format!("redis://127.0.0.1:{redis_port}")),
            ("CLOUDPHONE_MQTT__URL".to_owned(), format!("mqtt://127.0.0.1:{mqtt_port}")),
            ("CLOUDPHONE_STORAGE__URL".to_owned(), storage_url),
            ("CLOUDPHONE_STORAGE__SECRET_KEY".to_owned(), SECRET.to_owned()),
            ("CLOUDPHONE_HTTP__PORT".to_owned(), "0".to_owned()),
            ("CLOUDPHONE_DEVICES__PLAY_SIMULATED".to_owned(), "false".to_owned()),
            ("CLOUDPHONE_OBSERVABILITY__LOG_FILTER".to_owned(), log_filter()),
        ];
        for (name, port) in SUBGRAPHS.into_iter().zip([identity, devices, apps]) {
            let name = name.to_uppercase();
            settings.push((format!("CLOUDPHONE_SUBGRAPHS__{name}_PORT"), port.to_string()));
            settings.push((format!("CLOUDPHONE_SUBGRAPHS__{name}"), format!("http://127.0.0.1:{port}")));
        }
        let command = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).envs(settings.iter().cloned());
            command
        };
        for arguments in [&["migrate"][..], &["demo", "seed", "--devices", "0"]] {
            let status = command(arguments).stdout(Stdio::null()).status().await?;
            ensure!(status.success(), "{} failed with {status}", arguments.join(" "));
        }
        let mut subgraphs = Vec::new();
        for name in SUBGRAPHS {
            subgraphs.push(Program::start(command(&["serve", name]), " on http://").await?);
        }
        let router = Program::start(command(&["serve", "router"]), "router on ").await?;
        let base = router.said.trim_start_matches("router on ").to_owned();
        let client = Client::sign_in(&base).await?;
        let devices_url = format!("http://127.0.0.1:{devices}");
        Ok(Self { router, subgraphs, devices_url, client, _engines: engines, _storage: stop.drop_guard() })
    }

    /// Ends the parts, then the engines that are children.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.router.stop().await?;
        for subgraph in self.subgraphs {
            subgraph.stop().await?;
        }
        Ok(())
    }
}

async fn engine(name: &str, port: u16, prepare: impl FnOnce(&mut Command)) -> anyhow::Result<Child> {
    let outside = format!("/usr/sbin/{name}");
    let mut command = Command::new(if Path::new(&outside).exists() { &outside } else { name });
    prepare(&mut command);
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().with_context(|| format!("{name} is missing; install its Debian package"))?;
    let deadline = Instant::now() + LISTENS;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(Instant::now() < deadline, "{name} does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(child)
}

//! External engines from the distribution's packages, each a child process in a folder of the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use cloudphone_embedded_postgres::{EmbeddedPostgres, Options};
use cloudphone_embedded_s3::{EmbeddedS3, Options as StorageOptions};
use tokio_util::sync::CancellationToken;

use super::{Folder, Program, eventually, holds};

/// A PostgreSQL server that the platform knows by URL only.
pub struct Postgres {
    cluster: EmbeddedPostgres,
    _folder: Folder,
}

impl Postgres {
    pub async fn start() -> Self {
        let folder = Folder::new();
        let cluster = EmbeddedPostgres::start(Options::new(folder.join("server"))).await.unwrap();
        for domain in ["identity", "devices", "apps"] {
            cluster.ensure_database(&format!("cloudphone_{domain}")).await.unwrap();
        }
        Self { cluster, _folder: folder }
    }

    /// Without a database's name.
    pub fn url(&self) -> String {
        self.cluster.url("")
    }

    pub async fn stop(self) {
        self.cluster.stop().await;
    }
}

/// A Mosquitto broker, which lets everybody in: what a foreign broker permits is its operator's rule.
pub struct Mosquitto {
    pub url: String,
    port: u16,
    program: Program,
    folder: Folder,
}

impl Mosquitto {
    pub async fn start() -> Self {
        let folder = Folder::new();
        let port = free_port();
        // Root would change to an account of its own that may not write here.
        let rules = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\nuser {}\nmax_queued_messages 10000\n",
            if rustix::process::geteuid().is_root() { "root" } else { "mosquitto" }
        );
        fs::write(folder.join("mosquitto.conf"), rules).unwrap();
        let program = Self::run(&folder);
        accepts("mosquitto", port).await;
        Self { url: format!("mqtt://127.0.0.1:{port}"), port, program, folder }
    }

    fn run(folder: &Folder) -> Program {
        let outside = "/usr/sbin/mosquitto";
        let mut command = Command::new(if fs::exists(outside).unwrap_or(false) { outside } else { "mosquitto" });
        command.arg("-c").arg(folder.join("mosquitto.conf"));
        Program::spawn("mosquitto", command, folder.path())
    }

    /// Ends it on the spot with everything it remembers.
    pub fn kill(&mut self) {
        self.program.kill_tree();
    }

    /// Starts it again at the same place.
    pub async fn start_again(&mut self) {
        self.program = Self::run(&self.folder);
        accepts("mosquitto", self.port).await;
    }
}

/// An S3 service that the platform knows by URL only.
pub struct Storage {
    pub url: String,
    stop: CancellationToken,
    _folder: Folder,
}

impl Storage {
    pub const ACCESS_KEY: &str = "an operator";
    pub const SECRET_KEY: &str = "the operator's own secret";

    pub async fn start() -> Self {
        let folder = Folder::new();
        let options = StorageOptions::new(folder.join("objects"), Self::ACCESS_KEY, Self::SECRET_KEY);
        let store = EmbeddedS3::open(options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let ends = stop.clone();
        tokio::spawn(async move { store.serve(listener, ends).await });
        Self { url, stop, _folder: folder }
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A port that nobody uses at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap().local_addr().unwrap().port()
}

async fn accepts(who: &str, port: u16) {
    eventually(20, &format!("{who} listens"), async || {
        holds(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
    })
    .await;
}

//! The platform in one process, as `cloudphone up` runs it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use super::{ADMIN, Client, DEMO_PASSWORD, Folder, Program, SignedIn, binary};

/// How a platform is started.
#[derive(Clone)]
pub struct Builder {
    folder: Arc<Folder>,
    arguments: Vec<String>,
    settings: Vec<(String, String)>,
}

impl Builder {
    /// Without demo devices, on free ports, in a folder of its own.
    pub fn new() -> Self {
        let ports = ["HTTP__PORT", "MQTT__PORT", "MQTT__WEBSOCKET_PORT", "STORAGE__PORT"];
        Self {
            folder: Arc::new(Folder::new()),
            arguments: vec!["--devices".to_owned(), "0".to_owned()],
            settings: ports.iter().map(|name| (format!("CLOUDPHONE_{name}"), "0".to_owned())).collect(),
        }
    }

    /// Options of `up` in place of those that ask for no demo devices.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self
    }

    /// Sets `section.key`.
    pub fn set(mut self, setting: &str, value: impl std::fmt::Display) -> Self {
        let name = format!("CLOUDPHONE_{}", setting.to_uppercase().replace('.', "__"));
        self.settings.push((name, value.to_string()));
        self
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The command that starts it, for tests of starts that fail.
    pub fn command(&self) -> Command {
        let mut command = self.with_settings("up");
        command.arg("--data-dir").arg(self.data_dir()).args(&self.arguments);
        command
    }

    /// Another command of the program under the same settings.
    pub fn with_settings(&self, name: &str) -> Command {
        let mut command = binary();
        command.arg(name).envs(self.settings.iter().cloned()).current_dir(self.folder.path());
        command
    }

    /// Starts it and waits until it is ready.
    pub async fn start(self) -> Platform {
        let mut program = Program::spawn("up", self.command(), self.folder.path());
        let said =
            program.says(60, "where it is", |said| said.contains("Stop with Ctrl+C").then(|| said.to_owned())).await;
        let after = |label: &str| {
            let line = said.lines().find_map(|line| line.trim().strip_prefix(label)).unwrap();
            line.split_whitespace().next().unwrap().to_owned()
        };
        let seconds = after("Cloudphone is ready after").parse().unwrap();
        let client = Client::new(after("Console").trim_end_matches('/'));
        Platform { mqtt: after("MQTT"), client, seconds, program, builder: self }
    }
}

/// A running platform.
pub struct Platform {
    pub program: Program,
    /// An anonymous client.
    pub client: Client,
    /// `mqtt://host:port`
    pub mqtt: String,
    /// How long it says its start took.
    pub seconds: f64,
    pub builder: Builder,
}

impl Platform {
    /// Signs in as the demo organisation's administrator.
    pub async fn admin(&self) -> SignedIn {
        self.client.sign_in(ADMIN, DEMO_PASSWORD).await
    }

    /// Kills everything at once and starts again on what the disk holds.
    pub async fn crash_and_restart(mut self) -> Self {
        self.program.kill_tree();
        self.builder.clone().start().await
    }
}

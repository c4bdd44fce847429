//! A router before a subgraph whose answers wait until the test lets them go.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Schema, Subscription};
use futures::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::BroadcastStream;

use crate::router_alone::{Subgraph, compose, start_by};
use crate::support::{Client, Folder, Program, binary, eventually, holds};

struct Gate {
    asked: Arc<Semaphore>,
    opened: Arc<Semaphore>,
}

#[Object(name = "Query")]
impl Gate {
    async fn now(&self) -> usize {
        7
    }

    /// More than the window of a stream usually is.
    async fn large(&self) -> String {
        "x".repeat(200_000)
    }

    /// Less than what is handed to a connection at once.
    async fn medium(&self) -> String {
        "x".repeat(5_000)
    }

    /// Answers once somebody opens the gate.
    async fn held(&self) -> usize {
        self.asked.add_permits(1);
        self.opened.acquire().await.unwrap().forget();
        8
    }
}

struct Ticks {
    said: broadcast::Sender<String>,
}

#[Subscription(name = "Subscription")]
impl Ticks {
    async fn ticked(&self) -> impl Stream<Item = usize> + use<> {
        stream::iter(1..).then(async |number| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            number
        })
    }

    /// What the test says.
    async fn said(&self) -> impl Stream<Item = String> + use<> {
        BroadcastStream::new(self.said.subscribe()).filter_map(async |said| said.ok())
    }

    /// Much at once, as fast as it is taken.
    async fn poured(&self) -> impl Stream<Item = String> + use<> {
        stream::repeat_with(|| "x".repeat(64 * 1024)).then(async |text| {
            tokio::task::yield_now().await;
            text
        })
    }
}

/// A router before one subgraph, whose gate is closed.
pub(crate) struct Site {
    pub client: Client,
    pub program: Program,
    pub asked: Arc<Semaphore>,
    pub opened: Arc<Semaphore>,
    /// To those who follow `said`.
    pub said: broadcast::Sender<String>,
    _subgraph: Subgraph,
    folder: Folder,
}

impl Site {
    /// Starts it with these variables of the environment and an empty configuration.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        let (asked, opened) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let gate = Gate { asked: Arc::clone(&asked), opened: Arc::clone(&opened) };
        let said = broadcast::Sender::new(1024);
        let ticks = Ticks { said: said.clone() };
        let schema = Schema::build(gate, EmptyMutation, ticks).enable_federation().enable_subscription_in_federation();
        let (folder, subgraph) = (Folder::new(), Subgraph::serve(schema.finish()).await);
        let supergraph = compose(&folder, &[("gate", &subgraph)]).await;
        let mut command: Command = binary();
        // Equal questions are to reach the gate each by itself.
        command.env("CLOUDPHONE_ROUTER__TRAFFIC__DEDUPLICATE", "false").envs(settings.iter().copied());
        let file = folder.join("router.toml");
        fs::write(&file, "").unwrap();
        command.arg("--config").arg(file);
        let (program, client) = start_by(command, &folder, &supergraph).await;
        Self { client, program, asked, opened, said, _subgraph: subgraph, folder }
    }

    /// Asks what waits at the gate, and answers once it does.
    pub async fn hold(&self) -> JoinHandle<Value> {
        let client = self.client.clone();
        let asking = tokio::spawn(async move { client.answer("{ held }", json!({})).await });
        self.asked.acquire().await.unwrap().forget();
        asking
    }

    /// Puts another configuration in place, and waits until it counts.
    pub async fn configure(&self, configuration: &str) {
        let version = async || {
            let report: Value = serde_json::from_str(&self.client.get("/health/detailed").await.1).unwrap();
            report["components"]["configuration"]["detail"]["version"].as_u64().unwrap()
        };
        let before = version().await;
        let file = self.folder.join("router.toml");
        fs::write(file.with_extension("new"), configuration).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
        eventually(20, "the configuration counts", async || holds(version().await > before)).await;
    }
}

//! A router whose file of settings is exchanged under way, before a subgraph that tells how it was asked.

use std::fs;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Schema, Subscription};
use futures::{Stream, StreamExt as _, stream};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::router_alone::{Subgraph, compose, start_by};
use crate::support::{Client, Folder, Program, binary, eventually, holds};

/// What the subgraph shares with its test.
#[derive(Clone)]
pub struct Gate {
    asked: Arc<Semaphore>,
    opened: Arc<Semaphore>,
    calls: Arc<AtomicUsize>,
}

struct Thing;

#[Object]
impl Thing {
    async fn name(&self) -> &str {
        "a thing"
    }

    async fn inner(&self) -> Self {
        Self
    }

    async fn inners(&self) -> Vec<Self> {
        vec![Self]
    }
}

#[Object(name = "Query")]
impl Gate {
    async fn now(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn thing(&self) -> Thing {
        Thing
    }

    async fn things(&self) -> Vec<Thing> {
        vec![Thing]
    }

    async fn text(&self, bytes: usize) -> String {
        "x".repeat(bytes)
    }

    async fn broken(&self) -> async_graphql::Result<Option<usize>> {
        ready(Err("a cause from inside".into())).await
    }

    /// Answers once somebody opens the gate.
    async fn held(&self) -> usize {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.asked.add_permits(1);
        self.opened.acquire().await.unwrap().forget();
        8
    }
}

struct Ticks;

#[Subscription(name = "Subscription")]
impl Ticks {
    async fn ticked(&self) -> impl Stream<Item = usize> + use<> {
        ticks(Duration::from_millis(20))
    }

    async fn stood(&self) -> impl Stream<Item = usize> + use<> {
        ticks(Duration::from_millis(20))
    }

    async fn silent(&self) -> impl Stream<Item = usize> + use<> {
        stream::pending()
    }

    /// Events of many kilobytes, as fast as they are taken.
    async fn poured(&self, id: usize) -> impl Stream<Item = String> + use<> {
        let _ = id;
        ticks(Duration::from_millis(1)).map(|_| "x".repeat(32 * 1024))
    }
}

fn ticks(pause: Duration) -> impl Stream<Item = usize> {
    stream::iter(1..).then(move |number| async move {
        tokio::time::sleep(pause).await;
        number
    })
}

/// A running router and the subgraph behind it.
pub struct Site {
    pub client: Client,
    pub program: Program,
    pub gate: Gate,
    http: reqwest::Client,
    folder: Folder,
    _subgraph: Subgraph,
}

impl Site {
    /// Starts it by this file of settings.
    pub async fn start(settings: &str) -> Self {
        let gate = Gate {
            asked: Arc::new(Semaphore::new(0)),
            opened: Arc::new(Semaphore::new(0)),
            calls: Arc::new(AtomicUsize::new(0)),
        };
        let schema = Schema::build(gate.clone(), EmptyMutation, Ticks);
        let schema = schema.enable_federation().enable_subscription_in_federation().finish();
        let (folder, subgraph) = (Folder::new(), Subgraph::serve(schema).await);
        let supergraph = compose(&folder, &[("gate", &subgraph)]).await;
        let (mut command, file) = (binary(), folder.join("router.toml"));
        fs::write(&file, settings).unwrap();
        command.arg("--config").arg(file);
        let (program, client) = start_by(command, &folder, &supergraph).await;
        Self { client, program, gate, http: reqwest::Client::new(), folder, _subgraph: subgraph }
    }

    /// Puts other settings in place of all that were, and waits until they count.
    pub async fn configure(&self, settings: &str) {
        let version = async || {
            let report: Value = serde_json::from_str(&self.client.get("/health/detailed").await.1).unwrap();
            let about = report["components"]["configuration"]["detail"].clone();
            assert_eq!(about["refused"], json!([]), "{settings}");
            about["version"].as_u64().unwrap()
        };
        let before = version().await;
        let file = self.folder.join("router.toml");
        fs::write(file.with_extension("new"), settings).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
        self.program.signal(Signal::HUP);
        eventually(20, &format!("it counts: {settings}"), async || holds(version().await > before)).await;
    }

    /// A file beside that of the settings.
    pub fn put(&self, name: &str, content: &str) -> String {
        let file = self.folder.join(name);
        fs::write(&file, content).unwrap();
        file.display().to_string()
    }

    /// Asks what waits at the gate, and answers once it does.
    pub async fn hold(&self) -> JoinHandle<Value> {
        let client = self.client.clone();
        let asking = tokio::spawn(async move { client.answer("{ held }", json!({})).await });
        self.gate.asked.acquire().await.unwrap().forget();
        asking
    }

    /// Lets so many go that wait at the gate, now or later.
    pub fn open(&self, times: usize) {
        self.gate.opened.add_permits(times);
    }

    /// How often the subgraph was asked for `now` or `held`.
    pub fn calls(&self) -> usize {
        self.gate.calls.load(Ordering::SeqCst)
    }

    /// A request with a body, whatever it is.
    pub fn post(&self, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}/graphql", self.client.base)).json(body)
    }

    /// How an operation is answered.
    pub async fn ask(&self, query: &str) -> Told {
        Told::of(self.post(&json!({ "query": query }))).await
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Told {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.json().await.unwrap() }
    }

    /// The code of the first error; empty without one.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

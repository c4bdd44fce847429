//! A configuration that changes while clients listen.

use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::router_alone::{Subgraph, catalogue, compose, ratings, start_by};
use crate::support::{Builder, Client, Folder, Program, Socket, binary, eventually, holds};

const DEEP: &str = "{ __schema { types { fields { type { name } } } } }";

struct Router {
    folder: Folder,
    program: Program,
    client: Client,
    _subgraphs: [Subgraph; 2],
}

impl Router {
    async fn start(configuration: &str) -> Self {
        let (folder, subgraphs) = (Folder::new(), [catalogue().await, ratings().await]);
        let supergraph = compose(&folder, &[("catalogue", &subgraphs[0]), ("ratings", &subgraphs[1])]).await;
        let mut command = binary();
        fs::write(folder.join("router.toml"), configuration).unwrap();
        command.arg("--config").arg(folder.join("router.toml"));
        let (program, client) = start_by(command, &folder, &supergraph).await;
        Self { folder, program, client, _subgraphs: subgraphs }
    }

    fn configure(&self, configuration: &str) {
        put(&self.folder.join("router.toml"), configuration);
    }

    async fn says(&self, what: &str) {
        eventually(20, what, async || holds(self.program.stderr().contains(what))).await;
    }
}

/// Replaces a file at once, as editors do.
fn put(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

async fn configuration(client: &Client) -> Value {
    let report: Value = serde_json::from_str(&client.get("/health/detailed").await.1).unwrap();
    report["components"]["configuration"].clone()
}

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["extensions"]["code"].as_str()).collect()
}

#[tokio::test]
async fn other_settings_count_at_once_and_live_streams_do_not_notice() {
    let router = Router::start("[observability]\nlog_filter = \"error\"\n").await;
    let mut socket = Socket::open(&router.client).await;
    socket.start("subscription { sold(count: 100000) { title stars } }", json!({})).await;
    let number = |data: &Value| data["sold"]["title"].as_str().and_then(|title| title[7..].parse::<usize>().ok());
    assert_eq!(socket.event(10, "a sale", number).await, 1);
    assert_eq!(codes(&router.client.answer(DEEP, json!({})).await), [""; 0]);
    assert_eq!(configuration(&router.client).await["detail"]["version"], 1);

    router.configure("[router]\nmax_depth = 3\n[observability]\nlog_filter = \"info\"\ntrace_ratio = 0.5\n");
    eventually(20, "the new limit holds", async || {
        holds(codes(&router.client.answer(DEEP, json!({})).await) == ["OPERATION_TOO_LARGE"])
    })
    .await;
    // By the new filter it is told.
    router.says("the configuration was exchanged").await;
    let told = eventually(20, "the health tells", async || {
        let told = configuration(&router.client).await;
        holds(told["detail"]["version"] == 2).map(|()| told)
    })
    .await;
    assert_eq!(told["status"], "up");
    assert_eq!(told["detail"]["needsRestart"], json!(["observability.trace_ratio"]));
    // What comes by an old connection goes by the new settings as well, and its stream has missed nothing.
    for expected in 2..=20 {
        assert_eq!(socket.event(10, "a sale", number).await, expected);
    }
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_whole_with_all_that_is_wrong() {
    let router = Router::start("[router]\nmax_depth = 4\n").await;
    router.configure(
        "[router]\nmax_depth = 12\nmax_detph = 1\nsubscriptions_from_next = [\"a b\"]\n[http]\nmax_body_bytes = \"many\"\n",
    );
    router.says("the configuration stays as it was").await;
    let told = eventually(20, "the health tells", async || {
        let told = configuration(&router.client).await;
        holds(told["status"] == "degraded").map(|()| told)
    })
    .await;
    let problems = told["detail"]["refused"].to_string();
    for setting in ["router.max_detph", "router.subscriptions_from_next", "http.max_body_bytes"] {
        assert!(problems.contains(setting), "{problems}");
    }
    assert!(problems.contains("`max_depth`"), "a suggestion: {problems}");
    assert_eq!(told["detail"]["version"], 1);
    assert_eq!(codes(&router.client.answer(DEEP, json!({})).await), ["OPERATION_TOO_LARGE"]);

    router.configure("[router]\nmax_depth = 12\n");
    eventually(20, "the next one is taken", async || {
        holds(codes(&router.client.answer(DEEP, json!({})).await).is_empty())
    })
    .await;
    eventually(20, "and is well", async || holds(configuration(&router.client).await["status"] == "up")).await;
}

#[tokio::test]
async fn a_hangup_reads_the_configuration_again() {
    let router = Router::start("").await;
    router.program.signal(Signal::HUP);
    router.says("the configuration was read again and is the same").await;
    assert_eq!(configuration(&router.client).await["detail"]["version"], 1);
}

#[tokio::test]
async fn the_platforms_router_takes_up_settings_as_well() {
    let folder = Folder::new();
    let file = folder.join("cloudphone.toml");
    fs::write(&file, "").unwrap();
    let platform = Builder::new().arguments(&["--no-demo", "--config", file.to_str().unwrap()]).start().await;
    let client = &platform.client;
    assert!(codes(&client.answer(DEEP, json!({})).await).is_empty());
    put(&file, "[router]\nmax_depth = 3\n[devices]\nsimulated_interval_ms = 500\n");
    eventually(20, "the new limit holds", async || {
        holds(codes(&client.answer(DEEP, json!({})).await) == ["OPERATION_TOO_LARGE"])
    })
    .await;
    eventually(20, "the rest waits for a restart", async || {
        holds(configuration(client).await["detail"]["needsRestart"] == json!(["devices.simulated_interval_ms"]))
    })
    .await;
}

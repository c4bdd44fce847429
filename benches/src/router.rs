//! Federated queries in process and over HTTP, and what the router adds to a direct call of the subgraph. Every body is checked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use cloudphone_core::{Caller, TenantId};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as PostgresOptions};
use cloudphone_graphql::RequestScope;
use cloudphone_graphql::identity_token::{self, InternalSecret};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::engines::{Distributed, SECRET};
use crate::folder;
use crate::latency::Latencies;
use crate::process::CpuMeter;
use crate::program::Platform;

/// How the load looks.
#[derive(Clone, Copy, clap::Args)]
pub struct Options {
    /// Devices in the answer.
    #[arg(long, default_value_t = 50)]
    devices: usize,
    /// Requests under way at once, after a run with one.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Length of each run in seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// Answered by one subgraph.
const DEVICES: &str = "query Devices($first:Int!){devices(first:$first){edges{node{id name state online tags group \
                       createdAt specification{androidVersion cpuCores memoryMb storageGb}}}}}";
/// Devices from one subgraph, their owners from the second, their apps from the third.
const FEDERATED: &str = "query Federated($first:Int!){devices(first:$first){edges{node{id name state online tags group \
                         createdAt owner{displayName email} installations(first:1){edges{node{status}}}}}}}";
/// Needs nothing but the caller's rights: what a request costs at least.
const SMALL: &str = "query Small{deviceTemplates(first:1){totalCount}}";

/// Runs the benchmark.
pub async fn run(program: &Path, options: Options) -> anyhow::Result<()> {
    println!(
        "| form | query | connections | requests/s | latency | CPU of router process | CPU of subgraph processes | answer |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let folder = folder::temporary()?;
    let settings = [("CLOUDPHONE_DEVICES__PLAY_SIMULATED", "false".to_owned())];
    let platform = Platform::start(program, &folder, 0, &settings).await?;
    platform.client.create_devices(options.devices).await?;
    let target = Target::Router(platform.client.clone());
    measure_all("in process", &target, options, platform.program.pid, &[]).await?;
    platform.program.stop().await?;

    let folder = folder::temporary()?;
    let postgres = EmbeddedPostgres::start(PostgresOptions::new(folder.path().join("server"))).await?;
    let outcome = distributed(program, &folder, &postgres, options).await;
    // It outlives whoever does not stop it, as a database should.
    postgres.stop().await;
    outcome
}

async fn distributed(
    program: &Path,
    folder: &TempDir,
    postgres: &EmbeddedPostgres,
    options: Options,
) -> anyhow::Result<()> {
    let parts = Distributed::start(program, folder, postgres).await?;
    parts.client.create_devices(options.devices).await?;
    let subgraphs: Vec<u32> = parts.subgraphs.iter().map(|part| part.pid).collect();
    let target = Target::Router(parts.client.clone());
    measure_all("over HTTP", &target, options, parts.router.pid, &subgraphs).await?;
    let direct = Target::direct(&parts).await?;
    for connections in [1, options.connections] {
        measure("subgraph directly", "devices", DEVICES, &direct, options, connections, parts.router.pid, &subgraphs)
            .await?;
    }
    parts.stop().await
}

async fn measure_all(
    form: &str,
    target: &Target,
    options: Options,
    router: u32,
    subgraphs: &[u32],
) -> anyhow::Result<()> {
    for (name, query) in [("small", SMALL), ("devices", DEVICES), ("federated", FEDERATED)] {
        for connections in [1, options.connections] {
            measure(form, name, query, target, options, connections, router, subgraphs).await?;
        }
    }
    Ok(())
}

/// Who is asked.
#[derive(Clone)]
enum Target {
    /// The platform as clients see it.
    Router(Client),
    /// The devices subgraph as the router sees it.
    Subgraph { http: reqwest::Client, url: String, scope: Arc<RequestScope>, secret: InternalSecret },
}

impl Target {
    async fn direct(parts: &Distributed) -> anyhow::Result<Self> {
        let tenant_id: TenantId = parts.client.tenant_id().await?.parse().ok().context("a tenant's id is a UUID")?;
        let caller = Caller::service("benchmark", tenant_id);
        let scope = RequestScope { origin: caller.origin.clone(), caller: Some(caller) };
        Ok(Self::Subgraph {
            http: reqwest::Client::new(),
            url: format!("{}/graphql", parts.devices_url),
            scope: Arc::new(scope),
            secret: InternalSecret::new(SECRET)?,
        })
    }

    async fn send(&self, body: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Router(client) => client.send(body).await,
            Self::Subgraph { http, url, scope, secret } => {
                // The router signs for each request as well.
                let token = identity_token::sign(scope, "devices", secret)?;
                let request = http.post(url).header("content-type", "application/json");
                let answer = request.header(identity_token::HEADER, token).body(body).send().await?;
                Ok(answer.bytes().await?.to_vec())
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one line of the table has so many columns")]
async fn measure(
    form: &str,
    name: &str,
    query: &str,
    target: &Target,
    options: Options,
    connections: usize,
    router: u32,
    subgraphs: &[u32],
) -> anyhow::Result<()> {
    let body = serde_json::to_vec(&json!({ "query": query, "variables": { "first": options.devices } }))?;
    let expected = Arc::new(target.send(body.clone()).await?);
    let text = String::from_utf8_lossy(&expected);
    ensure!(text.contains("\"data\"") && !text.contains("\"errors\""), "{text}");
    let (router, subgraphs) = (CpuMeter::start(&[router]), CpuMeter::start(subgraphs));
    let (end, asked, mut tasks) =
        (Instant::now() + Duration::from_secs(options.seconds), Arc::new(AtomicUsize::new(0)), JoinSet::new());
    for _ in 0..connections {
        let (target, body, expected, asked) = (target.clone(), body.clone(), Arc::clone(&expected), Arc::clone(&asked));
        tasks.spawn(async move {
            let mut latencies = Latencies::default();
            while Instant::now() < end {
                let began = Instant::now();
                let answer = target.send(body.clone()).await?;
                latencies.add(began.elapsed());
                asked.fetch_add(1, Ordering::Relaxed);
                ensure!(answer == *expected, "another answer: {}", String::from_utf8_lossy(&answer));
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Latencies::default();
    while let Some(of_one) = tasks.join_next().await {
        latencies.merge(of_one??);
    }
    let (router, subgraphs) = (router.read(), subgraphs.read());
    let count = u32::try_from(latencies.count())?;
    println!(
        "| {form} | {name} | {connections} | {:.0} | {} | {} µs | {} µs | {} bytes |",
        f64::from(count) / router.elapsed.as_secs_f64(),
        latencies.summary(),
        (router.own / count).as_micros(),
        (subgraphs.own / count).as_micros(),
        expected.len(),
    );
    Ok(())
}

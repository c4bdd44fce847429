//! A router that stands alone before the subgraphs of a supergraph file: no accounts, no database, nothing of the platform.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow, ensure};
use axum::Router;
use cloudphone_execution::{Executor, ServiceOptions};
use cloudphone_observability::{Health, MetricsPage, Registry, routes as health_routes};
use cloudphone_planning::Supergraph;
use cloudphone_router::gateway::Gateway;
use cloudphone_router::pipeline::Stages;
use cloudphone_router::response_cache::ResponseCache;
use cloudphone_router::server::Pages;
use cloudphone_router::subgraphs::foreign;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::access;
use crate::connections::{self, Patience};
use crate::edge;
use crate::guards;
use crate::response_cache;
use crate::settings::{Environment, Settings};

/// How often the supergraph file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A running router.
pub(crate) struct Standalone {
    address: SocketAddr,
    work: JoinSet<()>,
    draining: CancellationToken,
    drain: Duration,
}

impl Standalone {
    /// Reads the supergraph and begins to listen.
    pub(crate) async fn start(settings: &Settings, file: PathBuf, listen: SocketAddr) -> anyhow::Result<Self> {
        let metrics = MetricsPage::start()?;
        let loaded = Loaded::read(&file)?;
        let cache = response_cache::build(settings, None).await?;
        let gateway = executor(settings, &loaded.sdl, cache.as_ref())
            .and_then(|executor| edge::gateway(settings, &loaded.sdl, executor))
            .with_context(|| format!("{} cannot be served", file.display()))?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}; free the port or choose another one by --listen"))?;
        let (address, draining, mut work) = (listener.local_addr()?, CancellationToken::new(), JoinSet::new());
        let stages = guards::stages(settings, &guards::cache(settings).await?)?;
        let routes = routes(settings, gateway.clone(), cache.as_ref(), stages, metrics.clone(), &draining)?;
        let patience = Patience {
            head: Duration::from_secs(settings.http.header_read_timeout_seconds),
            write: Duration::from_secs(settings.http.write_timeout_seconds),
        };
        work.spawn(connections::serve(listener, routes, patience, draining.clone()));
        let upkeep = draining.clone().run_until_cancelled_owned(metrics.upkeep());
        work.spawn(async move {
            upkeep.await;
        });
        let following = follow(settings.clone(), gateway, cache, file, loaded);
        let following = draining.clone().run_until_cancelled_owned(following);
        work.spawn(async move {
            following.await;
        });
        let drain = Duration::from_secs(settings.http.drain_seconds);
        Ok(Self { address, work, draining, drain })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets go of clients and finishes what is under way.
    pub(crate) async fn stop(mut self) {
        self.draining.cancel();
        let finished = async { while self.work.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain, finished).await.is_err() {
            tracing::warn!("some requests were still under way at the end of the drain time");
            self.work.shutdown().await;
        }
    }
}

fn routes(
    settings: &Settings,
    gateway: Gateway,
    cache: Option<&ResponseCache>,
    stages: Stages,
    metrics: MetricsPage,
    draining: &CancellationToken,
) -> anyhow::Result<Router> {
    let registry = Registry::default();
    let loaded = gateway.clone();
    registry.register("supergraph", true, move || {
        let health = Health::up().with(json!({ "subgraphs": loaded.subgraphs() }));
        async move { health }
    });
    let pages = Pages { explorer: settings.environment == Environment::Development, ..Pages::default() };
    let more = health_routes(registry, metrics).merge(response_cache::routes(settings, cache));
    let authenticator = access::authenticator(&settings.router.authentication)?;
    Ok(edge::open(settings, gateway, authenticator, HashMap::new(), stages, &pages, more, draining.clone()))
}

/// A file's text, and when it was written.
struct Loaded {
    sdl: String,
    written: Option<SystemTime>,
}

impl Loaded {
    fn read(file: &Path) -> anyhow::Result<Self> {
        // Looked at before it is read, so that a change in between is found the next time.
        let written = written(file);
        let sdl = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Ok(Self { sdl, written })
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|about| about.modified()).ok()
}

/// Puts each new version of the file in place; one that cannot be served is told to the log, and the last one stays.
async fn follow(settings: Settings, gateway: Gateway, cache: Option<ResponseCache>, file: PathBuf, mut last: Loaded) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if written(&file) == last.written {
            continue;
        }
        // A file that is away for a moment is being replaced.
        let Ok(loaded) = Loaded::read(&file) else { continue };
        let changed = loaded.sdl != last.sdl;
        last = loaded;
        if !changed {
            continue;
        }
        let exchanged = executor(&settings, &last.sdl, cache.as_ref())
            .and_then(|executor| gateway.exchange(&last.sdl, executor).map_err(anyhow::Error::from));
        match exchanged {
            Ok(()) => tracing::info!(file = %file.display(), "the supergraph was exchanged"),
            Err(error) => tracing::error!(file = %file.display(), cause = %error, "the supergraph stays as it was"),
        }
    }
}

/// Reaches each subgraph where the supergraph says that it is.
fn executor(settings: &Settings, sdl: &str, cache: Option<&ResponseCache>) -> anyhow::Result<Executor> {
    let timeout = Duration::from_secs(settings.router.subgraph_timeout_seconds);
    let mut builder = Executor::builder().error_filter(edge::error_filter(settings));
    let pass_on = Arc::new(access::pass_on(&settings.router.authentication)?);
    let supergraph = Supergraph::parse(sdl)?;
    for subgraph in supergraph.subgraphs() {
        let url = Url::parse(&subgraph.url)
            .map_err(|error| anyhow!("the subgraph `{}` has the URL `{}`: {error}", subgraph.name, subgraph.url))?;
        let reachable = matches!(url.scheme(), "http" | "https");
        ensure!(reachable, "the subgraph `{}` has the URL `{url}`, which is neither http nor https", subgraph.name);
        let subscriptions = settings.router.subscriptions_of(&subgraph.name);
        let service = foreign(&url, timeout, &subscriptions, Arc::clone(&pass_on) as _)?;
        let service = cache.map_or(Arc::clone(&service), |cache| cache.before(service, &supergraph));
        builder = builder.service(&subgraph.name, service, ServiceOptions { timeout });
    }
    Ok(builder.build())
}

//! A router that stands alone before the subgraphs of a supergraph file: no accounts, no database, nothing of the platform.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::Router;
use cloudphone_cache::Engine;
use cloudphone_execution::Executor;
use cloudphone_observability::{Health, MetricsPage, Registry, routes as health_routes};
use cloudphone_planning::Supergraph;
use cloudphone_router::authentication::{Authenticator, IssuerKeys};
use cloudphone_router::gateway::Gateway;
use cloudphone_router::live::Live;
use cloudphone_router::response_cache::ResponseCache;
use cloudphone_router::server::Pages;
use cloudphone_router::subgraphs::{Operator, pages as traffic_pages};
use parking_lot::Mutex;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::access;
use crate::configuration::{Configuration, Remake, written};
use crate::connections;
use crate::edge;
use crate::guards;
use crate::kept::Kept;
use crate::lasting::{Lasting, Remembered};
use crate::response_cache;
use crate::services::Services;
use crate::settings::{Environment, Settings};
use crate::shutdown::{Farewell, Waits};
use crate::traffic;

/// A running router.
pub(crate) struct Standalone {
    address: SocketAddr,
    work: JoinSet<()>,
    farewell: Farewell,
    registry: Registry,
    live: Live,
}

impl Standalone {
    /// Reads the supergraph and begins to listen.
    pub(crate) async fn start(configuration: Configuration, file: PathBuf, listen: SocketAddr) -> anyhow::Result<Self> {
        let metrics = MetricsPage::start()?;
        let settings = configuration.settings();
        let loaded = Loaded::read(&file)?;
        let shared = guards::cache(settings).await?;
        let remembered = Remembered::make(settings, &shared).await?;
        let opened = Supergraph::parse(&loaded.sdl)
            .map_err(anyhow::Error::from)
            .and_then(|supergraph| executor(settings, &supergraph, remembered.cache(), &Services::default()))
            .and_then(|(executor, services)| Ok((edge::gateway(settings, &loaded.sdl, executor)?, services)));
        let (gateway, services) = opened.with_context(|| format!("{} cannot be served", file.display()))?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}; free the port or choose another one by --listen"))?;
        let (address, farewell, mut work) = (listener.local_addr()?, Farewell::default(), JoinSet::new());
        let told = &settings.router.authentication;
        let authenticator = Kept::make(told, async { access::authenticator(told) }).await?;
        let guard = Arc::new(Mutex::new(Arc::clone(&authenticator.part)));
        let redis = settings.engine.redis_url.as_ref().map(|_| &shared);
        let registry = registry(&gateway, redis, Arc::clone(&guard));
        configuration.register(&registry);
        let lasting = Lasting::new(settings, &shared, gateway, services);
        traffic::register(&registry, lasting.services.traffic());
        let more = health_routes(registry.clone(), metrics.clone());
        let live = lasting.live.clone();
        let mut site =
            Site { lasting, authenticator, guard, shared, remembered, file, loaded, more, farewell: farewell.clone() };
        let routes = site.routes(settings);
        let door = site.lasting.lead_to(routes, settings);
        work.spawn(connections::serve(listener, door, farewell.clone()));
        let upkeep = farewell.draining.clone().run_until_cancelled_owned(metrics.upkeep());
        work.spawn(async move {
            upkeep.await;
        });
        let following = farewell.draining.clone().run_until_cancelled_owned(Box::pin(configuration.follow(site)));
        work.spawn(async move {
            following.await;
        });
        Ok(Self { address, work, farewell, registry, live })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets go of clients and finishes what is under way, unless somebody is in a `hurry`.
    pub(crate) async fn stop(mut self, waits: Waits, hurry: impl Future) {
        self.registry.leave();
        self.farewell.take(waits, &mut self.work, self.live.settled(), hurry).await;
    }
}

/// Whoever tells who is asking by the settings in effect.
type Guard = Arc<Mutex<Arc<dyn Authenticator>>>;

/// What a router that stands alone stands on. Without Redis it counts and remembers by itself, and without the keys of an issuer
/// others' tokens still hold, so that neither keeps it from serving.
fn registry(gateway: &Gateway, redis: Option<&Engine>, guard: Guard) -> Registry {
    let registry = Registry::default();
    let loaded = gateway.clone();
    registry.register("supergraph", true, move || {
        let health = Health::up().with(json!({ "subgraphs": loaded.subgraphs() }));
        async move { health }
    });
    if let Some(cache) = redis.cloned() {
        registry.register("cache", false, move || {
            let cache = cache.clone();
            async move { cache.ping().await.map_or_else(|error| Health::down(error.to_string()), |()| Health::up()) }
        });
    }
    registry.register("issuers", false, move || {
        let issuers = guard.lock().issuers();
        async move {
            let named = |wanting: &dyn Fn(&IssuerKeys) -> bool| {
                let names = issuers.iter().filter(|keys| wanting(keys)).map(|keys| keys.issuer.as_str());
                names.collect::<Vec<_>>().join(", ")
            };
            let (absent, stale) = (named(&|keys| !keys.present), named(&|keys| keys.present && !keys.fresh));
            let health = match (absent.as_str(), stale.as_str()) {
                ("", "") => Health::up(),
                ("", stale) => Health::degraded(format!("the last keys stay, as none can be fetched: {stale}")),
                (absent, _) => Health::degraded(format!("there are no keys to verify tokens by: {absent}")),
            };
            health.with(json!({ "issuers": issuers }))
        }
    });
    registry
}

/// The edge before the subgraphs of a supergraph file.
struct Site {
    lasting: Lasting,
    authenticator: Kept<Arc<dyn Authenticator>>,
    /// The same for health.
    guard: Guard,
    /// What replicas share, if they do.
    shared: Engine,
    remembered: Remembered,
    file: PathBuf,
    loaded: Loaded,
    /// Health and metrics.
    more: Router,
    farewell: Farewell,
}

impl Site {
    fn routes(&self, settings: &Settings) -> Router {
        let explorer = settings.environment == Environment::Development;
        let pages = Pages { explorer, transport: edge::strict_transport(settings), ..Pages::default() };
        let authenticator = Arc::clone(&self.authenticator.part);
        let more = self.more.clone().merge(response_cache::routes(settings, self.remembered.cache()));
        let operator = Operator { token: edge::admin_token(settings), authenticator: None };
        let more = more.merge(traffic_pages(self.lasting.services.traffic().clone(), operator));
        let draining = self.farewell.draining.clone();
        let stages = guards::stages(settings, &self.lasting.counts, self.remembered.documents());
        edge::open(settings, &self.lasting, authenticator, HashMap::new(), stages, &pages, more, draining)
    }

    /// Puts another supergraph in place, if it can be served.
    async fn exchange(&mut self, settings: &Settings, sdl: String) -> anyhow::Result<()> {
        // A large one takes a while to read, in which clients must not wait.
        let supergraph = tokio::task::spawn_blocking(move || Supergraph::parse(&sdl)).await??;
        let cache = self.remembered.cache();
        let (executor, services) = executor(settings, &supergraph, cache, &self.lasting.services)?;
        self.lasting.services = services;
        self.lasting.gateway.take_up(supergraph, executor);
        Ok(())
    }
}

#[async_trait]
impl Remake for Site {
    async fn remake(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let remembered = self.remembered.again(settings, &self.shared).await?;
        let told = &settings.router.authentication;
        let authenticator = self.authenticator.again(told, async { access::authenticator(told) }).await?;
        let supergraph = self.lasting.gateway.supergraph();
        let (executor, services) = executor(settings, &supergraph, remembered.cache(), &self.lasting.services)?;
        *self.guard.lock() = Arc::clone(&authenticator.part);
        (self.remembered, self.authenticator) = (remembered, authenticator);
        self.lasting.services = services;
        edge::reconfigure(&self.lasting.gateway, executor, settings)?;
        let routes = self.routes(settings);
        self.lasting.lead_to(routes, settings);
        Ok(())
    }

    fn needs_restart(&self, name: &str) -> bool {
        // Sections of the platform's own parts count for nothing here.
        name.starts_with("engine.")
            || matches!(name, "http.drain_seconds" | "http.notice_seconds")
            || (name.starts_with("observability.") && name != "observability.log_filter")
    }

    /// Puts each new version of the supergraph in place; one that cannot be served is told to the log, and the last one stays.
    async fn look_around(&mut self, settings: &Settings) {
        self.lasting.adjust_places();
        if written(&self.file) == self.loaded.written {
            return;
        }
        // A file that is away for a moment is being replaced.
        let Ok(loaded) = Loaded::read(&self.file) else { return };
        let changed = loaded.sdl != self.loaded.sdl;
        self.loaded = loaded;
        if !changed {
            return;
        }
        match self.exchange(settings, self.loaded.sdl.clone()).await {
            Ok(()) => tracing::info!(file = %self.file.display(), "the supergraph was exchanged"),
            Err(error) => {
                metrics::counter!("cloudphone_router_supergraph_reloads_total", "outcome" => "refused").increment(1);
                tracing::error!(file = %self.file.display(), cause = %error, "the supergraph stays as it was");
            }
        }
    }
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

/// Reaches each subgraph where the supergraph says that it is.
fn executor(
    settings: &Settings,
    supergraph: &Arc<Supergraph>,
    cache: Option<&ResponseCache>,
    before: &Services,
) -> anyhow::Result<(Executor, Services)> {
    let mut builder = Executor::builder().error_filter(edge::error_filter(settings));
    let pass_on = Arc::new(access::pass_on(&settings.router.authentication)?);
    let mut services = before.next();
    for subgraph in supergraph.subgraphs() {
        let told = traffic::Told::Foreign { url: &subgraph.url, pass_on: Arc::clone(&pass_on) as _ };
        let (transport, options) = traffic::subgraph(settings, (&mut services, before), &subgraph.name, told)?;
        builder = match cache {
            Some(cache) => {
                let service = cache.before(Arc::clone(&transport), supergraph);
                builder.layered_service(&subgraph.name, service, transport, options)
            }
            None => builder.service(&subgraph.name, transport, options),
        };
    }
    services.tidy();
    Ok((builder.build(), services))
}

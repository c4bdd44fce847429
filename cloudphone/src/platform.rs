//! A running platform, or a part of one: engines, domains and what they serve, from start to stop.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use cloudphone_consul::Registered;
use cloudphone_graphql::serve as serve_subgraph;
use cloudphone_observability::{MetricsPage, Registry, routes as health_routes};
use cloudphone_router::live::Live;
use futures::FutureExt as _;
use futures::future::{join_all, pending};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::arguments::Part;
use crate::catalogue;
use crate::configuration::Configuration;
use crate::connections::{self, Door, Patience};
use crate::domains::Domains;
use crate::edge::PlatformEdge;
use crate::engines::Engines;
use crate::health;
use crate::settings::Settings;
use crate::shutdown::{Farewell, Waits};

/// Everything that runs in this process.
pub struct Platform {
    engines: Engines,
    domains: Domains,
    servers: JoinSet<()>,
    farewell: Farewell,
    drain: Duration,
    patience: Patience,
    registry: Registry,
    /// The router's edge, until it follows the configuration.
    edge: Option<PlatformEdge>,
    /// What the router's clients are subscribed to.
    live: Option<Live>,
    /// Its parts in Consul's catalogue.
    registered: Vec<Registered>,
    started: Started,
}

/// Where a running platform can be reached.
#[derive(Clone, Debug)]
pub struct Started {
    /// The router, when it runs here.
    pub router: Option<SocketAddr>,
    /// Subgraphs that are served from here, with their addresses.
    pub subgraphs: Vec<(String, SocketAddr)>,
    /// Where devices reach the MQTT broker.
    pub mqtt: String,
    /// Where clients reach object storage.
    pub storage: String,
}

impl Platform {
    /// Starts the parts. In one process (`up`) all subgraphs are called directly; a part that runs alone is served over HTTP.
    pub async fn start(settings: &Settings, parts: &[Part], alone: bool) -> anyhow::Result<Self> {
        let metrics = MetricsPage::start()?;
        let engines = Engines::start(settings).await?;
        let domains = match Domains::build(parts, settings, &engines).await {
            Ok(domains) => domains,
            Err(error) => {
                engines.stop().await;
                return Err(error);
            }
        };
        let mut platform = Self {
            started: Started {
                router: None,
                subgraphs: Vec::new(),
                mqtt: engines.broker.access.device_url.clone(),
                storage: engines.storage.endpoint.public_url.clone(),
            },
            engines,
            domains,
            servers: JoinSet::new(),
            farewell: Farewell::default(),
            drain: Duration::from_secs(settings.http.drain_seconds),
            patience: Patience::of(&settings.http),
            registry: Registry::default(),
            edge: None,
            live: None,
            registered: Vec::new(),
        };
        match platform.serve(settings, parts, alone, metrics).await {
            Ok(()) => Ok(platform),
            Err(error) => {
                platform.stop().await;
                Err(error)
            }
        }
    }

    async fn serve(
        &mut self,
        settings: &Settings,
        parts: &[Part],
        alone: bool,
        metrics: MetricsPage,
    ) -> anyhow::Result<()> {
        let registry = self.registry.clone();
        health::register(&registry, settings, parts, &self.engines, &self.domains)?;
        let upkeep = self.farewell.draining.clone().run_until_cancelled_owned(metrics.clone().upkeep());
        self.servers.spawn(async move {
            upkeep.await;
        });
        let health_pages = health_routes(registry, metrics);
        if parts.contains(&Part::Router) {
            let more = health_pages.clone().merge(self.domains.public_routes());
            let draining = self.farewell.draining.clone();
            let (edge, door) = PlatformEdge::open(settings, &self.engines, &self.domains, more, draining).await?;
            crate::traffic::register(&self.registry, edge.traffic());
            self.live = Some(edge.live());
            self.edge = Some(edge);
            let address = SocketAddr::new(settings.http.address, settings.http.port);
            self.started.router = Some(self.listen(address, door, "http.port").await?);
        }
        if alone {
            self.serve_subgraphs(settings, &health_pages).await?;
        }
        self.registered = catalogue::enter(settings, &self.started)?;
        Ok(())
    }

    /// Lets the router take up changes of the configuration while it runs.
    pub(crate) fn follow(&mut self, configuration: Configuration) {
        let Some(edge) = self.edge.take() else { return };
        configuration.register(&self.registry);
        let following = self.farewell.draining.clone().run_until_cancelled_owned(Box::pin(configuration.follow(edge)));
        self.servers.spawn(async move {
            following.await;
        });
    }

    /// Where it can be reached.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// Adds the demo organisation, its accounts and devices, where they are missing.
    pub async fn seed_demo(&self, devices: usize) -> anyhow::Result<()> {
        self.domains.seed_demo(devices).await
    }

    /// Adds the platform's own organisation with a super administrator unless it exists.
    pub async fn seed_administrator(&self, email: &str, password: &str) -> anyhow::Result<()> {
        self.domains.seed_administrator(email, password).await
    }

    /// Lets go of clients, finishes what is under way, and stops everything.
    pub async fn stop(self) {
        let waits = Waits::without_notice(self.drain);
        self.leave(waits, pending::<()>()).await;
    }

    /// The same by these waits; nobody is waited for any more when somebody is in a `hurry`.
    pub(crate) async fn leave(mut self, waits: Waits, hurry: impl Future<Output: Clone>) {
        self.registry.leave();
        let hurry = hurry.shared();
        // First, so that nobody is sent here any more.
        let signed_off = join_all(self.registered.drain(..).map(Registered::leave));
        tokio::select! {
            _ = signed_off => {}
            _ = hurry.clone() => {}
        }
        let live = async {
            if let Some(live) = &self.live {
                live.settled().await;
            }
        };
        self.farewell.take(waits, &mut self.servers, live, hurry).await;
        self.domains.stop().await;
        self.engines.stop().await;
    }

    async fn serve_subgraphs(&mut self, settings: &Settings, health: &Router) -> anyhow::Result<()> {
        for subgraph in self.domains.subgraphs() {
            let name = subgraph.name();
            let port = settings.subgraphs.port_of(name);
            let mut routes = serve_subgraph(subgraph, self.engines.secret.clone()).merge(health.clone());
            if name == "identity" {
                routes = routes.merge(self.domains.identity_routes());
            }
            let address = SocketAddr::new(settings.http.address, port);
            let door = Door::new(routes, self.patience);
            let actual = self.listen(address, door, "subgraphs.ports").await?;
            self.started.subgraphs.push((name.to_owned(), actual));
        }
        Ok(())
    }

    async fn listen(&mut self, address: SocketAddr, door: Door, setting: &str) -> anyhow::Result<SocketAddr> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}; free the port or choose another one by {setting}"))?;
        let actual = listener.local_addr()?;
        self.servers.spawn(connections::serve(listener, door, self.farewell.clone()));
        Ok(actual)
    }
}

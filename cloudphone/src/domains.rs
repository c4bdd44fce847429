//! The domains of this process, each built over its engines.

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::Request;
use axum::routing::get;
use cloudphone_core::{Clock, SystemClock};
use cloudphone_database::Database;
use cloudphone_graphql::Subgraph;
use cloudphone_identity::{Identity, IdentityEngines};
use cloudphone_observability::{Health, Registry};
use serde_json::json;
use tower::ServiceExt as _;

use crate::arguments::Part;
use crate::engines::Engines;
use crate::settings::Settings;

/// Where verifiers find the keys of access tokens (RFC 8615).
const JWKS: &str = "/.well-known/jwks.json";

/// Those domains that run in this process.
pub(crate) struct Domains {
    pub(crate) identity: Option<Identity>,
}

impl Domains {
    /// Builds the named domains, then lets them publish: a bus within the process knows no past, so all must listen first.
    pub(crate) async fn build(parts: &[Part], settings: &Settings, engines: &Engines) -> anyhow::Result<Self> {
        let wanted = |part: Part| parts.contains(&part);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let identity = if wanted(Part::Identity) { Some(identity(settings, engines, &clock).await?) } else { None };
        let domains = Self { identity };
        domains.begin_publishing();
        Ok(domains)
    }

    fn begin_publishing(&self) {
        if let Some(identity) = &self.identity {
            identity.begin_publishing();
        }
    }

    /// The subgraphs of this process.
    pub(crate) fn subgraphs(&self) -> Vec<Subgraph> {
        self.identity.iter().map(|identity| identity.subgraph.clone()).collect()
    }

    /// What identity publishes to everybody, at the edge.
    pub(crate) fn public_routes(&self) -> axum::Router {
        // The internal door opens only with the internal secret, and nobody outside needs to know of it.
        let Some(identity) = &self.identity else { return axum::Router::new() };
        let routes = identity.routes.clone();
        axum::Router::new().route(JWKS, get(async move |request: Request| routes.oneshot(request).await))
    }

    /// All routes of identity, for a process of its own.
    pub(crate) fn identity_routes(&self) -> axum::Router {
        self.identity.as_ref().map_or_else(axum::Router::new, |identity| identity.routes.clone())
    }

    /// Tells health checks of every engine that a domain stands on.
    pub(crate) fn register_health(&self, registry: &Registry) {
        if let Some(identity) = &self.identity {
            register_database(registry, &identity.domain.database);
        }
    }

    /// Adds the demo organisation, its accounts and devices, where they are missing.
    pub(crate) async fn seed_demo(&self, _devices: usize) -> anyhow::Result<()> {
        let identity = self.identity.as_ref().context("demo data needs the identity domain in the same process")?;
        identity.seed_demo().await?;
        Ok(())
    }

    /// Ends the domains' work and waits for what is under way.
    pub(crate) async fn stop(self) {
        if let Some(identity) = &self.identity {
            identity.stop().await;
        }
    }
}

async fn identity(settings: &Settings, engines: &Engines, clock: &Arc<dyn Clock>) -> anyhow::Result<Identity> {
    let engines = IdentityEngines {
        database: engines.databases.of("identity").await?,
        bus: Arc::clone(&engines.bus),
        cache: engines.cache.clone(),
        clock: Arc::clone(clock),
        secret: engines.secret.clone(),
        settings: settings.identity.clone(),
    };
    Identity::build(engines).await.context("the identity domain could not start")
}

fn register_database(registry: &Registry, database: &Database) {
    let asked = database.clone();
    registry.register(&format!("database-{}", database.name()), true, move || {
        let database = asked.clone();
        async move {
            match database.health().await {
                Ok(health) => Health::up().with(json!({ "connections": health.connections, "idle": health.idle })),
                Err(error) => Health::down(error.to_string()),
            }
        }
    });
}

//! The router over the subgraphs of this process and of others.

mod authenticator;
mod limits;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use async_trait::async_trait;
use axum::Router;
use axum::middleware::from_fn_with_state;
use cloudphone_cache::Engine;
use cloudphone_composition::{CompositionError, Subgraph as Part, compose};
use cloudphone_config::Fingerprint;
use cloudphone_execution::{ErrorFilter, Executor, ServiceOptions};
use cloudphone_graphql::Subgraph;
use cloudphone_graphql::identity_token::InternalSecret;
use cloudphone_planning::{OperationLimits, PlannerOptions, Supergraph};
use cloudphone_router::authentication::Authenticator;
use cloudphone_router::gateway::{Gateway, correlated_errors, masked_errors};
use cloudphone_router::live::Live;
use cloudphone_router::origin::{ProxyHeader as Forwarding, TrustedProxies, behind_proxies};
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{ContentPolicy, CrossSite, StrictTransport};
use cloudphone_router::response_cache::ResponseCache;
use cloudphone_router::server::{Edge, Pages, routes};
use cloudphone_router::streams::FieldRule;
use cloudphone_router::subgraphs::{Operator, in_process, pages as traffic_pages};
use cloudphone_traffic::Traffic;
use tokio_util::sync::CancellationToken;

use authenticator::authenticator;
use limits::{limits, subscription_rules};

use crate::configuration::Remake;
use crate::connections::Door;
use crate::domains::Domains;
use crate::engines::Engines;
use crate::guards;
use crate::lasting::{Lasting, Remembered};
use crate::response_cache;
use crate::services::Services;
use crate::settings::{Environment, ProxyHeader, Settings};
use crate::traffic;

const YEAR_SECONDS: u64 = 365 * 86_400;

/// The schemas of all subgraphs, in the order of their names.
pub(crate) fn schemas() -> Vec<Part> {
    let part = |name: &str, sdl: String| Part { name: name.to_owned(), url: String::new(), sdl };
    vec![
        part("apps", cloudphone_apps::sdl()),
        part("devices", cloudphone_devices::sdl()),
        part("identity", cloudphone_identity::sdl()),
    ]
}

/// The edge of the platform, which can be made anew from other settings.
pub(crate) struct PlatformEdge {
    lasting: Lasting,
    authenticator: Arc<dyn Authenticator>,
    here: Vec<Subgraph>,
    secret: InternalSecret,
    shared: Engine,
    remembered: Remembered,
    storage_origin: String,
    more: Router,
    draining: CancellationToken,
}

impl PlatformEdge {
    /// Composes the supergraph and opens the edge.
    pub(crate) async fn open(
        settings: &Settings,
        engines: &Engines,
        domains: &Domains,
        more: Router,
        draining: CancellationToken,
    ) -> anyhow::Result<(Self, Door)> {
        let supergraph = compose(&schemas()).map_err(|errors| composition_failed(&errors))?;
        let (here, secret) = (domains.subgraphs(), engines.secret.clone());
        let shared = engines.cache.clone();
        let remembered = Remembered::make(settings, &shared).await?;
        let parsed = Supergraph::parse(&supergraph.supergraph_sdl)?;
        let reach = Reach { here: &here, secret: &secret, supergraph: &parsed, cache: remembered.cache() };
        let (executor, services) = executor(settings, &reach, &Services::default())?;
        let gateway = gateway(settings, &supergraph.supergraph_sdl, executor)?;
        let lasting = Lasting::new(settings, &shared, gateway, services);
        let authenticator = authenticator(settings, engines, domains).await?;
        let storage_origin = engines.storage.endpoint.public_url.clone();
        let mut edge =
            Self { lasting, authenticator, here, secret, shared, remembered, storage_origin, more, draining };
        let routes = edge.routes(settings);
        let door = edge.lasting.lead_to(routes, settings);
        Ok((edge, door))
    }

    /// Streams and connections.
    pub(crate) fn live(&self) -> Live {
        self.lasting.live.clone()
    }

    /// The calls to subgraphs elsewhere.
    pub(crate) fn traffic(&self) -> &Traffic {
        self.lasting.services.traffic()
    }

    fn routes(&self, settings: &Settings) -> Router {
        let console = settings.console.folder.clone().unwrap_or_else(|| "web-console/dist".into());
        let pages = Pages {
            console: console.join("index.html").is_file().then_some(console),
            explorer: settings.environment == Environment::Development,
            content: ContentPolicy { storage_origin: Some(self.storage_origin.clone()) },
            transport: strict_transport(settings),
        };
        let authenticator = Arc::clone(&self.authenticator);
        let more = self.more.clone().merge(response_cache::routes(settings, self.remembered.cache()));
        let operator = Operator { token: admin_token(settings), authenticator: Some(Arc::clone(&authenticator)) };
        let more = more.merge(traffic_pages(self.traffic().clone(), operator));
        let stages = guards::stages(settings, &self.lasting.counts, self.remembered.documents());
        let (rules, draining) = (subscription_rules(), self.draining.clone());
        open(settings, &self.lasting, authenticator, rules, stages, &pages, more, draining)
    }
}

#[async_trait]
impl Remake for PlatformEdge {
    async fn remake(&mut self, settings: &Settings) -> anyhow::Result<()> {
        let remembered = self.remembered.again(settings, &self.shared).await?;
        let supergraph = self.lasting.gateway.supergraph();
        let reach =
            Reach { here: &self.here, secret: &self.secret, supergraph: &supergraph, cache: remembered.cache() };
        let (executor, services) = executor(settings, &reach, &self.lasting.services)?;
        self.remembered = remembered;
        self.lasting.services = services;
        reconfigure(&self.lasting.gateway, executor, settings)?;
        let routes = self.routes(settings);
        self.lasting.lead_to(routes, settings);
        Ok(())
    }

    fn needs_restart(&self, name: &str) -> bool {
        // Where engines and parts listen, and what domains were built with.
        let listens = matches!(name, "http.address" | "http.port" | "http.drain_seconds" | "http.notice_seconds")
            || name.ends_with("_port");
        let lasts = ["environment", "http.", "router.", "subgraphs.", "console.", "observability.log_filter"];
        listens || !lasts.iter().any(|changeable| name.starts_with(changeable))
    }

    async fn look_around(&mut self, _: &Settings) {
        self.lasting.adjust_places();
    }
}

/// Plans and executes within the limits of the settings.
pub(crate) fn gateway(settings: &Settings, supergraph_sdl: &str, executor: Executor) -> anyhow::Result<Gateway> {
    let gateway = Gateway::new(supergraph_sdl, executor, planner_options(settings), request_timeout(settings))?;
    gateway.forward(traffic::forwarding(settings)?);
    gateway.change_overrides(traffic::override_rules(settings)?);
    Ok(gateway.with_authorization(settings.router.authorization.mode.into()))
}

/// The same for other settings of a gateway at work.
pub(crate) fn reconfigure(gateway: &Gateway, executor: Executor, settings: &Settings) -> anyhow::Result<()> {
    gateway.forward(traffic::forwarding(settings)?);
    gateway.change_overrides(traffic::override_rules(settings)?);
    // First, as live streams are looked at again by what follows.
    gateway.change_authorization(settings.router.authorization.mode.into());
    gateway.reconfigure(executor, planner_options(settings), request_timeout(settings));
    Ok(())
}

/// Whether browsers may come by TLS only.
pub(crate) fn strict_transport(settings: &Settings) -> Option<StrictTransport> {
    let usual = if settings.environment == Environment::Production { YEAR_SECONDS } else { 0 };
    let seconds = settings.http.hsts_seconds.unwrap_or(usual);
    (seconds > 0).then_some(StrictTransport { seconds, subdomains: settings.http.hsts_include_subdomains })
}

/// The token of whoever may set circuit breakers by hand, if there is one.
pub(crate) fn admin_token(settings: &Settings) -> Option<String> {
    Some(settings.router.admin_token.reveal().to_owned()).filter(|token| !token.is_empty())
}

/// How operations are planned, and how large they may be.
fn planner_options(settings: &Settings) -> PlannerOptions {
    let introspection = settings.router.introspection.unwrap_or(settings.environment == Environment::Development);
    let planning = &settings.router.planning;
    let usual = PlannerOptions::default();
    PlannerOptions {
        cache_capacity: settings.router.plan_cache_entries,
        introspection,
        timeout: Duration::from_millis(planning.timeout_ms),
        concurrency: planning.threads.unwrap_or(usual.concurrency),
        wait: Duration::from_millis(planning.wait_ms),
        max_waiting: planning.max_waiting,
        limits: OperationLimits {
            max_tokens: Some(settings.router.max_tokens),
            max_depth: Some(settings.router.max_depth),
            max_aliases: Some(settings.router.max_aliases),
            max_root_fields: Some(settings.router.max_root_fields),
            max_directives: Some(settings.router.max_directives),
            max_fields: Some(settings.router.max_fields),
        },
    }
}

/// The longest that a query or mutation may take.
pub(crate) fn request_timeout(settings: &Settings) -> Duration {
    Duration::from_secs(settings.http.request_timeout_seconds)
}

/// The routes of a router, with the limits and protections of the settings before them. Called again for other settings:
/// what must outlast them is in `lasting`.
#[allow(clippy::too_many_arguments, reason = "each is a part of the edge, and there are two who put them together")]
pub(crate) fn open(
    settings: &Settings,
    lasting: &Lasting,
    authenticator: Arc<dyn Authenticator>,
    subscriptions: HashMap<String, FieldRule>,
    stages: Stages,
    pages: &Pages,
    more: Router,
    draining: CancellationToken,
) -> Router {
    let edge = Edge {
        gateway: lasting.gateway.clone(),
        authenticator,
        limits: limits(settings, subscriptions, &lasting.counts),
        cross_site: CrossSite::new(&settings.http.allowed_origins),
        stages,
        connections: Arc::clone(&lasting.connections),
        draining,
    };
    let header = match settings.http.proxy_header {
        ProxyHeader::XForwardedFor => Forwarding::XForwardedFor,
        ProxyHeader::Forwarded => Forwarding::Forwarded,
    };
    let proxies = TrustedProxies::new(&settings.http.trusted_proxies, header);
    routes(edge, &lasting.live, pages, more).layer(from_fn_with_state(proxies, behind_proxies))
}

fn composition_failed(errors: &[CompositionError]) -> anyhow::Error {
    let lines: Vec<String> = errors.iter().map(|error| format!("  - {error}")).collect();
    anyhow!("the subgraphs do not compose:\n{}", lines.join("\n"))
}

/// What the platform's subgraphs are reached with.
struct Reach<'a> {
    /// Those of this process.
    here: &'a [Subgraph],
    secret: &'a InternalSecret,
    supergraph: &'a Arc<Supergraph>,
    cache: Option<&'a ResponseCache>,
}

/// Subgraphs of this process are called directly; for the others the configuration says where they are.
fn executor(settings: &Settings, reach: &Reach<'_>, before: &Services) -> anyhow::Result<(Executor, Services)> {
    let mut builder = Executor::builder().error_filter(error_filter(settings));
    let mut services = before.next();
    for part in schemas() {
        let local = reach.here.iter().find(|subgraph| subgraph.name() == part.name);
        let (transport, options) = if let Some(subgraph) = local {
            let here =
                services.reach(before, &part.name, Fingerprint::of(&"here"), || Ok(in_process(subgraph.clone())));
            (here?, ServiceOptions { timeout: Duration::from_secs(settings.router.traffic.timeout_seconds) })
        } else {
            let url = settings.subgraphs.url_of(&part.name);
            let placed = url.is_some() || traffic::is_placed(settings, &part.name);
            ensure!(placed, "subgraphs.{}: say where this subgraph is", part.name);
            let told = traffic::Told::Platform { url, secret: reach.secret };
            traffic::subgraph(settings, (&mut services, before), &part.name, told)?
        };
        builder = match reach.cache {
            Some(cache) => {
                let service = cache.before(Arc::clone(&transport), reach.supergraph);
                builder.layered_service(&part.name, service, transport, options)
            }
            None => builder.service(&part.name, transport, options),
        };
    }
    services.tidy();
    Ok((builder.build(), services))
}

/// In production clients are not told what went wrong inside.
pub(crate) fn error_filter(settings: &Settings) -> ErrorFilter {
    match settings.environment {
        Environment::Development => correlated_errors(),
        Environment::Production => masked_errors(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_known_of_every_subscription_how_it_begins() {
        let api = compose(&schemas()).unwrap().api_sdl;
        let (_, subscriptions) = api.split_once("\ntype Subscription {").unwrap();
        let (subscriptions, _) = subscriptions.split_once("\n}").unwrap();
        let is_name = |name: &&str| name.chars().all(|letter| letter.is_ascii_alphanumeric());
        // Arguments stand deeper than fields.
        let fields = subscriptions.lines().filter_map(|line| line.strip_prefix("  "));
        let fields: BTreeSet<String> = fields
            .filter_map(|line| line.split(['(', ':']).next())
            .filter(|name| !name.is_empty())
            .filter(is_name)
            .map(str::to_owned)
            .collect();
        assert_eq!(fields, subscription_rules().into_keys().collect());
    }

    #[test]
    fn what_counts_as_an_attempt_to_sign_in_is_a_mutation_of_the_platform() {
        let api = compose(&schemas()).unwrap().api_sdl;
        let (_, mutations) = api.split_once("\ntype Mutation {").unwrap();
        let (mutations, _) = mutations.split_once("\n}").unwrap();
        for field in crate::settings::RateLimits::default().sign_in_fields {
            let is_there = mutations.lines().any(|line| {
                let rest = line.strip_prefix("  ").and_then(|line| line.strip_prefix(&field));
                rest.is_some_and(|rest| rest.starts_with(['(', ':']))
            });
            assert!(is_there, "there is no mutation `{field}` to count");
        }
    }
}

//! The router over the subgraphs of this process and of others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use axum::middleware::from_fn_with_state;
use cloudphone_composition::{CompositionError, Subgraph as Part, compose};
use cloudphone_core::Origin;
use cloudphone_execution::{ErrorFilter, Executor, ServiceOptions};
use cloudphone_graphql::Subgraph;
use cloudphone_identity::AuthenticationError as IdentityRefusal;
use cloudphone_planning::{OperationLimits, PlannerOptions, Supergraph};
use cloudphone_router::authentication::{
    AccessChange, AuthenticationError, Authenticator, Credential, Principal, RemoteAuthenticator,
};
use cloudphone_router::gateway::{Gateway, correlated_errors, masked_errors};
use cloudphone_router::origin::{ProxyHeader as Forwarding, TrustedProxies, behind_proxies};
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{ContentPolicy, CrossSite, Limits, UploadLimits};
use cloudphone_router::response_cache::ResponseCache;
use cloudphone_router::server::{Edge, Pages, routes};
use cloudphone_router::streams::{FieldRule, StreamLimits};
use cloudphone_router::subgraphs::{in_process, remote};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use crate::domains::Domains;
use crate::engines::Engines;
use crate::guards;
use crate::response_cache;
use crate::settings::{Environment, ProxyHeader, Settings};

/// The schemas of all subgraphs, in the order of their names.
pub(crate) fn schemas() -> Vec<Part> {
    let part = |name: &str, sdl: String| Part { name: name.to_owned(), url: String::new(), sdl };
    vec![
        part("apps", cloudphone_apps::sdl()),
        part("devices", cloudphone_devices::sdl()),
        part("identity", cloudphone_identity::sdl()),
    ]
}

/// All the router's routes.
pub(crate) async fn build(
    settings: &Settings,
    engines: &Engines,
    domains: &Domains,
    more: axum::Router,
    draining: CancellationToken,
) -> anyhow::Result<axum::Router> {
    let supergraph = compose(&schemas()).map_err(|errors| composition_failed(&errors))?;
    let cache = response_cache::build(settings, Some(&engines.cache)).await?;
    let more = more.merge(response_cache::routes(settings, cache.as_ref()));
    let executor = executor(settings, engines, domains, &supergraph.supergraph_sdl, cache.as_ref())?;
    let gateway = gateway(settings, &supergraph.supergraph_sdl, executor)?;
    let authenticator = authenticator(settings, engines, domains).await?;
    let console = settings.console.folder.clone().unwrap_or_else(|| "web-console/dist".into());
    let pages = Pages {
        console: console.join("index.html").is_file().then_some(console),
        explorer: settings.environment == Environment::Development,
        content: ContentPolicy { storage_origin: Some(engines.storage.endpoint.public_url.clone()) },
    };
    let stages = guards::stages(settings, &engines.cache)?;
    Ok(open(settings, gateway, authenticator, subscription_rules(), stages, &pages, more, draining))
}

/// Plans and executes within the limits of the settings.
pub(crate) fn gateway(settings: &Settings, supergraph_sdl: &str, executor: Executor) -> anyhow::Result<Gateway> {
    let introspection = settings.router.introspection.unwrap_or(settings.environment == Environment::Development);
    let options = PlannerOptions {
        cache_capacity: settings.router.plan_cache_entries,
        introspection,
        limits: OperationLimits {
            max_tokens: Some(settings.router.max_tokens),
            max_depth: Some(settings.router.max_depth),
            max_aliases: Some(settings.router.max_aliases),
            max_root_fields: Some(settings.router.max_root_fields),
            max_directives: Some(settings.router.max_directives),
            max_fields: Some(settings.router.max_fields),
        },
        ..PlannerOptions::default()
    };
    let timeout = Duration::from_secs(settings.http.request_timeout_seconds);
    let gateway = Gateway::new(supergraph_sdl, executor, options, timeout)?;
    Ok(gateway.with_authorization(settings.router.authorization.mode.into()))
}

/// The routes of a router, with the limits and protections of the settings before them.
#[allow(clippy::too_many_arguments, reason = "each is a part of the edge, and there are two who put them together")]
pub(crate) fn open(
    settings: &Settings,
    gateway: Gateway,
    authenticator: Arc<dyn Authenticator>,
    subscriptions: HashMap<String, FieldRule>,
    stages: Stages,
    pages: &Pages,
    more: axum::Router,
    draining: CancellationToken,
) -> axum::Router {
    let edge = Edge {
        gateway,
        authenticator,
        limits: limits(settings, subscriptions),
        cross_site: CrossSite::new(&settings.http.allowed_origins),
        stages,
        connections: Arc::new(Semaphore::new(settings.router.max_connections)),
        draining,
    };
    let header = match settings.http.proxy_header {
        ProxyHeader::XForwardedFor => Forwarding::XForwardedFor,
        ProxyHeader::Forwarded => Forwarding::Forwarded,
    };
    let proxies = TrustedProxies::new(&settings.http.trusted_proxies, header);
    routes(edge, pages, more).layer(from_fn_with_state(proxies, behind_proxies))
}

fn composition_failed(errors: &[CompositionError]) -> anyhow::Error {
    let lines: Vec<String> = errors.iter().map(|error| format!("  - {}: {}", error.code, error.message)).collect();
    anyhow!("the subgraphs do not compose:\n{}", lines.join("\n"))
}

fn limits(settings: &Settings, mut subscriptions: HashMap<String, FieldRule>) -> Limits {
    let told = &settings.router;
    subscriptions.extend(told.subscriptions_from_next.iter().filter_map(|field| FieldRule::parse_next(field)));
    subscriptions.extend(told.subscriptions_from_snapshot.iter().map(|field| (field.clone(), FieldRule::snapshot())));
    Limits {
        body_bytes: settings.http.max_body_bytes,
        request_timeout: Duration::from_secs(settings.http.request_timeout_seconds),
        connections: settings.router.max_connections,
        operations_per_connection: settings.router.max_operations_per_connection,
        heartbeat: Duration::from_secs(settings.router.heartbeat_seconds),
        streams: StreamLimits {
            per_user: settings.router.max_subscriptions_per_user,
            in_all: settings.router.max_subscriptions,
            events_behind: settings.router.max_events_behind,
            fields: subscriptions,
            ..StreamLimits::default()
        },
        uploads: told.upload.enabled.then(|| UploadLimits {
            files: told.upload.max_files,
            file_bytes: told.upload.max_file_bytes,
            request_bytes: told.upload.max_request_bytes,
            timeout: Duration::from_secs(told.upload.timeout_seconds),
            places: Arc::new(Semaphore::new(told.upload.max_concurrent)),
            scalar: Arc::from(told.upload.scalar.as_str()),
        }),
        ..Limits::default()
    }
}

/// How each subscription of the platform begins, so that the router knows when one may join another's stream.
fn subscription_rules() -> HashMap<String, FieldRule> {
    let rules = [
        ("deviceTelemetry", FieldRule::next(&["resumeFrom"])),
        ("deviceChanged", FieldRule::next(&[])),
        ("fleet", FieldRule::snapshot()),
        ("deviceCommandUpdated", FieldRule::snapshot()),
        ("applicationUploadProgress", FieldRule::snapshot()),
        ("installationProgress", FieldRule::snapshot()),
    ];
    rules.map(|(field, rule)| (field.to_owned(), rule)).into()
}

/// Subgraphs of this process are called directly; for the others the configuration says where they are.
fn executor(
    settings: &Settings,
    engines: &Engines,
    domains: &Domains,
    supergraph_sdl: &str,
    cache: Option<&ResponseCache>,
) -> anyhow::Result<Executor> {
    let supergraph = Supergraph::parse(supergraph_sdl)?;
    let timeout = Duration::from_secs(settings.router.subgraph_timeout_seconds);
    let options = ServiceOptions { timeout };
    let here = domains.subgraphs();
    let mut builder = Executor::builder().error_filter(error_filter(settings));
    for part in schemas() {
        let local = here.iter().find(|subgraph: &&Subgraph| subgraph.name() == part.name);
        let service = if let Some(subgraph) = local {
            in_process(subgraph.clone())
        } else {
            let url = settings.subgraphs.url_of(&part.name);
            let url = url.with_context(|| format!("subgraphs.{}: say where this subgraph is", part.name))?;
            remote(&url.parse()?, &engines.secret, timeout, &settings.router.subscriptions_of(&part.name))?
        };
        let service = cache.map_or(Arc::clone(&service), |cache| cache.before(service, &supergraph));
        builder = builder.service(&part.name, service, options);
    }
    Ok(builder.build())
}

/// In production clients are not told what went wrong inside.
pub(crate) fn error_filter(settings: &Settings) -> ErrorFilter {
    match settings.environment {
        Environment::Development => correlated_errors(),
        Environment::Production => masked_errors(),
    }
}

async fn authenticator(
    settings: &Settings,
    engines: &Engines,
    domains: &Domains,
) -> anyhow::Result<Arc<dyn Authenticator>> {
    if let Some(identity) = &domains.identity {
        return Ok(Arc::new(LocalAuthenticator::new(identity.authenticator.clone())));
    }
    let url = settings.subgraphs.identity.as_deref().context("subgraphs.identity: say where identity is")?;
    Ok(Arc::new(RemoteAuthenticator::connect(url, engines.secret.clone(), &engines.cache).await?))
}

/// Changes that wait for a slow listener.
const CHANGE_BUFFER: usize = 1024;

/// Asks the identity domain of this process.
struct LocalAuthenticator {
    identity: cloudphone_identity::Authenticator,
    changes: broadcast::Sender<AccessChange>,
    forwarding: tokio::task::JoinHandle<()>,
}

impl LocalAuthenticator {
    fn new(identity: cloudphone_identity::Authenticator) -> Self {
        let (changes, _) = broadcast::channel(CHANGE_BUFFER);
        let mut source = identity.changes();
        let target = changes.clone();
        let forwarding = tokio::spawn(async move {
            loop {
                let change = match source.recv().await {
                    Ok(change) => AccessChange {
                        tenant_id: Some(change.tenant_id),
                        user_id: change.user_id,
                        session_id: change.session_id,
                        api_key_id: change.api_key_id,
                    },
                    // Missed changes may concern anybody.
                    Err(broadcast::error::RecvError::Lagged(_)) => AccessChange::default(),
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                // An error only says that nobody listens.
                let _ = target.send(change);
            }
        });
        Self { identity, changes, forwarding }
    }
}

impl Drop for LocalAuthenticator {
    fn drop(&mut self) {
        self.forwarding.abort();
    }
}

#[async_trait]
impl Authenticator for LocalAuthenticator {
    async fn authenticate(
        &self,
        credential: &Credential,
        origin: &Origin,
    ) -> Result<Option<Principal>, AuthenticationError> {
        let known = self.identity.authenticate(credential.reveal(), origin.clone()).await;
        known.map(|caller| Some(caller.into())).map_err(|refusal| match refusal {
            IdentityRefusal::Invalid => AuthenticationError::Invalid,
            IdentityRefusal::Unavailable(_) => AuthenticationError::Unavailable,
        })
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
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
}

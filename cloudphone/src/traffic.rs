//! Turns the settings of calls to subgraphs into what the router calls them by.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use bytes::Bytes;
use cloudphone_config::Fingerprint;
use cloudphone_consul::{Consul, ConsulOptions};
use cloudphone_execution::subgraphs::http::{HttpOptions, HttpVersion, RequestDecorator};
use cloudphone_execution::subgraphs::reach::{Reach, Tls};
use cloudphone_execution::subgraphs::recovery::Recovery;
use cloudphone_execution::{ServiceOptions, SubgraphService};
use cloudphone_graphql::identity_token::InternalSecret;
use cloudphone_observability::{Health, Registry};
use cloudphone_resilience::{Backoff, BreakerSettings};
use cloudphone_router::overrides::OverrideRules;
use cloudphone_router::subgraphs::{connect_foreign, connect_remote, signed, told as telling};
use cloudphone_traffic::headers::{AnswerRules, Forwarding, RequestRules};
use cloudphone_traffic::{
    Balancing, Destination, DnsOptions, DnsRecords, HealthCheck, Place, Policy, RetryPolicy, Source, Traffic, Weighted,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::services::Services;
use crate::settings::{self, AnswerHeaderRule, RequestHeaderRule, Settings, SubgraphTraffic};

/// The executor bounds calls by itself as well; the layers before the transport are to be first, so that they see what happened.
const GRACE: Duration = Duration::from_secs(1);

/// Where a subgraph is unless its own settings say so, and how it learns who asks.
pub(crate) enum Told<'a> {
    /// One of the platform's, which believes what is signed with the secret.
    Platform { url: Option<&'a str>, secret: &'a InternalSecret },
    /// Anybody's.
    Foreign { url: &'a str, pass_on: Arc<dyn RequestDecorator> },
}

/// A subgraph over the network.
pub(crate) fn subgraph(
    settings: &Settings,
    (services, before): (&mut Services, &Services),
    name: &str,
    told: Told<'_>,
) -> anyhow::Result<(Arc<dyn SubgraphService>, ServiceOptions)> {
    let own = settings.router.subgraphs.get(name).cloned().unwrap_or_default();
    let usual = match &told {
        Told::Platform { url, .. } => *url,
        Told::Foreign { url, .. } => Some(*url),
    };
    let (all, router) = (settings.router.traffic.of(&own), &settings.router);
    let (options, policy) = (http(&all)?, policy(&all, &own));
    let service_options = ServiceOptions { timeout: policy.timeout + GRACE };
    // Files count by their content.
    let files = hex::encode(Sha256::digest(format!("{:?}", options.reach.tls)));
    let rules = (&router.request_headers, &router.answer_headers);
    let from = Fingerprint::of(&(usual, &own, &all, rules, &settings.consul, &router.authentication, files));
    let traffic = services.traffic().clone();
    let service = services.reach(before, name, from, || {
        let source = source(settings, &own, &all, usual).with_context(|| format!("the subgraph `{name}`"))?;
        let request_rules = rule_set(&router.request_headers, &own.request_headers, RequestHeaderRule::read)?;
        let answer_rules: AnswerRules = rule_set(&router.answer_headers, &own.answer_headers, AnswerHeaderRule::read)?;
        let (request_rules, subscriptions) = (Arc::new(request_rules), router.subscriptions_of(name));
        let (decorator, connect) = match told {
            Told::Platform { secret, .. } => {
                let decorator = signed(request_rules, secret.clone());
                (Arc::clone(&decorator), connect_remote(options, decorator, subscriptions))
            }
            Told::Foreign { pass_on, .. } => {
                let decorator = telling(request_rules, pass_on);
                (Arc::clone(&decorator), connect_foreign(options, decorator, subscriptions))
            }
        };
        let destination = Destination { source, policy, decorator, answer_rules: Arc::new(answer_rules), connect };
        traffic.subgraph(name, destination).map_err(|error| anyhow!("the subgraph `{name}`: {error}"))
    })?;
    Ok((service, service_options))
}

/// Whether the settings themselves say where a subgraph is.
pub(crate) fn is_placed(settings: &Settings, name: &str) -> bool {
    let own = settings.router.subgraphs.get(name);
    own.is_some_and(|own| own.url.is_some() || !own.instances.is_empty() || own.consul || own.dns.is_some())
}

/// Which headers of clients are kept for the subgraphs.
pub(crate) fn forwarding(settings: &Settings) -> anyhow::Result<Forwarding> {
    let told = &settings.router;
    let mut all = vec![rule_set::<RequestRules, _, _>(&told.request_headers, &[], RequestHeaderRule::read)?];
    for own in told.subgraphs.values() {
        all.push(rule_set(&own.request_headers, &[], RequestHeaderRule::read)?);
    }
    let fields = told.connection_init_headers.iter().map(|(field, name)| Ok((field.clone(), name.parse()?)));
    let forwarding = Forwarding::new(&all).with_payload_fields(fields.collect::<anyhow::Result<Vec<_>>>()?);
    Ok(forwarding.with_own(override_rules(settings)?.headers().cloned()))
}

/// When labels of gradual overrides are on.
pub(crate) fn override_rules(settings: &Settings) -> anyhow::Result<OverrideRules> {
    settings::override_labels::rules(&settings.router.override_labels).map_err(|problem| anyhow!(problem))
}

/// Health tells of subgraphs that are not called, and of those of whose instances some are unwell.
pub(crate) fn register(registry: &Registry, traffic: &Traffic) {
    let traffic = traffic.clone();
    registry.register("subgraph-calls", false, move || {
        let (breakers, pools) = (traffic.breakers(), traffic.pools());
        async move {
            let refused: Vec<_> =
                breakers.iter().filter(|(_, one)| one.state != "closed").map(|(name, _)| name).collect();
            let unwell: Vec<_> = pools
                .iter()
                .filter(|(_, pool)| pool.instances.is_empty() || pool.instances.iter().any(|one| !one.healthy))
                .map(|(name, _)| name)
                .collect();
            let well = refused.is_empty() && unwell.is_empty();
            let health = if well { Health::up() } else { Health::degraded("") };
            health.with(json!({ "notCalled": refused, "withUnwellInstances": unwell, "subgraphs": pools }))
        }
    });
}

/// The agent of the settings, if there is one.
pub(crate) fn consul(settings: &Settings) -> anyhow::Result<Option<Consul>> {
    let Some(url) = &settings.consul.url else { return Ok(None) };
    let token = Some(settings.consul.token.reveal().to_owned()).filter(|token| !token.is_empty());
    let options = ConsulOptions { url: url.parse()?, token, datacenter: settings.consul.datacenter.clone() };
    Ok(Some(Consul::new(options)?))
}

fn rule_set<R, S, I>(all: &[S], own: &[S], read: impl Fn(&S) -> Result<I, String>) -> anyhow::Result<R>
where
    R: FromIterator<I>,
{
    all.iter().chain(own).map(|rule| read(rule).map_err(|problem| anyhow!("a header rule: {problem}"))).collect()
}

fn source(
    settings: &Settings,
    own: &SubgraphTraffic,
    all: &settings::Traffic,
    told: Option<&str>,
) -> anyhow::Result<Source> {
    if !own.instances.is_empty() {
        let places = own.instances.iter().map(|instance| {
            let (place, metadata) = (Place::new(url(&instance.url)?), instance.metadata.clone());
            Ok(Weighted { place, weight: instance.weight, metadata })
        });
        return Ok(Source::Fixed(places.collect::<anyhow::Result<_>>()?));
    }
    let template = own.url.as_deref().or(told).map(url).transpose()?;
    if own.consul {
        let consul = consul(settings)?.context("say in `consul.url` where Consul is")?;
        let service = own.service.clone().context("`consul` needs the name of a `service`")?;
        let template =
            template.map_or_else(|| Url::parse("http://localhost/graphql").map_err(Into::into), anyhow::Ok)?;
        return Ok(Source::Consul { consul, service, tag: own.tag.clone(), template });
    }
    let template = template.context("say where it is")?;
    let Some(records) = own.dns else { return Ok(Source::Fixed(vec![Weighted::new(Place::new(template))])) };
    let (records, name) = match records {
        settings::DnsLookup::Addresses => (DnsRecords::Addresses, template.host_str().map(str::to_owned)),
        settings::DnsLookup::Service => (DnsRecords::Service, own.service.clone()),
    };
    Ok(Source::Dns(DnsOptions {
        name: name.context("`dns` needs a name: the host of the URL, or `service`")?,
        template,
        records,
        interval: Duration::from_secs(all.dns_interval_seconds),
        servers: all.dns_servers.clone(),
    }))
}

fn url(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).map_err(|error| anyhow!("`{text}` is no URL: {error}"))?;
    let reachable = matches!(url.scheme(), "http" | "https" | "unix");
    ensure!(reachable, "`{url}` is neither http nor https nor a Unix socket");
    Ok(url)
}

fn http(all: &settings::Traffic) -> anyhow::Result<HttpOptions> {
    let read = |file: &Path| -> anyhow::Result<Option<Bytes>> {
        if file.as_os_str().is_empty() {
            return Ok(None);
        }
        let text = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        Ok(Some(text.into()))
    };
    let placeholder = Url::parse("http://localhost/").expect("a valid URL");
    Ok(HttpOptions {
        timeout: Duration::from_secs(all.timeout_seconds),
        connect_timeout: Duration::from_secs(all.connect_timeout_seconds),
        max_response_bytes: all.max_response_bytes,
        version: match all.http {
            settings::HttpVersion::Negotiated => HttpVersion::Negotiated,
            settings::HttpVersion::Http1 => HttpVersion::Http1,
            settings::HttpVersion::PriorKnowledge => HttpVersion::Http2PriorKnowledge,
        },
        max_idle_connections: all.max_idle_connections,
        reach: Reach {
            tls: Tls { authorities: read(&all.tls_authorities)?, identity: read(&all.tls_identity)? },
            ..Reach::default()
        },
        ..HttpOptions::new(placeholder)
    })
}

fn policy(all: &settings::Traffic, own: &SubgraphTraffic) -> Policy {
    let backoff = Backoff {
        initial: Duration::from_millis(all.retry_initial_ms),
        limit: Duration::from_millis(all.retry_limit_ms),
    };
    Policy {
        timeout: Duration::from_secs(all.timeout_seconds),
        retry: RetryPolicy { retries: all.retries, backoff },
        breaker: BreakerSettings {
            failures_to_open: all.breaker_failures,
            minimum_volume: all.breaker_volume,
            open_for: Duration::from_secs(all.breaker_open_seconds),
            successes_to_close: all.breaker_successes,
        },
        probe_interval: Duration::from_millis(all.breaker_probe_ms),
        max_concurrent: all.max_concurrent,
        max_wait: Duration::from_millis(all.max_wait_ms),
        deduplicate: all.deduplicate,
        balancing: match all.balancing {
            settings::Balancing::RoundRobin => Balancing::RoundRobin,
            settings::Balancing::LeastConnections => Balancing::LeastConnections,
            settings::Balancing::Random => Balancing::Random,
            settings::Balancing::WeightedRoundRobin => Balancing::WeightedRoundRobin,
        },
        health_check: HealthCheck {
            enabled: all.health_checks,
            interval: Duration::from_secs(all.health_check_interval_seconds),
            timeout: Duration::from_secs(all.health_check_timeout_seconds),
            failures_to_fall: all.health_check_failures,
            successes_to_rise: all.health_check_successes,
        },
        recovery: Recovery { patience: Duration::from_secs(own.subscriptions.patience_seconds), ..Recovery::default() },
    }
}

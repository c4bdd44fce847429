//! What the health answers tell of: every engine and every other process that this one stands on.

use std::time::Duration;

use anyhow::Context as _;
use cloudphone_database::Database;
use cloudphone_events::{DeadLetterFilter, DeadLetters};
use cloudphone_observability::{Health, Registry};
use serde_json::json;

use crate::arguments::Part;
use crate::domains::Domains;
use crate::edge;
use crate::engines::Engines;
use crate::settings::Settings;

/// The longest that another process may take to say how it is.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// Registers a check for everything that this process stands on.
pub(crate) fn register(
    registry: &Registry,
    settings: &Settings,
    parts: &[Part],
    engines: &Engines,
    domains: &Domains,
) -> anyhow::Result<()> {
    register_cache(registry, engines);
    if let Some(identity) = &domains.identity {
        register_database(registry, identity.database());
    }
    if let Some(devices) = &domains.devices {
        register_database(registry, devices.database());
        let status = devices.status();
        registry.register("mqtt", false, move || {
            let health = status.read();
            async move {
                let connected = health.telemetry_connected && health.control_connected;
                let fact = json!({ "devices": health.devices, "waitingSamples": health.waiting_samples });
                if connected { Health::up().with(fact) } else { Health::down("no connection to the broker") }
            }
        });
    }
    if let Some(apps) = &domains.apps {
        register_database(registry, apps.database());
        let status = apps.status();
        registry.register("storage", false, move || {
            let answers = status.storage_answers();
            async move { if answers { Health::up() } else { Health::down("object storage does not answer") } }
        });
    }
    if parts.contains(&Part::Router) { register_subgraphs(registry, settings, domains) } else { Ok(()) }
}

fn register_cache(registry: &Registry, engines: &Engines) {
    let cache = engines.cache.clone();
    registry.register("cache", true, move || {
        let cache = cache.clone();
        async move {
            match cache.ping().await {
                Ok(()) => Health::up(),
                Err(error) => Health::down(error.to_string()),
            }
        }
    });
}

/// A domain's database, and what its consumers gave up on.
fn register_database(registry: &Registry, database: &Database) {
    register_dead_letters(registry, database);
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

/// Dead letters wait for an operator, so that the platform counts as degraded until somebody has looked at them.
fn register_dead_letters(registry: &Registry, database: &Database) {
    let letters = DeadLetters::new(database.clone());
    registry.register(&format!("dead-letters-{}", database.name()), false, move || {
        let letters = letters.clone();
        async move {
            match letters.count(&DeadLetterFilter::default()).await {
                Ok(0) => Health::up(),
                Ok(count) => {
                    Health::degraded(format!("{count} events were given up; see `cloudphone dead-letters list`"))
                }
                Err(error) => Health::down(error.to_string()),
            }
        }
    });
}

/// A router without one of its subgraphs still answers for the others, so that none of them is critical.
fn register_subgraphs(registry: &Registry, settings: &Settings, domains: &Domains) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().timeout(PROBE_TIMEOUT).build().context("no HTTP client can be made")?;
    let here: Vec<_> = domains.subgraphs().iter().map(cloudphone_graphql::Subgraph::name).collect();
    for name in edge::schemas().into_iter().map(|part| part.name) {
        let Some(url) = settings.subgraphs.url_of(&name).filter(|_| !here.contains(&name.as_str())) else { continue };
        let address = format!("{}/health/readiness", url.trim_end_matches('/'));
        let client = client.clone();
        registry.register(&format!("subgraph-{name}"), false, move || {
            let asked = client.get(&address).send();
            async move {
                match asked.await {
                    Ok(answer) if answer.status().is_success() => Health::up(),
                    Ok(answer) => Health::degraded(format!("it answers {}", answer.status())),
                    Err(_) => Health::down("it does not answer"),
                }
            }
        });
    }
    Ok(())
}

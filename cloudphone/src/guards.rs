//! What the settings put before every operation.

use std::time::Duration;

use anyhow::Context as _;
use cloudphone_cache::{Engine as Cache, Quota};
use cloudphone_router::documents::{AutomaticDocuments, Documents, Trust, TrustedDocuments};
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{RateLimits, RateRules, WhenUnreachable};

use crate::settings::{self, Environment, Settings, TrustMode};

/// The stages of the settings. `cache` is what replicas share, if they do.
pub(crate) fn stages(settings: &Settings, cache: &Cache) -> anyhow::Result<Stages> {
    let documents = documents(settings, cache)?;
    Ok(Stages { documents, rates: rates(settings, cache) })
}

fn documents(settings: &Settings, cache: &Cache) -> anyhow::Result<Documents> {
    let told = &settings.router.documents;
    let lifetime = Duration::from_secs(told.automatic_lifetime_seconds);
    // Without Redis the process keeps them itself, and keeping them twice would be of no use.
    let shared = settings.engine.redis_url.as_ref().map(|_| cache.clone());
    let automatic = told.automatic.then(|| AutomaticDocuments::new(told.automatic_max_bytes, shared, lifetime));
    let trust = match told.trust {
        TrustMode::Off => None,
        TrustMode::Log => Some(Trust::Log),
        TrustMode::Enforce => Some(Trust::Enforce),
    };
    let trusted = trust.map(|trust| {
        let file =
            told.manifest.clone().context("router.documents.manifest: name the file of the trusted documents")?;
        TrustedDocuments::follow(file, trust).context("router.documents.manifest")
    });
    Ok(Documents { automatic, trusted: trusted.transpose()? })
}

fn rates(settings: &Settings, cache: &Cache) -> Option<RateLimits> {
    let told = &settings.router.rate_limits;
    let quotas = |list: &[settings::Quota]| {
        list.iter()
            .map(|quota| Quota { requests: quota.requests, window: Duration::from_secs(quota.seconds) })
            .collect()
    };
    let rules = RateRules {
        callers: quotas(&told.callers),
        addresses: quotas(&told.addresses),
        sign_in: quotas(&told.sign_in),
        sign_in_fields: told.sign_in_fields.iter().cloned().collect(),
        when_unreachable: match told.when_unreachable {
            settings::WhenUnreachable::CountHere => WhenUnreachable::CountHere,
            settings::WhenUnreachable::Allow => WhenUnreachable::Allow,
            settings::WhenUnreachable::Refuse => WhenUnreachable::Refuse,
        },
        timeout: Duration::from_millis(told.timeout_ms),
    };
    let enabled = told.enabled.unwrap_or(settings.environment == Environment::Production);
    enabled.then(|| RateLimits::new(rules, cache.clone()))
}

/// What replicas of a router share where there is no platform: Redis if the settings name one.
pub(crate) async fn cache(settings: &Settings) -> anyhow::Result<Cache> {
    match &settings.engine.redis_url {
        None => Ok(Cache::in_process()),
        Some(url) => Cache::redis(url.reveal()).await.context("Redis (engine.redis_url)"),
    }
}

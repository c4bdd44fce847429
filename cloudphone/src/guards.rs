//! What the settings put before every operation.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cloudphone_cache::{Engine as Cache, Quota};
use cloudphone_planning::CostOptions;
use cloudphone_router::documents::{AutomaticDocuments, Documents, Trust, TrustedDocuments};
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{
    Capacity, CostMode, CostRule, Overload, OverloadRules, RateCounts, RateLimits, RateRules, WhenUnreachable,
    control_group_memory,
};

use crate::settings::{self, Environment, Settings, TrustMode};

/// How late the runtime may be in production, unless the settings say so.
const LAG_IN_PRODUCTION_MS: u64 = 1000;

/// What is under way and who has asked how often: other settings go on from there.
pub(crate) struct Counts {
    overload: Arc<Overload>,
    rates: Arc<RateCounts>,
    /// Requests with files.
    pub(crate) uploads: Arc<Capacity>,
}

impl Counts {
    /// Nothing yet. `cache` is what replicas share, if they do.
    pub(crate) fn new(settings: &Settings, cache: &Cache) -> Self {
        Self {
            overload: Overload::new(overload(settings)),
            rates: RateCounts::new(cache.clone()),
            uploads: Capacity::new(settings.router.upload.max_concurrent),
        }
    }
}

/// The stages of the settings.
pub(crate) fn stages(settings: &Settings, counts: &Counts, documents: Arc<Documents>) -> Stages {
    counts.overload.change(overload(settings));
    counts.uploads.change(settings.router.upload.max_concurrent);
    let overload = Some(Arc::clone(&counts.overload));
    Stages { documents, rates: rates(settings, &counts.rates), cost: cost(settings), overload }
}

/// Documents that clients name instead of sending them.
pub(crate) fn documents(settings: &Settings, cache: &Cache) -> anyhow::Result<Documents> {
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

fn cost(settings: &Settings) -> Option<CostRule> {
    let told = &settings.router.cost;
    let mode = match told.mode {
        settings::CostMode::Off => return None,
        settings::CostMode::Measure => CostMode::Measure,
        settings::CostMode::Enforce => CostMode::Enforce,
    };
    let options = CostOptions { default_list_size: told.default_list_size };
    let (max_per_subgraph, subgraphs) = (told.max_per_subgraph, told.subgraphs.clone());
    Some(CostRule { mode, max: told.max, max_per_subgraph, subgraphs, options })
}

fn overload(settings: &Settings) -> OverloadRules {
    let told = &settings.router.overload;
    let lag = told.max_lag_ms.or((settings.environment == Environment::Production).then_some(LAG_IN_PRODUCTION_MS));
    OverloadRules {
        operations: told.max_operations,
        wait: Duration::from_millis(told.wait_ms),
        memory_bytes: told.max_memory_bytes.or_else(|| control_group_memory().map(|bytes| bytes / 10 * 9)),
        lag: lag.map(Duration::from_millis),
    }
}

fn rates(settings: &Settings, counts: &Arc<RateCounts>) -> Option<RateLimits> {
    let told = &settings.router.rate_limits;
    let quotas = |list: &[settings::Quota]| {
        list.iter()
            .map(|quota| Quota { requests: quota.requests, window: Duration::from_secs(quota.seconds) })
            .collect()
    };
    let rules = RateRules {
        callers: quotas(&told.callers),
        tiers: told.tiers.iter().map(|(name, list)| (Arc::from(name.as_str()), quotas(list))).collect(),
        subscriptions: quotas(&told.subscriptions),
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
    enabled.then(|| RateLimits::new(rules, Arc::clone(counts)))
}

/// What replicas of a router share where there is no platform: Redis if the settings name one.
pub(crate) async fn cache(settings: &Settings) -> anyhow::Result<Cache> {
    match &settings.engine.redis_url {
        None => Ok(Cache::in_process()),
        Some(url) => Cache::redis(url.reveal()).await.context("Redis (engine.redis_url)"),
    }
}

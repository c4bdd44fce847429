//! Keeps answers of subgraphs for as long as they say, or the configuration does: root fetches whole, entities one by one.

mod entities;
mod key;
mod layer;
mod policy;
mod purge;
mod report;
mod rules;
mod storage;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cloudphone_cache::{CacheError, Engine};
use cloudphone_execution::SubgraphService;
use cloudphone_planning::Supergraph;

pub(crate) use report::{CacheReport, Freshness};

pub use purge::{Purge, purge_routes};
pub use rules::Rule;

use layer::CachedSubgraph;
use storage::{InProcess, Redis, Storage};

/// Tells milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How answers are kept.
#[derive(Clone)]
pub struct ResponseCacheOptions {
    /// Bytes kept in this process before the least used go.
    pub max_bytes: u64,
    /// Larger answers are not kept.
    pub max_entry_bytes: usize,
    /// Nothing is kept longer.
    pub max_age: Duration,
    /// How long Redis may take to be asked; then the subgraph is.
    pub storage_timeout: Duration,
    /// What is said of types (`Product`) and fields (`Product.price`).
    pub rules: HashMap<String, Rule>,
    /// What time it is.
    pub clock: Clock,
}

impl Default for ResponseCacheOptions {
    fn default() -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            max_bytes: 64 * 1024 * 1024,
            max_entry_bytes: 1024 * 1024,
            max_age: Duration::from_hours(24),
            storage_timeout: Duration::from_millis(50),
            rules: HashMap::new(),
            clock: Arc::new(move || u64::try_from(now().as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

/// Kept answers; outlives supergraphs, and is cheap to clone.
#[derive(Clone)]
pub struct ResponseCache {
    kept: Arc<Kept>,
}

struct Kept {
    options: ResponseCacheOptions,
    storage: Storage,
}

impl ResponseCache {
    /// A cache of this process, or of all that share an engine.
    pub fn new(options: ResponseCacheOptions, shared: Option<Engine>) -> Self {
        let storage = match shared {
            Some(engine) => Storage::Redis(Redis::new(engine, options.storage_timeout, options.max_age)),
            None => Storage::InProcess(InProcess::new(options.max_bytes)),
        };
        Self { kept: Arc::new(Kept { options, storage }) }
    }

    /// Puts the cache before a subgraph of a supergraph.
    pub fn before(&self, service: Arc<dyn SubgraphService>, supergraph: &Arc<Supergraph>) -> Arc<dyn SubgraphService> {
        Arc::new(CachedSubgraph::new(Arc::clone(&self.kept), service, Arc::clone(supergraph)))
    }

    /// Removes answers. Those that are on their way are not kept either.
    pub async fn purge(&self, purge: &Purge) -> Result<(), CacheError> {
        let tags = purge.tags().unwrap_or_else(|| vec![String::new()]);
        self.kept.storage.purge(&tags, self.kept.now()).await
    }
}

impl Kept {
    fn now(&self) -> u64 {
        (self.options.clock)()
    }
}

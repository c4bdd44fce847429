//! From text to [`PreparedOperation`], each distinct document once.

mod prepare;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use hive_router_query_planner::graph::PERCENTAGE_SCALE_FACTOR;
use moka::future::Cache;
use prepare::{PlanningCore, failed};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::{
    access::RequirementId,
    document::validation_rules,
    error::PlanningError,
    limits::OperationLimits,
    operation::{OperationSource, PreparedOperation},
    supergraph::Supergraph,
};

/// How much longer than its own limit planning may take before it is given up.
const GRACE: Duration = Duration::from_secs(1);

/// Threads that never end beyond which no others take their place.
const MAX_ABANDONED: usize = 8;

/// Which of the subgraphs that share a field by `@override` with a label is to answer it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OverrideChoice {
    /// Custom labels that are on for this request.
    pub labels: BTreeSet<String>,
    /// Where the request lies between 0 and 100, for labels such as `percent(10)`.
    pub percentage: f64,
}

/// A document to plan.
#[derive(Debug, Clone)]
pub struct PlanRequest<'a> {
    /// The whole document.
    pub document: &'a str,
    /// Which of its operations; may be left out when there is only one.
    pub operation_name: Option<&'a str>,
    /// Progressive overrides.
    pub overrides: OverrideChoice,
    /// The client's variables. With them, what `@skip` and `@include` leave out is not part of the plan, which is for such
    /// variables only then; without them, conditions are part of the plan.
    pub variables: Option<&'a Map<String, Value>>,
}

impl<'a> PlanRequest<'a> {
    /// A document without progressive overrides: labelled fields stay with the subgraph that has them.
    pub fn new(document: &'a str, operation_name: Option<&'a str>) -> Self {
        let overrides = OverrideChoice { labels: BTreeSet::new(), percentage: 100.0 };
        Self { document, operation_name, overrides, variables: None }
    }

    /// The same for these variables, and others of the same conditions.
    #[must_use]
    pub fn with_variables(mut self, variables: &'a Map<String, Value>) -> Self {
        self.variables = Some(variables);
        self
    }

    /// The values on which conditions may depend; none when the plan is for all of them.
    fn conditions(&self) -> Option<Conditions> {
        let has_conditions = self.document.contains("@skip") || self.document.contains("@include");
        let variables = self.variables.filter(|_| has_conditions)?;
        let booleans = variables.iter().filter_map(|(name, value)| Some((name.clone(), value.as_bool()?)));
        Some(booleans.collect())
    }
}

/// The values of Boolean variables.
pub(crate) type Conditions = BTreeMap<String, bool>;

/// Plans operations on one supergraph.
#[async_trait]
pub trait Planner: Send + Sync {
    /// The prepared operation of a document; the same for equal requests.
    async fn plan(&self, request: PlanRequest<'_>) -> Result<Arc<PreparedOperation>, Arc<PlanningError>>;

    /// The supergraph it plans on.
    fn supergraph(&self) -> &Arc<Supergraph>;
}

/// Settings of [`FederationPlanner`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannerOptions {
    /// Prepared operations kept; the least used leave first.
    pub cache_capacity: u64,
    /// How large documents may be.
    pub limits: OperationLimits,
    /// Whether clients may ask for `__schema` and `__type`.
    pub introspection: bool,
    /// How long one plan may take.
    pub timeout: Duration,
    /// How many documents are planned at once; planning is bound by the processor.
    pub concurrency: usize,
}

impl Default for PlannerOptions {
    fn default() -> Self {
        Self {
            cache_capacity: 10_000,
            limits: OperationLimits::default(),
            introspection: true,
            timeout: Duration::from_secs(10),
            concurrency: std::thread::available_parallelism().map_or(2, usize::from),
        }
    }
}

/// The planner for federated supergraphs.
pub struct FederationPlanner {
    core: Arc<PlanningCore>,
    cache: Cache<String, Arc<PreparedOperation>>,
    restricted: Cache<RestrictedKey, Arc<PreparedOperation>>,
    permits: Arc<Semaphore>,
    /// Documents that the planner did not come to an end with.
    given_up: Cache<String, ()>,
    /// How many threads still try to plan one of those.
    abandoned: Arc<AtomicUsize>,
}

impl FederationPlanner {
    /// A planner with an empty cache.
    pub fn new(supergraph: Arc<Supergraph>, options: PlannerOptions) -> Self {
        Self {
            cache: Cache::new(options.cache_capacity),
            restricted: Cache::new(options.cache_capacity),
            given_up: Cache::new(1_000),
            abandoned: Arc::default(),
            permits: Arc::new(Semaphore::new(options.concurrency.max(1))),
            core: Arc::new(PlanningCore { supergraph, rules: validation_rules(), options }),
        }
    }

    /// An operation of this planner without what a caller may not see who does not meet these of its requirements; the
    /// same for equal ones. What is left out is answered as null with an error.
    pub async fn restrict(
        &self,
        operation: &Arc<PreparedOperation>,
        unmet: &[RequirementId],
    ) -> Result<Arc<PreparedOperation>, Arc<PlanningError>> {
        let key = RestrictedKey { operation: Arc::clone(operation), unmet: unmet.into() };
        if let Some(known) = self.restricted.get(&key).await {
            return Ok(known);
        }
        let (core, permits) = (Arc::clone(&self.core), Arc::clone(&self.permits));
        let (operation, unmet) = (Arc::clone(operation), unmet.to_vec());
        self.restricted
            .try_get_with(key, async move {
                let permit = permits.acquire_owned().await.expect("the planner never closes its permits");
                let limit = core.options.timeout + GRACE;
                let planning = tokio::task::spawn_blocking(move || {
                    let planned = core.restrict(&operation, &unmet).map(Arc::new);
                    drop(permit);
                    planned
                });
                let planned = tokio::time::timeout(limit, planning).await;
                planned.map_or_else(
                    |_| Err(failed("The operation takes too long to plan.")),
                    |planned| planned.unwrap_or_else(|_| Err(failed("the planner stopped"))),
                )
            })
            .await
    }

    /// How many prepared operations are kept now.
    pub fn cached_operations(&self) -> u64 {
        self.cache.entry_count()
    }

    /// The overrides reduced to those that make a difference here, so that the cache is not split by chance.
    fn relevant_overrides(&self, choice: &OverrideChoice) -> Overrides {
        let known = &self.core.supergraph.query_planner.supergraph.progressive_overrides;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 10^10 fits")]
        let share = (choice.percentage.clamp(0.0, 100.0) / 100.0 * 1e10) as u64;
        // Just below the next label is as good as anywhere else below it.
        let next = known.percentages.iter().copied().filter(|label| share < *label).min();
        let share = next.map_or(100 * PERCENTAGE_SCALE_FACTOR, |label| label - 1);
        let labels = choice.labels.iter().filter(|label| known.flags.contains(*label)).cloned().collect();
        Overrides { labels, share }
    }
}

/// What a plan is for, besides its document.
#[derive(Debug, Clone)]
pub(crate) struct PlannedFor {
    overrides: Overrides,
    pub(crate) conditions: Option<Conditions>,
}

/// An operation, the same one and not one like it, with what its caller does not meet.
struct RestrictedKey {
    operation: Arc<PreparedOperation>,
    unmet: Box<[RequirementId]>,
}

impl PartialEq for RestrictedKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.operation, &other.operation) && self.unmet == other.unmet
    }
}

impl Eq for RestrictedKey {}

impl Hash for RestrictedKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.operation).hash(state);
        self.unmet.hash(state);
    }
}

/// An [`OverrideChoice`] in the planning library's terms.
#[derive(Debug, Clone)]
struct Overrides {
    labels: BTreeSet<String>,
    /// A percentage times [`PERCENTAGE_SCALE_FACTOR`].
    share: u64,
}

#[async_trait]
impl Planner for FederationPlanner {
    async fn plan(&self, request: PlanRequest<'_>) -> Result<Arc<PreparedOperation>, Arc<PlanningError>> {
        let overrides = self.relevant_overrides(&request.overrides);
        let conditions = request.conditions();
        let key = cache_key(&request, &overrides, conditions.as_ref());
        if let Some(known) = self.cache.get(&key).await {
            return Ok(known);
        }
        if self.given_up.contains_key(&key) {
            return Err(Arc::new(failed("The operation takes too long to plan.")));
        }
        let core = Arc::clone(&self.core);
        let permits = Arc::clone(&self.permits);
        let (given_up, own_key, abandoned) = (self.given_up.clone(), key.clone(), Arc::clone(&self.abandoned));
        let source = Arc::new(OperationSource {
            document: request.document.into(),
            operation_name: request.operation_name.map(Arc::from),
            overrides: request.overrides.clone(),
        });
        self.cache
            .try_get_with(key, async move {
                let permit = Arc::clone(&permits).acquire_owned().await.expect("the planner never closes its permits");
                let limit = core.options.timeout + GRACE;
                let planning = tokio::task::spawn_blocking(move || {
                    let held = permit;
                    let planned = core.prepare(&source, PlannedFor { overrides, conditions }).map(Arc::new);
                    drop(held);
                    planned
                });
                if let Ok(planned) = tokio::time::timeout(limit, planning).await {
                    return planned.unwrap_or_else(|_| Err(failed("the planner stopped")));
                }
                given_up.insert(own_key, ()).await;
                // Its thread cannot be ended. Others go on in its place, as long as there are few of them.
                if abandoned.fetch_add(1, Ordering::Relaxed) < MAX_ABANDONED {
                    permits.add_permits(1);
                }
                tracing::error!("the query planner did not come to an end");
                Err(failed("The operation takes too long to plan."))
            })
            .await
    }

    fn supergraph(&self) -> &Arc<Supergraph> {
        &self.core.supergraph
    }
}

fn cache_key(request: &PlanRequest<'_>, overrides: &Overrides, conditions: Option<&Conditions>) -> String {
    let name = request.operation_name.unwrap_or_default();
    let mut key = String::with_capacity(request.document.len() + name.len() + 16);
    key.push_str(name);
    key.push('\0');
    for label in &overrides.labels {
        key.push_str(label);
        key.push('\u{1}');
    }
    key.push_str(&overrides.share.to_string());
    key.push('\0');
    for (name, value) in conditions.into_iter().flatten() {
        key.push_str(name);
        key.push(if *value { '\u{1}' } else { '\u{2}' });
    }
    key.push(if conditions.is_some() { '\u{1}' } else { '\0' });
    key.push_str(request.document);
    key
}

//! From text to [`PreparedOperation`], each distinct document once.

#[cfg(test)]
mod containment;
mod memory;
mod prepare;
mod threads;

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use memory::{Failure, Lasting, Memory, Size};
use prepare::{PlanningCore, failed};
use serde_json::{Map, Value};
use threads::{ThreadLimits, Threads, Undone};
use tracing::Instrument as _;

use crate::{
    access::RequirementId,
    document::validation_rules,
    error::{PlanningError, codes},
    limits::OperationLimits,
    operation::{OperationSource, PreparedOperation},
    overrides::OverrideChoice,
    supergraph::Supergraph,
};

/// How much longer than its own limit planning may take before it is given up.
const GRACE: Duration = Duration::from_secs(1);

/// What a prepared operation of the usual size takes, in bytes.
const USUAL_BYTES: usize = 16 * 1024;

/// How much more a document takes when it is parsed and its answer laid out.
const PREPARED_BYTES_PER_BYTE: usize = 8;

/// A document to plan.
#[derive(Debug, Clone)]
pub struct PlanRequest<'a> {
    /// The whole document.
    pub document: &'a str,
    /// Which of its operations; may be left out when there is only one.
    pub operation_name: Option<&'a str>,
    /// Which labels of gradual overrides are on.
    pub overrides: OverrideChoice,
    /// The client's variables. With them, what `@skip` and `@include` leave out is not part of the plan, which is for such
    /// variables only then; without them, conditions are part of the plan.
    pub variables: Option<&'a Map<String, Value>>,
}

impl<'a> PlanRequest<'a> {
    /// A document for which no label is on: labelled fields stay with the subgraph that has them.
    pub fn new(document: &'a str, operation_name: Option<&'a str>) -> Self {
        Self { document, operation_name, overrides: OverrideChoice::default(), variables: None }
    }

    /// The same with other labels on.
    #[must_use]
    pub fn with_overrides(self, overrides: OverrideChoice) -> Self {
        Self { overrides, ..self }
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
    /// Prepared operations kept, of each kind: whole ones, and those without what their callers may not see. The least used leave
    /// first; one of more than 16 KiB counts as several.
    pub cache_capacity: u64,
    /// How large documents may be.
    pub limits: OperationLimits,
    /// Whether clients may ask for `__schema` and `__type`.
    pub introspection: bool,
    /// How long one plan may take.
    pub timeout: Duration,
    /// How many documents are planned at once; planning is bound by the processor.
    pub concurrency: usize,
    /// How long a document waits until it is planned.
    pub wait: Duration,
    /// Documents that may wait until they are planned.
    pub max_waiting: usize,
}

impl Default for PlannerOptions {
    fn default() -> Self {
        Self {
            cache_capacity: 10_000,
            limits: OperationLimits::default(),
            introspection: true,
            timeout: Duration::from_secs(10),
            concurrency: std::thread::available_parallelism().map_or(2, usize::from),
            wait: Duration::from_secs(5),
            max_waiting: 1000,
        }
    }
}

/// The planner for federated supergraphs. What it made of a document it remembers, failures as well.
pub struct FederationPlanner {
    core: Arc<PlanningCore>,
    threads: Threads,
    whole: Memory<Arc<str>, Arc<PreparedOperation>>,
    restricted: Memory<RestrictedKey, Arc<PreparedOperation>>,
}

impl FederationPlanner {
    /// A planner that remembers nothing yet.
    pub fn new(supergraph: Arc<Supergraph>, options: PlannerOptions) -> Self {
        let limits = ThreadLimits {
            threads: options.concurrency,
            wait: options.wait,
            max_waiting: options.max_waiting,
            work: options.timeout + GRACE,
        };
        Self {
            threads: Threads::new(limits),
            whole: Memory::new("whole", options.cache_capacity, USUAL_BYTES),
            restricted: Memory::new("restricted", options.cache_capacity, USUAL_BYTES),
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
        let make = || {
            let (operation, unmet) = (Arc::clone(operation), unmet.to_vec());
            self.make(move |core| core.restrict(&operation, &unmet))
        };
        self.restricted.get(&key, make).await
    }

    /// Work of the planner, on a thread of its own.
    fn make(
        &self,
        work: impl FnOnce(&PlanningCore) -> Result<PreparedOperation, PlanningError> + Send + 'static,
    ) -> impl Future<Output = Result<Arc<PreparedOperation>, Failure>> + Send + 'static {
        let (core, threads) = (Arc::clone(&self.core), self.threads.clone());
        let limit = core.options.timeout;
        let span = tracing::info_span!("plan", otel.name = "graphql.plan");
        let made = async move {
            let timed = move || {
                let began = Instant::now();
                (work(&core).map(Arc::new), began.elapsed())
            };
            let (lasting, error) = match threads.run(timed).await {
                Ok((Ok(made), _)) => return Ok(made),
                // A planner that ran out of time says of it no more than that there is no plan.
                Ok((Err(error), took)) if took >= limit => (Lasting::ForAWhile, error),
                Ok((Err(error), _)) => (Lasting::Always, error),
                Err(Undone::Endless) => (Lasting::ForAWhile, failed("The operation takes too long to plan.")),
                Err(Undone::Stopped) => (Lasting::Always, failed("the planner stopped")),
                Err(Undone::Busy) => {
                    let message = "Too many operations are being planned; try again in a moment.";
                    (Lasting::No, PlanningError::single(codes::QUERY_PLANNER_BUSY, message))
                }
            };
            Err(Failure { error: Arc::new(error), lasting })
        };
        made.instrument(span)
    }

    /// How many prepared operations are kept now.
    pub fn cached_operations(&self) -> u64 {
        self.whole.entries()
    }
}

/// What a plan is for, besides its document.
#[derive(Debug, Clone)]
pub(crate) struct PlannedFor {
    overrides: OverrideChoice,
    pub(crate) conditions: Option<Conditions>,
}

impl Size for Arc<str> {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Size for Arc<PreparedOperation> {
    fn bytes(&self) -> usize {
        let queries = self.plan().steps.iter().map(|step| step.query.len()).sum::<usize>();
        (self.source().document.len() + queries) * PREPARED_BYTES_PER_BYTE
    }
}

/// An operation, the same one and not one like it, with what its caller does not meet.
#[derive(Clone)]
struct RestrictedKey {
    operation: Arc<PreparedOperation>,
    unmet: Box<[RequirementId]>,
}

impl Size for RestrictedKey {
    fn bytes(&self) -> usize {
        size_of_val(&*self.unmet)
    }
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

#[async_trait]
impl Planner for FederationPlanner {
    async fn plan(&self, request: PlanRequest<'_>) -> Result<Arc<PreparedOperation>, Arc<PlanningError>> {
        let overrides = self.core.supergraph.overrides().decide(&request.overrides, request.document);
        let conditions = request.conditions();
        let key: Arc<str> = cache_key(&request, &overrides, conditions.as_ref()).into();
        let make = || {
            let source = Arc::new(OperationSource {
                document: request.document.into(),
                operation_name: request.operation_name.map(Arc::from),
                overrides: overrides.clone(),
            });
            self.make(move |core| core.prepare(&source, PlannedFor { overrides, conditions }))
        };
        self.whole.get(&key, make).await
    }

    fn supergraph(&self) -> &Arc<Supergraph> {
        &self.core.supergraph
    }
}

fn cache_key(request: &PlanRequest<'_>, overrides: &OverrideChoice, conditions: Option<&Conditions>) -> String {
    let name = request.operation_name.unwrap_or_default();
    let mut key = String::with_capacity(request.document.len() + name.len() + 16);
    key.push_str(name);
    key.push('\0');
    for label in &overrides.labels {
        key.push_str(label);
        key.push('\u{1}');
    }
    key.push_str(&overrides.draw.to_string());
    key.push('\0');
    for (name, value) in conditions.into_iter().flatten() {
        key.push_str(name);
        key.push(if *value { '\u{1}' } else { '\u{2}' });
    }
    key.push(if conditions.is_some() { '\u{1}' } else { '\0' });
    key.push_str(request.document);
    key
}

//! All subgraphs that are called over a network, by name, over the exchanges of the supergraph.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cloudphone_execution::subgraphs::http::RequestDecorator;
use cloudphone_execution::{SubgraphError, SubgraphService};
use parking_lot::Mutex;

use crate::deduplicate::Changes;
use crate::discovery::Source;
use crate::headers::AnswerRules;
use crate::instances::Connect;
use crate::policy::Policy;
use crate::status::{BreakerReport, PoolReport};
use crate::subgraph::Subgraph;

/// Where calls to a subgraph go, and how.
pub struct Destination {
    /// Where its instances are.
    pub source: Source,
    /// How calls are treated.
    pub policy: Policy,
    /// What the subgraph is told of the caller; the transport is given the same.
    pub decorator: Arc<dyn RequestDecorator>,
    /// Which headers of answers are for clients.
    pub answer_rules: Arc<AnswerRules>,
    /// Makes the transport to an instance.
    pub connect: Connect,
}

/// The subgraphs of a router; cheap to clone.
#[derive(Clone, Default)]
pub struct Traffic {
    subgraphs: Arc<Mutex<BTreeMap<String, Arc<Subgraph>>>>,
    changes: Changes,
}

impl Traffic {
    /// A new subgraph, which takes the place of the one of this name; calls under way finish on that one. Must be called within a runtime.
    pub fn subgraph(&self, name: &str, destination: Destination) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
        let subgraph = Arc::new(Subgraph::start(name, destination, Arc::clone(&self.changes))?);
        self.subgraphs.lock().insert(name.to_owned(), Arc::clone(&subgraph));
        Ok(subgraph)
    }

    /// Forgets the subgraphs that are no longer there; calls under way finish.
    pub fn retain(&self, names: &BTreeSet<String>) {
        self.subgraphs.lock().retain(|name, _| names.contains(name));
    }

    /// A subgraph by its name.
    pub fn find(&self, name: &str) -> Option<Arc<Subgraph>> {
        self.subgraphs.lock().get(name).cloned()
    }

    /// All circuit breakers.
    pub fn breakers(&self) -> BTreeMap<String, BreakerReport> {
        let subgraphs = self.subgraphs.lock();
        subgraphs.iter().map(|(name, subgraph)| (name.clone(), subgraph.breaker())).collect()
    }

    /// The calls to all subgraphs.
    pub fn pools(&self) -> BTreeMap<String, PoolReport> {
        let subgraphs = self.subgraphs.lock();
        subgraphs.iter().map(|(name, subgraph)| (name.clone(), subgraph.pool())).collect()
    }
}

//! Transports to subgraphs, kept for as long as their subgraphs are reached in the same way.

use std::collections::HashMap;
use std::sync::Arc;

use cloudphone_config::Fingerprint;
use cloudphone_execution::SubgraphService;
use cloudphone_traffic::Traffic;

/// The transports of one executor. The next executor takes over what has not changed, with its pools, and live streams go on.
#[derive(Default)]
pub(crate) struct Services {
    known: HashMap<String, (Fingerprint, Arc<dyn SubgraphService>)>,
    /// Those that are elsewhere, for whoever looks at them.
    traffic: Traffic,
}

impl Services {
    /// None yet, to be filled in place of these.
    pub(crate) fn next(&self) -> Self {
        Self { known: HashMap::new(), traffic: self.traffic.clone() }
    }

    /// Calls to subgraphs elsewhere.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Forgets the subgraphs elsewhere that are no longer there.
    pub(crate) fn tidy(&self) {
        self.traffic.retain(&self.known.keys().cloned().collect());
    }

    /// The transport to a subgraph: that of `before`, if it was made from the same, or a new one.
    pub(crate) fn reach(
        &mut self,
        before: &Self,
        subgraph: &str,
        from: Fingerprint,
        make: impl FnOnce() -> anyhow::Result<Arc<dyn SubgraphService>>,
    ) -> anyhow::Result<Arc<dyn SubgraphService>> {
        let known = before.known.get(subgraph).filter(|(known, _)| *known == from);
        let service = known.map_or_else(make, |(_, service)| Ok(Arc::clone(service)))?;
        self.known.insert(subgraph.to_owned(), (from, Arc::clone(&service)));
        Ok(service)
    }
}

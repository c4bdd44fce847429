//! Transports to subgraphs, kept for as long as their subgraphs are reached in the same way.

use std::collections::HashMap;
use std::sync::Arc;

use cloudphone_config::Fingerprint;
use cloudphone_execution::SubgraphService;

/// The transports of one executor. The next executor takes over what has not changed, with its pools, and live streams go on.
#[derive(Default)]
pub(crate) struct Services(HashMap<String, (Fingerprint, Arc<dyn SubgraphService>)>);

impl Services {
    /// The transport to a subgraph: that of `before`, if it was made from the same, or a new one.
    pub(crate) fn reach(
        &mut self,
        before: &Self,
        subgraph: &str,
        from: Fingerprint,
        make: impl FnOnce() -> anyhow::Result<Arc<dyn SubgraphService>>,
    ) -> anyhow::Result<Arc<dyn SubgraphService>> {
        let known = before.0.get(subgraph).filter(|(known, _)| *known == from);
        let service = known.map_or_else(make, |(_, service)| Ok(Arc::clone(service)))?;
        self.0.insert(subgraph.to_owned(), (from, Arc::clone(&service)));
        Ok(service)
    }
}

//! The plan by which a running subscription completes its events; another may take its place between two events.

use std::sync::Arc;

use arc_swap::ArcSwap;
use cloudphone_planning::{GraphQlError, PreparedOperation, Projection, Variables};
use serde_json::{Map, Value};

use crate::executor::Executor;

/// An operation with its variables and the subgraphs that it is for.
pub struct Planned {
    pub(crate) executor: Executor,
    pub(crate) operation: Arc<PreparedOperation>,
    pub(crate) variables: Arc<Variables>,
    pub(crate) projection: Arc<Projection>,
}

impl Planned {
    /// An operation for these variables of a client; its errors say which do not fit.
    pub fn new(
        executor: Executor,
        operation: Arc<PreparedOperation>,
        variables: &Map<String, Value>,
    ) -> Result<Self, Vec<GraphQlError>> {
        let variables = Arc::new(operation.coerce(variables)?);
        let projection = operation.projection(&variables);
        Ok(Self { executor, operation, variables, projection })
    }

    /// The same with another form of its operation, for the same variables.
    #[must_use]
    pub fn by(&self, operation: Arc<PreparedOperation>) -> Self {
        let projection = operation.projection(&self.variables);
        Self { executor: self.executor.clone(), operation, variables: Arc::clone(&self.variables), projection }
    }

    /// The operation.
    pub fn operation(&self) -> &Arc<PreparedOperation> {
        &self.operation
    }

    /// Whether a subscription by this plan may go on by `successor`: its source is reached over the very same transport,
    /// the same is asked, and events are answered in the same form. Whatever else has changed, such as where
    /// a subgraph is that completes events, then holds from the next event on.
    pub fn goes_on_as(&self, successor: &Self) -> bool {
        let source = self.operation.plan().steps.first();
        source.is_none_or(|step| self.executor.shares(&successor.executor, &step.service))
            && self.variables == successor.variables
            && self.operation.goes_on_as(&successor.operation, &self.variables)
    }
}

/// The plan of one running subscription.
pub struct LivePlan(ArcSwap<Planned>);

impl LivePlan {
    /// Begins by this plan.
    pub fn new(planned: Planned) -> Self {
        Self(ArcSwap::from_pointee(planned))
    }

    /// The plan of the next event.
    pub fn current(&self) -> Arc<Planned> {
        self.0.load_full()
    }

    /// Goes on by another plan from the next event on, so that nothing of the one before is held any longer. What
    /// [`Planned::goes_on_as`] refuses must not be put here.
    pub fn replace(&self, planned: Planned) {
        self.0.store(Arc::new(planned));
    }
}

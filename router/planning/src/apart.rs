//! Plans computed fields apart where the planning library cannot plan an operation with them at once.
//!
//! A subgraph computes a field from what others have (`@requires`). The library looks for the object in the wrong fetch where it lies within
//! another of its own type (`products { reviews { product { … } } }`), and enters a subgraph that finds the type by several keys by one that
//! nobody may have at hand. Without such fields the same operation is no trouble. So they are replaced by a key and by what they
//! require, and fetched in steps of their own, which follow the rest.

mod field_set;
mod part;
mod search;
pub(crate) mod supergraph;

use std::cell::Cell;

use graphql_tools::static_graphql::query::{Document, SelectionSet};
use hive_router_query_planner::planner::{
    Planner as QueryPlanner,
    plan_nodes::{ParallelNode, PlanNode, QueryPlan},
};

use crate::{operation::OperationKind, supergraph::Supergraph};
use search::Computed;

/// Attempts beyond which an operation is given up.
const MAX_ATTEMPTS: usize = 40;
/// Keys of one type that are tried in turn.
const MAX_KEYS: usize = 4;

/// How the library plans a document on a supergraph; none when there is nothing to ask.
pub(crate) type Whole<'w> = dyn Fn(&QueryPlanner, &Document) -> Result<Option<QueryPlan>, String> + 'w;

/// Plans one operation.
pub(crate) struct Apart<'a> {
    supergraph: &'a Supergraph,
    whole: &'a Whole<'a>,
    attempts: Cell<usize>,
}

impl<'a> Apart<'a> {
    pub(crate) fn new(supergraph: &'a Supergraph, whole: &'a Whole<'a>) -> Self {
        Self { supergraph, whole, attempts: Cell::new(0) }
    }

    /// The plan of a rewritten operation; an error is the library's.
    pub(crate) fn plan(&self, document: &Document, kind: OperationKind) -> Result<Option<QueryPlan>, String> {
        self.plan_on(&self.supergraph.query_planner, document, kind)
    }

    fn plan_on(
        &self,
        planner: &QueryPlanner,
        document: &Document,
        kind: OperationKind,
    ) -> Result<Option<QueryPlan>, String> {
        let error = match (self.whole)(planner, document) {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let Some(root) = self.supergraph.root_type(kind) else { return Err(error) };
        for attempt in 0..MAX_KEYS {
            let mut rest = document.clone();
            let computed = search::take_computed(planner, &mut rest, root, attempt);
            let has_choice = computed.iter().any(|computed| computed.keys > attempt + 1);
            if computed.is_empty() || self.attempts.get() >= MAX_ATTEMPTS {
                break;
            }
            self.attempts.set(self.attempts.get() + 1);
            if let Ok(node) = self.apart(planner, document, &rest, kind, &computed) {
                return Ok(Some(QueryPlan { kind: "QueryPlan", node: Some(node) }));
            }
            if !has_choice {
                break;
            }
        }
        Err(error)
    }

    fn apart(
        &self,
        planner: &QueryPlanner,
        document: &Document,
        rest: &Document,
        kind: OperationKind,
        computed: &[Computed],
    ) -> Result<PlanNode, String> {
        let rest = self.plan_on(planner, rest, kind)?.and_then(|plan| plan.node);
        let rest = rest.ok_or("an object is found by something")?;
        let parts = computed.iter().map(|computed| self.part(document, computed)).collect::<Result<_, _>>()?;
        Ok(PlanNode::sequence(vec![rest, PlanNode::Parallel(ParallelNode { nodes: parts })]))
    }

    /// The steps that fetch computed fields and what is selected below them.
    fn part(&self, document: &Document, computed: &Computed) -> Result<PlanNode, String> {
        let planner = self.supergraph.part_planner(&computed.graph, &computed.type_name)?;
        let set = SelectionSet { span: computed.span, items: computed.fields.clone() };
        let own = part::document(document, set).ok_or("a document has an operation")?;
        let plan = self.plan_on(&planner, &own, OperationKind::Query)?.and_then(|plan| plan.node);
        part::below(plan.ok_or("a part asks for something")?, computed)
    }
}

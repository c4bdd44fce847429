//! From a document to a prepared operation, on a thread that may take its time.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use graphql_tools::{static_graphql::query::Document, validation::validate::ValidationPlan};
use hive_router_query_planner::{
    ast::{normalization::normalize_operation, selection_item::SelectionItem, selection_set::SelectionSet},
    graph::PlannerOverrideContext,
    planner::{Planner as QueryPlanner, plan_nodes::QueryPlan},
    utils::cancellation::CancellationToken,
};

use super::{PlannedFor, PlannerOptions};
use crate::{
    access::{Denial, RequirementId},
    apart::Apart,
    compile,
    document::{ParsedDocument, validation_rules},
    error::{PlanningError, codes},
    limits,
    operation::{OperationKind, OperationSource, PreparedOperation},
    overrides::OverrideChoice,
    plan::{Plan, StepCondition},
    rewrite, serial,
    supergraph::Supergraph,
};

/// What planning needs; it knows no cache.
pub(super) struct PlanningCore {
    pub(super) supergraph: Arc<Supergraph>,
    pub(super) rules: ValidationPlan,
    pub(super) options: PlannerOptions,
}

/// An operation that cannot be planned.
pub(super) fn failed(message: impl Into<String>) -> PlanningError {
    PlanningError::single(codes::QUERY_PLANNING_FAILED, message)
}

fn not_planned(error: impl std::fmt::Display) -> PlanningError {
    failed(format!("The operation could not be planned: {error}"))
}

/// The libraries below panic on some operations; a request must not take others with it.
fn contained<T>(work: impl FnOnce() -> Result<T, PlanningError>) -> Result<T, PlanningError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::error!("the query planner panicked");
        Err(failed("The operation could not be planned."))
    })
}

/// Measures how long planning takes, also when it panics.
struct Timing {
    began: Instant,
    outcome: &'static str,
}

impl Timing {
    fn succeeded(mut self) {
        self.outcome = "planned";
    }
}

impl Drop for Timing {
    fn drop(&mut self) {
        metrics::histogram!("cloudphone_graphql_planning_duration_seconds", "outcome" => self.outcome)
            .record(self.began.elapsed().as_secs_f64());
    }
}

impl PlanningCore {
    /// The prepared operation of a document.
    pub(super) fn prepare(
        &self,
        source: &Arc<OperationSource>,
        planned_for: PlannedFor,
    ) -> Result<PreparedOperation, PlanningError> {
        contained(|| self.prepare_unguarded(source, planned_for))
    }

    /// The operation without what its caller may not see, on the supergraph that it was prepared on.
    pub(super) fn restrict(
        &self,
        operation: &PreparedOperation,
        unmet: &[RequirementId],
    ) -> Result<PreparedOperation, PlanningError> {
        contained(|| {
            let (document, planned_for) = (operation.document(), operation.planned_for());
            let supergraph = Arc::clone(operation.supergraph());
            let denial = Denial::new(Arc::clone(&supergraph), unmet);
            let plan = if Arc::ptr_eq(&supergraph, &self.supergraph) {
                self.plan(document, planned_for, Some(&denial))?
            } else {
                // The supergraph was exchanged meanwhile.
                let (rules, options) = (validation_rules(), self.options.clone());
                Self { supergraph: Arc::clone(&supergraph), rules, options }.plan(
                    document,
                    planned_for,
                    Some(&denial),
                )?
            };
            let (source, document) = (Arc::clone(operation.source()), Arc::clone(document));
            Ok(PreparedOperation::new(supergraph, source, document, planned_for.clone(), plan, Some(denial)))
        })
    }

    fn prepare_unguarded(
        &self,
        source: &Arc<OperationSource>,
        planned_for: PlannedFor,
    ) -> Result<PreparedOperation, PlanningError> {
        let began = Instant::now();
        let document =
            ParsedDocument::parse(&source.document, source.operation_name.as_deref(), self.options.limits.max_tokens);
        metrics::histogram!("cloudphone_graphql_parse_duration_seconds").record(began.elapsed().as_secs_f64());
        let document = document?;
        let began = Instant::now();
        let valid = limits::check(&document, &self.options.limits)
            .and_then(|()| document.validate(self.supergraph.api(), &self.rules));
        metrics::histogram!("cloudphone_graphql_validate_duration_seconds").record(began.elapsed().as_secs_f64());
        valid?;
        let plan = self.plan(&document, &planned_for, None)?;
        let (supergraph, document) = (Arc::clone(&self.supergraph), Arc::new(document));
        let prepared = PreparedOperation::new(supergraph, Arc::clone(source), document, planned_for, plan, None);
        if prepared.uses_introspection() && !self.options.introspection {
            return Err(PlanningError::single(codes::INTROSPECTION_DISABLED, "Introspection is switched off."));
        }
        Ok(prepared)
    }

    fn plan(
        &self,
        document: &ParsedDocument,
        planned_for: &PlannedFor,
        denial: Option<&Denial>,
    ) -> Result<Plan, PlanningError> {
        let timing = Timing { began: Instant::now(), outcome: "failed" };
        let plan = self.plan_untimed(document, planned_for, denial)?;
        timing.succeeded();
        Ok(plan)
    }

    fn plan_untimed(
        &self,
        document: &ParsedDocument,
        planned_for: &PlannedFor,
        denial: Option<&Denial>,
    ) -> Result<Plan, PlanningError> {
        let PlannedFor { overrides, conditions } = planned_for;
        let Some(for_subgraphs) = document.for_subgraphs(denial) else { return Ok(Plan::default()) };
        let for_subgraphs = rewrite::rewrite(&self.supergraph, for_subgraphs, conditions.as_ref());
        let compiled = if document.kind() == OperationKind::Mutation {
            self.plan_mutation(&for_subgraphs, document.name(), overrides)?
        } else {
            self.plan_whole(&for_subgraphs, document.kind(), document.name(), overrides)?
                .into_iter()
                .map(|tree| (Vec::new(), tree))
                .collect()
        };
        compile::compile(&self.supergraph, &compiled).map_err(failed)
    }

    /// The planner lets what follows from one change run beside the next change. Each root field is to be complete before
    /// the next begins (specification, section 6.2.2), so each gets its own plan, unless one subgraph does them all.
    fn plan_mutation(
        &self,
        document: &Document,
        name: Option<&str>,
        overrides: &OverrideChoice,
    ) -> Result<Vec<(Vec<StepCondition>, QueryPlan)>, PlanningError> {
        let mut parts = serial::parts(&self.supergraph, document).map_err(not_planned)?;
        if parts.iter().all(|part| part.conditions.is_empty()) {
            let whole = serial::document_of(document, parts.iter().map(|part| part.field.clone()));
            let tree = self.plan_whole(&whole, OperationKind::Mutation, name, overrides)?;
            if parts.len() < 2 || tree.as_ref().is_none_or(compile::is_single_fetch) {
                return Ok(tree.into_iter().map(|tree| (Vec::new(), tree)).collect());
            }
        }
        let mut trees = Vec::with_capacity(parts.len());
        for part in parts.drain(..) {
            let own = serial::document_of(document, std::iter::once(part.field));
            trees.extend(
                self.plan_whole(&own, OperationKind::Mutation, name, overrides)?.map(|tree| (part.conditions, tree)),
            );
        }
        Ok(trees)
    }

    /// The plan of an operation; none when there is nothing to ask.
    fn plan_whole(
        &self,
        document: &Document,
        kind: OperationKind,
        name: Option<&str>,
        overrides: &OverrideChoice,
    ) -> Result<Option<QueryPlan>, PlanningError> {
        let token = CancellationToken::with_timeout(self.options.timeout);
        let whole = |planner: &QueryPlanner, document: &Document| {
            // The library panics where it asks a subgraph for what that has not; another way may do.
            catch_unwind(AssertUnwindSafe(|| plan_by(planner, document, name, overrides, &token)))
                .unwrap_or_else(|_| Err("the planner stopped".to_owned()))
        };
        Apart::new(&self.supergraph, &whole).plan(document, kind).map_err(not_planned)
    }
}

fn plan_by(
    planner: &QueryPlanner,
    document: &Document,
    name: Option<&str>,
    overrides: &OverrideChoice,
    token: &CancellationToken,
) -> Result<Option<QueryPlan>, String> {
    if rewrite::is_empty(document) {
        return Ok(None);
    }
    let normalised = normalize_operation(&planner.supergraph, document, name);
    let mut normalised = normalised.map_err(|error| error.to_string())?;
    // `__typename` of a root is known without asking anyone.
    drop_typename(&mut normalised.operation.selection_set);
    if normalised.operation.selection_set.items.is_empty() {
        return Ok(None);
    }
    let labels: HashSet<String> = overrides.labels.iter().cloned().collect();
    let context = PlannerOverrideContext::new(labels, overrides.draw);
    let plan = planner.plan_from_normalized_operation(&normalised.operation, context, token);
    plan.map(Some).map_err(|error| error.to_string())
}

fn drop_typename(set: &mut SelectionSet) {
    set.items.retain_mut(|item| match item {
        SelectionItem::Field(field) => field.name != "__typename",
        SelectionItem::InlineFragment(fragment) => {
            drop_typename(&mut fragment.selections);
            !fragment.selections.items.is_empty()
        }
        SelectionItem::FragmentSpread(_) => true,
    });
}

#[cfg(test)]
mod tests {
    use super::{codes, contained};

    #[test]
    fn a_panic_of_the_planner_is_an_error_of_its_request() {
        let outcome: Result<(), _> = contained(|| panic!("an invariant of the planner broke"));
        assert_eq!(outcome.map_err(|error| error.code), Err(codes::QUERY_PLANNING_FAILED));
    }
}

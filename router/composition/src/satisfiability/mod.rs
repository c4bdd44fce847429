//! Checks that every query the API allows can be answered: each field, reached on any path, must be
//! resolvable by a subgraph that can be reached there.

mod explain;
mod graph;
mod position;
mod resolver;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::finding::Findings;
use crate::merge::Merged;
use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::OperationKind;
use explain::{Failure, Step};
use graph::Graph;
use position::{Position, Positions};
use resolver::Resolver;

/// With more labels than this, only "all on", "all off" and "one on" are tried.
const LABELS_TO_COMBINE: usize = 4;

/// Reports every field some query cannot reach.
pub fn check_satisfiability(subgraphs: &[SubgraphSchema], merged: &Merged, findings: &mut Findings) {
    for labels in label_choices(merged) {
        let resolver = Resolver::new(Graph::new(subgraphs, merged, labels));
        let mut exploration = Exploration {
            resolver,
            findings,
            visited: HashMap::new(),
            reported: HashSet::new(),
            steps: Vec::new(),
            pending: Vec::new(),
        };
        for kind in OperationKind::ALL {
            exploration.run(kind);
        }
        if !findings.errors.is_empty() {
            return;
        }
    }
}

/// A gradual override may apply or not, so both must work.
fn label_choices(merged: &Merged) -> Vec<BTreeSet<&str>> {
    let labels: Vec<&str> = merged.overrides.labels().into_iter().collect();
    if labels.len() <= LABELS_TO_COMBINE {
        return (0..1_usize << labels.len())
            .map(|choice| {
                labels.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1).map(|(_, label)| *label).collect()
            })
            .collect();
    }
    let mut choices = vec![BTreeSet::new(), labels.iter().copied().collect()];
    choices.extend(labels.iter().map(|label| BTreeSet::from([*label])));
    choices
}

/// A type still to be explored.
struct Pending {
    declared_type: String,
    positions: Positions,
    /// The last step of the path that leads there.
    step: Option<usize>,
}

struct Exploration<'a, 'f> {
    resolver: Resolver<'a>,
    findings: &'f mut Findings,
    visited: HashMap<String, Vec<Positions>>,
    reported: HashSet<String>,
    steps: Vec<Step>,
    pending: Vec<Pending>,
}

impl Exploration<'_, '_> {
    fn run(&mut self, kind: OperationKind) {
        let root = kind.type_name();
        let positions: Positions = self
            .resolver
            .graph
            .subgraphs
            .iter()
            .enumerate()
            .filter(|(_, subgraph)| subgraph.types.contains_key(root))
            .map(|(index, _)| Position::new(index, root, Vec::new()))
            .collect();
        self.pending.push(Pending { declared_type: root.to_owned(), positions, step: None });
        while let Some(pending) = self.pending.pop() {
            for (runtime_type, positions) in self.resolver.by_runtime_type(&pending.declared_type, &pending.positions) {
                self.explore(kind, &runtime_type, &positions, &pending);
            }
        }
    }

    fn explore(&mut self, kind: OperationKind, runtime_type: &str, positions: &Positions, pending: &Pending) {
        let merged = self.resolver.graph.merged;
        let Some(definition) = merged.types.get(runtime_type) else { return };
        if definition.directives.has(Federation::Inaccessible) {
            return;
        }
        let positions = self.resolver.close(runtime_type, positions);
        if !self.is_news(runtime_type, &positions) {
            return;
        }
        let type_is_known = positions.iter().any(|position| *position.type_name == *runtime_type);
        for field in definition.fields.values() {
            if field.directives.has(Federation::Inaccessible) {
                continue;
            }
            let next = self.resolver.advance(runtime_type, &positions, &field.name);
            let step = Step {
                parent: pending.step,
                kind,
                declared_parent: pending.declared_type.clone(),
                runtime_type: runtime_type.to_owned(),
                field: field.name.clone(),
            };
            if next.is_empty() || !type_is_known {
                self.report(step, &positions);
                continue;
            }
            let declared_type = field.ty.base().to_owned();
            let is_composite = merged.types.get(&declared_type).is_some_and(|ty| ty.kind.is_composite());
            if is_composite {
                self.check_runtime_types(&format!("{runtime_type}.{}", field.name), &next);
                self.steps.push(step);
                self.pending.push(Pending { declared_type, positions: next, step: Some(self.steps.len() - 1) });
            }
        }
    }

    /// Exploring from more positions finds nothing that fewer did not.
    fn is_news(&mut self, runtime_type: &str, positions: &Positions) -> bool {
        let seen = self.visited.entry(runtime_type.to_owned()).or_default();
        if seen.iter().any(|earlier| earlier.is_subset(positions)) {
            return false;
        }
        seen.push(positions.clone());
        true
    }

    fn report(&mut self, step: Step, positions: &Positions) {
        let coordinate = format!("{}.{}", step.runtime_type, step.field);
        if !self.reported.insert(coordinate.clone()) {
            return;
        }
        self.steps.push(step);
        let failure = Failure { steps: &self.steps, positions };
        let (message, subgraphs) = failure.explain(&mut self.resolver);
        self.findings.error("SATISFIABILITY_ERROR", coordinate, subgraphs, message);
    }

    /// Subgraphs that share a field must be able to return the same object for it.
    fn check_runtime_types(&mut self, coordinate: &str, positions: &Positions) {
        let graph = &self.resolver.graph;
        let choices: Vec<(&str, HashSet<&str>)> = positions
            .iter()
            .filter(|position| !graph.subgraphs[position.graph].is_interface_object(&position.type_name))
            .map(|position| {
                let name = graph.subgraphs[position.graph].name.as_str();
                (name, graph.runtime_types_in(position.graph, &position.type_name))
            })
            // A subgraph without such objects can only answer null: it is never asked for the field.
            .filter(|(_, types)| !types.is_empty())
            .collect();
        let Some((_, first)) = choices.first() else { return };
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let common = first.iter().any(|candidate| choices.iter().all(|(_, types)| types.contains(candidate)));
        if !common {
            if self.reported.insert(format!("{coordinate} at run time")) {
                self.findings.error("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES", coordinate, names, format!("For the shared field \"{coordinate}\", the subgraphs have no run-time type in common: a shared field must resolve the same way in all subgraphs."));
            }
        } else if choices.iter().any(|(_, types)| types != first) {
            self.findings.hint("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", coordinate, names, format!("The run-time types of the shared field \"{coordinate}\" differ between subgraphs: a shared field must resolve the same way in all subgraphs."));
        }
    }
}

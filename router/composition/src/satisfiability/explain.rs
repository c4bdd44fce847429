//! Says why a query cannot be answered, in the terms of the subgraphs' authors.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::position::Positions;
use super::resolver::Resolver;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{OperationKind, print_selection_set};

/// One field on the path of a query.
pub struct Step {
    /// Index of the step before.
    pub parent: Option<usize>,
    pub kind: OperationKind,
    /// The type the field's parent has in the API, which may be abstract.
    pub declared_parent: String,
    pub runtime_type: String,
    pub field: String,
}

/// A path whose last step no subgraph can take.
pub struct Failure<'a> {
    pub steps: &'a [Step],
    pub positions: &'a Positions,
}

impl Failure<'_> {
    /// The message, and the subgraphs it names.
    pub fn explain(&self, resolver: &mut Resolver<'_>) -> (String, Vec<String>) {
        let Some(last) = self.steps.last() else { return Default::default() };
        let mut message = format!(
            "The following supergraph API query:\n{}\ncannot be satisfied by the subgraphs because:",
            self.query()
        );
        let mut named = BTreeSet::new();
        for graph in self.positions.iter().map(|position| position.graph).collect::<BTreeSet<_>>() {
            let name = resolver.graph.subgraphs[graph].name.clone();
            let _ = write!(message, "\n- from subgraph \"{name}\": {}", self.why_not_here(resolver, graph, last));
            named.insert(name);
        }
        for graph in 0..resolver.graph.subgraphs.len() {
            if self.positions.iter().any(|position| position.graph == graph) {
                continue;
            }
            if let Some(reason) = why_not_there(resolver, graph, last) {
                let name = resolver.graph.subgraphs[graph].name.clone();
                let _ = write!(message, "\n- cannot move to subgraph \"{name}\": {reason}");
                named.insert(name);
            }
        }
        (message, named.into_iter().collect())
    }

    fn why_not_here(&self, resolver: &Resolver<'_>, graph: usize, last: &Step) -> String {
        let Some(position) = self.positions.iter().find(|position| position.graph == graph) else {
            return String::new();
        };
        let (type_name, field) = (&*position.type_name, last.field.as_str());
        let Some(declared) = resolver.graph.field(graph, type_name, field) else {
            let overridden = resolver.graph.subgraphs[graph].field(type_name, field).is_some();
            return if overridden {
                format!("field \"{type_name}.{field}\" is overridden.")
            } else {
                format!("cannot find field \"{type_name}.{field}\".")
            };
        };
        if declared.directives.has(Federation::External) {
            return format!("field \"{type_name}.{field}\" is not resolvable because marked @external.");
        }
        if declared.directives.has(Federation::Requires) {
            return format!("cannot satisfy @requires conditions on field \"{type_name}.{field}\".");
        }
        format!("no subgraph tells which implementation of \"{type_name}\" an object is.")
    }

    /// The shortest operation that takes the path.
    fn query(&self) -> String {
        let mut path = Vec::new();
        let mut next = self.steps.len().checked_sub(1);
        while let Some(index) = next {
            path.push(&self.steps[index]);
            next = self.steps[index].parent;
        }
        path.reverse();
        let mut lines = Vec::new();
        let mut depth = 0;
        if let Some(first) = path.first() {
            lines.push(match first.kind {
                OperationKind::Query => "{".to_owned(),
                other => format!("{} {{", other.keyword()),
            });
            depth += 1;
        }
        for (index, step) in path.iter().enumerate() {
            if step.declared_parent != step.runtime_type {
                lines.push(format!("{}... on {} {{", "  ".repeat(depth), step.runtime_type));
                depth += 1;
            }
            let is_last = index + 1 == path.len();
            let brace = if is_last { "" } else { " {" };
            lines.push(format!("{}{}{brace}", "  ".repeat(depth), step.field));
            if !is_last {
                depth += 1;
            }
        }
        while depth > 0 {
            depth -= 1;
            lines.push(format!("{}}}", "  ".repeat(depth)));
        }
        lines.join("\n")
    }
}

/// Why a subgraph that has the field is out of reach.
fn why_not_there(resolver: &Resolver<'_>, graph: usize, last: &Step) -> Option<String> {
    let runtime_type = last.runtime_type.as_str();
    let mut names = vec![runtime_type];
    names.extend(resolver.graph.interface_objects(graph, runtime_type));
    let owner = names.into_iter().find(|name| {
        resolver.graph.field(graph, name, &last.field).is_some_and(|field| !field.directives.has(Federation::External))
    })?;
    let keys: Vec<String> = resolver
        .graph
        .resolvable_keys(graph, owner)
        .map(|key| format!("@key(fields: \"{}\")", print_selection_set(&key.fields)))
        .collect();
    Some(if keys.is_empty() {
        format!("type \"{owner}\" has no resolvable @key defined in it.")
    } else {
        format!("the fields of {} of \"{owner}\" cannot be resolved from the subgraphs reached.", keys.join(" or "))
    })
}

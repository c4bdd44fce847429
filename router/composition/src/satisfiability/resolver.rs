//! Answers: which subgraphs can be reached from here, and who can resolve a field there?

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::graph::Graph;
use super::position::{Position, Positions};
use crate::subgraph::{Directives, Federation};
use crate::syntax::{OperationKind, Selection};

/// Works out positions over a graph; remembers what it found.
pub struct Resolver<'a> {
    pub graph: Graph<'a>,
    closures: HashMap<(Rc<str>, Positions), Positions>,
    closing: HashSet<(Rc<str>, Positions)>,
    requiring: HashSet<(usize, Rc<str>, String)>,
    /// How often a circle was cut short, which makes results too pessimistic to remember.
    cuts: usize,
}

impl<'a> Resolver<'a> {
    pub fn new(graph: Graph<'a>) -> Self {
        Self { graph, closures: HashMap::new(), closing: HashSet::new(), requiring: HashSet::new(), cuts: 0 }
    }

    /// All positions reachable by keys for an object of this type.
    pub fn close(&mut self, runtime_type: &str, start: &Positions) -> Positions {
        if OperationKind::of_type(runtime_type).is_some() {
            return self.close_root(runtime_type, start);
        }
        let question = (Rc::from(runtime_type), start.clone());
        if let Some(known) = self.closures.get(&question) {
            return known.clone();
        }
        if !self.closing.insert(question.clone()) {
            self.cuts += 1;
            return start.clone();
        }
        let cuts_before = self.cuts;
        let mut reached = start.clone();
        while let Some(next) = self.next_by_key(runtime_type, &reached) {
            reached.insert(next);
        }
        self.closing.remove(&question);
        if self.cuts == cuts_before {
            self.closures.insert(question, reached.clone());
        }
        reached
    }

    /// A root type can be entered in every subgraph that has it.
    fn close_root(&self, root: &str, start: &Positions) -> Positions {
        let mut reached = start.clone();
        for (index, subgraph) in self.graph.subgraphs.iter().enumerate() {
            if subgraph.types.contains_key(root) && !reached.iter().any(|position| position.graph == index) {
                reached.insert(Position::new(index, root, Vec::new()));
            }
        }
        reached
    }

    fn next_by_key(&mut self, runtime_type: &str, reached: &Positions) -> Option<Position> {
        let type_is_known = reached.iter().any(|position| *position.type_name == *runtime_type);
        for index in 0..self.graph.subgraphs.len() {
            // Each candidate: the type to arrive at, and the type whose keys lead there.
            let mut candidates: Vec<(&str, &str)> = Vec::new();
            if type_is_known {
                candidates.push((runtime_type, runtime_type));
            } else {
                let interfaces = self.graph.keyed_interfaces(index, runtime_type);
                candidates.extend(interfaces.into_iter().map(|interface| (runtime_type, interface)));
            }
            let interfaces = self.graph.interface_objects(index, runtime_type);
            candidates.extend(interfaces.into_iter().map(|interface| (interface, interface)));
            for (target, key_owner) in candidates {
                let is_new = !reached.iter().any(|position| position.graph == index && *position.type_name == *target);
                if is_new && self.can_use_key(runtime_type, reached, index, key_owner) {
                    return Some(Position::new(index, target, Vec::new()));
                }
            }
        }
        None
    }

    /// Whether some resolvable key of a type in a subgraph can be read from the given positions.
    pub fn can_use_key(&mut self, runtime_type: &str, from: &Positions, graph: usize, key_owner: &str) -> bool {
        let keys: Vec<Vec<Selection>> =
            self.graph.resolvable_keys(graph, key_owner).map(|key| key.fields.clone()).collect();
        keys.iter().any(|fields| self.can_select(runtime_type, from, fields))
    }

    /// Whether everything selected can be read, with further jumps where needed.
    pub fn can_select(&mut self, runtime_type: &str, from: &Positions, selections: &[Selection]) -> bool {
        selections.iter().all(|selection| match selection {
            Selection::Field { name, .. } if name == "__typename" => true,
            Selection::Field { name, selections, .. } => {
                let next = self.advance(runtime_type, from, name);
                if next.is_empty() || selections.is_empty() {
                    return !next.is_empty();
                }
                let declared = self.declared_type(runtime_type, name);
                self.by_runtime_type(&declared, &next).into_iter().all(|(inner, positions)| {
                    let closed = self.close(&inner, &positions);
                    self.can_select(&inner, &closed, selections)
                })
            }
            Selection::Fragment { on, selections, .. } => {
                let applies = on.as_deref().is_none_or(|on| self.graph.runtime_types(on).contains(&runtime_type));
                !applies || self.can_select(runtime_type, from, selections)
            }
        })
    }

    /// The base type of a field in the merged schema.
    pub fn declared_type(&self, runtime_type: &str, field: &str) -> String {
        self.graph
            .merged
            .types
            .get(runtime_type)
            .and_then(|definition| definition.fields.get(field))
            .map(|field| field.ty.base().to_owned())
            .unwrap_or_default()
    }

    /// Splits positions of a possibly abstract type by what the object may be at run time.
    pub fn by_runtime_type(&self, declared: &str, positions: &Positions) -> Vec<(String, Positions)> {
        let mut split = Vec::new();
        for runtime_type in self.graph.runtime_types(declared) {
            let narrowed: Positions = positions
                .iter()
                .filter(|position| {
                    self.graph.runtime_types_in(position.graph, &position.type_name).contains(runtime_type)
                })
                .map(|position| {
                    if self.graph.subgraphs[position.graph].is_interface_object(&position.type_name) {
                        position.clone()
                    } else {
                        position.narrowed(runtime_type)
                    }
                })
                .collect();
            if !narrowed.is_empty() {
                split.push((runtime_type.to_owned(), narrowed));
            }
        }
        split
    }

    /// Where the value of a field can be read on; empty when no position resolves the field.
    pub fn advance(&mut self, runtime_type: &str, from: &Positions, field: &str) -> Positions {
        let mut next = Positions::new();
        for position in from {
            if let Some(target) = self.resolve(runtime_type, from, position, field) {
                next.insert(target);
            }
        }
        next
    }

    fn resolve(&mut self, runtime_type: &str, from: &Positions, at: &Position, name: &str) -> Option<Position> {
        let field = self.graph.field(at.graph, &at.type_name, name)?;
        let mut provided = Vec::new();
        let is_provided = self.collect_provided(runtime_type, &at.provided, name, &mut provided);
        if field.directives.has(Federation::External) && !is_provided {
            return None;
        }
        let rules = self.graph.rules(at.graph, &at.type_name, name)?;
        provided.extend(rules.provides.iter().cloned());
        if let Some(requires) = rules.requires.clone() {
            let question = (at.graph, Rc::clone(&at.type_name), name.to_owned());
            if !self.requiring.insert(question.clone()) {
                self.cuts += 1;
                return None;
            }
            // Once the required fields are fetched elsewhere, a key leads back to this subgraph.
            let key_owner = Rc::clone(&at.type_name);
            let satisfied = self.can_select(runtime_type, from, &requires)
                && self.can_use_key(runtime_type, from, at.graph, &key_owner);
            self.requiring.remove(&question);
            if !satisfied {
                return None;
            }
        }
        Some(Position::new(at.graph, field.ty.base(), provided))
    }

    /// Finds what was provided below a field; false when the field itself was not provided.
    fn collect_provided(
        &self,
        runtime_type: &str,
        provided: &[Selection],
        field: &str,
        below: &mut Vec<Selection>,
    ) -> bool {
        let mut found = false;
        for selection in provided {
            match selection {
                Selection::Field { name, selections, .. } if name == field => {
                    below.extend(selections.iter().cloned());
                    found = true;
                }
                Selection::Field { .. } => {}
                Selection::Fragment { on, selections, .. } => {
                    let applies = on.as_deref().is_none_or(|on| self.graph.runtime_types(on).contains(&runtime_type));
                    found |= applies && self.collect_provided(runtime_type, selections, field, below);
                }
            }
        }
        found
    }
}

//! Finds the computed fields of an operation and puts in their place what they need.

use graphql_tools::{
    parser::Pos,
    static_graphql::query::{Definition, Document, Field, Selection, SelectionSet},
};
use hive_router_query_planner::planner::{Planner as QueryPlanner, plan_nodes::FlattenNodePathSegment};

use super::field_set;
use crate::definition;

/// Fields of one object that one subgraph computes.
pub(super) struct Computed {
    /// From response key to response key.
    pub(super) path: Vec<FlattenNodePathSegment>,
    pub(super) type_name: String,
    /// The subgraph, by its name in the supergraph.
    pub(super) graph: String,
    pub(super) fields: Vec<Selection>,
    pub(super) span: (Pos, Pos),
    /// The key and what is required, as they are selected.
    pub(super) needed: Vec<Selection>,
    /// How many keys there are to choose from.
    pub(super) keys: usize,
}

/// Takes the outermost computed fields out of an operation. Of a type's keys the one at position `choice` is used, or the last.
pub(super) fn take_computed(
    planner: &QueryPlanner,
    document: &mut Document,
    root: &str,
    choice: usize,
) -> Vec<Computed> {
    let mut search = Search { planner, choice, found: Vec::new() };
    if let Some(set) = operation_set(document) {
        search.set(set, root, &mut Vec::new());
    }
    search.found
}

fn operation_set(document: &mut Document) -> Option<&mut SelectionSet> {
    document.definitions.iter_mut().find_map(|definition| match definition {
        Definition::Operation(operation) => Some(definition::selection_set_mut(operation)),
        Definition::Fragment(_) => None,
    })
}

/// What it takes to compute a field.
struct Need {
    graph: String,
    /// The key that is used.
    key: String,
    keys: usize,
    requires: String,
}

struct Search<'s> {
    planner: &'s QueryPlanner,
    choice: usize,
    found: Vec<Computed>,
}

impl Search<'_> {
    fn set(&mut self, set: &mut SelectionSet, parent: &str, path: &mut Vec<FlattenNodePathSegment>) {
        let mut left = Vec::with_capacity(set.items.len());
        let first = self.found.len();
        for item in std::mem::take(&mut set.items) {
            match item {
                Selection::Field(field) => match self.need(parent, &field) {
                    Some(need) => self.take(parent, path, field, set.span, need, first),
                    None => left.push(Selection::Field(self.inside(field, parent, path))),
                },
                Selection::InlineFragment(mut fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str()).to_owned();
                    path.push(FlattenNodePathSegment::TypeCondition([on.clone()].into()));
                    self.set(&mut fragment.selection_set, &on, path);
                    path.pop();
                    left.push(Selection::InlineFragment(fragment));
                }
                spread @ Selection::FragmentSpread(_) => left.push(spread),
            }
        }
        for computed in &self.found[first..] {
            // Those found further inside have longer paths.
            if computed.path.len() == path.len() {
                left.extend(computed.needed.iter().cloned());
            }
        }
        set.items = left;
    }

    /// Looks for computed fields below a field.
    fn inside(&mut self, mut field: Field, parent: &str, path: &mut Vec<FlattenNodePathSegment>) -> Field {
        let definition = self.planner.supergraph.definitions.get(parent);
        let Some(known) = definition.and_then(|definition| definition.fields().get(&field.name)) else { return field };
        let length = path.len();
        path.push(FlattenNodePathSegment::Field(field.alias.clone().unwrap_or_else(|| field.name.clone())));
        let lists = known.field_type.to_string().matches('[').count();
        path.extend(std::iter::repeat_n(FlattenNodePathSegment::List, lists));
        self.set(&mut field.selection_set, known.field_type.inner_type(), path);
        path.truncate(length);
        field
    }

    /// What a field of an object needs where a subgraph computes it; none when no subgraph does.
    fn need(&self, parent: &str, field: &Field) -> Option<Need> {
        let definition = self.planner.supergraph.definitions.get(parent)?;
        let places = &definition.fields().get(&field.name)?.join_field;
        let mut places = places.iter().filter(|place| !place.external && !place.used_overridden);
        // A label decides at run time who answers.
        let place = places.find(|place| place.requires.is_some() && place.override_label.is_none())?;
        let (graph, requires) = (place.graph_id.clone()?, place.requires.clone()?);
        let joins = definition.join_types().iter();
        let own = joins.filter(|join| join.graph_id == graph && join.resolvable && !join.is_interface_object);
        let keys: Vec<&String> = own.filter_map(|join| join.key.as_ref()).collect();
        let key = keys.get(self.choice).or_else(|| keys.last())?;
        Some(Need { graph, key: (*key).clone(), keys: keys.len(), requires })
    }

    fn take(
        &mut self,
        parent: &str,
        path: &[FlattenNodePathSegment],
        field: Field,
        span: (Pos, Pos),
        need: Need,
        first: usize,
    ) {
        let mut known = self.found[first..].iter_mut();
        let known = known.find(|computed| computed.path == path && computed.graph == need.graph);
        let required = field_set::selections(&need.requires).unwrap_or_default();
        if let Some(computed) = known {
            computed.fields.push(Selection::Field(field));
            computed.needed.extend(required);
            return;
        }
        let mut needed = field_set::selections("__typename").unwrap_or_default();
        needed.extend(field_set::selections(&need.key).unwrap_or_default());
        needed.extend(required);
        self.found.push(Computed {
            path: path.to_vec(),
            type_name: parent.to_owned(),
            graph: need.graph,
            fields: vec![Selection::Field(field)],
            span,
            needed,
            keys: need.keys,
        });
    }
}

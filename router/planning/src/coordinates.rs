//! Lists the schema fields an operation touches, for authorisation, usage reports and schema checks.

use ahash::AHashSet;
use graphql_tools::static_graphql::query::{Selection, SelectionSet};
use std::{collections::BTreeSet, sync::Arc};

use crate::{
    document::ParsedDocument,
    operation::{FieldCoordinate, OperationKind},
    supergraph::Supergraph,
    types::named_type,
};

/// Every field of the operation, each once, in order; introspection fields are left out.
pub(crate) fn of(supergraph: &Supergraph, document: &ParsedDocument) -> Vec<FieldCoordinate> {
    let api = supergraph.api();
    let root = match document.kind() {
        OperationKind::Query => api.query_type(),
        OperationKind::Mutation => api.mutation_type().unwrap_or_default(),
        OperationKind::Subscription => api.subscription_type().unwrap_or_default(),
    };
    let mut walker = Walker { supergraph, document, seen: AHashSet::new(), found: BTreeSet::new() };
    walker.walk(root, document.selection_set());
    walker
        .found
        .into_iter()
        .map(|(parent, field)| FieldCoordinate { parent: Arc::from(parent), field: Arc::from(field) })
        .collect()
}

struct Walker<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    seen: AHashSet<(*const SelectionSet, &'a str)>,
    found: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Walker<'a> {
    fn walk(&mut self, parent: &'a str, set: &'a SelectionSet) {
        if !self.seen.insert((std::ptr::from_ref(set), parent)) {
            return;
        }
        for item in &set.items {
            match item {
                Selection::Field(field) => {
                    let Some(definition) = self.supergraph.api().field(parent, &field.name) else { continue };
                    if field.name.starts_with("__") {
                        continue;
                    }
                    self.found.insert((parent, &field.name));
                    self.walk(named_type(&definition.field_type), &field.selection_set);
                }
                Selection::InlineFragment(fragment) => {
                    let parent =
                        fragment.type_condition.as_ref().map_or(parent, |condition| condition.as_ref().as_str());
                    self.walk(parent, &fragment.selection_set);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragment(&spread.fragment_name) {
                        self.walk(fragment.type_condition.as_ref().as_str(), &fragment.selection_set);
                    }
                }
            }
        }
    }
}

//! An operation without what its caller may not see.
//!
//! What is denied is taken out of the document before it is planned, so that no subgraph is asked for it, and answered as
//! null with an error. Plans may still fetch denied fields by themselves, as keys or as what another field requires:
//! only what a client selects is checked.

use std::sync::Arc;

use ahash::AHashSet;
use graphql_tools::static_graphql::query::{Definition, Document, Field, Selection, SelectionSet};

use super::RequirementId;
use crate::{
    definition,
    selections::{fragment, typename},
    supergraph::Supergraph,
    types::named_type,
};

/// Requirements that a caller does not meet.
pub(crate) struct Denial {
    supergraph: Arc<Supergraph>,
    unmet: AHashSet<RequirementId>,
}

/// What becomes of a field.
enum Verdict<'a> {
    Kept,
    Denied,
    /// Only objects of these types show it.
    Only(Vec<&'a str>),
}

impl Denial {
    pub(crate) fn new(supergraph: Arc<Supergraph>, unmet: &[RequirementId]) -> Self {
        Self { supergraph, unmet: unmet.iter().copied().collect() }
    }

    /// Whether objects of a type may not be seen.
    pub(crate) fn denies_type(&self, name: &str) -> bool {
        self.supergraph.requirements().of_type(name).is_some_and(|id| self.unmet.contains(&id))
    }

    /// Whether a field that is selected on `parent` may not be seen of an object of type `object`.
    pub(crate) fn denies(&self, parent: &str, field: &str, object: &str) -> bool {
        !field.starts_with("__")
            && (self.denies_selection(parent, field) || (object != parent && self.denies_field(object, field)))
    }

    fn denies_field(&self, parent: &str, field: &str) -> bool {
        self.supergraph.requirements().of_field(parent, field).iter().any(|id| self.unmet.contains(id))
    }

    fn denies_selection(&self, parent: &str, field: &str) -> bool {
        let target = self.supergraph.api().field(parent, field).map(|definition| named_type(&definition.field_type));
        self.denies_type(parent)
            || self.denies_field(parent, field)
            || target.is_some_and(|target| self.denies_type(target))
    }

    fn verdict(&self, parent: &str, field: &str) -> Verdict<'_> {
        if self.denies_selection(parent, field) {
            return Verdict::Denied;
        }
        let objects = self.objects(parent);
        let shown: Vec<&str> = objects
            .iter()
            .copied()
            .filter(|object| !self.denies_type(object) && !self.denies_field(object, field))
            .collect();
        match shown.len() {
            all if all == objects.len() => Verdict::Kept,
            0 => Verdict::Denied,
            _ => Verdict::Only(shown),
        }
    }

    /// The object types behind an interface or a union.
    fn objects(&self, name: &str) -> Vec<&str> {
        let types = self.supergraph.types();
        if !types.is_abstract(types.id(name)) {
            return Vec::new();
        }
        let objects = self.supergraph.api().possible_types(name).iter();
        objects.filter_map(|object| types.name(*object).map(|name| &**name)).collect()
    }

    /// Takes out of a document whatever is denied. The root may be left with nothing.
    pub(crate) fn apply(&self, document: &mut Document) {
        for definition in &mut document.definitions {
            match definition {
                Definition::Fragment(fragment) => {
                    let on: &String = fragment.type_condition.as_ref();
                    let on = on.clone();
                    self.set(&on, &mut fragment.selection_set);
                    keep_something(&mut fragment.selection_set);
                }
                Definition::Operation(operation) => {
                    let root = self.supergraph.root_type(definition::kind(operation)).unwrap_or_default();
                    self.set(root, definition::selection_set_mut(operation));
                }
            }
        }
    }

    fn set(&self, parent: &str, set: &mut SelectionSet) {
        let mut kept = Vec::with_capacity(set.items.len());
        for item in std::mem::take(&mut set.items) {
            match item {
                Selection::Field(field) if field.name.starts_with("__") => kept.push(Selection::Field(field)),
                Selection::Field(mut field) => {
                    let verdict = self.verdict(parent, &field.name);
                    if !matches!(verdict, Verdict::Denied) {
                        self.inside(parent, &mut field);
                    }
                    match verdict {
                        Verdict::Kept => kept.push(Selection::Field(field)),
                        Verdict::Denied => {}
                        Verdict::Only(objects) => {
                            kept.extend(objects.into_iter().map(|object| {
                                let only = SelectionSet {
                                    span: field.selection_set.span,
                                    items: vec![Selection::Field(field.clone())],
                                };
                                Selection::InlineFragment(fragment(object, Vec::new(), only))
                            }));
                        }
                    }
                }
                Selection::InlineFragment(mut fragment) => {
                    let on = fragment.type_condition.as_ref().map(|on| on.as_ref().clone());
                    self.set(on.as_deref().unwrap_or(parent), &mut fragment.selection_set);
                    if !fragment.selection_set.items.is_empty() {
                        kept.push(Selection::InlineFragment(fragment));
                    }
                }
                spread @ Selection::FragmentSpread(_) => kept.push(spread),
            }
        }
        set.items = kept;
    }

    /// What is selected of a field's objects.
    fn inside(&self, parent: &str, field: &mut Field) {
        if field.selection_set.items.is_empty() {
            return;
        }
        let Some(definition) = self.supergraph.api().field(parent, &field.name) else { return };
        let target = named_type(&definition.field_type);
        self.set(target, &mut field.selection_set);
        // Objects that may not be seen are told from others by their type alone.
        if self.objects(target).iter().any(|object| self.denies_type(object)) {
            field.selection_set.items.push(typename(&field.selection_set));
        }
        keep_something(&mut field.selection_set);
    }
}

/// An object is asked for even when nothing of it may be seen.
fn keep_something(set: &mut SelectionSet) {
    if set.items.is_empty() {
        set.items.push(typename(set));
    }
}

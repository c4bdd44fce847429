//! Finds what an operation needs before anybody may run it whole.

use std::collections::BTreeSet;

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::query::{Directive, Selection, SelectionSet, Value};

use super::RequirementId;
use crate::{
    document::ParsedDocument, planner::Conditions, rewrite::known_values, supergraph::Supergraph, types::named_type,
};

/// A place of the schema that an operation touches and that not everybody may see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuardedPlace {
    /// What it asks for.
    pub requirement: RequirementId,
    /// A type, or a field as in `Type.field`.
    pub coordinate: String,
    /// Whether the operation asks for it by name. It may also come up behind an interface or a union, or not.
    pub is_named: bool,
}

/// All such places of a validated operation, each once. What known conditions leave out does not count.
pub(crate) fn guarded_places(
    supergraph: &Supergraph,
    document: &ParsedDocument,
    conditions: Option<&Conditions>,
) -> Vec<GuardedPlace> {
    if supergraph.requirements().is_empty() {
        return Vec::new();
    }
    let known = known_values(document.operation(), conditions);
    let mut survey = Survey { supergraph, document, known, seen: AHashSet::new(), found: BTreeSet::new() };
    survey.set(document.root_type(supergraph.api()), document.selection_set());
    survey.found.into_iter().collect()
}

struct Survey<'a> {
    supergraph: &'a Supergraph,
    document: &'a ParsedDocument,
    known: AHashMap<String, bool>,
    seen: AHashSet<*const SelectionSet>,
    found: BTreeSet<GuardedPlace>,
}

impl<'a> Survey<'a> {
    fn set(&mut self, parent: &'a str, set: &'a SelectionSet) {
        // Where a selection stands tells its type, so that once is enough.
        if !self.seen.insert(std::ptr::from_ref(set)) {
            return;
        }
        self.note_type(parent, true);
        for item in &set.items {
            match item {
                Selection::Field(field) if !field.name.starts_with("__") && self.is_wanted(&field.directives) => {
                    self.field(parent, &field.name);
                    if let Some(definition) = self.supergraph.api().field(parent, &field.name) {
                        let target = named_type(&definition.field_type);
                        self.note_type(target, true);
                        for object in self.objects(target) {
                            self.note_type(object, false);
                        }
                        if !field.selection_set.items.is_empty() {
                            self.set(target, &field.selection_set);
                        }
                    }
                }
                Selection::InlineFragment(fragment) if self.is_wanted(&fragment.directives) => {
                    let on = fragment.type_condition.as_ref().map_or(parent, |on| on.as_ref().as_str());
                    self.set(on, &fragment.selection_set);
                }
                Selection::FragmentSpread(spread) if self.is_wanted(&spread.directives) => {
                    if let Some(fragment) = self.document.fragment(&spread.fragment_name) {
                        self.set(fragment.type_condition.as_ref(), &fragment.selection_set);
                    }
                }
                _ => {}
            }
        }
    }

    fn field(&mut self, parent: &'a str, field: &str) {
        self.note_field(parent, field, true);
        for object in self.objects(parent) {
            self.note_field(object, field, false);
        }
    }

    /// The object types behind an interface or a union.
    fn objects(&self, name: &str) -> Vec<&'a str> {
        let types = self.supergraph.types();
        if !types.is_abstract(types.id(name)) {
            return Vec::new();
        }
        let objects = self.supergraph.api().possible_types(name).iter();
        objects.filter_map(|object| types.name(*object).map(|name| &**name)).collect()
    }

    fn note_type(&mut self, name: &str, is_named: bool) {
        if let Some(requirement) = self.supergraph.requirements().of_type(name) {
            self.found.insert(GuardedPlace { requirement, coordinate: name.to_owned(), is_named });
        }
    }

    fn note_field(&mut self, parent: &str, field: &str, is_named: bool) {
        for requirement in self.supergraph.requirements().of_field(parent, field) {
            let coordinate = format!("{parent}.{field}");
            self.found.insert(GuardedPlace { requirement: *requirement, coordinate, is_named });
        }
    }

    fn is_wanted(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let expected = match directive.name.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            match directive.arguments.iter().find(|(name, _)| name == "if").map(|(_, value)| value) {
                Some(Value::Boolean(value)) => *value == expected,
                Some(Value::Variable(name)) => self.known.get(name).is_none_or(|value| *value == expected),
                _ => true,
            }
        })
    }
}

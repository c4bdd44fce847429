//! What each subgraph can resolve, looked up many times while queries are tried.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::merge::Merged;
use crate::subgraph::{Directives, Federation, Key, SubgraphSchema, field_set_text};
use crate::syntax::{Field, Selection, TypeKind, parse_selection_set};

/// The field sets that govern one field of one subgraph.
#[derive(Debug, Default, Clone)]
pub struct FieldRules {
    pub requires: Option<Vec<Selection>>,
    pub provides: Vec<Selection>,
}

/// All subgraphs, with their field sets parsed, under one choice of override labels.
pub struct Graph<'a> {
    pub subgraphs: &'a [SubgraphSchema],
    pub merged: &'a Merged,
    active_labels: BTreeSet<&'a str>,
    /// Per subgraph, by type.
    keys: Vec<HashMap<&'a str, Vec<Key>>>,
    /// Per subgraph, by type and field.
    rules: Vec<HashMap<&'a str, HashMap<&'a str, FieldRules>>>,
    implementations: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    pub fn new(subgraphs: &'a [SubgraphSchema], merged: &'a Merged, active_labels: BTreeSet<&'a str>) -> Self {
        let mut keys = vec![HashMap::new(); subgraphs.len()];
        let mut rules: Vec<HashMap<&str, HashMap<&str, FieldRules>>> = vec![HashMap::new(); subgraphs.len()];
        for (index, subgraph) in subgraphs.iter().enumerate() {
            for definition in subgraph.types.values() {
                let name = definition.name.as_str();
                keys[index].insert(name, subgraph.keys(name));
                for field in definition.fields.values() {
                    let parsed = |directive| {
                        let text = field_set_text(field.directives.applied(directive)?)?;
                        parse_selection_set(&text).ok()
                    };
                    let rule = FieldRules {
                        requires: parsed(Federation::Requires),
                        provides: parsed(Federation::Provides).unwrap_or_default(),
                    };
                    rules[index].entry(name).or_default().insert(&field.name, rule);
                }
            }
        }
        let mut implementations: HashMap<&str, Vec<&str>> = HashMap::new();
        for definition in merged.types.values().filter(|definition| definition.kind == TypeKind::Object) {
            for interface in &definition.implements {
                implementations.entry(interface).or_default().push(&definition.name);
            }
        }
        Self { subgraphs, merged, active_labels, keys, rules, implementations }
    }

    /// The keys by which a subgraph finds objects of a type.
    pub fn resolvable_keys(&self, graph: usize, type_name: &str) -> impl Iterator<Item = &Key> + use<'_, 'a> {
        self.keys[graph].get(type_name).into_iter().flatten().filter(|key| key.resolvable)
    }

    pub fn rules(&self, graph: usize, type_name: &str, field: &str) -> Option<&FieldRules> {
        self.rules[graph].get(type_name)?.get(field)
    }

    /// A field as a subgraph has it, unless an override took it away.
    pub fn field(&self, graph: usize, type_name: &str, field: &str) -> Option<&'a Field> {
        let found = self.subgraphs[graph].field(type_name, field)?;
        let moved_away = self.merged.overrides.of(type_name, field).iter().any(|moved| {
            let active = moved.label.as_deref().is_none_or(|label| self.active_labels.contains(label));
            (active && moved.from == graph) || (!active && moved.to == graph)
        });
        (!moved_away).then_some(found)
    }

    /// The object types a merged type may be at run time.
    pub fn runtime_types(&self, type_name: &str) -> Vec<&'a str> {
        let Some((name, definition)) = self.merged.types.get_key_value(type_name) else { return Vec::new() };
        match definition.kind {
            TypeKind::Object => vec![name],
            TypeKind::Interface => self.implementations.get(type_name).cloned().unwrap_or_default(),
            TypeKind::Union => definition.members.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The object types a type of one subgraph may be at run time.
    pub fn runtime_types_in(&self, graph: usize, type_name: &str) -> HashSet<&str> {
        let subgraph = &self.subgraphs[graph];
        if subgraph.is_interface_object(type_name) {
            return self.implementations.get(type_name).into_iter().flatten().copied().collect();
        }
        subgraph.possible_types(type_name).into_iter().collect()
    }

    /// The interfaces of an object type that a subgraph knows as interface objects.
    pub fn interface_objects(&self, graph: usize, runtime_type: &str) -> Vec<&'a str> {
        self.interfaces(runtime_type).filter(|interface| self.subgraphs[graph].is_interface_object(interface)).collect()
    }

    /// The interfaces of an object type by whose keys a subgraph tells its type.
    pub fn keyed_interfaces(&self, graph: usize, runtime_type: &str) -> Vec<&'a str> {
        self.interfaces(runtime_type)
            .filter(|interface| {
                let subgraph = &self.subgraphs[graph];
                subgraph.types.get(*interface).is_some_and(|ty| ty.kind == TypeKind::Interface)
                    && subgraph.types.contains_key(runtime_type)
                    && self.resolvable_keys(graph, interface).next().is_some()
            })
            .collect()
    }

    fn interfaces(&self, runtime_type: &str) -> impl Iterator<Item = &'a str> {
        let merged: &'a Merged = self.merged;
        merged
            .types
            .get(runtime_type)
            .into_iter()
            .flat_map(|definition| definition.implements.iter().map(String::as_str))
    }
}

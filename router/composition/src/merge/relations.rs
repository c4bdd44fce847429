//! Which types are subtypes of which, taking all subgraphs together.

use std::collections::{HashMap, HashSet};

use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::{TypeKind, TypeReference};

/// Interfaces and unions with what may stand in for them.
#[derive(Debug, Default)]
pub struct Relations {
    subtypes: HashMap<String, HashSet<String>>,
    /// Enum types by whether they occur in inputs and in outputs.
    pub enum_usage: HashMap<String, EnumUsage>,
}

/// Where an enum type occurs.
#[derive(Debug, Default, Clone, Copy)]
pub struct EnumUsage {
    pub input: bool,
    pub output: bool,
}

impl Relations {
    pub fn collect(subgraphs: &[SubgraphSchema]) -> Self {
        let mut relations = Self::default();
        for definition in subgraphs.iter().flat_map(|subgraph| subgraph.directives.values()) {
            for argument in definition.arguments.values() {
                relations.use_as_input(&argument.ty);
            }
        }
        for definition in subgraphs.iter().flat_map(|subgraph| subgraph.types.values()) {
            for interface in &definition.implements {
                relations.add(interface, &definition.name);
            }
            for member in &definition.members {
                relations.add(&definition.name, member);
            }
            for field in definition.fields.values() {
                relations.enum_usage.entry(field.ty.base().to_owned()).or_default().output = true;
                for argument in field.arguments.values() {
                    relations.use_as_input(&argument.ty);
                }
            }
            for input in definition.inputs.values() {
                relations.use_as_input(&input.ty);
            }
        }
        relations
    }

    fn add(&mut self, general: &str, special: &str) {
        self.subtypes.entry(general.to_owned()).or_default().insert(special.to_owned());
    }

    fn use_as_input(&mut self, ty: &TypeReference) {
        self.enum_usage.entry(ty.base().to_owned()).or_default().input = true;
    }

    /// Whether every value of `special` is one of `general` (GraphQL specification §3.6.1, and
    /// covariant lists).
    pub fn is_subtype(&self, special: &TypeReference, general: &TypeReference) -> bool {
        match (special, general) {
            (TypeReference::NonNull(special), TypeReference::NonNull(general))
            | (TypeReference::List(special), TypeReference::List(general)) => self.is_subtype(special, general),
            (TypeReference::NonNull(special), general) => self.is_subtype(special, general),
            (TypeReference::Named(special), TypeReference::Named(general)) => {
                special == general || self.subtypes.get(general).is_some_and(|types| types.contains(special))
            }
            _ => false,
        }
    }
}

/// The kind a type contributes: an interface object stands for an interface.
pub fn merged_kind(subgraph: &SubgraphSchema, type_name: &str) -> Option<TypeKind> {
    let definition = subgraph.types.get(type_name)?;
    let stands_for_interface = definition.directives.has(Federation::InterfaceObject);
    Some(if stands_for_interface { TypeKind::Interface } else { definition.kind })
}

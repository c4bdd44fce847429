//! The schema clients see: the supergraph without machinery and without inaccessible elements.

use std::collections::HashSet;

use crate::merge::Merged;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Directive, Document, SchemaDefinition, TypeDefinition};

use super::roots;

/// Directives of GraphQL itself, which clients see.
const VISIBLE_DIRECTIVES: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// Whether a type name is one of GraphQL's built-in scalars.
pub fn built_in_scalar(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}

/// The API schema as a document.
pub fn api_document(merged: &Merged) -> Document {
    let hidden: HashSet<&str> = merged
        .types
        .values()
        .filter(|definition| definition.directives.has(Federation::Inaccessible))
        .map(|definition| definition.name.as_str())
        .collect();
    let types: Vec<TypeDefinition> = merged
        .types
        .values()
        .filter(|definition| !hidden.contains(definition.name.as_str()))
        .map(|definition| visible(definition, &hidden))
        .collect();
    let directives = merged
        .directives
        .iter()
        .filter(|definition| !merged.composed.contains(&definition.name))
        .cloned()
        .map(|mut definition| {
            for argument in definition.arguments.values_mut() {
                keep_visible(&mut argument.directives);
            }
            definition
        })
        .collect();
    let schema = SchemaDefinition {
        description: merged.schema_description.clone(),
        directives: Vec::new(),
        roots: roots(merged).into_iter().filter(|(_, name)| !hidden.contains(name.as_str())).collect(),
    };
    Document { schemas: vec![schema], types, directives }
}

fn visible(definition: &TypeDefinition, hidden: &HashSet<&str>) -> TypeDefinition {
    let mut definition = definition.clone();
    keep_visible(&mut definition.directives);
    definition.implements.retain(|name| !hidden.contains(name.as_str()));
    definition.members.retain(|name| !hidden.contains(name.as_str()));
    definition
        .fields
        .retain(|_, field| !field.directives.has(Federation::Inaccessible) && !hidden.contains(field.ty.base()));
    for field in definition.fields.values_mut() {
        keep_visible(&mut field.directives);
        field.arguments.retain(|_, argument| {
            !argument.directives.has(Federation::Inaccessible) && !hidden.contains(argument.ty.base())
        });
        for argument in field.arguments.values_mut() {
            keep_visible(&mut argument.directives);
        }
    }
    definition
        .inputs
        .retain(|_, input| !input.directives.has(Federation::Inaccessible) && !hidden.contains(input.ty.base()));
    for input in definition.inputs.values_mut() {
        keep_visible(&mut input.directives);
    }
    definition.values.retain(|_, value| !value.directives.has(Federation::Inaccessible));
    for value in definition.values.values_mut() {
        keep_visible(&mut value.directives);
    }
    definition
}

fn keep_visible(directives: &mut Vec<Directive>) {
    directives.retain(|directive| VISIBLE_DIRECTIVES.contains(&directive.name.as_str()));
}

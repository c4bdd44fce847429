//! Every type that is used must exist and fit its place.

use std::collections::HashSet;

use super::Report;
use crate::subgraph::SubgraphSchema;
use crate::supergraph::built_in_scalar;
use crate::syntax::{InputValue, TypeDefinition, TypeKind, TypeReference};

const INVALID: &str = "INVALID_GRAPHQL";

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.directives.values() {
        for argument in definition.arguments.values() {
            check_input(report, &format!("@{}({}:)", definition.name, argument.name), argument);
        }
    }
    for definition in subgraph.types.values() {
        let name = definition.name.as_str();
        if is_empty(definition) {
            report.error(
                INVALID,
                name,
                format!("Type \"{name}\" ({}) must have at least one member.", definition.kind),
            );
        }
        for member in &definition.members {
            if kind(subgraph, member) != Some(TypeKind::Object) {
                report.error(INVALID, name, format!("Member \"{member}\" of union \"{name}\" is not an object type."));
            }
        }
        for field in definition.fields.values() {
            let coordinate = format!("{name}.{}", field.name);
            check_output(report, &coordinate, &field.ty);
            for argument in field.arguments.values() {
                check_input(report, &format!("{coordinate}({}:)", argument.name), argument);
            }
        }
        if let Some(path) = endless_input(subgraph, definition) {
            report.error(INVALID, name, format!("Input object \"{name}\" requires itself without end: {path}."));
        }
        for input in definition.inputs.values() {
            check_input(report, &format!("{name}.{}", input.name), input);
        }
    }
}

fn is_empty(definition: &TypeDefinition) -> bool {
    match definition.kind {
        TypeKind::Scalar => false,
        TypeKind::Object | TypeKind::Interface => definition.fields.is_empty(),
        TypeKind::Union => definition.members.is_empty(),
        TypeKind::Enum => definition.values.is_empty(),
        TypeKind::Input => definition.inputs.is_empty(),
    }
}

fn kind(subgraph: &SubgraphSchema, name: &str) -> Option<TypeKind> {
    match subgraph.types.get(name) {
        Some(definition) => Some(definition.kind),
        // Types of linked specifications are scalars such as `federation__FieldSet`.
        None if built_in_scalar(name) || subgraph.links.is_specification_type(name) => Some(TypeKind::Scalar),
        None => None,
    }
}

fn check_output(report: &mut Report<'_>, coordinate: &str, ty: &TypeReference) {
    match kind(report.subgraph, ty.base()) {
        None => report.error(INVALID, coordinate, format!("Unknown type \"{}\" of \"{coordinate}\".", ty.base())),
        Some(TypeKind::Input) => {
            report.error(
                INVALID,
                coordinate,
                format!("The type of \"{coordinate}\" must be an output type but is \"{ty}\"."),
            );
        }
        Some(_) => {}
    }
}

fn check_input(report: &mut Report<'_>, coordinate: &str, input: &InputValue) {
    let ty = &input.ty;
    match kind(report.subgraph, ty.base()) {
        None => report.error(INVALID, coordinate, format!("Unknown type \"{}\" of \"{coordinate}\".", ty.base())),
        Some(TypeKind::Scalar | TypeKind::Enum | TypeKind::Input) => {}
        Some(_) => {
            report.error(
                INVALID,
                coordinate,
                format!("The type of \"{coordinate}\" must be an input type but is \"{ty}\"."),
            );
        }
    }
}

/// A chain of required fields that leads from an input object back to it (GraphQL specification §3.10).
fn endless_input(subgraph: &SubgraphSchema, start: &TypeDefinition) -> Option<String> {
    let mut visited = HashSet::new();
    let mut pending = vec![(start, start.name.clone())];
    while let Some((definition, path)) = pending.pop() {
        for input in definition.inputs.values().filter(|input| input.ty.is_non_null() && !input.ty.is_list()) {
            let path = format!("{path}.{}", input.name);
            if input.ty.base() == start.name {
                return Some(path);
            }
            if let Some(next) = subgraph.types.get(input.ty.base())
                && visited.insert(&next.name)
            {
                pending.push((next, path));
            }
        }
    }
    None
}

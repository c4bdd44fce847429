//! Types must have what the interfaces they implement promise (GraphQL specification §3.6.1).

use super::Report;
use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::{Field, TypeDefinition, TypeKind, TypeReference};

const INVALID: &str = "INVALID_GRAPHQL";

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        for name in &definition.implements {
            let Some(interface) = subgraph.types.get(name).filter(|ty| ty.kind == TypeKind::Interface) else {
                report.error(
                    INVALID,
                    &definition.name,
                    format!(
                        "Type \"{}\" implements \"{name}\", which is not an interface of this subgraph.",
                        definition.name
                    ),
                );
                continue;
            };
            for inherited in interface.implements.iter().filter(|inherited| !definition.implements.contains(inherited))
            {
                report.error(
                    INVALID,
                    &definition.name,
                    format!(
                        "Type \"{}\" must implement \"{inherited}\" because it implements \"{name}\".",
                        definition.name
                    ),
                );
            }
            for promised in interface.fields.values() {
                check_field(report, definition, interface, promised);
            }
        }
    }
}

fn check_field(report: &mut Report<'_>, definition: &TypeDefinition, interface: &TypeDefinition, promised: &Field) {
    let coordinate = format!("{}.{}", definition.name, promised.name);
    let promise = format!("{}.{}", interface.name, promised.name);
    let Some(field) = definition.fields.get(&promised.name) else {
        report.error(
            INVALID,
            &coordinate,
            format!("Interface field \"{promise}\" expected but \"{}\" does not provide it.", definition.name),
        );
        return;
    };
    if !is_subtype(report.subgraph, &field.ty, &promised.ty) {
        report.error(
            INVALID,
            &coordinate,
            format!("Interface field \"{promise}\" expects type \"{}\" but \"{coordinate}\" of type \"{}\" is not a proper subtype.", promised.ty, field.ty),
        );
    }
    for argument in promised.arguments.values() {
        match field.arguments.get(&argument.name) {
            Some(found) if found.ty == argument.ty => {}
            Some(found) => report.error(
                INVALID,
                format!("{coordinate}({}:)", argument.name),
                format!(
                    "Argument \"{promise}({}:)\" has type \"{}\" but its implementation has type \"{}\".",
                    argument.name, argument.ty, found.ty
                ),
            ),
            None => report.error(
                INVALID,
                &coordinate,
                format!(
                    "Argument \"{promise}({}:)\" expected but \"{coordinate}\" does not provide it.",
                    argument.name
                ),
            ),
        }
    }
    for argument in field.arguments.values() {
        let from_context = argument.directives.has(Federation::FromContext);
        if argument.is_required() && !promised.arguments.contains_key(&argument.name) && !from_context {
            report.error(
                INVALID,
                format!("{coordinate}({}:)", argument.name),
                format!("\"{coordinate}\" includes the required argument \"{}\" that is missing from the interface field \"{promise}\".", argument.name),
            );
        }
    }
}

fn is_subtype(subgraph: &SubgraphSchema, special: &TypeReference, general: &TypeReference) -> bool {
    match (special, general) {
        (TypeReference::NonNull(special), TypeReference::NonNull(general))
        | (TypeReference::List(special), TypeReference::List(general)) => is_subtype(subgraph, special, general),
        (TypeReference::NonNull(special), general) => is_subtype(subgraph, special, general),
        (TypeReference::Named(special), TypeReference::Named(general)) => {
            special == general
                || subgraph.types.get(special).is_some_and(|ty| ty.implements.contains(general))
                || subgraph.types.get(general).is_some_and(|ty| ty.members.contains(special))
        }
        _ => false,
    }
}

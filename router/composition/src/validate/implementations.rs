//! Types must have what the interfaces they implement promise (GraphQL specification §3.6.1); the rule
//! holds in each subgraph and in the merged schema.

use super::Report;
use super::value::Lookup;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Field, TypeDefinition, TypeKind, TypeReference};

/// A promise that is not kept.
pub struct BrokenPromise {
    pub coordinate: String,
    pub message: String,
    /// Set when the type lacks a field altogether.
    pub missing_field: bool,
}

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        for broken in broken_promises(definition, &|name| subgraph.types.get(name)) {
            report.error("INVALID_GRAPHQL", broken.coordinate, broken.message);
        }
    }
}

/// Everything a type promises by its interfaces and does not keep.
pub fn broken_promises(definition: &TypeDefinition, types: &Lookup<'_>) -> Vec<BrokenPromise> {
    let mut promises = Promises { definition, types, broken: Vec::new() };
    for name in &definition.implements {
        let Some(interface) = types(name).filter(|ty| ty.kind == TypeKind::Interface) else {
            let message =
                format!("Type \"{}\" implements \"{name}\", which is not an interface there.", definition.name);
            promises.break_type(message);
            continue;
        };
        for inherited in interface.implements.iter().filter(|inherited| !definition.implements.contains(inherited)) {
            promises.break_type(if *inherited == definition.name {
                format!("Interfaces \"{inherited}\" and \"{name}\" implement each other.")
            } else {
                format!("Type \"{}\" must implement \"{inherited}\" because it implements \"{name}\".", definition.name)
            });
        }
        for promised in interface.fields.values() {
            promises.check_field(interface, promised);
        }
    }
    promises.broken
}

struct Promises<'a, 't> {
    definition: &'a TypeDefinition,
    types: &'a Lookup<'t>,
    broken: Vec<BrokenPromise>,
}

impl Promises<'_, '_> {
    fn break_type(&mut self, message: String) {
        self.break_at(self.definition.name.clone(), message);
    }

    fn break_at(&mut self, coordinate: String, message: String) {
        self.broken.push(BrokenPromise { coordinate, message, missing_field: false });
    }

    fn check_field(&mut self, interface: &TypeDefinition, promised: &Field) {
        let coordinate = format!("{}.{}", self.definition.name, promised.name);
        let promise = format!("{}.{}", interface.name, promised.name);
        let Some(field) = self.definition.fields.get(&promised.name) else {
            let message =
                format!("Interface field \"{promise}\" expected but \"{}\" does not provide it.", self.definition.name);
            self.broken.push(BrokenPromise { coordinate, message, missing_field: true });
            return;
        };
        if !is_subtype(self.types, &field.ty, &promised.ty) {
            let message = format!(
                "Interface field \"{promise}\" expects type \"{}\" but \"{coordinate}\" of type \"{}\" is not a proper subtype.",
                promised.ty, field.ty
            );
            self.break_at(coordinate.clone(), message);
        }
        for argument in promised.arguments.values() {
            let name = &argument.name;
            match field.arguments.get(name) {
                Some(found) if found.ty == argument.ty => {}
                Some(found) => {
                    let message = format!(
                        "Argument \"{promise}({name}:)\" has type \"{}\" but its implementation has type \"{}\".",
                        argument.ty, found.ty
                    );
                    self.break_at(format!("{coordinate}({name}:)"), message);
                }
                None => {
                    let message =
                        format!("Argument \"{promise}({name}:)\" expected but \"{coordinate}\" does not provide it.");
                    self.break_at(coordinate.clone(), message);
                }
            }
        }
        for argument in field.arguments.values() {
            let name = &argument.name;
            let from_context = argument.directives.has(Federation::FromContext);
            if argument.is_required() && !promised.arguments.contains_key(name) && !from_context {
                let message = format!(
                    "\"{coordinate}\" includes the required argument \"{name}\" that is missing from the interface field \"{promise}\"."
                );
                self.break_at(format!("{coordinate}({name}:)"), message);
            }
        }
    }
}

fn is_subtype(types: &Lookup<'_>, special: &TypeReference, general: &TypeReference) -> bool {
    match (special, general) {
        (TypeReference::NonNull(special), TypeReference::NonNull(general))
        | (TypeReference::List(special), TypeReference::List(general)) => is_subtype(types, special, general),
        (TypeReference::NonNull(special), general) => is_subtype(types, special, general),
        (TypeReference::Named(special), TypeReference::Named(general)) => {
            special == general
                || types(special).is_some_and(|ty| ty.implements.contains(general))
                || types(general).is_some_and(|ty| ty.members.contains(special))
        }
        _ => false,
    }
}

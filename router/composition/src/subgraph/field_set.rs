//! Walks a field set (`"id owner { id }"`) over the types of a subgraph.

use super::SubgraphSchema;
use crate::syntax::{Field, Selection, TypeKind, Value};
use crate::validate::value_problem;

/// A field met on the way, with the type it belongs to.
pub struct SelectedField<'a> {
    pub parent: &'a str,
    pub field: &'a Field,
}

/// Why a field set does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSetProblem(pub String);

/// Visits every field of a field set, outer fields first.
pub fn walk_field_set<'a>(
    subgraph: &'a SubgraphSchema,
    type_name: &'a str,
    selections: &'a [Selection],
    visit: &mut impl FnMut(SelectedField<'a>),
) -> Result<(), FieldSetProblem> {
    for selection in selections {
        match selection {
            Selection::Field { name, selections, .. } if name == "__typename" => {
                if !selections.is_empty() {
                    return Err(FieldSetProblem("`__typename` has no selections".to_owned()));
                }
            }
            Selection::Field { name, arguments, selections, .. } => {
                let Some(field) = subgraph.field(type_name, name) else {
                    return Err(FieldSetProblem(format!(
                        "Cannot query field \"{name}\" on type \"{type_name}\" (if the field is defined in another subgraph, you need to add it to this subgraph with @external)"
                    )));
                };
                check_arguments(subgraph, type_name, field, arguments)?;
                visit(SelectedField { parent: type_name, field });
                let target = field.ty.base();
                let composite = subgraph.types.get(target).is_some_and(|ty| ty.kind.is_composite());
                match (composite, selections.is_empty()) {
                    (true, true) => {
                        return Err(FieldSetProblem(format!(
                            "Field \"{type_name}.{name}\" of type \"{}\" must have a selection of subfields",
                            field.ty
                        )));
                    }
                    (false, false) => {
                        return Err(FieldSetProblem(format!(
                            "Field \"{type_name}.{name}\" must not have a selection since type \"{}\" has no subfields",
                            field.ty
                        )));
                    }
                    (true, false) => walk_field_set(subgraph, target, selections, visit)?,
                    (false, true) => {}
                }
            }
            Selection::Fragment { on, selections, .. } => {
                let target = on.as_deref().unwrap_or(type_name);
                let known = subgraph
                    .types
                    .get(target)
                    .is_some_and(|ty| matches!(ty.kind, TypeKind::Object | TypeKind::Interface | TypeKind::Union));
                if !known {
                    return Err(FieldSetProblem(format!("Unknown type \"{target}\" in an inline fragment")));
                }
                let possible = subgraph.possible_types(type_name);
                let overlaps = subgraph.possible_types(target).iter().any(|candidate| possible.contains(candidate));
                if target != type_name && !overlaps {
                    return Err(FieldSetProblem(format!(
                        "An inline fragment on \"{target}\" can never apply to type \"{type_name}\""
                    )));
                }
                walk_field_set(subgraph, target, selections, visit)?;
            }
        }
    }
    Ok(())
}

/// The arguments given must be those the field has, and those it needs must be given.
fn check_arguments(
    subgraph: &SubgraphSchema,
    type_name: &str,
    field: &Field,
    given: &[(String, Value)],
) -> Result<(), FieldSetProblem> {
    let name = &field.name;
    for (argument, value) in given {
        let Some(declared) = field.arguments.get(argument) else {
            return Err(FieldSetProblem(format!("Field \"{type_name}.{name}\" has no argument \"{argument}\"")));
        };
        if let Some(problem) = value_problem(value, &declared.ty, &|name| subgraph.types.get(name)) {
            return Err(FieldSetProblem(format!("Argument \"{argument}\" of \"{type_name}.{name}\": {problem}")));
        }
    }
    Ok(())
}

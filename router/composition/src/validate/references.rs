//! Every type and directive that is used must exist and fit its place.

use super::Report;
use crate::subgraph::{Meaning, SubgraphSchema};
use crate::supergraph::built_in_scalar;
use crate::syntax::{Directive, InputValue, TypeDefinition, TypeKind, TypeReference};

const INVALID: &str = "INVALID_GRAPHQL";

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    check_directives(report, "", &subgraph.schema_directives);
    for definition in subgraph.types.values() {
        let name = definition.name.as_str();
        check_directives(report, name, &definition.directives);
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
            check_directives(report, &coordinate, &field.directives);
            check_output(report, &coordinate, &field.ty);
            for argument in field.arguments.values() {
                check_input(report, &format!("{coordinate}({}:)", argument.name), argument);
            }
        }
        for input in definition.inputs.values() {
            check_input(report, &format!("{name}.{}", input.name), input);
        }
        for value in definition.values.values() {
            check_directives(report, &format!("{name}.{}", value.name), &value.directives);
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
    check_directives(report, coordinate, &input.directives);
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

fn check_directives(report: &mut Report<'_>, coordinate: &str, directives: &[Directive]) {
    let subgraph = report.subgraph;
    for directive in directives {
        let name = directive.name.as_str();
        let known = directive.federation.is_some()
            || subgraph.directives.contains_key(name)
            || matches!(name, "deprecated" | "specifiedBy" | "oneOf")
            || !matches!(subgraph.links.meaning(name), Meaning::Local);
        if !known {
            let advice = match crate::subgraph::Federation::of_name(name) {
                Some(_) if subgraph.links.is_version_1() => {
                    " It is a federation 2 directive, but this subgraph does not link to federation 2."
                }
                Some(_) => {
                    " Import it in the @link to the federation specification, or use its name with the prefix \"federation__\"."
                }
                None => "",
            };
            report.error(INVALID, coordinate, format!("Unknown directive \"@{name}\".{advice}"));
        }
    }
}

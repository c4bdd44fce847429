//! `@cost` weighs what resolves, and `@listSize` names what can tell the size of a list.

use super::Report;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Directive, Field, TypeKind, Value};

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        for field in definition.fields.values() {
            let coordinate = format!("{}.{}", definition.name, field.name);
            if definition.kind == TypeKind::Interface && field.directives.has(Federation::Cost) {
                report.error(
                    "COST_APPLIED_TO_INTERFACE_FIELD",
                    &coordinate,
                    format!("@cost cannot be applied to interface field \"{coordinate}\"."),
                );
            }
            if let Some(directive) = field.directives.applied(Federation::ListSize) {
                check_list_size(report, &coordinate, field, directive);
            }
        }
    }
}

fn check_list_size(report: &mut Report<'_>, coordinate: &str, field: &Field, directive: &Directive) {
    let sized = directive.argument("sizedFields").map(Value::items).unwrap_or_default();
    if sized.is_empty() && !field.ty.is_list() {
        report.error("LIST_SIZE_APPLIED_TO_NON_LIST", coordinate, format!("\"{coordinate}\" is not a list."));
    }
    if let Some(Value::Int(size)) = directive.argument("assumedSize")
        && size.starts_with('-')
    {
        report.error(
            "LIST_SIZE_INVALID_ASSUMED_SIZE",
            coordinate,
            format!("Assumed size of \"{coordinate}\" cannot be negative."),
        );
    }
    for name in directive.argument("slicingArguments").map(Value::items).unwrap_or_default().iter().filter_map(text) {
        let is_integer = field.arguments.get(name).is_some_and(|argument| argument.ty.nullable().to_string() == "Int");
        if !is_integer {
            report.error(
                "LIST_SIZE_INVALID_SLICING_ARGUMENT",
                coordinate,
                format!("Slicing argument \"{coordinate}({name}:)\" must be an Int argument of the field."),
            );
        }
    }
    for name in sized.iter().filter_map(text) {
        let is_list = report.subgraph.field(field.ty.base(), name).is_some_and(|field| field.ty.is_list());
        if !is_list {
            report.error(
                "LIST_SIZE_INVALID_SIZED_FIELD",
                coordinate,
                format!("Sized field \"{}.{name}\" must be a list.", field.ty.base()),
            );
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

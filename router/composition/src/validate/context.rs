//! `@context` and `@fromContext` must agree on names and select something.

use std::collections::HashSet;

use super::Report;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Selection, parse_selection_set};

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    let mut names = HashSet::new();
    for definition in subgraph.types.values() {
        for context in definition.directives.all(Federation::Context) {
            let name = context.string("name").unwrap_or_default();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
                report.error(
                    "CONTEXT_NAME_INVALID",
                    &definition.name,
                    format!("Context name \"{name}\" is invalid. It should have only alphanumeric characters."),
                );
            }
            names.insert(name);
        }
    }
    for definition in subgraph.types.values() {
        for field in definition.fields.values() {
            for argument in field.arguments.values() {
                let Some(directive) = argument.directives.applied(Federation::FromContext) else { continue };
                let coordinate = format!("{}.{}({}:)", definition.name, field.name, argument.name);
                report.hint(
                    "CONTEXT_ARGUMENT_NOT_SERVED",
                    &coordinate,
                    format!("Argument \"{coordinate}\" is filled from a context, for which this product's router refuses the supergraph; other routers may serve it."),
                );
                check_reference(report, &coordinate, directive.string("field").unwrap_or_default(), &names);
                if argument.default.is_some() {
                    report.error(
                        "CONTEXT_NOT_SET",
                        &coordinate,
                        format!("@fromContext arguments cannot have a default value: \"{coordinate}\"."),
                    );
                }
            }
        }
    }
}

fn check_reference(report: &mut Report<'_>, coordinate: &str, text: &str, names: &HashSet<&str>) {
    let reference = text.trim().strip_prefix('$').map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.split_at(end)
    });
    let Some((name, selection)) = reference.filter(|(name, _)| !name.is_empty()) else {
        report.error(
            "NO_CONTEXT_REFERENCED",
            coordinate,
            format!("@fromContext argument does not reference a context \"{text}\"."),
        );
        return;
    };
    if !names.contains(name) {
        report.error(
            "CONTEXT_NOT_SET",
            coordinate,
            format!("Context \"{name}\" is used at location \"{coordinate}\" but is never set."),
        );
    }
    if selection.trim().is_empty() {
        report.error(
            "NO_SELECTION_FOR_CONTEXT",
            coordinate,
            format!("@fromContext directive in field \"{coordinate}\" has no selection."),
        );
        return;
    }
    match parse_selection_set(selection) {
        Ok(selections) if !has_directives(&selections) => {}
        _ => report.error(
            "CONTEXT_INVALID_SELECTION",
            coordinate,
            format!("Context \"{name}\" is used in \"{coordinate}\" but the selection is invalid: {selection}"),
        ),
    }
}

fn has_directives(selections: &[Selection]) -> bool {
    selections.iter().any(|selection| {
        let applied = match selection {
            Selection::Field { has_directives, .. } | Selection::Fragment { has_directives, .. } => *has_directives,
        };
        applied || has_directives(selection.selections())
    })
}

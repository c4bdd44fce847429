//! Every applied directive must exist, stand where it may, and have the arguments it needs.

use super::Report;
use super::signature::signature;
use super::value::value_problem;
use crate::merge::location;
use crate::subgraph::{Federation, Meaning};
use crate::syntax::{Directive, DirectiveDefinition, InputValue, Value};

const INVALID: &str = "INVALID_GRAPHQL";

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    check_place(report, "", "SCHEMA", &subgraph.schema_directives);
    for definition in subgraph.types.values() {
        let name = definition.name.as_str();
        check_place(report, name, location(definition.kind), &definition.directives);
        for field in definition.fields.values() {
            let coordinate = format!("{name}.{}", field.name);
            check_place(report, &coordinate, "FIELD_DEFINITION", &field.directives);
            for argument in field.arguments.values() {
                let place = format!("{coordinate}({}:)", argument.name);
                check_place(report, &place, "ARGUMENT_DEFINITION", &argument.directives);
                check_default(report, &place, argument);
            }
        }
        for input in definition.inputs.values() {
            let coordinate = format!("{name}.{}", input.name);
            check_place(report, &coordinate, "INPUT_FIELD_DEFINITION", &input.directives);
            check_default(report, &coordinate, input);
        }
        for value in definition.values.values() {
            check_place(report, &format!("{name}.{}", value.name), "ENUM_VALUE", &value.directives);
        }
    }
}

fn check_default(report: &mut Report<'_>, coordinate: &str, input: &InputValue) {
    let subgraph = report.subgraph;
    let problem =
        input.default.as_ref().and_then(|value| value_problem(value, &input.ty, &|name| subgraph.types.get(name)));
    if let Some(problem) = problem {
        report.error(
            INVALID,
            coordinate,
            format!("The default value of \"{coordinate}\" does not fit its type: {problem}."),
        );
    }
}

fn check_place(report: &mut Report<'_>, coordinate: &str, place: &'static str, directives: &[Directive]) {
    let subgraph = report.subgraph;
    for (index, directive) in directives.iter().enumerate() {
        let name = directive.name.as_str();
        let repeated = directives[..index].iter().any(|other| other.name == name);
        let problem = match directive.federation {
            // What a type hands down to its fields was checked on the type.
            Some(_) if directive.inherited => None,
            Some(known) => federation_problem(directive, known, place, repeated),
            None => match subgraph.directives.get(name) {
                Some(definition) => own_problem(report, directive, definition, place, repeated),
                None if matches!(name, "deprecated" | "specifiedBy" | "oneOf") => None,
                None if subgraph.links.meaning(name) != Meaning::Local => None,
                None => Some(format!("Unknown directive \"@{name}\".{}", advice(report, name))),
            },
        };
        if let Some(problem) = problem {
            // The schema itself has no coordinate, so that the directive stands for it.
            let coordinate = if coordinate.is_empty() { format!("@{name}") } else { coordinate.to_owned() };
            report.error(INVALID, coordinate, problem);
        }
    }
}

fn advice(report: &Report<'_>, name: &str) -> &'static str {
    match Federation::of_name(name) {
        Some(_) if report.subgraph.links.is_version_1() => {
            " It is a federation 2 directive, but this subgraph does not link to federation 2."
        }
        Some(_) => {
            " Import it in the @link to the federation specification, or use its name with the prefix \"federation__\"."
        }
        None => "",
    }
}

fn federation_problem(directive: &Directive, known: Federation, place: &str, repeated: bool) -> Option<String> {
    let name = &directive.name;
    let signature = signature(known);
    if !signature.locations.is_empty() && !signature.locations.contains(&place) {
        return Some(format!("Directive \"@{name}\" may not be used on {place}."));
    }
    if repeated && !signature.repeatable {
        return Some(format!("Directive \"@{name}\" can only be used once at this place."));
    }
    for (argument, value) in &directive.arguments {
        match signature.arguments.iter().find(|(known, ..)| known == argument) {
            None => return Some(format!("Unknown argument \"{argument}\" of directive \"@{name}\".")),
            Some((_, form, _)) if !form.accepts(value) => {
                return Some(format!(
                    "Argument \"{argument}\" of directive \"@{name}\" must be {}.",
                    form.description()
                ));
            }
            Some(_) => {}
        }
    }
    let missing = signature
        .arguments
        .iter()
        .find(|(argument, _, required)| *required && matches!(directive.argument(argument), None | Some(Value::Null)));
    missing.map(|(argument, ..)| format!("Directive \"@{name}\" needs the argument \"{argument}\"."))
}

/// Checks against a definition in the subgraph itself.
fn own_problem(
    report: &Report<'_>,
    directive: &Directive,
    definition: &DirectiveDefinition,
    place: &str,
    repeated: bool,
) -> Option<String> {
    let name = &directive.name;
    if !definition.locations.iter().any(|allowed| allowed == place) {
        return Some(format!("Directive \"@{name}\" may not be used on {place}."));
    }
    if repeated && !definition.repeatable {
        return Some(format!("Directive \"@{name}\" can only be used once at this place."));
    }
    for (argument, value) in &directive.arguments {
        let Some(declared) = definition.arguments.get(argument) else {
            return Some(format!("Unknown argument \"{argument}\" of directive \"@{name}\"."));
        };
        if let Some(problem) = value_problem(value, &declared.ty, &|name| report.subgraph.types.get(name)) {
            return Some(format!("Argument \"{argument}\" of directive \"@{name}\" does not fit its type: {problem}."));
        }
    }
    let missing = definition
        .arguments
        .values()
        .find(|argument| argument.is_required() && directive.argument(&argument.name).is_none());
    missing.map(|argument| format!("Directive \"@{name}\" needs the argument \"{}\".", argument.name))
}

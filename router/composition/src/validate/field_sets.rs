//! `@key`, `@provides` and `@requires` must select fields that exist and make sense there.

use super::Report;
use crate::subgraph::{Directives, Federation, field_set_text, walk_field_set};
use crate::syntax::{Directive, Field, Selection, TypeDefinition, TypeKind, Value, parse_selection_set};

/// The codes of one of the three directives.
struct Codes {
    directive: Federation,
    invalid: &'static str,
    invalid_type: &'static str,
    has_arguments: &'static str,
    has_directives: &'static str,
    missing_external: Option<&'static str>,
}

const KEY: Codes = Codes {
    directive: Federation::Key,
    invalid: "KEY_INVALID_FIELDS",
    invalid_type: "KEY_INVALID_FIELDS_TYPE",
    has_arguments: "KEY_FIELDS_HAS_ARGS",
    has_directives: "KEY_DIRECTIVE_IN_FIELDS_ARG",
    missing_external: None,
};

const PROVIDES: Codes = Codes {
    directive: Federation::Provides,
    invalid: "PROVIDES_INVALID_FIELDS",
    invalid_type: "PROVIDES_INVALID_FIELDS_TYPE",
    has_arguments: "PROVIDES_FIELDS_HAS_ARGS",
    has_directives: "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
    missing_external: Some("PROVIDES_FIELDS_MISSING_EXTERNAL"),
};

const REQUIRES: Codes = Codes {
    directive: Federation::Requires,
    invalid: "REQUIRES_INVALID_FIELDS",
    invalid_type: "REQUIRES_INVALID_FIELDS_TYPE",
    has_arguments: "",
    has_directives: "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
    missing_external: Some("REQUIRES_FIELDS_MISSING_EXTERNAL"),
};

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        for key in definition.directives.all(Federation::Key) {
            check_key(report, definition, key);
        }
        for field in definition.fields.values() {
            let coordinate = format!("{}.{}", definition.name, field.name);
            for requires in field.directives.all(Federation::Requires) {
                if definition.kind == TypeKind::Interface {
                    unsupported_on_interface(report, "REQUIRES_UNSUPPORTED_ON_INTERFACE", "requires", &coordinate);
                } else {
                    check_field_set(report, &REQUIRES, &coordinate, &definition.name, requires);
                }
            }
            for provides in field.directives.all(Federation::Provides) {
                check_provides(report, definition, field, &coordinate, provides);
            }
        }
    }
}

fn unsupported_on_interface(report: &mut Report<'_>, code: &'static str, directive: &str, coordinate: &str) {
    report.error(code, coordinate, format!("Cannot use @{directive} on field \"{coordinate}\" of an interface: @{directive} is not supported within interfaces."));
}

fn check_key(report: &mut Report<'_>, definition: &TypeDefinition, key: &Directive) {
    let name = definition.name.as_str();
    let on_old_interface =
        definition.kind == TypeKind::Interface && report.subgraph.links.federation_minor.is_some_and(|minor| minor < 3);
    if on_old_interface {
        report.error(
            "KEY_UNSUPPORTED_ON_INTERFACE",
            name,
            format!("Cannot use @key on interface \"{name}\": it is supported from federation 2.3 on."),
        );
        return;
    }
    check_field_set(report, &KEY, name, name, key);
    let subgraph = report.subgraph;
    if let Some(selections) = key_selections(key) {
        let mut abstract_fields = Vec::new();
        // What is wrong with the selection itself is reported above.
        let _ = walk_field_set(subgraph, name, &selections, &mut |selected| {
            let kind = subgraph.types.get(selected.field.ty.base()).map(|ty| ty.kind);
            if matches!(kind, Some(TypeKind::Interface | TypeKind::Union)) {
                abstract_fields.push(format!("{}.{}", selected.parent, selected.field.name));
            }
        });
        for field in abstract_fields {
            report.error("KEY_FIELDS_SELECT_INVALID_TYPE", name, format!("On type \"{name}\", for @key: field \"{field}\" has an interface or union type, which is not allowed in @key fields."));
        }
    }
}

fn key_selections(key: &Directive) -> Option<Vec<Selection>> {
    parse_selection_set(&field_set_text(key)?).ok()
}

fn check_provides(
    report: &mut Report<'_>,
    definition: &TypeDefinition,
    field: &Field,
    coordinate: &str,
    provides: &Directive,
) {
    if definition.kind == TypeKind::Interface {
        unsupported_on_interface(report, "PROVIDES_UNSUPPORTED_ON_INTERFACE", "provides", coordinate);
        return;
    }
    let target = field.ty.base();
    let is_composite = report.subgraph.types.get(target).is_some_and(|ty| ty.kind.is_composite());
    if is_composite {
        check_field_set(report, &PROVIDES, coordinate, target, provides);
    } else {
        report.error("PROVIDES_ON_NON_OBJECT_FIELD", coordinate, format!("Invalid @provides directive on field \"{coordinate}\": field has type \"{}\" which is not a composite type.", field.ty));
    }
}

fn check_field_set(report: &mut Report<'_>, codes: &Codes, coordinate: &str, type_name: &str, directive: &Directive) {
    let label = format!("On \"{coordinate}\", for @{}", codes.directive.name());
    let is_string = matches!(directive.argument("fields"), Some(Value::String(_)));
    let text = field_set_text(directive).filter(|_| is_string || report.subgraph.links.is_version_1());
    let Some(text) = text else {
        report.error(
            codes.invalid_type,
            coordinate,
            format!("{label}: Invalid value for argument \"fields\": must be a string."),
        );
        return;
    };
    let selections = match parse_selection_set(&text) {
        Ok(selections) => selections,
        Err(error) => {
            report.error(codes.invalid, coordinate, format!("{label}(fields: \"{text}\"): {error}"));
            return;
        }
    };
    if has_directives(&selections) {
        report.error(
            codes.has_directives,
            coordinate,
            format!("{label}(fields: \"{text}\"): cannot have directive applications in the fields argument."),
        );
    }
    if has_aliases(&selections) {
        report.error(
            codes.invalid,
            coordinate,
            format!("{label}(fields: \"{text}\"): cannot use aliases in the fields argument."),
        );
    }
    let subgraph = report.subgraph;
    let mut with_arguments = Vec::new();
    if let Some(missing) = missing_argument(report, type_name, &selections).filter(|_| codes.has_arguments.is_empty()) {
        report.error(
            codes.invalid,
            coordinate,
            format!("{label}(fields: \"{text}\"): the required argument \"{missing}\" is not given."),
        );
        return;
    }
    let walked = walk_field_set(subgraph, type_name, &selections, &mut |selected| {
        if !codes.has_arguments.is_empty() && !selected.field.arguments.is_empty() {
            with_arguments.push(format!("{}.{}", selected.parent, selected.field.name));
        }
    });
    if let Err(problem) = walked {
        report.error(codes.invalid, coordinate, format!("{label}(fields: \"{text}\"): {}.", problem.0));
        return;
    }
    for field in with_arguments {
        report.error(codes.has_arguments, coordinate, format!("{label}(fields: \"{text}\"): field \"{field}\" cannot be included because it has arguments (fields with arguments are not allowed in @{}).", codes.directive.name()));
    }
    if let Some(code) = codes.missing_external {
        let mut missing = Vec::new();
        leaves_not_external(report, type_name, &selections, false, &mut missing);
        for field in missing {
            report.error(code, coordinate, format!("{label}(fields: \"{text}\"): field \"{field}\" should not be part of a @{} since it is already provided by this subgraph (it is not marked @external).", codes.directive.name()));
        }
    }
}

/// Leaf fields that the subgraph resolves itself, so that nothing is to be provided or required.
fn leaves_not_external(
    report: &Report<'_>,
    type_name: &str,
    selections: &[Selection],
    external_above: bool,
    missing: &mut Vec<String>,
) {
    let subgraph = report.subgraph;
    for selection in selections {
        match selection {
            Selection::Field { name, .. } if name == "__typename" => {}
            Selection::Field { name, selections, .. } => {
                let Some(field) = subgraph.field(type_name, name) else { continue };
                // A field of an interface counts as external when some implementation's is.
                let external = external_above
                    || field.directives.has(Federation::External)
                    || subgraph.possible_types(type_name).iter().any(|implementation| {
                        subgraph
                            .field(implementation, name)
                            .is_some_and(|field| field.directives.has(Federation::External))
                    });
                if selections.is_empty() && !external {
                    missing.push(format!("{type_name}.{name}"));
                }
                leaves_not_external(report, field.ty.base(), selections, external, missing);
            }
            Selection::Fragment { on, selections, .. } => {
                let target = on.as_deref().unwrap_or(type_name);
                leaves_not_external(report, target, selections, external_above, missing);
            }
        }
    }
}

/// A required argument of a selected field that the field set does not give.
fn missing_argument(report: &Report<'_>, type_name: &str, selections: &[Selection]) -> Option<String> {
    selections.iter().find_map(|selection| match selection {
        Selection::Field { name, arguments, selections, .. } => {
            let field = report.subgraph.field(type_name, name)?;
            let missing = field
                .arguments
                .values()
                .find(|argument| argument.is_required() && arguments.iter().all(|(given, _)| *given != argument.name));
            match missing {
                Some(missing) => Some(format!("{type_name}.{name}({}:)", missing.name)),
                None => missing_argument(report, field.ty.base(), selections),
            }
        }
        Selection::Fragment { on, selections, .. } => {
            missing_argument(report, on.as_deref().unwrap_or(type_name), selections)
        }
    })
}

fn has_directives(selections: &[Selection]) -> bool {
    selections.iter().any(|selection| {
        let applied = match selection {
            Selection::Field { has_directives, .. } | Selection::Fragment { has_directives, .. } => *has_directives,
        };
        applied || has_directives(selection.selections())
    })
}

fn has_aliases(selections: &[Selection]) -> bool {
    selections.iter().any(|selection| {
        matches!(selection, Selection::Field { alias: Some(_), .. }) || has_aliases(selection.selections())
    })
}

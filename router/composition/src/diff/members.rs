//! Compares what types consist of: fields, interfaces, union members, enum values.

use super::inputs::compare_inputs;
use super::{Changes, output_still_fits};
use crate::syntax::{Directive, Field, TypeDefinition, Value};

/// Compares the fields of object types and interfaces.
pub fn compare_fields(before: &TypeDefinition, after: &TypeDefinition, changes: &mut Changes) {
    for (name, old) in &before.fields {
        let coordinate = format!("{}.{name}", before.name);
        match after.fields.get(name) {
            Some(new) => compare_field(&coordinate, old, new, changes),
            None if deprecation(&old.directives).is_some() => {
                changes.breaking(&coordinate, "The field was removed; it was deprecated.");
            }
            None => changes.breaking(&coordinate, "The field was removed without having been deprecated."),
        }
    }
    for name in after.fields.keys().filter(|name| !before.fields.contains_key(*name)) {
        changes.safe(&format!("{}.{name}", before.name), "The field was added.");
    }
}

fn compare_field(coordinate: &str, old: &Field, new: &Field, changes: &mut Changes) {
    if old.ty != new.ty {
        let message = format!("The type of the field changed from {} to {}.", old.ty, new.ty);
        if output_still_fits(&old.ty, &new.ty) {
            changes.safe(coordinate, message);
        } else {
            changes.breaking(coordinate, message);
        }
    }
    compare_deprecation(coordinate, &old.directives, &new.directives, changes);
    changes.description(coordinate, old.description.as_deref(), new.description.as_deref());
    compare_inputs("argument", &old.arguments, &new.arguments, |name| format!("{coordinate}({name}:)"), changes);
}

/// Compares which interfaces a type implements.
pub fn compare_interfaces(before: &TypeDefinition, after: &TypeDefinition, changes: &mut Changes) {
    for interface in before.implements.iter().filter(|name| !after.implements.contains(name)) {
        changes.breaking(&before.name, format!("The type does not implement {interface} any more."));
    }
    for interface in after.implements.iter().filter(|name| !before.implements.contains(name)) {
        changes.dangerous(&before.name, format!("The type implements {interface} now."));
    }
}

/// Compares the members of a union.
pub fn compare_union_members(before: &TypeDefinition, after: &TypeDefinition, changes: &mut Changes) {
    for member in before.members.iter().filter(|name| !after.members.contains(name)) {
        changes.breaking(&before.name, format!("The member {member} was removed from the union."));
    }
    for member in after.members.iter().filter(|name| !before.members.contains(name)) {
        changes.dangerous(&before.name, format!("The member {member} was added to the union."));
    }
}

/// Compares the values of an enum; clients only meet new ones in outputs.
pub fn compare_enum_values(before: &TypeDefinition, after: &TypeDefinition, is_output: bool, changes: &mut Changes) {
    for (name, old) in &before.values {
        let coordinate = format!("{}.{name}", before.name);
        match after.values.get(name) {
            None => changes.breaking(&coordinate, "The enum value was removed."),
            Some(new) => {
                compare_deprecation(&coordinate, &old.directives, &new.directives, changes);
                changes.description(&coordinate, old.description.as_deref(), new.description.as_deref());
            }
        }
    }
    for name in after.values.keys().filter(|name| !before.values.contains_key(*name)) {
        let coordinate = format!("{}.{name}", before.name);
        if is_output {
            changes.dangerous(&coordinate, "The enum value was added; clients may meet it in answers.");
        } else {
            changes.safe(&coordinate, "The enum value was added; it is only used in inputs.");
        }
    }
}

/// Compares whether an element is deprecated, and why.
pub fn compare_deprecation(coordinate: &str, before: &[Directive], after: &[Directive], changes: &mut Changes) {
    match (deprecation(before), deprecation(after)) {
        (None, Some(reason)) => changes.safe(coordinate, format!("Deprecated: {reason}")),
        (Some(_), None) => changes.safe(coordinate, "Not deprecated any more."),
        (Some(old), Some(new)) if old != new => {
            changes.safe(coordinate, format!("The reason of the deprecation changed to: {new}"));
        }
        _ => {}
    }
}

fn deprecation(directives: &[Directive]) -> Option<&str> {
    let directive = directives.iter().find(|applied| applied.name == "deprecated")?;
    Some(match directive.argument("reason") {
        Some(Value::String(reason)) => reason,
        _ => "No longer supported",
    })
}

//! Compares what clients send: arguments and fields of input objects.

use indexmap::IndexMap;

use super::members::compare_deprecation;
use super::{Changes, input_still_fits};
use crate::syntax::{InputValue, TypeDefinition};

/// Compares the fields of an input object.
pub fn compare_input_object(before: &TypeDefinition, after: &TypeDefinition, changes: &mut Changes) {
    let coordinate = |name: &str| format!("{}.{name}", before.name);
    compare_inputs("input field", &before.inputs, &after.inputs, coordinate, changes);
    let one_of = |definition: &TypeDefinition| definition.directives.iter().any(|applied| applied.name == "oneOf");
    match (one_of(before), one_of(after)) {
        (false, true) => changes.breaking(&before.name, "The input object takes exactly one of its fields now."),
        (true, false) => changes.safe(&before.name, "The input object takes any number of its fields now."),
        _ => {}
    }
}

/// Compares inputs of the same owner by name.
pub fn compare_inputs(
    what: &str,
    before: &IndexMap<String, InputValue>,
    after: &IndexMap<String, InputValue>,
    coordinate: impl Fn(&str) -> String,
    changes: &mut Changes,
) {
    for (name, old) in before {
        let place = coordinate(name);
        match after.get(name) {
            None => changes.breaking(&place, format!("The {what} was removed.")),
            Some(new) => compare_input(what, &place, old, new, changes),
        }
    }
    for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
        let place = coordinate(name);
        if new.is_required() {
            changes.breaking(&place, format!("The required {what} was added."));
        } else {
            changes.dangerous(&place, format!("The optional {what} was added."));
        }
    }
}

fn compare_input(what: &str, place: &str, old: &InputValue, new: &InputValue, changes: &mut Changes) {
    if old.ty != new.ty {
        let message = format!("The type of the {what} changed from {} to {}.", old.ty, new.ty);
        // An absent nullable value stays acceptable when a default takes its place.
        if input_still_fits(&old.ty, &new.ty) {
            changes.safe(place, message);
        } else {
            changes.breaking(place, message);
        }
    }
    if old.default != new.default {
        if new.is_required() && !old.is_required() && old.ty.is_non_null() {
            changes.breaking(place, format!("The {what} has no default value any more and is required."));
        } else {
            changes.dangerous(place, format!("The default value of the {what} changed."));
        }
    }
    compare_deprecation(place, &old.directives, &new.directives, changes);
    changes.description(place, old.description.as_deref(), new.description.as_deref());
}

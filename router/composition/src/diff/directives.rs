//! Compares the directives that operations may use.

use super::Changes;
use super::inputs::compare_inputs;
use crate::syntax::{DirectiveDefinition, Document};

/// Compares directive definitions by name.
pub fn compare(old: &Document, new: &Document, changes: &mut Changes) {
    let find = |document: &Document, name: &str| {
        document.directives.iter().find(|definition| definition.name == name).cloned()
    };
    for before in &old.directives {
        let coordinate = format!("@{}", before.name);
        match find(new, &before.name) {
            Some(after) => compare_definition(&coordinate, before, &after, changes),
            None => changes.breaking(&coordinate, "The directive was removed."),
        }
    }
    for after in &new.directives {
        if find(old, &after.name).is_none() {
            changes.safe(&format!("@{}", after.name), "The directive was added.");
        }
    }
}

fn compare_definition(
    coordinate: &str,
    before: &DirectiveDefinition,
    after: &DirectiveDefinition,
    changes: &mut Changes,
) {
    if before.repeatable && !after.repeatable {
        changes.breaking(coordinate, "The directive is not repeatable any more.");
    }
    for location in before.locations.iter().filter(|location| !after.locations.contains(location)) {
        changes.breaking(coordinate, format!("The directive is not allowed on {location} any more."));
    }
    for location in after.locations.iter().filter(|location| !before.locations.contains(location)) {
        changes.safe(coordinate, format!("The directive is allowed on {location} now."));
    }
    changes.description(coordinate, before.description.as_deref(), after.description.as_deref());
    compare_inputs("argument", &before.arguments, &after.arguments, |name| format!("{coordinate}({name}:)"), changes);
}

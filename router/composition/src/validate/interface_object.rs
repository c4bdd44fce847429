//! `@interfaceObject` needs keys, and a key of an interface needs to hold for its implementations.

use super::Report;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{TypeKind, print_selection_set};

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        let name = definition.name.as_str();
        if definition.directives.has(Federation::InterfaceObject) {
            if definition.kind != TypeKind::Object {
                report.error(
                    "INTERFACE_OBJECT_USAGE_ERROR",
                    name,
                    format!(
                        "The @interfaceObject directive can only be applied to object types but \"{name}\" is a {}.",
                        definition.kind
                    ),
                );
            }
            if !definition.directives.has(Federation::Key) {
                report.error("INTERFACE_OBJECT_USAGE_ERROR", name, format!("The @interfaceObject directive can only be applied to entity types but type \"{name}\" has no @key in this subgraph."));
            }
        }
        if definition.kind != TypeKind::Interface || subgraph.links.is_version_1() {
            continue;
        }
        for key in subgraph.keys(name) {
            let text = print_selection_set(&key.fields);
            let lacking: Vec<&str> = subgraph
                .possible_types(name)
                .into_iter()
                .filter(|implementation| {
                    !subgraph
                        .keys(implementation)
                        .iter()
                        .any(|own| print_selection_set(&own.fields) == text && (own.resolvable || !key.resolvable))
                })
                .collect();
            if !lacking.is_empty() {
                report.error("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", name, format!("Key @key(fields: \"{text}\") on interface type \"{name}\" is missing on implementation type(s) \"{}\".", lacking.join("\", \"")));
            }
        }
    }
}

//! `@external` and `@shareable` must stand where they mean something.

use super::Report;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{OperationKind, TypeKind};

pub fn check(report: &mut Report<'_>) {
    let subgraph = report.subgraph;
    for definition in subgraph.types.values() {
        let on_interface = definition.kind == TypeKind::Interface;
        let is_subscription = definition.name == OperationKind::Subscription.type_name();
        for field in definition.fields.values() {
            let coordinate = format!("{}.{}", definition.name, field.name);
            if let Some(external) = field.directives.applied(Federation::External) {
                let used = subgraph.used_fields.contains(&(definition.name.clone(), field.name.clone()));
                if on_interface {
                    report.error("EXTERNAL_ON_INTERFACE", &coordinate, format!("Interface type field \"{coordinate}\" is marked @external but @external is not allowed on interface fields."));
                } else if !used && !external.inherited {
                    report.error("EXTERNAL_UNUSED", &coordinate, format!("Field \"{coordinate}\" is marked @external but is not used in any federation directive (@key, @provides, @requires) or to satisfy an interface; the field declaration has no use and should be removed (or the field should not be @external)."));
                }
            }
            if field.directives.has(Federation::External)
                && let Some(merged) = field.directives.iter().find(|applied| applied.federation.is_some_and(is_merged))
            {
                report.error(
                    "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
                    &coordinate,
                    format!("Cannot apply merged directive @{} to external field \"{coordinate}\".", merged.name),
                );
            }
            if field.directives.has(Federation::Shareable) {
                if on_interface {
                    report.error("INVALID_SHAREABLE_USAGE", &coordinate, format!("Invalid use of @shareable on field \"{coordinate}\": only object type fields can be marked with @shareable."));
                } else if is_subscription {
                    report.error("INVALID_SHAREABLE_USAGE", &coordinate, format!("Field \"{coordinate}\": fields on root level subscription object cannot be marked as shareable."));
                }
            }
            if on_interface && field.directives.has(Federation::Override) {
                report.error("OVERRIDE_ON_INTERFACE", &coordinate, format!("@override cannot be used on field \"{coordinate}\": @override is not supported on fields of interfaces."));
            }
        }
    }
}

/// Whether applications of all subgraphs end up in the supergraph, which external fields do not.
fn is_merged(directive: Federation) -> bool {
    directive.supergraph_feature().is_some()
}

//! Completes and checks interfaces once all types are merged.

use std::collections::BTreeMap;

use super::Merger;
use crate::finding::subgraph_list;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Directive, TypeDefinition, TypeKind};

impl Merger<'_> {
    /// What an interface object adds to an interface, every implementation of it has as well.
    pub fn complete_interface_objects(&mut self, types: &mut BTreeMap<String, TypeDefinition>) {
        let mut additions = Vec::new();
        for interface in types.values().filter(|definition| definition.kind == TypeKind::Interface) {
            for field in interface.fields.values() {
                let provided = self.subgraphs.iter().any(|subgraph| {
                    subgraph.is_interface_object(&interface.name)
                        && subgraph
                            .field(&interface.name, &field.name)
                            .is_some_and(|field| !field.directives.has(Federation::External))
                });
                if !provided {
                    continue;
                }
                for implementation in types.values().filter(|candidate| {
                    candidate.kind == TypeKind::Object
                        && candidate.implements.contains(&interface.name)
                        && !candidate.fields.contains_key(&field.name)
                }) {
                    let mut copy = field.clone();
                    copy.directives.retain(|applied| !applied.name.starts_with("join__"));
                    copy.directives.insert(0, Directive::new("join__field", []));
                    additions.push((implementation.name.clone(), copy));
                }
            }
        }
        for (type_name, field) in additions {
            if let Some(definition) = types.get_mut(&type_name) {
                definition.fields.entry(field.name.clone()).or_insert(field);
            }
        }
    }

    /// A type that implements an interface in one subgraph must have the fields that the interface
    /// has in any.
    pub fn check_interface_implementations(&mut self, types: &BTreeMap<String, TypeDefinition>) {
        for definition in types.values() {
            for interface in definition.implements.iter().filter_map(|name| types.get(name)) {
                if interface.kind != TypeKind::Interface {
                    continue;
                }
                for field in interface.fields.values() {
                    if !definition.fields.contains_key(&field.name) {
                        self.report_missing_implementation(definition, interface, &field.name);
                    }
                }
            }
        }
    }

    fn report_missing_implementation(&mut self, definition: &TypeDefinition, interface: &TypeDefinition, field: &str) {
        let coordinate = format!("{}.{field}", definition.name);
        let having = |type_name: &str, with_field: bool| -> Vec<String> {
            self.subgraphs
                .iter()
                .filter(|subgraph| {
                    subgraph.types.contains_key(type_name)
                        && (!with_field || subgraph.field(type_name, field).is_some())
                })
                .map(|subgraph| subgraph.name.clone())
                .collect()
        };
        let declaring = having(&interface.name, true);
        let defining = having(&definition.name, false);
        let declaring_list = subgraph_list(declaring.iter().map(String::as_str));
        let defining_list = subgraph_list(defining.iter().map(String::as_str));
        let subgraphs = [declaring.clone(), defining.clone()].concat();
        self.findings.error("INTERFACE_FIELD_NO_IMPLEM", &coordinate, subgraphs, format!(
            "Interface field \"{}.{field}\" is declared in {declaring_list} but type \"{}\", which implements \"{}\", does not have field \"{field}\" in {defining_list}.",
            interface.name, definition.name, interface.name
        ));
    }

    /// A subgraph that finds objects by a key of an interface must know all implementations, and one
    /// that sees the interface as an object must know none.
    pub fn check_interface_entities(&mut self, types: &BTreeMap<String, TypeDefinition>) {
        let subgraphs = self.subgraphs;
        for interface in types.values().filter(|definition| definition.kind == TypeKind::Interface) {
            let name = interface.name.as_str();
            let implementations: Vec<&str> = types
                .values()
                .filter(|candidate| {
                    candidate.kind == TypeKind::Object && candidate.implements.contains(&interface.name)
                })
                .map(|candidate| candidate.name.as_str())
                .collect();
            for subgraph in subgraphs {
                if subgraph.is_interface_object(name) {
                    for known in implementations.iter().filter(|known| subgraph.types.contains_key(**known)) {
                        self.findings.error("INTERFACE_OBJECT_USAGE_ERROR", name, [&subgraph.name], format!(
                            "Interface type \"{name}\" is defined as an @interfaceObject in subgraph \"{0}\" so that subgraph should not define any of the implementation types of \"{name}\", but it defines type \"{known}\".",
                            subgraph.name
                        ));
                    }
                } else if !subgraph.links.is_version_1() && subgraph.keys(name).iter().any(|key| key.resolvable) {
                    let possible = subgraph.possible_types(name);
                    let missing: Vec<&str> = implementations
                        .iter()
                        .copied()
                        .filter(|implementation| !possible.contains(implementation))
                        .collect();
                    if !missing.is_empty() {
                        self.findings.error("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", name, [&subgraph.name], format!(
                            "Interface type \"{name}\" has a resolvable key in subgraph \"{0}\" but that subgraph is missing some of the supergraph implementation types of \"{name}\". Subgraph \"{0}\" should define types {1} (and have them implement \"{name}\").",
                            subgraph.name,
                            missing.join(", ")
                        ));
                    }
                }
            }
        }
    }
}

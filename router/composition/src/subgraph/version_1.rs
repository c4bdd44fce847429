//! Reads federation 1 subgraphs with the meaning federation 2 would give them.

use std::collections::HashSet;

use super::SubgraphSchema;
use super::federation::{Directives, Federation, field_set_text};
use super::field_set::walk_field_set;
use crate::finding::Findings;
use crate::syntax::{OperationKind, TypeKind, parse_selection_set};

/// Adapts all federation 1 subgraphs, which needs a look at the others.
pub fn apply_version_1_rules(subgraphs: &mut [SubgraphSchema], findings: &mut Findings) {
    let originals = subgraphs.to_vec();
    for (index, subgraph) in subgraphs.iter_mut().enumerate() {
        if !subgraph.links.is_version_1() {
            continue;
        }
        require_base(subgraph, &originals, findings);
        resolve_keys_of_keyless_extensions(subgraph, index, &originals);
        drop_meaningless_directives(subgraph);
        drop_unused_externals(subgraph);
    }
}

/// In federation 1 an extension extends what another subgraph defines.
fn require_base(subgraph: &SubgraphSchema, all: &[SubgraphSchema], findings: &mut Findings) {
    for definition in subgraph.types.values() {
        let is_extension = definition.is_extension || definition.directives.has(Federation::Extends);
        if !is_extension || OperationKind::of_type(&definition.name).is_some() {
            continue;
        }
        let has_base = all.iter().any(|other| {
            other.types.get(&definition.name).is_some_and(|base| {
                !other.links.is_version_1() || !(base.is_extension || base.directives.has(Federation::Extends))
            })
        });
        if !has_base {
            let name = &subgraph.name;
            findings.error(
                "EXTENSION_WITH_NO_BASE",
                definition.name.clone(),
                [name],
                format!(
                    "Type \"{0}\" is an extension type, but there is no type definition for \"{0}\" in any subgraph.",
                    definition.name
                ),
            );
        }
    }
}

/// An extension without a key uses the first key of the subgraph that owns the type.
fn resolve_keys_of_keyless_extensions(subgraph: &mut SubgraphSchema, index: usize, all: &[SubgraphSchema]) {
    let mut resolved = HashSet::new();
    for definition in subgraph
        .types
        .values()
        .filter(|definition| definition.is_extension && !definition.directives.has(Federation::Key))
    {
        for (other_index, other) in all.iter().enumerate() {
            if other_index == index {
                continue;
            }
            if let Some(key) = other.keys(&definition.name).first() {
                for selection in &key.fields {
                    if let crate::syntax::Selection::Field { name, .. } = selection {
                        resolved.insert((definition.name.clone(), name.clone()));
                    }
                }
            }
        }
    }
    subgraph.remove_external(&resolved);
}

/// `@external` has no meaning on interfaces, nor `@provides` on fields without subfields or when
/// what it provides is no external field.
fn drop_meaningless_directives(subgraph: &mut SubgraphSchema) {
    let snapshot = subgraph.clone();
    for definition in subgraph.types.values_mut() {
        let on_interface = definition.kind == TypeKind::Interface;
        for field in definition.fields.values_mut() {
            let target_is_composite = snapshot.types.get(field.ty.base()).is_some_and(|ty| ty.kind.is_composite());
            let target = field.ty.base().to_owned();
            let parent = definition.name.clone();
            field.directives.retain(|directive| match directive.federation {
                Some(Federation::External) => !on_interface,
                Some(Federation::Provides) => {
                    !on_interface && target_is_composite && selects_external(&snapshot, &target, directive)
                }
                Some(Federation::Requires) => !on_interface && selects_external(&snapshot, &parent, directive),
                _ => true,
            });
            if field.directives.has(Federation::External) {
                field.directives.retain(|applied| applied.federation != Some(Federation::Tag));
            }
        }
    }
}

/// Whether a field set has an external field, or cannot be read and so is left to validation.
fn selects_external(subgraph: &SubgraphSchema, type_name: &str, directive: &crate::syntax::Directive) -> bool {
    let Some(selections) = field_set_text(directive).and_then(|text| parse_selection_set(&text).ok()) else {
        return true;
    };
    let mut found = false;
    let walked = walk_field_set(subgraph, type_name, &selections, &mut |selected| {
        found |= selected.field.directives.has(Federation::External);
    });
    found || walked.is_err()
}

/// Federation 1 tolerated external fields that nothing uses.
fn drop_unused_externals(subgraph: &mut SubgraphSchema) {
    subgraph.collect_field_uses();
    let used = std::mem::take(&mut subgraph.used_fields);
    for definition in subgraph.types.values_mut() {
        let type_name = definition.name.clone();
        definition.fields.retain(|name, field| {
            !field.directives.has(Federation::External) || used.contains(&(type_name.clone(), name.clone()))
        });
    }
    let emptied: Vec<String> = subgraph
        .types
        .values()
        .filter(|ty| ty.kind == TypeKind::Object && ty.fields.is_empty())
        .map(|ty| ty.name.clone())
        .collect();
    for name in emptied {
        let referenced = subgraph
            .types
            .values()
            .any(|ty| ty.members.contains(&name) || ty.fields.values().any(|field| field.ty.base() == name));
        if !referenced {
            subgraph.types.shift_remove(&name);
        }
    }
}

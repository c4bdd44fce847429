//! Puts the definitions and extensions of a document together, type by type.

use indexmap::IndexMap;
use indexmap::map::Entry;

use super::federation::{Directives, Federation};
use super::links::{Links, Meaning};
use crate::finding::Findings;
use crate::syntax::{Directive, Document, InputValue, OperationKind, TypeDefinition, TypeKind};

const BUILT_IN_SCALARS: [&str; 5] = ["Int", "Float", "String", "Boolean", "ID"];

/// Says of every applied directive which federation directive it is.
pub fn recognise_directives(document: &mut Document, links: &Links) {
    let mut recognise = |directive: &mut Directive| {
        if let Meaning::Federation(known) = links.meaning(&directive.name) {
            directive.federation = Some(known);
        }
    };
    for schema in &mut document.schemas {
        schema.directives.iter_mut().for_each(&mut recognise);
    }
    for definition in &mut document.types {
        for_each_directive(definition, &mut recognise);
        let on_extension = definition.is_extension;
        for directive in &mut definition.directives {
            directive.on_extension = on_extension;
        }
    }
    for definition in &mut document.directives {
        for argument in definition.arguments.values_mut() {
            argument.directives.iter_mut().for_each(&mut recognise);
        }
    }
}

/// Visits every directive applied to a type or anything inside it.
pub fn for_each_directive(definition: &mut TypeDefinition, visit: &mut impl FnMut(&mut Directive)) {
    definition.directives.iter_mut().for_each(&mut *visit);
    for field in definition.fields.values_mut() {
        field.directives.iter_mut().for_each(&mut *visit);
        for argument in field.arguments.values_mut() {
            argument.directives.iter_mut().for_each(&mut *visit);
        }
    }
    for input in definition.inputs.values_mut() {
        input.directives.iter_mut().for_each(&mut *visit);
    }
    for value in definition.values.values_mut() {
        value.directives.iter_mut().for_each(&mut *visit);
    }
}

/// Merges extensions into definitions; what belongs to a specification is left out.
pub fn assemble_types(
    subgraph: &str,
    document: &mut Document,
    links: &Links,
    findings: &mut Findings,
) -> IndexMap<String, TypeDefinition> {
    let mut types: IndexMap<String, TypeDefinition> = IndexMap::new();
    for mut definition in std::mem::take(&mut document.types) {
        let is_built_in = definition.kind == TypeKind::Scalar && BUILT_IN_SCALARS.contains(&definition.name.as_str());
        if is_built_in || links.is_specification_type(&definition.name) {
            continue;
        }
        push_down(&mut definition);
        match types.entry(definition.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(definition);
            }
            Entry::Occupied(mut entry) => {
                if let Err(message) = merge_into(entry.get_mut(), definition) {
                    let name = entry.key();
                    findings.error("INVALID_GRAPHQL", name.clone(), [subgraph], message);
                }
            }
        }
    }
    types
}

/// `@shareable` and `@external` on a type mean its fields, and only those of the same block.
fn push_down(definition: &mut TypeDefinition) {
    for directive in [Federation::Shareable, Federation::External] {
        let Some(mut applied) = definition.directives.applied(directive).cloned() else { continue };
        applied.inherited = true;
        for field in definition.fields.values_mut() {
            if !field.directives.has(directive) {
                field.directives.push(applied.clone());
            }
        }
        definition.directives.retain(|candidate| candidate.federation != Some(directive));
    }
}

fn merge_into(target: &mut TypeDefinition, mut source: TypeDefinition) -> Result<(), String> {
    let name = &source.name;
    if target.kind != source.kind {
        return Err(format!("\"{name}\" is both a {} and a {}", target.kind, source.kind));
    }
    if !target.is_extension && !source.is_extension {
        return Err(format!("There can be only one type named \"{name}\""));
    }
    target.is_extension &= source.is_extension;
    if target.description.is_none() {
        target.description = source.description;
    }
    for interface in source.implements {
        if !target.implements.contains(&interface) {
            target.implements.push(interface);
        }
    }
    target.directives.append(&mut source.directives);
    merge_maps(name, &mut target.fields, source.fields)?;
    merge_maps(name, &mut target.inputs, source.inputs)?;
    merge_maps(name, &mut target.values, source.values)?;
    for member in source.members {
        if !target.members.contains(&member) {
            target.members.push(member);
        }
    }
    Ok(())
}

fn merge_maps<T>(type_name: &str, target: &mut IndexMap<String, T>, source: IndexMap<String, T>) -> Result<(), String> {
    for (name, item) in source {
        if target.contains_key(&name) {
            return Err(format!("\"{type_name}.{name}\" is defined twice"));
        }
        target.insert(name, item);
    }
    Ok(())
}

/// Gives root types their standard names and removes federation's own root fields.
pub fn normalise_roots(
    subgraph: &str,
    document: &Document,
    types: &mut IndexMap<String, TypeDefinition>,
    findings: &mut Findings,
) {
    let declared: Vec<(OperationKind, String)> =
        document.schemas.iter().flat_map(|schema| schema.roots.iter().cloned()).collect();
    let mut renames = Vec::new();
    for kind in OperationKind::ALL {
        let standard = kind.type_name();
        let root = declared.iter().find(|(other, _)| *other == kind).map(|(_, name)| name.as_str());
        match root {
            Some(name) if name != standard => {
                if types.contains_key(standard) {
                    let code = root_used_code(kind);
                    findings.error(code, standard, [subgraph], format!(
                        "The schema has a type named \"{standard}\" but it is not set as the {} root type (\"{name}\" is instead): this is not supported by federation. If a root type does not use its default name, there should be no other type with that default name.",
                        kind.keyword()
                    ));
                } else {
                    renames.push((name.to_owned(), standard));
                }
            }
            None if !declared.is_empty() && kind != OperationKind::Query && types.contains_key(standard) => {
                findings.error(root_used_code(kind), standard, [subgraph], format!(
                    "The schema has a type named \"{standard}\" but it is not set as the {} root type: this is not supported by federation.",
                    kind.keyword()
                ));
            }
            _ => {}
        }
    }
    for (from, to) in renames {
        rename_type(types, &from, to);
    }
    if let Some(query) = types.get_mut(OperationKind::Query.type_name()) {
        query.fields.shift_remove("_service");
        query.fields.shift_remove("_entities");
    }
    types.retain(|name, definition| {
        OperationKind::of_type(name).is_none() || !definition.fields.is_empty() || definition.kind != TypeKind::Object
    });
}

fn root_used_code(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Query => "ROOT_QUERY_USED",
        OperationKind::Mutation => "ROOT_MUTATION_USED",
        OperationKind::Subscription => "ROOT_SUBSCRIPTION_USED",
    }
}

fn rename_type(types: &mut IndexMap<String, TypeDefinition>, from: &str, to: &str) {
    let rename_inputs = |inputs: &mut IndexMap<String, InputValue>| {
        for input in inputs.values_mut() {
            rename_name(input.ty.base_mut(), from, to);
        }
    };
    let renamed = std::mem::take(types).into_iter().map(|(_, mut definition)| {
        rename_name(&mut definition.name, from, to);
        for field in definition.fields.values_mut() {
            rename_name(field.ty.base_mut(), from, to);
            rename_inputs(&mut field.arguments);
        }
        rename_inputs(&mut definition.inputs);
        for name in definition.members.iter_mut().chain(&mut definition.implements) {
            rename_name(name, from, to);
        }
        (definition.name.clone(), definition)
    });
    *types = renamed.collect();
}

fn rename_name(name: &mut String, from: &str, to: &str) {
    if name == from {
        to.clone_into(name);
    }
}

//! Merges one named type by its kind.

use super::relations::merged_kind;
use super::{Merger, Sources, join};
use crate::finding::subgraph_list;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{OperationKind, TypeDefinition, TypeKind};

impl Merger<'_> {
    /// Merges the type of this name; nothing when subgraphs disagree on its kind.
    pub fn named_type(&mut self, name: &str) -> Option<TypeDefinition> {
        let subgraphs = self.subgraphs;
        let sources: Sources<'_, TypeDefinition> = subgraphs
            .iter()
            .enumerate()
            .filter_map(|(index, subgraph)| Some((index, subgraph.types.get(name)?)))
            .collect();
        let kind = self.common_kind(name, &sources)?;
        let mut merged = TypeDefinition::new(kind, name);
        let descriptions = sources.iter().map(|(index, source)| (*index, &source.description)).collect();
        merged.description = self.description(name, &descriptions);
        merged.directives = if name == OperationKind::Query.type_name() {
            // Every subgraph has a query root, if only for federation's own fields.
            subgraphs.iter().flat_map(|subgraph| join::type_directives(subgraph, name)).collect()
        } else {
            sources.iter().flat_map(|(index, _)| join::type_directives(&subgraphs[*index], name)).collect()
        };
        let applied = sources.iter().map(|(index, source)| (*index, &source.directives)).collect();
        let shared = self.applied_directives(name, location(kind), &applied);
        self.hint_missing_keys(name, &sources);
        match kind {
            TypeKind::Scalar => {}
            TypeKind::Object | TypeKind::Interface => {
                self.merge_implements(&mut merged, &sources);
                self.merge_fields(&mut merged, &sources);
            }
            TypeKind::Union => self.merge_members(&mut merged, &sources),
            TypeKind::Enum => self.merge_values(&mut merged, &sources),
            TypeKind::Input => self.merge_input_fields(&mut merged, &sources),
        }
        merged.directives.extend(shared);
        Some(merged)
    }

    /// A type that is an entity in one subgraph usually should be one in all.
    fn hint_missing_keys(&mut self, name: &str, sources: &Sources<'_, TypeDefinition>) {
        let (with, without): (Vec<_>, Vec<_>) =
            sources.iter().partition(|(_, source)| source.directives.has(Federation::Key));
        if with.is_empty() || without.is_empty() {
            return;
        }
        let without = self.names(without.iter().map(|(index, _)| *index));
        let listing = subgraph_list(without.iter().map(String::as_str));
        self.findings.hint("INCONSISTENT_ENTITY", name, without, format!(
            "Type \"{name}\" is declared as an entity (has a @key applied) in some but not all defining subgraphs: it has no @key in {listing}."
        ));
    }

    fn common_kind(&mut self, name: &str, sources: &Sources<'_, TypeDefinition>) -> Option<TypeKind> {
        let subgraphs = self.subgraphs;
        let kinds: Vec<(usize, TypeKind)> =
            sources.iter().filter_map(|(index, _)| Some((*index, merged_kind(&subgraphs[*index], name)?))).collect();
        let first = kinds.first()?.1;
        if kinds.iter().any(|(_, kind)| *kind != first) {
            let listing = kinds
                .iter()
                .map(|(index, kind)| format!("a {kind} in {}", subgraph_list([subgraphs[*index].name.as_str()])))
                .collect::<Vec<_>>()
                .join(" but ");
            let names = self.names(kinds.iter().map(|(index, _)| *index));
            self.findings.error(
                "TYPE_KIND_MISMATCH",
                name,
                names,
                format!("Type \"{name}\" has mismatched kind: it is defined as {listing}."),
            );
            return None;
        }
        let only_objects = sources.iter().all(|(index, _)| subgraphs[*index].is_interface_object(name));
        if first == TypeKind::Interface && only_objects {
            let names = self.names(kinds.iter().map(|(index, _)| *index));
            self.findings.error("INTERFACE_OBJECT_USAGE_ERROR", name, names, format!(
                "Type \"{name}\" is declared with @interfaceObject in all the subgraphs in which it is defined (it is defined as an interface in none)."
            ));
            return None;
        }
        Some(first)
    }

    fn merge_implements(&mut self, merged: &mut TypeDefinition, sources: &Sources<'_, TypeDefinition>) {
        for (index, source) in sources {
            for interface in &source.implements {
                merged.directives.push(join::implements(&self.subgraphs[*index], interface));
                if !merged.implements.contains(interface) {
                    merged.implements.push(interface.clone());
                }
            }
        }
        merged.implements.sort();
    }

    /// The description most subgraphs agree on; ties go to the longest, then the first.
    pub fn description(&mut self, coordinate: &str, sources: &Sources<'_, Option<String>>) -> Option<String> {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for text in sources.iter().filter_map(|(_, text)| text.as_deref()) {
            match counts.iter_mut().find(|(known, _)| *known == text) {
                Some((_, count)) => *count += 1,
                None => counts.push((text, 1)),
            }
        }
        counts.sort_by(|left, right| {
            right.1.cmp(&left.1).then(right.0.len().cmp(&left.0.len())).then(left.0.cmp(right.0))
        });
        let chosen = counts.first()?.0.to_owned();
        if counts.len() > 1 {
            let names = self.names(sources.iter().filter(|(_, text)| text.is_some()).map(|(index, _)| *index));
            self.findings.hint("INCONSISTENT_DESCRIPTION", coordinate, names, format!(
                "\"{coordinate}\" has inconsistent descriptions across subgraphs; the supergraph uses the one most subgraphs have, or else the longest."
            ));
        }
        Some(chosen)
    }

    /// Notes that the supergraph uses a federation directive.
    pub fn uses_feature(&mut self, directive: Federation) {
        self.features.insert(directive);
    }
}

/// The directive location of a type of this kind.
pub fn location(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Scalar => "SCALAR",
        TypeKind::Object => "OBJECT",
        TypeKind::Interface => "INTERFACE",
        TypeKind::Union => "UNION",
        TypeKind::Enum => "ENUM",
        TypeKind::Input => "INPUT_OBJECT",
    }
}

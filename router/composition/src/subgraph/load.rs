//! Reads a subgraph's SDL into the model that validation and merging work on.

use std::collections::HashSet;

use super::SubgraphSchema;
use super::assemble::{assemble_types, normalise_roots, recognise_directives};
use super::federation::{Directives, Federation, field_set_text};
use super::field_set::walk_field_set;
use super::links::{Links, Meaning};
use crate::finding::Findings;
use crate::syntax::{parse_document, parse_selection_set};

/// Reads one subgraph; nothing comes back when its SDL cannot be parsed.
pub fn load(name: &str, url: &str, graph: String, sdl: &str, findings: &mut Findings) -> Option<SubgraphSchema> {
    let mut document = match parse_document(sdl) {
        Ok(document) => document,
        Err(error) => {
            findings.error("INVALID_GRAPHQL", "", [name], error.to_string());
            return None;
        }
    };
    let links = Links::read(name, &document, findings);
    recognise_directives(&mut document, &links);
    let mut types = assemble_types(name, &mut document, &links, findings);
    normalise_roots(name, &document, &mut types, findings);
    let directives = std::mem::take(&mut document.directives)
        .into_iter()
        .filter(|definition| !matches!(links.meaning(&definition.name), Meaning::Federation(_)))
        .map(|definition| (definition.name.clone(), definition))
        .collect();
    let schema_description = document.schemas.iter().find_map(|schema| schema.description.clone());
    let schema_directives = document.schemas.into_iter().flat_map(|schema| schema.directives).collect();
    Some(SubgraphSchema {
        name: name.to_owned(),
        url: url.to_owned(),
        graph,
        links,
        types,
        directives,
        schema_directives,
        schema_description,
        key_fields: HashSet::new(),
        used_fields: HashSet::new(),
    })
}

impl SubgraphSchema {
    /// Key fields of a type extension are resolved by the subgraph although federation 1 style
    /// marks them `@external`.
    pub fn resolve_key_fields_of_extensions(&mut self) {
        let mut resolved = HashSet::new();
        for definition in self.types.values() {
            let extends = definition.directives.has(Federation::Extends);
            for directive in definition.directives.all(Federation::Key) {
                if extends || directive.on_extension || definition.is_extension {
                    self.collect(&definition.name, directive, &mut resolved);
                }
            }
        }
        self.remove_external(&resolved);
    }

    /// Takes `@external` off some fields.
    pub fn remove_external(&mut self, fields: &HashSet<(String, String)>) {
        for (type_name, field) in fields {
            if let Some(field) = self.types.get_mut(type_name).and_then(|ty| ty.fields.get_mut(field)) {
                field.directives.retain(|applied| applied.federation != Some(Federation::External));
            }
        }
    }

    /// Notes which fields keys select and which fields anything refers to.
    pub fn collect_field_uses(&mut self) {
        let mut keys = HashSet::new();
        let mut uses = HashSet::new();
        for definition in self.types.values() {
            for directive in definition.directives.all(Federation::Key) {
                self.collect(&definition.name, directive, &mut keys);
            }
            for field in definition.fields.values() {
                for directive in field.directives.all(Federation::Requires) {
                    self.collect(&definition.name, directive, &mut uses);
                }
                for directive in field.directives.all(Federation::Provides) {
                    self.collect(field.ty.base(), directive, &mut uses);
                }
                for interface in &definition.implements {
                    if self.field(interface, &field.name).is_some() {
                        uses.insert((definition.name.clone(), field.name.clone()));
                    }
                }
            }
        }
        // A field set may select through an interface; then its implementations are used.
        for (type_name, field) in keys.clone().into_iter().chain(uses.clone()) {
            for implementation in self.possible_types(&type_name) {
                if implementation != type_name {
                    uses.insert((implementation.to_owned(), field.clone()));
                }
            }
        }
        uses.extend(keys.iter().cloned());
        self.key_fields = keys;
        self.used_fields = uses;
    }

    fn collect(&self, type_name: &str, directive: &crate::syntax::Directive, into: &mut HashSet<(String, String)>) {
        let Some(text) = field_set_text(directive) else { return };
        let Ok(selections) = parse_selection_set(&text) else { return };
        // What is wrong with a field set is reported by validation.
        let _ = walk_field_set(self, type_name, &selections, &mut |selected| {
            into.insert((selected.parent.to_owned(), selected.field.name.clone()));
        });
    }
}

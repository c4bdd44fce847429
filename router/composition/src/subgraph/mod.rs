//! One subgraph as composition sees it: types with their extensions merged, federation directives
//! recognised, names of root types made standard.

mod assemble;
mod federation;
mod field_set;
mod links;
mod load;
mod version_1;

use std::collections::HashSet;

use indexmap::IndexMap;

pub use federation::{Directives, Federation, field_set_text};
pub use field_set::walk_field_set;
pub use links::{Link, Links, Meaning};
pub use load::load;
pub use version_1::apply_version_1_rules;

use crate::syntax::{Directive, DirectiveDefinition, Field, Selection, TypeDefinition, TypeKind};

/// A subgraph ready to be validated and merged.
#[derive(Debug, Clone)]
pub struct SubgraphSchema {
    pub name: String,
    pub url: String,
    /// Its value in the enum `join__Graph`.
    pub graph: String,
    pub links: Links,
    pub types: IndexMap<String, TypeDefinition>,
    /// Definitions of the subgraph's own directives and of those of foreign specifications.
    pub directives: IndexMap<String, DirectiveDefinition>,
    /// Directives applied to the schema itself.
    pub schema_directives: Vec<Directive>,
    pub schema_description: Option<String>,
    /// Fields (type, field) that a `@key` selects; they may be resolved by several subgraphs.
    pub key_fields: HashSet<(String, String)>,
    /// Fields that a `@key`, `@requires`, `@provides` or an interface refers to.
    pub used_fields: HashSet<(String, String)>,
}

/// A `@key` of a type.
#[derive(Debug, Clone)]
pub struct Key {
    pub fields: Vec<Selection>,
    pub resolvable: bool,
}

impl SubgraphSchema {
    /// A field of an object type or interface.
    pub fn field(&self, type_name: &str, field: &str) -> Option<&Field> {
        self.types.get(type_name)?.fields.get(field)
    }

    /// Whether other subgraphs may resolve the field as well.
    pub fn is_shareable(&self, type_name: &str, field: &Field) -> bool {
        self.links.is_version_1()
            || field.directives.has(Federation::Shareable)
            || self.key_fields.contains(&(type_name.to_owned(), field.name.clone()))
    }

    /// Whether the subgraph knows an interface only as if it were an object type.
    pub fn is_interface_object(&self, type_name: &str) -> bool {
        self.types.get(type_name).is_some_and(|definition| definition.directives.has(Federation::InterfaceObject))
    }

    /// The keys of a type whose field sets can be read.
    pub fn keys(&self, type_name: &str) -> Vec<Key> {
        let Some(definition) = self.types.get(type_name) else { return Vec::new() };
        definition
            .directives
            .all(Federation::Key)
            .filter_map(|directive| {
                let text = field_set_text(directive)?;
                Some(Key {
                    fields: crate::syntax::parse_selection_set(&text).ok()?,
                    resolvable: directive.boolean("resolvable").unwrap_or(true),
                })
            })
            .collect()
    }

    /// The object types an object, interface or union may be at run time, in this subgraph.
    pub fn possible_types(&self, type_name: &str) -> Vec<&str> {
        let Some(definition) = self.types.get(type_name) else { return Vec::new() };
        match definition.kind {
            TypeKind::Object => vec![definition.name.as_str()],
            TypeKind::Union => definition.members.iter().map(String::as_str).collect(),
            TypeKind::Interface => self
                .types
                .values()
                .filter(|candidate| {
                    candidate.kind == TypeKind::Object && candidate.implements.iter().any(|name| name == type_name)
                })
                .map(|candidate| candidate.name.as_str())
                .collect(),
            _ => Vec::new(),
        }
    }
}

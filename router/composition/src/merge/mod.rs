//! Merges the schemas of all subgraphs into one, annotated with who resolves what (join v0.5).

mod argument;
mod directive;
mod directive_definition;
mod enumeration;
mod field;
mod input;
mod interface;
mod join;
mod named_type;
mod overrides;
mod relations;
mod type_reference;
mod union_type;
mod value_directive;

use std::collections::{BTreeMap, BTreeSet};

pub use named_type::location;
pub use overrides::Overrides;
pub use relations::Relations;

use crate::finding::Findings;
use crate::subgraph::{Federation, SubgraphSchema};
use crate::syntax::{Directive, DirectiveDefinition, TypeDefinition};
use directive_definition::ComposedDirectives;

/// One element as the subgraphs that have it define it, with the index of each subgraph.
pub type Sources<'a, T> = Vec<(usize, &'a T)>;

/// The outcome of merging.
pub struct Merged {
    /// All types by name, carrying join directives and the directives every subgraph shares.
    pub types: BTreeMap<String, TypeDefinition>,
    /// Directives that clients may use, and those that subgraphs asked to compose.
    pub directives: Vec<DirectiveDefinition>,
    /// The names of composed directives that describe the schema rather than operations.
    pub composed: BTreeSet<String>,
    /// Federation directives that appear on the merged schema, for the links they need.
    pub features: BTreeSet<Federation>,
    /// Links to the specifications of composed directives.
    pub links: Vec<Directive>,
    /// Other directives on the schema itself.
    pub schema_directives: Vec<Directive>,
    pub schema_description: Option<String>,
    pub overrides: Overrides,
}

/// What merging of any element may need.
pub struct Merger<'a> {
    pub subgraphs: &'a [SubgraphSchema],
    pub findings: &'a mut Findings,
    relations: Relations,
    overrides: Overrides,
    composed: ComposedDirectives,
    features: BTreeSet<Federation>,
}

/// Merges validated subgraphs, which must be sorted by name.
pub fn merge(subgraphs: &[SubgraphSchema], findings: &mut Findings) -> Merged {
    let overrides = Overrides::collect(subgraphs, findings);
    let composed = ComposedDirectives::collect(subgraphs, findings);
    let relations = Relations::collect(subgraphs);
    let mut merger = Merger { subgraphs, findings, relations, overrides, composed, features: BTreeSet::new() };
    let names: BTreeSet<&str> =
        subgraphs.iter().flat_map(|subgraph| subgraph.types.keys().map(String::as_str)).collect();
    let mut types = BTreeMap::new();
    for name in names {
        if let Some(merged) = merger.named_type(name) {
            types.insert(name.to_owned(), merged);
        }
    }
    merger.complete_interface_objects(&mut types);
    merger.check_interface_implementations(&types);
    merger.check_interface_entities(&types);
    let directives = merger.directive_definitions();
    let schema_sources: Sources<'_, Vec<Directive>> =
        subgraphs.iter().enumerate().map(|(index, subgraph)| (index, &subgraph.schema_directives)).collect();
    let schema_directives = merger.applied_directives("schema", "SCHEMA", &schema_sources);
    let descriptions: Sources<'_, Option<String>> =
        subgraphs.iter().enumerate().map(|(index, subgraph)| (index, &subgraph.schema_description)).collect();
    let schema_description = merger.description("schema", &descriptions);
    Merged {
        types,
        directives,
        composed: merger.composed.type_system_names(),
        features: merger.features,
        links: merger.composed.links(),
        schema_directives,
        schema_description,
        overrides: merger.overrides,
    }
}

impl Merger<'_> {
    /// The names of some subgraphs.
    fn names(&self, indexes: impl IntoIterator<Item = usize>) -> Vec<String> {
        indexes.into_iter().map(|index| self.subgraphs[index].name.clone()).collect()
    }
}

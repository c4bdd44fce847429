//! Finds the type of a field or input when subgraphs do not all declare the same one.

use super::{Merger, Sources};
use crate::finding::subgraph_list;
use crate::syntax::TypeReference;

/// Which way types may differ between subgraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    /// Outputs: clients must be ready for the most general of the types.
    Output,
    /// Inputs: clients must satisfy the strictest of the types.
    Input,
}

/// The codes to report under, and where.
pub struct TypeContext<'a> {
    pub coordinate: &'a str,
    pub variance: Variance,
    pub error: &'static str,
    pub hint: &'static str,
}

impl Merger<'_> {
    /// The type that fits all subgraphs; when there is none, an error and the first type.
    pub fn merge_type(&mut self, context: &TypeContext<'_>, sources: &Sources<'_, TypeReference>) -> TypeReference {
        let chosen = sources.iter().find(|(_, candidate)| {
            sources.iter().all(|(_, other)| match context.variance {
                Variance::Output => self.relations.is_subtype(other, candidate),
                Variance::Input => self.relations.is_subtype(candidate, other),
            })
        });
        let result = chosen.or_else(|| sources.first()).map(|(_, ty)| (*ty).clone());
        let result = result.expect("an element is merged from at least one subgraph");
        if sources.iter().any(|(_, ty)| **ty != result) || chosen.is_none() {
            let listing = self.type_listing(sources);
            let names = self.names(sources.iter().map(|(index, _)| *index));
            let coordinate = context.coordinate;
            if chosen.is_none() {
                self.findings.error(
                    context.error,
                    coordinate,
                    names,
                    format!("Type of \"{coordinate}\" is incompatible across subgraphs: it has {listing}."),
                );
            } else {
                self.findings.hint(context.hint, coordinate, names, format!(
                    "Type of \"{coordinate}\" is inconsistent but compatible across subgraphs: it has {listing}; the supergraph uses \"{result}\"."
                ));
            }
        }
        result
    }

    fn type_listing(&self, sources: &Sources<'_, TypeReference>) -> String {
        let mut groups: Vec<(&TypeReference, Vec<&str>)> = Vec::new();
        for (index, ty) in sources {
            let name = self.subgraphs[*index].name.as_str();
            match groups.iter_mut().find(|(known, _)| known == ty) {
                Some((_, names)) => names.push(name),
                None => groups.push((*ty, vec![name])),
            }
        }
        groups
            .iter()
            .map(|(ty, names)| format!("type \"{ty}\" in {}", subgraph_list(names.iter().copied())))
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

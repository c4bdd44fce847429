//! Merges unions: a member of any subgraph's union is a member of the supergraph's.

use super::{Merger, Sources, join};
use crate::finding::subgraph_list;
use crate::syntax::TypeDefinition;

impl Merger<'_> {
    /// Merges the members of a union.
    pub fn merge_members(&mut self, merged: &mut TypeDefinition, sources: &Sources<'_, TypeDefinition>) {
        for (index, source) in sources {
            for member in &source.members {
                merged.directives.push(join::union_member(&self.subgraphs[*index], member));
                if !merged.members.contains(member) {
                    merged.members.push(member.clone());
                }
            }
        }
        merged.members.sort();
        for member in &merged.members {
            let missing = self
                .names(sources.iter().filter(|(_, source)| !source.members.contains(member)).map(|(index, _)| *index));
            if !missing.is_empty() {
                let listing = subgraph_list(missing.iter().map(String::as_str));
                self.findings.hint("INCONSISTENT_UNION_MEMBER", &merged.name, missing, format!(
                    "Union type \"{}\" includes member type \"{member}\" in some but not all defining subgraphs: it is missing in {listing}.",
                    merged.name
                ));
            }
        }
    }
}

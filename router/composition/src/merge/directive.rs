//! Merges the directives applied to an element of several subgraphs.

use super::value_directive::{conjunction, greatest_cost, list_size};
use super::{Merger, Sources};
use crate::subgraph::{Directives, Federation};
use crate::syntax::{Directive, Value};

impl Merger<'_> {
    /// The directives an element has in the supergraph, in a fixed order.
    pub fn applied_directives(
        &mut self,
        coordinate: &str,
        location: &'static str,
        sources: &Sources<'_, Vec<Directive>>,
    ) -> Vec<Directive> {
        let mut merged = Vec::new();
        for name in ["deprecated", "specifiedBy", "oneOf"] {
            let applied = by_name(sources, name);
            if let Some(directive) = self.most_common(coordinate, name, &applied) {
                merged.push(directive);
            }
        }
        for directive in [
            Federation::Tag,
            Federation::Inaccessible,
            Federation::Authenticated,
            Federation::RequiresScopes,
            Federation::Policy,
            Federation::Cost,
            Federation::ListSize,
            Federation::Context,
        ] {
            let combined = self.combine(directive, sources);
            if !combined.is_empty() {
                self.uses_feature(directive);
                merged.extend(combined);
            }
        }
        for (name, repeatable) in self.composed.at(location) {
            let applied = self.composed_applications(&name, sources);
            if repeatable {
                for (_, directive) in applied {
                    if !merged.contains(&directive) {
                        merged.push(directive);
                    }
                }
            } else {
                let references: Vec<_> = applied.iter().map(|(index, directive)| (*index, directive)).collect();
                merged.extend(self.most_common(coordinate, &name, &references));
            }
        }
        merged
    }

    fn combine(&self, directive: Federation, sources: &Sources<'_, Vec<Directive>>) -> Vec<Directive> {
        let applied: Vec<&Directive> = sources.iter().flat_map(|(_, directives)| directives.all(directive)).collect();
        if applied.is_empty() {
            return Vec::new();
        }
        let with = |arguments: Vec<(String, Value)>| Directive {
            name: directive.name().to_owned(),
            arguments,
            federation: Some(directive),
            on_extension: false,
            inherited: false,
        };
        match directive {
            Federation::Tag => {
                let mut names: Vec<&str> = applied.iter().filter_map(|tag| tag.string("name")).collect();
                names.sort_unstable();
                names.dedup();
                names.into_iter().map(|name| with(vec![("name".to_owned(), Value::string(name))])).collect()
            }
            Federation::RequiresScopes => {
                vec![with(vec![("scopes".to_owned(), conjunction(&applied, "scopes"))])]
            }
            Federation::Policy => {
                vec![with(vec![("policies".to_owned(), conjunction(&applied, "policies"))])]
            }
            Federation::Cost => vec![with(greatest_cost(&applied))],
            Federation::ListSize => vec![with(list_size(&applied))],
            Federation::Context => {
                let names = sources.iter().flat_map(|(index, directives)| {
                    let graph = &self.subgraphs[*index].name;
                    directives
                        .all(directive)
                        .filter_map(|context| context.string("name"))
                        .map(move |name| format!("{graph}__{name}"))
                });
                names.map(|name| with(vec![("name".to_owned(), Value::String(name))])).collect()
            }
            _ => vec![with(Vec::new())],
        }
    }

    /// One application for all subgraphs: the arguments most of them give.
    fn most_common(&mut self, coordinate: &str, name: &str, applied: &[(usize, &Directive)]) -> Option<Directive> {
        let mut counts: Vec<(&Directive, usize)> = Vec::new();
        for (_, directive) in applied {
            match counts.iter_mut().find(|(known, _)| known == directive) {
                Some((_, count)) => *count += 1,
                None => counts.push((directive, 1)),
            }
        }
        let most = counts.iter().map(|(_, count)| *count).max()?;
        if counts.len() > 1 {
            let names = self.names(applied.iter().map(|(index, _)| *index));
            self.findings.hint("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", coordinate, names, format!(
                "Non-repeatable directive @{name} is applied to \"{coordinate}\" in multiple subgraphs but with incompatible arguments; the supergraph uses the most common ones."
            ));
        }
        counts.into_iter().find(|(_, count)| *count == most).map(|(directive, _)| directive.clone())
    }
}

fn by_name<'a>(sources: &Sources<'a, Vec<Directive>>, name: &str) -> Vec<(usize, &'a Directive)> {
    sources
        .iter()
        .flat_map(|(index, directives)| directives.iter().map(move |directive| (*index, directive)))
        .filter(|(_, directive)| directive.name == name)
        .collect()
}

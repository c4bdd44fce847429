//! Decides which directive definitions the supergraph has: those clients may use in operations,
//! and those that subgraphs ask for by `@composeDirective`.

use std::collections::{BTreeMap, BTreeSet};

use super::argument::ARGUMENT;
use super::{Merger, Sources};
use crate::finding::{Findings, subgraph_list};
use crate::subgraph::{Directives, Federation, Link, Meaning, SubgraphSchema};
use crate::syntax::{Directive, DirectiveDefinition, EXECUTABLE_LOCATIONS, InputValue, Value};

const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

/// A directive that at least one subgraph asks to keep.
#[derive(Debug, Clone)]
struct Composed {
    definition: DirectiveDefinition,
    link: Link,
}

impl Composed {
    /// What one subgraph gives a default may be left out: directives of operations end at the router.
    fn adopt_defaults(&mut self, other: &DirectiveDefinition) {
        for (name, argument) in &mut self.definition.arguments {
            if argument.default.is_none() {
                argument.default = other.arguments.get(name).and_then(|argument| argument.default.clone());
            }
        }
    }
}

/// All directives to keep, by their name in the supergraph.
#[derive(Debug, Default)]
pub struct ComposedDirectives {
    by_name: BTreeMap<String, Composed>,
}

impl ComposedDirectives {
    /// Reads and checks every `@composeDirective`.
    pub fn collect(subgraphs: &[SubgraphSchema], findings: &mut Findings) -> Self {
        let mut composed = Self::default();
        for subgraph in subgraphs {
            for request in subgraph.schema_directives.all(Federation::ComposeDirective) {
                if let Err((code, message)) = composed.add(subgraph, request) {
                    let asked = request.string("name").filter(|name| name.starts_with('@'));
                    findings.error(code, asked.unwrap_or("@composeDirective"), [&subgraph.name], message);
                }
            }
        }
        composed
    }

    fn add(&mut self, subgraph: &SubgraphSchema, request: &Directive) -> Result<(), (&'static str, String)> {
        const ERROR: &str = "DIRECTIVE_COMPOSITION_ERROR";
        let argument = request.string("name").unwrap_or_default();
        let Some(name) = argument.strip_prefix('@') else {
            return Err((ERROR, format!("Argument to @composeDirective \"{argument}\" must have a leading \"@\"")));
        };
        let Some(definition) = subgraph.directives.get(name) else {
            return Err((
                ERROR,
                format!("Could not find matching directive definition for argument to @composeDirective \"@{name}\"."),
            ));
        };
        let Meaning::Linked(link, _) = subgraph.links.meaning(name) else {
            return Err((
                ERROR,
                format!(
                    "Directive \"@{name}\" cannot be composed because it is not a member of a core feature (import it by @link)."
                ),
            ));
        };
        if Federation::of_name(name).is_some_and(|known| known.supergraph_feature().is_some()) {
            return Err((
                ERROR,
                format!(
                    "Directive \"@{name}\" cannot be composed because the supergraph has a federation directive of that name."
                ),
            ));
        }
        match self.by_name.get_mut(name) {
            None => {
                let composed = Composed { definition: definition.clone(), link: link.clone() };
                self.by_name.insert(name.to_owned(), composed);
            }
            Some(known) if known.link.identity != link.identity => {
                return Err((
                    ERROR,
                    format!(
                        "Composed directive \"@{name}\" is linked by different specifications: {} and {}",
                        known.link.identity, link.identity
                    ),
                ));
            }
            Some(known) => {
                let major = |link: &Link| link.version.map(|(major, _)| major);
                if major(&known.link) != major(link) {
                    return Err((
                        ERROR,
                        format!(
                            "Core feature \"{}\" is requested in different major versions: {} and {}",
                            link.identity, known.link.url, link.url
                        ),
                    ));
                }
                // A higher minor version knows everything a lower one does.
                if link.version > known.link.version {
                    known.link = link.clone();
                    known.definition = definition.clone();
                } else if link.version == known.link.version {
                    known.adopt_defaults(definition);
                }
            }
        }
        Ok(())
    }

    /// Composed directives allowed at a location, with whether they may repeat.
    pub fn at(&self, location: &str) -> Vec<(String, bool)> {
        self.by_name
            .iter()
            .filter(|(_, composed)| composed.definition.locations.iter().any(|allowed| allowed == location))
            .map(|(name, composed)| (name.clone(), composed.definition.repeatable))
            .collect()
    }

    /// The names of composed directives.
    pub fn type_system_names(&self) -> BTreeSet<String> {
        self.by_name.keys().cloned().collect()
    }

    /// One `@link` per specification of a composed directive.
    pub fn links(&self) -> Vec<Directive> {
        let mut imports: BTreeMap<&str, (&Link, Vec<&str>)> = BTreeMap::new();
        for (name, composed) in &self.by_name {
            let entry = imports.entry(&composed.link.identity).or_insert((&composed.link, Vec::new()));
            if composed.link.version > entry.0.version {
                entry.0 = &composed.link;
            }
            entry.1.push(name);
        }
        imports
            .into_values()
            .map(|(link, names)| {
                let import = names
                    .into_iter()
                    .map(|name| {
                        let local = format!("@{name}");
                        match link.imports.get(&local) {
                            Some(original) if *original != local => Value::Object(vec![
                                ("name".to_owned(), Value::string(original)),
                                ("as".to_owned(), Value::String(local)),
                            ]),
                            _ => Value::String(local),
                        }
                    })
                    .collect();
                Directive::new("link", [("url", Value::string(&link.url)), ("import", Value::List(import))])
            })
            .collect()
    }
}

impl Merger<'_> {
    /// Applications of a composed directive, whatever its local name in each subgraph.
    pub fn composed_applications(&self, name: &str, sources: &Sources<'_, Vec<Directive>>) -> Vec<(usize, Directive)> {
        let Some(composed) = self.composed.by_name.get(name) else { return Vec::new() };
        let original = composed.link.imports.get(&format!("@{name}"));
        let mut found = Vec::new();
        for (index, directives) in sources {
            for directive in *directives {
                let same = match self.subgraphs[*index].links.meaning(&directive.name) {
                    Meaning::Linked(link, element) => {
                        link.identity == composed.link.identity
                            && original.map_or(element == *name, |original| original.trim_start_matches('@') == element)
                    }
                    _ => false,
                };
                if same {
                    let mut copy = directive.clone();
                    name.clone_into(&mut copy.name);
                    found.push((*index, copy));
                }
            }
        }
        found
    }

    /// All directive definitions of the supergraph, apart from those of join and link.
    pub fn directive_definitions(&mut self) -> Vec<DirectiveDefinition> {
        let subgraphs = self.subgraphs;
        let names: BTreeSet<&str> = subgraphs
            .iter()
            .flat_map(|subgraph| subgraph.directives.keys().map(String::as_str))
            .filter(|name| !BUILT_IN.contains(name) && !self.composed.by_name.contains_key(*name))
            .filter(|name| !Federation::of_name(name).is_some_and(|known| self.features.contains(&known)))
            .collect();
        let mut definitions: Vec<DirectiveDefinition> =
            self.composed.by_name.values().map(|composed| composed.definition.clone()).collect();
        for name in names {
            definitions.extend(self.executable_directive(name));
        }
        definitions.sort_by(|left, right| left.name.cmp(&right.name));
        definitions
    }

    /// A directive for operations is kept when all subgraphs support it, at the locations they
    /// agree on.
    fn executable_directive(&mut self, name: &str) -> Option<DirectiveDefinition> {
        let subgraphs = self.subgraphs;
        let sources: Sources<'_, DirectiveDefinition> = subgraphs
            .iter()
            .enumerate()
            .filter_map(|(index, subgraph)| Some((index, subgraph.directives.get(name)?)))
            .collect();
        let executable = |definition: &DirectiveDefinition| -> Vec<String> {
            definition
                .locations
                .iter()
                .filter(|location| EXECUTABLE_LOCATIONS.contains(&location.as_str()))
                .cloned()
                .collect()
        };
        let mut locations = executable(sources.first()?.1);
        for (_, definition) in &sources {
            let others = executable(definition);
            locations.retain(|location| others.contains(location));
        }
        if sources.iter().all(|(_, definition)| executable(definition).is_empty()) {
            return None;
        }
        let coordinate = format!("@{name}");
        if sources.len() < subgraphs.len() || locations.is_empty() {
            let names = self.names(sources.iter().map(|(index, _)| *index));
            let listing = subgraph_list(names.iter().map(String::as_str));
            let (code, reason) = if locations.is_empty() {
                ("NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION", "its definitions have no location in common")
            } else {
                ("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", "it does not appear in all subgraphs")
            };
            self.findings.hint(code, &coordinate, names, format!(
                "Executable directive \"{coordinate}\" will not be part of the supergraph as {reason}: it is defined in {listing}."
            ));
            return None;
        }
        let mut merged = sources.first()?.1.clone();
        let names = self.names(sources.iter().map(|(index, _)| *index));
        if sources.iter().any(|(_, definition)| executable(definition).len() > locations.len()) {
            self.findings.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", &coordinate, names.clone(), format!(
                "Executable directive \"{coordinate}\" has inconsistent locations across subgraphs; the supergraph allows those all of them have: {}.",
                locations.join(", ")
            ));
        }
        merged.locations = locations;
        merged.repeatable = sources.iter().all(|(_, definition)| definition.repeatable);
        if !merged.repeatable && sources.iter().any(|(_, definition)| definition.repeatable) {
            self.findings.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", &coordinate, names, format!(
                "Executable directive \"{coordinate}\" is repeatable in only some subgraphs; it will not be repeatable in the supergraph."
            ));
        }
        for (argument, merged_argument) in &mut merged.arguments {
            let declared: Sources<'_, InputValue> =
                sources.iter().filter_map(|(index, source)| Some((*index, source.arguments.get(argument)?))).collect();
            *merged_argument = self.merge_input(&format!("{coordinate}({argument}:)"), argument, &declared, &ARGUMENT);
        }
        merged
            .arguments
            .retain(|argument, _| sources.iter().all(|(_, definition)| definition.arguments.contains_key(argument)));
        let descriptions = sources.iter().map(|(index, definition)| (*index, &definition.description)).collect();
        merged.description = self.description(&coordinate, &descriptions);
        Some(merged)
    }
}

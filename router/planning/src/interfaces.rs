//! Tells the planning library which fields of an interface a subgraph cannot answer for all objects that it has.
//!
//! A subgraph may declare a field on an interface, while an implementer's field of that name is computed from fields of
//! other subgraphs, or has moved to another one. Asked by way of the interface, it would answer without what it needs, or
//! what it answers no longer. The library does not look at implementers then, so here such fields become external to the
//! subgraph's interface, and operations are rewritten to ask for them by each object's own type.

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::{Directive, Value},
    schema::{Definition, Document, Field, TypeDefinition},
};

use crate::join::{flag, named, of_graph, text};

/// Interface, field and subgraph.
type Place = (String, String, String);

/// Makes external what a subgraph cannot answer by way of an interface, and gives interface and field of it.
pub(crate) fn restrict(document: &mut Document) -> AHashSet<(String, String)> {
    let mut restricted = AHashSet::new();
    let mut refused: AHashSet<Place> = AHashSet::new();
    for definition in &document.definitions {
        let Definition::TypeDefinition(TypeDefinition::Object(object)) = definition else { continue };
        for implements in named(&object.directives, "join__implements") {
            let (Some(graph), Some(interface)) = (text(implements, "graph"), text(implements, "interface")) else {
                continue;
            };
            for field in object.fields.iter().filter(|field| !answers(field, graph)) {
                refused.insert((interface.to_owned(), field.name.clone(), graph.to_owned()));
            }
        }
    }
    for definition in &mut document.definitions {
        let Definition::TypeDefinition(TypeDefinition::Interface(interface)) = definition else { continue };
        let graphs: AHashMap<String, Directive> = named(&interface.directives, "join__type")
            .filter_map(|directive| Some((text(directive, "graph")?.to_owned(), directive.clone())))
            .collect();
        for field in &mut interface.fields {
            let is_refused =
                |graph: &str| refused.contains(&(interface.name.clone(), field.name.clone(), graph.to_owned()));
            let mut own: Vec<Directive> = named(&field.directives, "join__field").cloned().collect();
            if own.is_empty() {
                own = graphs.values().map(of_graph).collect();
            }
            let mut found = false;
            for directive in &mut own {
                if text(directive, "graph").is_some_and(is_refused) && !flag(directive, "external") {
                    directive.arguments.push(("external".to_owned(), Value::Boolean(true)));
                    found = true;
                }
            }
            if !found {
                continue;
            }
            restricted.insert((interface.name.clone(), field.name.clone()));
            field.directives.retain(|directive| directive.name != "join__field");
            field.directives.append(&mut own);
        }
    }
    restricted
}

/// Whether a subgraph that has the type answers a field of it by itself.
fn answers(field: &Field, graph: &str) -> bool {
    let mut places = named(&field.directives, "join__field").peekable();
    if places.peek().is_none() {
        return true;
    }
    let labelled = |directive: &Directive| text(directive, "overrideLabel").is_some();
    let own: Vec<&Directive> = places.clone().filter(|directive| text(directive, "graph") == Some(graph)).collect();
    // A field that has no place here at all is not declared here either, or was overridden.
    let Some(place) = own.first() else { return false };
    text(place, "requires").is_none()
        && !flag(place, "external")
        && !flag(place, "usedOverridden")
        && !places.any(labelled)
}

//! Takes fields from subgraphs that can only answer null for them: those that declare the field's interface or union, but
//! no type of which an object of it could be.

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::Directive,
    schema::{Definition, Document, Field, TypeDefinition},
};

use crate::{
    join::{flag, named, of_graph, text},
    types::named_type,
};

/// By interface or union, subgraphs that declare it and have no object of it.
type Empty = AHashMap<String, AHashSet<String>>;

/// Leaves each such field to the other subgraphs that have it, if there are any.
pub(crate) fn remove(document: &mut Document) {
    let empty = read(document);
    if empty.is_empty() {
        return;
    }
    for definition in &mut document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        let (fields, directives) = match definition {
            TypeDefinition::Object(object) => (&mut object.fields, &object.directives),
            TypeDefinition::Interface(interface) => (&mut interface.fields, &interface.directives),
            _ => continue,
        };
        for field in fields {
            if let Some(graphs) = empty.get(named_type(&field.field_type)) {
                leave_to_others(field, directives, graphs);
            }
        }
    }
}

fn leave_to_others(field: &mut Field, of_type: &[Directive], without: &AHashSet<String>) {
    let mut places: Vec<Directive> = named(&field.directives, "join__field").cloned().collect();
    if places.is_empty() {
        places = named(of_type, "join__type").map(of_graph).collect();
    }
    let is_empty = |place: &Directive| text(place, "graph").is_some_and(|graph| without.contains(graph));
    let answers = |place: &Directive| !is_empty(place) && !flag(place, "external");
    if !places.iter().any(is_empty) || !places.iter().any(answers) {
        return;
    }
    places.retain(|place| !is_empty(place));
    // A type that repeats for its keys would repeat the place.
    places.dedup_by(|one, other| one.arguments == other.arguments);
    field.directives.retain(|directive| directive.name != "join__field");
    field.directives.append(&mut places);
}

fn read(document: &Document) -> Empty {
    let mut empty = Empty::default();
    let mut filled: AHashSet<(String, String)> = AHashSet::new();
    for definition in &document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        match definition {
            TypeDefinition::Object(object) => {
                for place in named(&object.directives, "join__implements") {
                    if let (Some(interface), Some(graph)) = (text(place, "interface"), text(place, "graph")) {
                        filled.insert((interface.to_owned(), graph.to_owned()));
                    }
                }
            }
            TypeDefinition::Interface(interface) => declare(&mut empty, &interface.name, &interface.directives),
            TypeDefinition::Union(union) => {
                declare(&mut empty, &union.name, &union.directives);
                for place in named(&union.directives, "join__unionMember") {
                    if let Some(graph) = text(place, "graph") {
                        filled.insert((union.name.clone(), graph.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
    // Supergraphs of the first join specification do not tell who implements what.
    empty.retain(|name, graphs| {
        let is_told = filled.iter().any(|(filled, _)| filled == name);
        graphs.retain(|graph| !filled.contains(&(name.clone(), graph.clone())));
        is_told && !graphs.is_empty()
    });
    empty
}

fn declare(empty: &mut Empty, name: &str, directives: &[Directive]) {
    for place in named(directives, "join__type").filter(|place| !flag(place, "isInterfaceObject")) {
        if let Some(graph) = text(place, "graph") {
            empty.entry(name.to_owned()).or_default().insert(graph.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use graphql_tools::parser::parse_schema;

    use super::remove;

    fn places_of_node(sdl: &str) -> String {
        let mut document = parse_schema::<String>(sdl).unwrap().into_static();
        remove(&mut document);
        let text = document.to_string();
        text.lines().find(|line| line.trim_start().starts_with("node")).unwrap().trim().to_owned()
    }

    #[test]
    fn a_subgraph_without_objects_of_an_interface_is_not_asked_for_one() {
        let sdl = |implements: &str| {
            format!(
                "type Query @join__type(graph: A) @join__type(graph: B) {{ node: Node }}
                 interface Node @join__type(graph: A) @join__type(graph: B) {{ id: ID! }}
                 type Thing implements Node @join__type(graph: B) {implements} {{ id: ID! }}"
            )
        };
        let left = places_of_node(&sdl(r#"@join__implements(graph: B, interface: "Node")"#));
        assert_eq!(left, "node: Node @join__field(graph: B)");
        assert_eq!(places_of_node(&sdl("")), "node: Node", "the first join specification does not tell implementers");
    }

    #[test]
    fn the_only_subgraph_of_a_field_keeps_it() {
        let sdl = r#"type Query @join__type(graph: A) { node: Node }
             interface Node @join__type(graph: A) @join__type(graph: B) { id: ID! }
             type Thing implements Node @join__type(graph: B) @join__implements(graph: B, interface: "Node") { id: ID! }"#;
        assert_eq!(places_of_node(sdl), "node: Node");
    }

    #[test]
    fn a_union_is_looked_at_by_its_members() {
        let sdl = "type Query @join__type(graph: A) @join__type(graph: B) { node: Found @join__field(graph: A) @join__field(graph: B) }
             union Found @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: B, member: \"Thing\") = Thing
             type Thing @join__type(graph: B) { id: ID! }";
        assert_eq!(places_of_node(sdl), "node: Found @join__field(graph: B)");
    }
}

//! Completes supergraphs of join v0.2, which do not say which subgraphs know the members of a union and the values of an enum.
//!
//! Since v0.3 they say so by `@join__unionMember` and `@join__enumValue`. Before, all subgraphs that had a type had all of it that they
//! knew at all.

use ahash::{AHashMap, AHashSet};
use graphql_tools::{
    parser::Pos,
    static_graphql::{
        query::{Directive, Value},
        schema::{Definition, Document, TypeDefinition},
    },
};

use crate::join::{named, text};

/// Adds what is missing; what is there is left as it is.
pub(crate) fn complete(document: &mut Document) {
    let graphs = graphs_of_types(document);
    let has_type = |name: &str, graph: &str| graphs.get(name).is_some_and(|graphs| graphs.contains(graph));
    for definition in &mut document.definitions {
        match definition {
            Definition::TypeDefinition(TypeDefinition::Union(union))
                if named(&union.directives, "join__unionMember").next().is_none() =>
            {
                let own = places(&union.directives);
                for member in &union.types {
                    let knowing = own.iter().filter(|graph| has_type(member, graph));
                    union.directives.extend(knowing.map(|graph| {
                        place("join__unionMember", graph, Some(("member", Value::String(member.clone()))))
                    }));
                }
            }
            Definition::TypeDefinition(TypeDefinition::Enum(own)) => {
                let is_told =
                    own.values.iter().any(|value| named(&value.directives, "join__enumValue").next().is_some());
                let graphs = if is_told { Vec::new() } else { places(&own.directives) };
                for value in &mut own.values {
                    value.directives.extend(graphs.iter().map(|graph| place("join__enumValue", graph, None)));
                }
            }
            _ => {}
        }
    }
}

fn graphs_of_types(document: &Document) -> AHashMap<String, AHashSet<String>> {
    let objects = document.definitions.iter().filter_map(|definition| match definition {
        Definition::TypeDefinition(TypeDefinition::Object(object)) => Some(object),
        _ => None,
    });
    objects.map(|object| (object.name.clone(), places(&object.directives).into_iter().collect())).collect()
}

/// The graphs that have a type, each once.
fn places(directives: &[Directive]) -> Vec<String> {
    let mut graphs: Vec<String> =
        named(directives, "join__type").filter_map(|place| text(place, "graph")).map(str::to_owned).collect();
    graphs.sort_unstable();
    graphs.dedup();
    graphs
}

fn place(name: &str, graph: &str, more: Option<(&str, Value)>) -> Directive {
    let arguments = std::iter::once(("graph", Value::Enum(graph.to_owned()))).chain(more);
    Directive {
        position: Pos::default(),
        name: name.to_owned(),
        arguments: arguments.map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

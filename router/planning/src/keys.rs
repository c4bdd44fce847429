//! Leaves out of a supergraph those keys that the planning library does not need.
//!
//! Where one key leads from every subgraph that has a type to every other, further keys of that type only make detours
//! possible: the library fetches another key first in order to use it. Detours between the same subgraphs in both
//! directions can keep it busy for ever.

use std::collections::BTreeMap;

use ahash::AHashSet;
use graphql_tools::static_graphql::{
    query::{Directive, Value},
    schema::{Definition, Document, TypeDefinition},
};

use crate::join::{named, text};

/// One key of a type in one subgraph.
struct Key {
    fields: String,
    is_resolvable: bool,
}

/// Keeps of the keys of an object type the one that every subgraph has, if there is one.
pub(crate) fn reduce(document: &mut Document) {
    // Objects are also found by the keys of their interfaces.
    let mut keyed_interfaces = AHashSet::new();
    for definition in &document.definitions {
        if let Definition::TypeDefinition(TypeDefinition::Interface(interface)) = definition
            && interface.directives.iter().any(|directive| key_of(directive).is_some())
        {
            keyed_interfaces.insert(interface.name.clone());
        }
    }
    for definition in &mut document.definitions {
        if let Definition::TypeDefinition(TypeDefinition::Object(object)) = definition
            && !object.implements_interfaces.iter().any(|interface| keyed_interfaces.contains(interface))
            && let Some(kept) = common(&object.directives)
        {
            object.directives.retain(|directive| key_of(directive).is_none_or(|key| key.fields == kept));
        }
    }
}

/// The shortest key that every subgraph has, and by which each finds entities that does so at all.
fn common(directives: &[Directive]) -> Option<String> {
    let mut by_graph: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for directive in named(directives, "join__type") {
        let graph = text(directive, "graph")?;
        by_graph.entry(graph).or_default().extend(key_of(directive));
    }
    let serves = |fields: &str| {
        by_graph.values().all(|keys| {
            let finds = keys.iter().any(|key| key.is_resolvable);
            keys.iter().any(|key| key.fields == fields && (key.is_resolvable || !finds))
        })
    };
    let candidates = by_graph.values().next()?.iter().map(|key| key.fields.as_str());
    let kept = candidates.filter(|fields| serves(fields)).min_by_key(|fields| (fields.len(), *fields))?;
    Some(kept.to_owned())
}

fn key_of(directive: &Directive) -> Option<Key> {
    if directive.name != "join__type" {
        return None;
    }
    let fields = text(directive, "key")?.split_whitespace().collect::<Vec<_>>().join(" ");
    let resolvable = directive.arguments.iter().find(|(name, _)| name == "resolvable");
    Some(Key { fields, is_resolvable: !matches!(resolvable, Some((_, Value::Boolean(false)))) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use graphql_tools::parser::parse_schema;

    use super::reduce;

    fn reduced(directives: &str) -> String {
        let text = format!("type T {directives} {{ id: ID }}");
        let mut document = parse_schema::<String>(&text).unwrap().into_static();
        reduce(&mut document);
        document.to_string()
    }

    #[test]
    fn a_key_that_all_subgraphs_have_makes_others_needless() {
        let text = reduced(
            r#"@join__type(graph: A, key: "id") @join__type(graph: A, key: "code") @join__type(graph: B, key: "id", resolvable: false)"#,
        );
        assert!(!text.contains("code") && text.matches("\"id\"").count() == 2, "{text}");
    }

    #[test]
    fn keys_stay_where_none_leads_everywhere() {
        for directives in [
            r#"@join__type(graph: A, key: "id") @join__type(graph: A, key: "code") @join__type(graph: B, key: "code") @join__type(graph: C, key: "id")"#,
            r#"@join__type(graph: A, key: "id") @join__type(graph: A, key: "code") @join__type(graph: B, key: "id", resolvable: false) @join__type(graph: B, key: "code") @join__type(graph: C)"#,
        ] {
            let text = reduced(directives);
            assert_eq!(text.matches("key:").count(), directives.matches("key:").count(), "{text}");
        }
    }
}

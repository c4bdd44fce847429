//! Leaves out of a supergraph those `@provides` that the planning library would mix up.
//!
//! The library numbers the fields of a type that provide something, for each type anew, and keeps what is provided by
//! subgraph, type of the value and number alone. Fields of two types that provide different parts of a third would then
//! each provide what the other does. What is no longer provided is fetched where it is resolved.

use ahash::AHashMap;
use graphql_tools::static_graphql::schema::{Definition, Document, TypeDefinition};

use crate::{join::text, types::named_type};

/// Who provides: the type that the field belongs to, what the value is, and what of it is provided.
struct Provider {
    parent: String,
    value: String,
    fields: String,
}

impl Provider {
    /// What is provided of objects inside may be of any type.
    fn clashes(&self, other: &Self) -> bool {
        let same_value = self.value == other.value || self.fields.contains('{') || other.fields.contains('{');
        self.parent != other.parent && same_value && (self.value != other.value || self.fields != other.fields)
    }
}

/// Keeps of providers that clash in a subgraph those of the type that comes first.
pub(crate) fn separate(document: &mut Document) {
    let mut kept: AHashMap<String, Vec<Provider>> = AHashMap::new();
    for definition in &mut document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        let (parent, fields) = match definition {
            TypeDefinition::Object(object) => (&object.name, &mut object.fields),
            TypeDefinition::Interface(interface) => (&interface.name, &mut interface.fields),
            _ => continue,
        };
        for field in fields {
            let value = named_type(&field.field_type);
            for directive in field.directives.iter_mut().filter(|directive| directive.name == "join__field") {
                let (Some(graph), Some(provided)) = (text(directive, "graph"), text(directive, "provides")) else {
                    continue;
                };
                let fields = provided.split_whitespace().collect::<Vec<_>>().join(" ");
                let provider = Provider { parent: parent.clone(), value: value.to_owned(), fields };
                let known = kept.entry(graph.to_owned()).or_default();
                if known.iter().any(|other| other.clashes(&provider)) {
                    tracing::debug!(%graph, coordinate = %format!("{parent}.{}", field.name), "a @provides is not used");
                    directive.arguments.retain(|(name, _)| name != "provides");
                } else {
                    known.push(provider);
                }
            }
        }
    }
}

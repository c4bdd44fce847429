//! What subgraphs may answer but clients must not see: object types and enum values that are `@inaccessible`.
//!
//! To clients such a value is null, without an error: one would tell of what is hidden.

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::{
    query::Directive,
    schema::{Definition, Document, TypeDefinition},
};

use crate::types::{TypeId, TypeTable};

const INACCESSIBLE: &str = "inaccessible";

/// Types and values that only subgraphs know.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    types: AHashSet<TypeId>,
    /// By enum, quoted as in JSON.
    values: AHashMap<String, Vec<Box<str>>>,
}

impl Hidden {
    /// Reads a supergraph.
    pub(crate) fn read(document: &Document, types: &TypeTable) -> Self {
        let mut hidden = Self::default();
        for definition in &document.definitions {
            match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object)) if is_hidden(&object.directives) => {
                    hidden.types.insert(types.id(&object.name));
                }
                Definition::TypeDefinition(TypeDefinition::Enum(definition)) => {
                    let values = definition.values.iter().filter(|value| is_hidden(&value.directives));
                    let values: Vec<_> = values.map(|value| format!("\"{}\"", value.name).into()).collect();
                    if !values.is_empty() {
                        hidden.values.insert(definition.name.clone(), values);
                    }
                }
                _ => {}
            }
        }
        hidden
    }

    /// Whether clients must not see objects of a type.
    pub(crate) fn has_type(&self, id: TypeId) -> bool {
        self.types.contains(&id)
    }

    /// The values of an enum that clients must not see, quoted.
    pub(crate) fn values_of(&self, name: &str) -> &[Box<str>] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }
}

fn is_hidden(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| directive.name == INACCESSIBLE)
}

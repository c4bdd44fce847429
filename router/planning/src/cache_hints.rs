//! `@cacheControl` in a supergraph: how long types and fields may be kept, as subgraphs declare it.

use graphql_tools::static_graphql::{
    query::Value,
    schema::{Definition, Directive, Document, TypeDefinition},
};

/// One `@cacheControl`. It reaches a supergraph only by `@composeDirective`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheHint {
    /// The type.
    pub type_name: String,
    /// The field; none when the hint is the type's.
    pub field: Option<String>,
    /// How long, in seconds.
    pub max_age_seconds: Option<u64>,
    /// Whether `scope` says `PUBLIC` (true) or `PRIVATE` (false).
    pub public: Option<bool>,
    /// Whether what surrounds the field decides.
    pub inherit: bool,
}

/// All hints of a supergraph, in the order of its text.
pub(crate) fn read(document: &Document) -> Vec<CacheHint> {
    let mut hints = Vec::new();
    for definition in &document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        let (name, directives, fields) = match definition {
            TypeDefinition::Object(object) => (&object.name, &object.directives, object.fields.as_slice()),
            TypeDefinition::Interface(interface) => {
                (&interface.name, &interface.directives, interface.fields.as_slice())
            }
            TypeDefinition::Union(union) => (&union.name, &union.directives, &[][..]),
            _ => continue,
        };
        hints.extend(directives.iter().filter_map(|directive| hint(name, None, directive)));
        for field in fields {
            hints.extend(field.directives.iter().filter_map(|directive| hint(name, Some(&field.name), directive)));
        }
    }
    hints
}

fn hint(type_name: &str, field: Option<&String>, directive: &Directive) -> Option<CacheHint> {
    if directive.name != "cacheControl" {
        return None;
    }
    let mut hint = CacheHint {
        type_name: type_name.to_owned(),
        field: field.cloned(),
        max_age_seconds: None,
        public: None,
        inherit: false,
    };
    for (name, value) in &directive.arguments {
        match (name.as_str(), value) {
            // Below zero nothing is fresh.
            ("maxAge", Value::Int(seconds)) => {
                hint.max_age_seconds = Some(seconds.as_i64().and_then(|seconds| seconds.try_into().ok()).unwrap_or(0));
            }
            ("scope", Value::Enum(scope)) => hint.public = Some(scope == "PUBLIC"),
            ("inheritMaxAge", Value::Boolean(inherit)) => hint.inherit = *inherit,
            _ => {}
        }
    }
    Some(hint)
}

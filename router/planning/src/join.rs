//! Reads the arguments of directives of the join specification.

use graphql_tools::static_graphql::query::{Directive, Value};

/// An argument that is a text or the name of an enum value, as graphs are.
pub(crate) fn text<'d>(directive: &'d Directive, name: &str) -> Option<&'d str> {
    directive.arguments.iter().find(|(own, _)| own == name).and_then(|(_, value)| match value {
        Value::String(text) | Value::Enum(text) => Some(text.as_str()),
        _ => None,
    })
}

/// Whether an argument is given as true.
pub(crate) fn flag(directive: &Directive, name: &str) -> bool {
    directive.arguments.iter().any(|(own, value)| own == name && *value == Value::Boolean(true))
}

/// A field's place in the subgraph of a `@join__type`.
pub(crate) fn of_graph(directive: &Directive) -> Directive {
    let mut own = directive.clone();
    "join__field".clone_into(&mut own.name);
    own.arguments.retain(|(name, _)| name == "graph");
    own
}

/// The directives of one name.
pub(crate) fn named<'d>(
    directives: &'d [Directive],
    name: &'static str,
) -> impl Iterator<Item = &'d Directive> + Clone {
    directives.iter().filter(move |directive| directive.name == name)
}

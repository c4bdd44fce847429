//! Writes the join directives that say which subgraph has what.

use crate::subgraph::{Directives, Federation, SubgraphSchema, field_set_text};
use crate::syntax::{Directive, Value, parse_selection_set, print_selection_set};

/// `@join__type` for a type of a subgraph, once per key.
pub fn type_directives(subgraph: &SubgraphSchema, type_name: &str) -> Vec<Directive> {
    let Some(definition) = subgraph.types.get(type_name) else {
        return vec![Directive::new("join__type", [("graph", Value::name(&subgraph.graph))])];
    };
    let interface_object = definition.directives.has(Federation::InterfaceObject);
    let extends = definition.directives.has(Federation::Extends);
    let finish = |mut arguments: Vec<(&'static str, Value)>| {
        if interface_object {
            arguments.push(("isInterfaceObject", Value::Boolean(true)));
        }
        Directive::new("join__type", arguments)
    };
    let graph = ("graph", Value::name(&subgraph.graph));
    let mut directives: Vec<Directive> = Vec::new();
    for key in definition.directives.all(Federation::Key) {
        let mut arguments = vec![graph.clone()];
        if let Some(fields) = canonical_field_set(key) {
            arguments.push(("key", Value::String(fields)));
        }
        if key.on_extension || extends {
            arguments.push(("extension", Value::Boolean(true)));
        }
        if key.boolean("resolvable") == Some(false) {
            arguments.push(("resolvable", Value::Boolean(false)));
        }
        let directive = finish(arguments);
        if !directives.contains(&directive) {
            directives.push(directive);
        }
    }
    if directives.is_empty() {
        directives.push(finish(vec![graph]));
    }
    directives
}

/// `@join__implements` for an interface a type implements in a subgraph.
pub fn implements(subgraph: &SubgraphSchema, interface: &str) -> Directive {
    Directive::new(
        "join__implements",
        [("graph", Value::name(&subgraph.graph)), ("interface", Value::string(interface))],
    )
}

/// `@join__unionMember` for a member of a union in a subgraph.
pub fn union_member(subgraph: &SubgraphSchema, member: &str) -> Directive {
    Directive::new("join__unionMember", [("graph", Value::name(&subgraph.graph)), ("member", Value::string(member))])
}

/// `@join__enumValue` for a value of an enum in a subgraph.
pub fn enum_value(subgraph: &SubgraphSchema) -> Directive {
    Directive::new("join__enumValue", [("graph", Value::name(&subgraph.graph))])
}

/// The field set of a directive on one line with single spaces.
pub fn canonical_field_set(directive: &Directive) -> Option<String> {
    let text = field_set_text(directive)?;
    Some(match parse_selection_set(&text) {
        Ok(selections) => print_selection_set(&selections),
        Err(_) => text,
    })
}

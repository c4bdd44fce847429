//! A supergraph with a root field more, below which computed fields are planned by themselves.

use graphql_tools::static_graphql::{
    query::{Directive, Value},
    schema::{Definition, Document, ObjectType, TypeDefinition},
};
use hive_router_query_planner::utils::parsing::safe_parse_schema;

/// The root field.
pub(super) const PART: &str = "_part";
/// The type of the root field.
const PART_TYPE: &str = "_Part";

/// A copy in which a subgraph has the fields that it computes of a type also below a root field, as if they required nothing.
pub(crate) fn add(document: &Document, query: &str, graph: &str, type_name: &str) -> Result<Document, String> {
    let join = format!("@join__type(graph: {graph})");
    let more = format!(
        "type {query} {join} {{ {PART}: {PART_TYPE} @join__field(graph: {graph}) }} type {PART_TYPE} {join} {{ {PART}: ID }}"
    );
    let more = safe_parse_schema(&more).map_err(|error| error.to_string())?;
    let mut objects = more.definitions.into_iter().filter_map(|definition| match definition {
        Definition::TypeDefinition(TypeDefinition::Object(object)) => Some(object),
        _ => None,
    });
    let (Some(root), Some(mut part)) = (objects.next(), objects.next()) else {
        return Err("a part has a root field and a type".to_owned());
    };
    let mut document = document.clone();
    let mut fields = Vec::new();
    for definition in &mut document.definitions {
        let Definition::TypeDefinition(TypeDefinition::Object(object)) = definition else { continue };
        if object.name == query {
            extend(object, &root);
        }
        if object.name == type_name {
            fields.clone_from(&object.fields);
        }
    }
    fields.retain_mut(|field| {
        field.directives.retain(|directive| is_computed(directive, graph));
        for directive in &mut field.directives {
            directive.arguments.retain(|(name, _)| name != "requires");
        }
        !field.directives.is_empty()
    });
    part.fields = fields;
    document.definitions.push(Definition::TypeDefinition(TypeDefinition::Object(part)));
    Ok(document)
}

fn extend(object: &mut ObjectType, more: &ObjectType) {
    object.fields.extend(more.fields.iter().cloned());
    let is_known = |own: &Directive| {
        object.directives.iter().any(|known| known.name == own.name && known.arguments == own.arguments)
    };
    let unknown: Vec<_> = more.directives.iter().filter(|own| !is_known(own)).cloned().collect();
    object.directives.extend(unknown);
}

/// Whether a directive says that the subgraph computes the field.
fn is_computed(directive: &Directive, graph: &str) -> bool {
    let argument = |name: &str| directive.arguments.iter().find(|(own, _)| own == name).map(|(_, value)| value);
    directive.name == "join__field"
        && matches!(argument("graph"), Some(Value::Enum(own)) if own == graph)
        && argument("requires").is_some()
}

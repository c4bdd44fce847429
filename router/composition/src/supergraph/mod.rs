//! Turns the merged schema into the two documents composition gives out.

mod api;
mod inaccessible;
mod specification;

pub use api::{api_document, built_in_scalar};
pub use inaccessible::check_inaccessible;

use crate::merge::Merged;
use crate::subgraph::{Federation, SubgraphSchema};
use crate::syntax::{
    Directive, Document, EnumValue, OperationKind, SchemaDefinition, TypeDefinition, TypeKind, Value, parse_document,
};

/// The supergraph: merged types, join machinery and links to every specification in use.
pub fn supergraph_document(subgraphs: &[SubgraphSchema], merged: &Merged) -> Document {
    let mut document = parse_document(&specification::machinery(&merged.features))
        .expect("the definitions of the specifications are valid GraphQL");
    document.types.push(graph_enum(subgraphs));
    document.types.extend(merged.types.values().cloned());
    document.types.sort_by(|left, right| left.name.cmp(&right.name));
    document.directives.extend(merged.directives.iter().cloned());
    document.directives.sort_by(|left, right| left.name.cmp(&right.name));
    document.schemas.push(schema(merged));
    document
}

fn schema(merged: &Merged) -> SchemaDefinition {
    let mut directives = vec![link("link/v1.0", None), link("join/v0.5", Some("EXECUTION"))];
    let mut seen = Vec::new();
    for (path, purpose) in merged.features.iter().copied().filter_map(Federation::supergraph_feature) {
        if !seen.contains(&path) {
            seen.push(path);
            let mut directive = link(path, purpose);
            if path.starts_with("cost/") {
                let import = ["@cost", "@listSize"].map(Value::string).to_vec();
                directive.arguments.push(("import".to_owned(), Value::List(import)));
            }
            if path.starts_with("context/") {
                let import = vec![Value::string("@context")];
                directive.arguments.push(("import".to_owned(), Value::List(import)));
            }
            directives.push(directive);
        }
    }
    directives.extend(merged.links.iter().cloned());
    directives.extend(merged.schema_directives.iter().cloned());
    SchemaDefinition { description: merged.schema_description.clone(), directives, roots: roots(merged) }
}

/// The root types that exist.
pub fn roots(merged: &Merged) -> Vec<(OperationKind, String)> {
    OperationKind::ALL
        .into_iter()
        .filter(|kind| merged.types.contains_key(kind.type_name()))
        .map(|kind| (kind, kind.type_name().to_owned()))
        .collect()
}

fn link(path: &str, purpose: Option<&str>) -> Directive {
    let url = Value::String(format!("https://specs.apollo.dev/{path}"));
    let purpose = purpose.map(|purpose| ("for", Value::name(purpose)));
    Directive::new("link", std::iter::once(("url", url)).chain(purpose))
}

fn graph_enum(subgraphs: &[SubgraphSchema]) -> TypeDefinition {
    let mut graphs = TypeDefinition::new(TypeKind::Enum, "join__Graph");
    for subgraph in subgraphs {
        let directive = Directive::new(
            "join__graph",
            [("name", Value::string(&subgraph.name)), ("url", Value::string(&subgraph.url))],
        );
        graphs.values.insert(
            subgraph.graph.clone(),
            EnumValue { name: subgraph.graph.clone(), description: None, directives: vec![directive] },
        );
    }
    graphs
}

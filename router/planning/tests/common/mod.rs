//! Supergraphs written by hand, of which a test needs only what is its own.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use cloudphone_planning::Supergraph;

/// What every supergraph begins with.
const SPECIFICATIONS: &str = r"
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
";

/// A supergraph with these root operation types, such as `query: Query`, and these types.
pub fn supergraph(roots: &str, types: &str) -> Arc<Supergraph> {
    let links = r#"@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)"#;
    Supergraph::parse(&format!("schema {links} {{ {roots} }}{SPECIFICATIONS}{types}")).unwrap()
}

//! How types that several subgraphs define become one.

use crate::support::{composed, own_part, plan, refusals, v2};

fn error(code: &str, coordinate: &str) -> (String, String) {
    (code.to_owned(), coordinate.to_owned())
}

#[test]
fn outputs_take_the_most_general_type_and_inputs_the_strictest() {
    let composition = composed(&[
        v2(
            "a",
            "type Query { thing(id: ID, size: Int = 1): Thing @shareable list: [Thing] @shareable }
             interface Thing { id: ID! } type Box implements Thing @shareable { id: ID! }",
        ),
        v2(
            "b",
            "type Query { thing(id: ID!, size: Int = 1, extra: Int): Box! @shareable list: [Box] @shareable }
             interface Thing { id: ID! } type Box implements Thing @shareable { id: ID! }",
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(composition.api_sdl);
}

#[test]
fn a_union_has_the_members_of_all_subgraphs() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { found: [Found!]! } union Found = Song | Album type Song @key(fields: "id") { id: ID! }
               type Album @key(fields: "id") { id: ID! }"#,
        ),
        v2(
            "b",
            r#"type Query { other: Found } union Found = Song | Artist type Song @key(fields: "id") { id: ID! length: Int }
               type Artist { name: String }"#,
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ found { ... on Song { length } ... on Album { id } } }"));
}

#[test]
fn an_interface_has_the_fields_of_all_subgraphs_and_its_types_must_too() {
    let a = r#"type Query { nodes: [Node!]! } interface Node { id: ID! }
        type User implements Node @key(fields: "id") { id: ID! }"#;
    let b = r#"interface Node { id: ID! name: String } type User implements Node @key(fields: "id") { id: ID! name: String }"#;
    let composition = composed(&[v2("a", a), v2("b", b)]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ nodes { name } }"));

    let more = r#"type Team implements Node @key(fields: "id") { id: ID! }"#;
    assert_eq!(
        refusals(&[v2("a", &format!("{a} {more}")), v2("b", b)]),
        [error("INTERFACE_FIELD_NO_IMPLEM", "Team.name")]
    );
}

#[test]
fn an_enum_is_merged_by_its_use() {
    let sdl = |values: &str, usage: &str| format!("type Query {{ {usage} }} enum Size {{ {values} }}");
    let out = composed(&[v2("a", &sdl("S M", "a: Size")), v2("b", &sdl("M L", "b: Size"))]);
    assert!(out.api_sdl.contains("enum Size {\n  S\n  M\n  L\n}"), "{}", out.api_sdl);
    assert!(out.supergraph_sdl.contains("S @join__enumValue(graph: A)"));

    let input = composed(&[v2("a", &sdl("S M", "a(size: Size): Int")), v2("b", &sdl("M L", "b(size: Size): Int"))]);
    assert!(input.api_sdl.contains("enum Size {\n  M\n}"), "{}", input.api_sdl);

    let both = [v2("a", &sdl("S M", "a(size: Size): Int")), v2("b", &sdl("M L", "b: Size"))];
    assert_eq!(refusals(&both), [error("ENUM_VALUE_MISMATCH", "Size.L"), error("ENUM_VALUE_MISMATCH", "Size.S")]);

    let hidden = composed(&[v2("a", &sdl("M L @inaccessible", "a(size: Size): Int")), v2("b", &sdl("M", "b: Size"))]);
    assert!(hidden.api_sdl.contains("enum Size {\n  M\n}"), "{}", hidden.api_sdl);

    let nothing = [v2("a", &sdl("S", "a(size: Size): Int")), v2("b", &sdl("L", "b(size: Size): Int"))];
    assert_eq!(refusals(&nothing), [error("EMPTY_MERGED_ENUM_TYPE", "Size")]);
}

#[test]
fn an_input_object_keeps_what_all_subgraphs_know() {
    let sdl = |field: &str, fields: &str| {
        format!("type Query {{ {field}(filter: Filter): Int }} input Filter {{ {fields} }}")
    };
    let composition =
        composed(&[v2("a", &sdl("a", "x: Int, only: String")), v2("b", &sdl("b", "x: Int!, other: Int = 3"))]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));

    assert_eq!(
        refusals(&[v2("a", &sdl("a", "x: Int, needed: Int!")), v2("b", &sdl("b", "x: Int"))]),
        [error("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", "Filter.needed")]
    );
    assert_eq!(
        refusals(&[v2("a", &sdl("a", "x: Int")), v2("b", &sdl("b", "y: Int"))]),
        [error("EMPTY_MERGED_INPUT_TYPE", "Filter")]
    );
    assert_eq!(
        refusals(&[v2("a", &sdl("a", "x: Int = 1")), v2("b", &sdl("b", "x: Int = 2"))]),
        [error("INPUT_FIELD_DEFAULT_MISMATCH", "Filter.x")]
    );
    assert_eq!(
        refusals(&[v2("a", &sdl("a", "x: Int")), v2("b", &sdl("b", "x: String"))]),
        [error("FIELD_TYPE_MISMATCH", "Filter.x")]
    );
}

#[test]
fn arguments_must_be_known_to_all_subgraphs_that_share_a_field() {
    let sdl = |arguments: &str| format!("type Query {{ f{arguments}: Int @shareable }}");
    let pair = |a: &str, b: &str| [v2("a", &sdl(a)), v2("b", &sdl(b))];
    assert!(composed(&pair("(x: Int, y: Int)", "(x: Int!)")).api_sdl.contains("f(x: Int!): Int"));
    assert_eq!(refusals(&pair("(x: Int!)", "")), [error("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", "Query.f(x:)")]);
    assert_eq!(refusals(&pair("(x: Int)", "(x: String)")), [error("FIELD_ARGUMENT_TYPE_MISMATCH", "Query.f(x:)")]);
    assert_eq!(
        refusals(&pair("(x: Int = 1)", "(x: Int = 2)")),
        [error("FIELD_ARGUMENT_DEFAULT_MISMATCH", "Query.f(x:)")]
    );
    assert!(composed(&pair("(x: Float = 1)", "(x: Float = 1.0)")).api_sdl.contains("f(x: Float = 1): Int"));
}

#[test]
fn types_of_one_name_must_be_of_one_kind() {
    assert_eq!(
        refusals(&[v2("a", "type Query { a: T } type T { x: Int }"), v2("b", "type Query { b: T } enum T { X }")]),
        [error("TYPE_KIND_MISMATCH", "T")]
    );
    assert_eq!(
        refusals(&[v2("a", "type Query { f: Int @shareable }"), v2("b", "type Query { f: String @shareable }")]),
        [error("FIELD_TYPE_MISMATCH", "Query.f")]
    );
}

#[test]
fn root_types_get_their_standard_names() {
    let composition = composed(&[
        v2("a", "schema { query: Reads mutation: Writes } type Reads { self: Reads a: Int } type Writes { set: Int }"),
        v2("b", "type Query { b: Int } type Mutation { put: Int }"),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ self { b } }"));
    insta::assert_snapshot!(plan(&composition, "mutation { set put }"));
}

#[test]
fn descriptions_and_deprecations_survive() {
    let composition = composed(&[
        v2(
            "a",
            r#"
            "A thing." type Thing @shareable { "Its name." name: String @deprecated(reason: "too long") }
            type Query {
              """
              Finds
                "things".
              """
              thing("By id." id: ID @deprecated): Thing
            }
            "#,
        ),
        v2("b", r#""A thing." type Thing @shareable { name: String } type Query { other: Thing }"#),
        v2(
            "c",
            r#""Some thing, in many words." type Thing @shareable { "Its name." name: String @deprecated(reason: "too long") } type Query { third: Thing }"#,
        ),
    ]);
    insta::assert_snapshot!(composition.api_sdl);
}

#[test]
fn subgraph_names_become_unique_enum_values() {
    let composition = composed(&[
        v2("my-graph", "type Query { a: Int }"),
        v2("my.graph", "type Query { b: Int }"),
        v2("1st", "type Query { c: Int }"),
    ]);
    for value in [
        "_1ST @join__graph(name: \"1st\"",
        "MY_GRAPH @join__graph(name: \"my-graph\"",
        "MY_GRAPH_1 @join__graph(name: \"my.graph\"",
    ] {
        assert!(composition.supergraph_sdl.contains(value), "{}", composition.supergraph_sdl);
    }
}

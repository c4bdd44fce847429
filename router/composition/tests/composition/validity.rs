//! Subgraphs must be valid GraphQL by themselves, and what they make together must be too.

use crate::support::{alone, assert_refused, composed, refusals, v1, v2};

#[test]
fn directives_must_stand_where_they_may_with_what_they_need() {
    let refused_at = |sdl: &str, place: &str| assert_refused(&alone(sdl), &[("INVALID_GRAPHQL", place)]);
    refused_at("type T { a: Int @key(fields: \"a\") }", "T.a");
    refused_at("type T @key(fields: \"a\", resolvable: 1) { a: Int }", "T");
    refused_at("type T { a: Int @tag }", "T.a");
    refused_at("type T { a: Int @tag(nmae: \"x\") }", "T.a");
    refused_at("type T { a: Int @tag(name: 1) }", "T.a");
    refused_at("type T { a: Int @inaccessible @inaccessible }", "T.a");
    refused_at("type T { a: Int @cost(weight: \"high\") }", "T.a");
    refused_at("type T { a: Int @own } directive @own on OBJECT", "T.a");
    refused_at("type T { a: Int @own(x: 1) } directive @own(x: String) on FIELD_DEFINITION", "T.a");
    refused_at("type T { a: Int @own } directive @own(x: Int!) on FIELD_DEFINITION", "T.a");
    refused_at("type T { a: Int @own @own } directive @own on FIELD_DEFINITION", "T.a");
    assert_refused(
        &[
            v2(
                "a",
                r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external @tag(name: "x") y: Int @requires(fields: "x") }"#,
            ),
            v2("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
        ],
        &[("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", "T.x")],
    );
}

#[test]
fn constants_must_fit_their_types() {
    let argument = |argument: &str| {
        alone(&format!("type T {{ a(x: {argument}): Int }} enum E {{ A }} input I {{ e: E! n: [Int!] }} scalar Any"))
    };
    for fitting in
        ["Int = 1", "Float = 1", "ID = 1", "[Int] = 1", "E = A", "I = { e: A, n: 1 }", "Any = { a: [1] }", "Int = null"]
    {
        composed(&argument(fitting));
    }
    for unfit in [
        "Int = \"1\"",
        "Int = 3000000000",
        "Int! = null",
        "String = 1",
        "E = B",
        "E = \"A\"",
        "I = {}",
        "I = { e: A, n: [null] }",
        "I = { e: A, m: 1 }",
        "[Int] = [A]",
        "Boolean = 0",
    ] {
        assert_refused(&argument(unfit), &[("INVALID_GRAPHQL", "T.a(x:)")]);
    }
    assert_refused(
        &alone("input I { j: J! } input J { i: I! }"),
        &[("INVALID_GRAPHQL", "I"), ("INVALID_GRAPHQL", "J")],
    );
    composed(&alone("input I { j: J! } input J { i: I l: [I!]! }"));
}

#[test]
fn field_sets_give_arguments_and_fragments_that_fit() {
    let requiring = |fields: &str| {
        [
            v2(
                "a",
                &format!(
                    r#"type T @key(fields: "id") {{ id: ID! f(x: Int!): Int @external n: N @external g: Int @requires(fields: "{fields}") }}
                       interface N {{ id: ID }} type M implements N @shareable {{ id: ID }} type O @shareable {{ id: ID }}"#
                ),
            ),
            v2(
                "b",
                r#"type Query { t: T o: O } type T @key(fields: "id") { id: ID! f(x: Int!): Int n: N }
                   interface N { id: ID } type M implements N @shareable { id: ID } type O @shareable { id: ID }"#,
            ),
        ]
    };
    composed(&requiring("f(x: 1) n { ... on M { id } }"));
    for unfit in ["f n { id }", "f(y: 1) n { id }", "f(x: A) n { id }", "f(x: 1) n { ... on O { id } }"] {
        let found = refusals(&requiring(unfit));
        assert!(found.contains(&("REQUIRES_INVALID_FIELDS".to_owned(), "T.g".to_owned())), "{unfit}: {found:?}");
    }
}

#[test]
fn what_is_valid_alone_may_not_be_valid_together() {
    // The object keeps the promise in the subgraph that knows the interface only.
    let interface =
        "type Query { n: N } interface N { a(x: Int): String! } type T implements N @shareable { a(x: Int): String! }";
    let looser = "type Query { t: T } type T @shareable { a(x: Int): String }";
    assert_refused(&[v2("a", interface), v2("b", looser)], &[("INVALID_GRAPHQL", "T.a")]);
    let stricter = "type Query { t: T } type T @shareable { a(x: Int!): String! }";
    assert_refused(&[v2("a", interface), v2("b", stricter)], &[("INVALID_GRAPHQL", "T.a(x:)")]);
    // One subgraph says that J is an I, the other that T is a J.
    let chain = |first: &str, second: &str| {
        format!("interface I {{ id: ID }} interface J {first} {{ id: ID }} type T {second} @shareable {{ id: ID }}")
    };
    assert_refused(
        &[
            v2("a", &format!("type Query {{ t: T }} {}", chain("implements I", ""))),
            v2("b", &chain("", "implements J")),
        ],
        &[("INVALID_GRAPHQL", "T")],
    );
    // The default value of one subgraph is an enum value that the other does not have.
    assert_refused(
        &[
            v2("a", "type Query { a(e: E = B): Int } enum E { A B }"),
            v2("b", "type Query { b(e: E): Int } enum E { A }"),
        ],
        &[("INVALID_GRAPHQL", "Query.a(e:)")],
    );
}

#[test]
fn defaults_and_promises_must_not_use_what_is_hidden() {
    let default = |default: &str| {
        alone(&format!(
            "type T {{ a(x: {default}): Int }} enum E {{ A B @inaccessible }} input I {{ e: E s: Int @inaccessible }}"
        ))
    };
    composed(&default("I = { e: A }"));
    for hidden in ["E = B", "[E] = [A, B]", "I = { e: B }", "I = { s: 1 }"] {
        assert_refused(&default(hidden), &[("DEFAULT_VALUE_USES_INACCESSIBLE", "T.a(x:)")]);
    }
    assert_refused(
        &alone("interface N { a(x: Int): Int } type T implements N { a(x: Int @inaccessible): Int }"),
        &[("IMPLEMENTED_BY_INACCESSIBLE", "T.a(x:)")],
    );
}

#[test]
fn a_contextual_argument_is_contextual_everywhere() {
    let order = |argument: &str| {
        format!(r#"type Order @key(fields: "id") {{ id: ID! total(locale: String {argument}): Int @shareable }}"#)
    };
    let user = r#"type Query { user: User } type User @context(name: "user") { locale: String order: Order }"#;
    assert_refused(
        &[v2("a", &format!("{user} {}", order(r#"@fromContext(field: "$user { locale }")"#))), v2("b", &order(""))],
        &[("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", "Order.total(locale:)")],
    );
}

#[test]
fn a_composed_directive_must_not_take_the_name_of_a_federation_directive() {
    assert_refused(
        &[v1(
            "one",
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
                 @link(url: "https://example.test/price/v1.0", import: ["@cost"]) @composeDirective(name: "@cost")
               directive @cost(of: Int) on FIELD_DEFINITION
               type Query { a: Int @cost(of: 1) }"#,
        )],
        &[("DIRECTIVE_COMPOSITION_ERROR", "@cost")],
    );
    assert_refused(&[], &[("NO_QUERIES", "Query")]);
}

//! What is wrong in a subgraph is reported with a code, the subgraph and the place.

use crate::support::{alone, assert_refused, composed, refused, v1, v2};

#[test]
fn text_that_is_no_graphql_is_reported_with_its_place() {
    let errors = refused(&[v1("one", "type Query {\n  a: [Int\n}"), v1("two", "type Query { a: Int ! }\n$")]);
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "INVALID_GRAPHQL in one: line 3, column 1: expected `]`, found `}`",
            "INVALID_GRAPHQL in two: line 2, column 1: expected a definition, found `$`",
        ]
    );
    assert_refused(
        &[v1("deep", &format!("type Query {{ a: {}Int }}", "[".repeat(100_000)))],
        &[("INVALID_GRAPHQL", "")],
    );
}

#[test]
fn schemas_must_be_valid_by_themselves() {
    assert_refused(&alone("type T { a: Missing }"), &[("INVALID_GRAPHQL", "T.a")]);
    assert_refused(&alone("type T { a: I } input I { x: Int }"), &[("INVALID_GRAPHQL", "T.a")]);
    assert_refused(&alone("type T { a(x: U): Int } type U { x: Int }"), &[("INVALID_GRAPHQL", "T.a(x:)")]);
    assert_refused(&alone("type T"), &[("INVALID_GRAPHQL", "T")]);
    assert_refused(&alone("type T { a: Int } type T { b: Int }"), &[("INVALID_GRAPHQL", "T")]);
    assert_refused(&alone("type T { a: Int } extend type T { a: Int }"), &[("INVALID_GRAPHQL", "T")]);
    assert_refused(&alone("type T { a: Int @nonsense }"), &[("INVALID_GRAPHQL", "T.a")]);
    assert_refused(
        &alone("interface I { a: Int b: Int } type T implements I { a: String }"),
        &[("INVALID_GRAPHQL", "T.a"), ("INVALID_GRAPHQL", "T.b")],
    );
    assert_refused(&alone("union U = Query | E enum E { A }"), &[("INVALID_GRAPHQL", "U")]);
    assert_refused(&[v1("one", "type Query { a: Int @shareable }")], &[("INVALID_GRAPHQL", "Query.a")]);
}

#[test]
fn a_supergraph_needs_queries_and_names() {
    assert_refused(&[v2("one", "type T { a: Int }")], &[("NO_QUERIES", "Query")]);
    assert_refused(
        &[v2("one", "type Query { a: Int }"), v2("one", "type Query { b: Int }")],
        &[("INVALID_SUBGRAPH_NAME", "")],
    );
    assert_refused(&[v2("", "type Query { a: Int }")], &[("INVALID_SUBGRAPH_NAME", "")]);
    assert_refused(
        &[v2("one", "schema { query: Q } type Q { a: Int } type Query { b: Int }")],
        &[("ROOT_QUERY_USED", "Query")],
    );
}

#[test]
fn links_must_be_understood() {
    let link = |link: &str| vec![v1("one", &format!("extend schema @link({link}) type Query {{ a: Int }}"))];
    assert_refused(
        &link("url: \"https://specs.apollo.dev/federation/v3.0\""),
        &[("UNKNOWN_FEDERATION_LINK_VERSION", "@link")],
    );
    assert_refused(
        &link("url: \"https://specs.apollo.dev/federation/v2.0\", import: [\"@interfaceObject\"]"),
        &[("INVALID_LINK_DIRECTIVE_USAGE", "@interfaceObject")],
    );
    assert_refused(&link("as: \"fed\""), &[("INVALID_LINK_DIRECTIVE_USAGE", "@link")]);
    assert_refused(
        &link("url: \"https://specs.apollo.dev/federation/v2.12\", import: [\"@cacheTag\"]"),
        &[("INVALID_LINK_DIRECTIVE_USAGE", "@cacheTag")],
    );
    composed(&link("url: \"https://specs.apollo.dev/federation/v2.12\", import: [\"@key\"]"));
    assert_refused(
        &link("url: \"https://specs.apollo.dev/federation/v2.13\""),
        &[("UNKNOWN_FEDERATION_LINK_VERSION", "@link")],
    );
    assert_refused(&alone("extend schema @tag"), &[("INVALID_GRAPHQL", "@tag")]);
}

#[test]
fn keys_must_select_fields() {
    let key = |key: &str| {
        alone(&format!(
            "type T @key({key}) {{ id: ID! u: U f(x: Int): Int i: N }} type U {{ id: ID! }} interface N {{ id: ID! }}"
        ))
    };
    assert_refused(&key("fields: \"nope\""), &[("KEY_INVALID_FIELDS", "T")]);
    assert_refused(&key("fields: \"id {\""), &[("KEY_INVALID_FIELDS", "T")]);
    assert_refused(&key("fields: \"\""), &[("KEY_INVALID_FIELDS", "T")]);
    assert_refused(&key("fields: \"u\""), &[("KEY_INVALID_FIELDS", "T")]);
    assert_refused(&key("fields: 1"), &[("KEY_INVALID_FIELDS_TYPE", "T")]);
    assert_refused(&key("fields: \"f\""), &[("KEY_FIELDS_HAS_ARGS", "T")]);
    assert_refused(&key("fields: \"i { id }\""), &[("KEY_FIELDS_SELECT_INVALID_TYPE", "T")]);
    assert_refused(&key("fields: \"id @skip\""), &[("KEY_DIRECTIVE_IN_FIELDS_ARG", "T")]);
}

#[test]
fn provides_and_requires_speak_of_external_fields() {
    let with = |directive: &str| {
        alone(&format!(
            r#"type T @key(fields: "id") {{ id: ID! a: Int @external b: Int {directive} u: U @provides(fields: "x") }} type U {{ x: Int @external }}"#
        ))
    };
    assert_refused(
        &with("@requires(fields: \"id\")"),
        &[("EXTERNAL_UNUSED", "T.a"), ("REQUIRES_FIELDS_MISSING_EXTERNAL", "T.b")],
    );
    assert_refused(&with("@requires(fields: \"a nope\")"), &[("REQUIRES_INVALID_FIELDS", "T.b")]);
    assert_refused(
        &with("@provides(fields: \"a\")"),
        &[("EXTERNAL_UNUSED", "T.a"), ("PROVIDES_ON_NON_OBJECT_FIELD", "T.b")],
    );
    assert_refused(
        &alone("type T { u: U @provides(fields: \"x\") } type U { x: Int }"),
        &[("PROVIDES_FIELDS_MISSING_EXTERNAL", "T.u")],
    );
    assert_refused(
        &alone("interface I { a: Int @external } type T implements I { a: Int }"),
        &[("EXTERNAL_ON_INTERFACE", "I.a")],
    );
}

#[test]
fn external_fields_must_exist_and_agree_elsewhere() {
    let user = r#"type T @key(fields: "id") { id: ID! a(x: Int): Int @external b: Int @requires(fields: "a") }"#;
    assert_refused(&alone(user), &[("EXTERNAL_MISSING_ON_BASE", "T.a")]);
    let owner = |a: &str| v2("two", &format!(r#"type Query {{ t: T }} type T @key(fields: "id") {{ id: ID! {a} }}"#));
    assert_refused(&[v2("one", user), owner("a(x: Int): String")], &[("EXTERNAL_TYPE_MISMATCH", "T.a")]);
    assert_refused(&[v2("one", user), owner("a(y: Int): Int")], &[("EXTERNAL_ARGUMENT_MISSING", "T.a(y:)")]);
    assert_refused(&[v2("one", user), owner("a(x: String): Int")], &[("EXTERNAL_ARGUMENT_TYPE_MISMATCH", "T.a(x:)")]);
    assert_refused(
        &[v2("one", user), owner("a(x: Int = 1): Int")],
        &[("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", "T.a(x:)")],
    );
}

#[test]
fn a_field_two_subgraphs_resolve_must_be_shareable_in_both() {
    let errors = refused(&[
        v2("a", "type Query { f: Int }"),
        v2("b", "type Query { f: Int @shareable }"),
        v2("c", "type Query { g: Int }"),
    ]);
    assert_eq!(
        errors[0].message,
        "Non-shareable field \"Query.f\" is resolved from multiple subgraphs: it is resolved from subgraphs \"a\" and \"b\" and defined as non-shareable in subgraph \"a\"."
    );
    assert_eq!(errors[0].subgraphs, ["a", "b"]);
    assert_refused(
        &alone("interface I { a: Int @shareable } type T implements I { a: Int }"),
        &[("INVALID_SHAREABLE_USAGE", "I.a")],
    );
    let subscription = "type Query { q: Int @shareable } type Subscription { s: Int }";
    assert_refused(&[v2("a", subscription), v2("b", subscription)], &[("INVALID_FIELD_SHARING", "Subscription.s")]);
}

#[test]
fn an_interface_object_and_its_interface_share_fields_only_knowingly() {
    let media = r#"type Query { m: Media } interface Media @key(fields: "id") { id: ID! stars: Int } type Book implements Media @key(fields: "id") { id: ID! stars: Int }"#;
    let ratings = r#"type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }"#;
    assert_refused(&[v2("media", media), v2("ratings", ratings)], &[("INVALID_FIELD_SHARING", "Book.stars")]);
    assert_refused(&alone("type T @interfaceObject { id: ID! }"), &[("INTERFACE_OBJECT_USAGE_ERROR", "T")]);
    assert_refused(
        &alone(r#"type T @interfaceObject @key(fields: "id") { id: ID! }"#),
        &[("INTERFACE_OBJECT_USAGE_ERROR", "T")],
    );
    assert_refused(
        &alone(r#"interface I @key(fields: "id") { id: ID! } type T implements I { id: ID! }"#),
        &[("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", "I")],
    );
    let film = r#"interface Media { id: ID! } type Film implements Media @key(fields: "id") { id: ID! stars: Int }"#;
    assert_refused(&[v2("media", media), v2("films", film)], &[("INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", "Media")]);
}

#[test]
fn overrides_must_make_sense() {
    let old = r#"type Query { t: T } type T @key(fields: "id") { id: ID! f: Int }"#;
    let new = |arguments: &str| {
        v2("new", &format!(r#"type T @key(fields: "id") {{ id: ID! f: Int @override({arguments}) }}"#))
    };
    assert_refused(
        &[v2("old", old), new("from: \"new\"")],
        &[("INVALID_FIELD_SHARING", "T.f"), ("OVERRIDE_FROM_SELF_ERROR", "T.f")],
    );
    assert_refused(
        &[v2("old", old), new("from: \"old\", label: \"percent(101)\"")],
        &[("OVERRIDE_LABEL_INVALID", "T.f")],
    );
    assert_refused(&[v2("old", old), new("from: \"old\", label: \"9x\"")], &[("OVERRIDE_LABEL_INVALID", "T.f")]);
    let third = v2("third", r#"type T @key(fields: "id") { id: ID! f: Int @override(from: "new") }"#);
    assert_refused(
        &[v2("old", old), new("from: \"old\""), third],
        &[("INVALID_FIELD_SHARING", "T.f"), ("OVERRIDE_SOURCE_HAS_OVERRIDE", "T.f")],
    );
    let requiring =
        r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external f: Int @requires(fields: "x") }"#;
    let owner = v2("x", r#"type T @key(fields: "id") { id: ID! x: Int }"#);
    assert_refused(
        &[v2("old", requiring), new("from: \"old\""), owner],
        &[("INVALID_FIELD_SHARING", "T.f"), ("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", "T.f")],
    );
    assert_refused(
        &alone("interface I { a: Int @override(from: \"x\") } type T implements I { a: Int }"),
        &[("OVERRIDE_ON_INTERFACE", "I.a")],
    );
}

#[test]
fn hidden_elements_must_not_be_needed() {
    assert_refused(
        &[v2("one", "type Query { t: T } type T @inaccessible { a: Int }")],
        &[("REFERENCED_INACCESSIBLE", "Query.t")],
    );
    assert_refused(&alone("type T { a: Int @inaccessible }"), &[("ONLY_INACCESSIBLE_CHILDREN", "T")]);
    assert_refused(&alone("type T { a(x: Int! @inaccessible): Int }"), &[("REQUIRED_INACCESSIBLE", "T.a(x:)")]);
    assert_refused(
        &alone("interface I { a: Int } type T implements I { a: Int @inaccessible b: Int }"),
        &[("IMPLEMENTED_BY_INACCESSIBLE", "T.a")],
    );
    assert_refused(&[v2("one", "type Query @inaccessible { a: Int }")], &[("QUERY_ROOT_TYPE_INACCESSIBLE", "Query")]);
}

#[test]
fn composed_directives_contexts_and_costs_are_checked() {
    assert_refused(
        &alone("extend schema @composeDirective(name: \"x\")"),
        &[("DIRECTIVE_COMPOSITION_ERROR", "@composeDirective")],
    );
    assert_refused(&alone("extend schema @composeDirective(name: \"@x\")"), &[("DIRECTIVE_COMPOSITION_ERROR", "@x")]);
    assert_refused(
        &alone("type T { a(x: Int @fromContext(field: \"$c { id }\")): Int }"),
        &[("CONTEXT_NOT_SET", "T.a(x:)")],
    );
    assert_refused(&alone("type T @context(name: \"a_b\") { a: Int }"), &[("CONTEXT_NAME_INVALID", "T")]);
    assert_refused(
        &alone("type T { a: Int @listSize(assumedSize: -1) }"),
        &[("LIST_SIZE_APPLIED_TO_NON_LIST", "T.a"), ("LIST_SIZE_INVALID_ASSUMED_SIZE", "T.a")],
    );
    assert_refused(
        &alone(
            "type T { a(n: String): Page @listSize(slicingArguments: [\"n\"], sizedFields: [\"size\"]) } type Page { size: Int }",
        ),
        &[("LIST_SIZE_INVALID_SIZED_FIELD", "T.a"), ("LIST_SIZE_INVALID_SLICING_ARGUMENT", "T.a")],
    );
    assert_refused(
        &alone("interface I { a: Int @cost(weight: 1) } type T implements I { a: Int }"),
        &[("COST_APPLIED_TO_INTERFACE_FIELD", "I.a")],
    );
    for (field, code) in [
        ("", "NO_CONTEXT_REFERENCED"),
        ("c { id }", "NO_CONTEXT_REFERENCED"),
        ("$c", "NO_SELECTION_FOR_CONTEXT"),
        ("$c { id @skip }", "CONTEXT_INVALID_SELECTION"),
    ] {
        assert_refused(
            &alone(&format!(
                "type T @context(name: \"c\") {{ id: ID a(x: Int @fromContext(field: \"{field}\")): Int }}"
            )),
            &[(code, "T.a(x:)")],
        );
    }
}

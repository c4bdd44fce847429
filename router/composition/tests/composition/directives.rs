//! Directives that travel from subgraphs into the supergraph.

use crate::support::{composed, own_part, plan, refusals, v1, v2};

#[test]
fn tags_and_inaccessible_elements_are_collected_and_hidden_from_clients() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { a(secret: Int @inaccessible): T hidden: Hidden @inaccessible } type T @shareable @tag(name: "x") { id: ID @tag(name: "b") n: Int @inaccessible }
               type Hidden @inaccessible { id: ID } union U = T | Hidden enum E { A B @inaccessible } input I { x: Int y: E = A @inaccessible }
               type Mutation { set(i: I): U }"#,
        ),
        v2(
            "b",
            r#"type Query { b: T } type T @shareable @tag(name: "y") @tag(name: "x") { id: ID @tag(name: "a") n: Int }"#,
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(composition.api_sdl);
}

#[test]
fn demands_on_the_caller_add_up() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { a: Int @authenticated b: Int @shareable @requiresScopes(scopes: [["x"], ["y", "z"]]) @policy(policies: [["p"]]) }"#,
        ),
        v2(
            "b",
            r#"type Query { b: Int @shareable @requiresScopes(scopes: [["y"], ["x"]]) @policy(policies: [["q"], ["p"]]) } scalar S @authenticated"#,
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
}

#[test]
fn costs_take_the_worst_case() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { list(first: Int @cost(weight: 1)): [Int] @shareable @cost(weight: 2) @listSize(slicingArguments: ["first"]) }"#,
        ),
        v2(
            "b",
            r"type Query { list(first: Int @cost(weight: 4)): [Int] @shareable @cost(weight: 3) @listSize(assumedSize: 10, requireOneSlicingArgument: false) }",
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
}

#[test]
fn a_composed_directive_stays_with_its_link() {
    let custom = |version: &str, arguments: &str, usage: &str| {
        format!(
            r#"extend schema @link(url: "https://example.test/cache/{version}", import: ["@cached"]) @composeDirective(name: "@cached")
            directive @cached{arguments} on FIELD_DEFINITION | OBJECT
            type Query {{ {usage} }}"#
        )
    };
    let composition = composed(&[
        v2("a", &custom("v1.0", "(seconds: Int!)", "a: Int @cached(seconds: 1)")),
        v2("b", &custom("v1.2", "(seconds: Int!, scope: String)", r#"b: Int @cached(seconds: 2, scope: "me")"#)),
        v2("c", "directive @cached on FIELD_DEFINITION type Query { c: Int @cached }"),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    assert!(!composition.api_sdl.contains("cached"));

    let clash =
        [v2("a", &custom("v1.0", "(seconds: Int!)", "a: Int")), v2("b", &custom("v2.0", "(seconds: Int!)", "b: Int"))];
    assert_eq!(refusals(&clash), [("DIRECTIVE_COMPOSITION_ERROR".to_owned(), "@cached".to_owned())]);
}

#[test]
fn what_one_subgraph_gives_a_default_may_be_left_out_of_a_composed_directive() {
    let custom = |default: &str, field: &str| {
        format!(
            r#"extend schema @link(url: "https://example.test/access/v1.0", import: ["@access"]) @composeDirective(name: "@access")
            directive @access(to: access__Scope!{default}) on FIELD enum access__Scope {{ ALL SOME }} type Query {{ {field}: Int }}"#
        )
    };
    for (one, other) in [("", " = ALL"), (" = ALL", "")] {
        let composition = composed(&[v2("a", &custom(one, "a")), v2("b", &custom(other, "b"))]);
        assert!(
            composition.supergraph_sdl.contains("directive @access(to: access__Scope! = ALL) on FIELD"),
            "{}",
            composition.supergraph_sdl
        );
    }
}

#[test]
fn directives_for_operations_stay_when_all_subgraphs_know_them() {
    let composition = composed(&[
        v2("a", "directive @mask(by: Int, also: Int) on FIELD | QUERY directive @only on FIELD type Query { a: Int }"),
        v2("b", "directive @mask(by: Int) repeatable on FIELD | MUTATION type Query { b: Int }"),
    ]);
    assert!(composition.api_sdl.contains("directive @mask(by: Int) on FIELD\n"), "{}", composition.api_sdl);
    assert!(!composition.api_sdl.contains("@only"));
}

#[test]
fn federation_directives_may_be_renamed_or_prefixed() {
    let composition = composed(&[
        v1(
            "a",
            r#"extend schema
                 @link(url: "https://specs.apollo.dev/link/v1.0")
                 @link(url: "https://specs.apollo.dev/federation/v2.3", as: "fed", import: [{ name: "@key", as: "@primary" }])
                 @link(url: "https://specs.apollo.dev/tag/v0.3")
               type Query { a: T } type T @primary(fields: "id") @tag(name: "t") { id: ID! x: Int @fed__shareable }
               scalar fed__FieldSet"#,
        ),
        v2("b", r#"type T @key(fields: "id") { id: ID! x: Int @shareable y: Int }"#),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ a { y } }"));
}

#[test]
fn a_context_fills_arguments() {
    let composition = composed(&[v2(
        "a",
        r#"type Query { user: User } type User @key(fields: "id") @context(name: "user") { id: ID! locale: String order: Order }
               type Order @key(fields: "id") { id: ID! total(currency: Int locale: String @fromContext(field: "$user { locale }")): String }"#,
    )]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    assert!(composition.api_sdl.contains("total(currency: Int): String"), "{}", composition.api_sdl);
    let hints: Vec<_> = composition.hints.iter().map(|hint| (hint.code, hint.coordinate.as_deref())).collect();
    assert_eq!(hints, [("CONTEXT_ARGUMENT_NOT_SERVED", Some("Order.total(locale:)"))]);
    let refusal = cloudphone_planning::Supergraph::parse(&composition.supergraph_sdl).unwrap_err().to_string();
    assert!(refusal.starts_with("`Order.total` gets arguments from a context"), "{refusal}");
}

#[test]
fn one_of_and_specified_by_reach_clients() {
    let composition = composed(&[v2(
        "a",
        r#"type Query { a(by: By): Date } input By @oneOf { id: ID name: String } scalar Date @specifiedBy(url: "https://x.test")"#,
    )]);
    insta::assert_snapshot!(composition.api_sdl);
}

#[test]
fn a_composed_directive_brings_its_types_along() {
    let composition = composed(&[v2(
        "a",
        r#"extend schema @link(url: "https://example.test/cache/v1.0", import: ["@cached"]) @composeDirective(name: "@cached")
           directive @cached(scope: cache__Scope! = MINE, by: [Int!]) on FIELD_DEFINITION enum cache__Scope { MINE ALL }
           type Query { a: Int @cached b: Int @cached(scope: ALL, by: 1) }"#,
    )]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    assert_eq!(
        refusals(&[v2("a", "directive @mask(by: Missing) on FIELD type Query { a: Int }")]),
        [("INVALID_GRAPHQL".to_owned(), "@mask(by:)".to_owned())]
    );
}

#[test]
fn arguments_of_directives_for_operations_are_merged_like_those_of_fields() {
    let sdl = |argument: &str| format!("directive @mask(by: {argument}) on FIELD type Query {{ q: Int @shareable }}");
    let both = |a: &str, b: &str| [v2("a", &sdl(a)), v2("b", &sdl(b))];
    assert!(composed(&both("Int", "Int!")).api_sdl.contains("directive @mask(by: Int!) on FIELD"));
    assert_eq!(
        refusals(&both("Int", "String")),
        [("FIELD_ARGUMENT_TYPE_MISMATCH".to_owned(), "@mask(by:)".to_owned())]
    );
}

#[test]
fn equal_demands_in_many_subgraphs_stay_small() {
    let demand = r#"@requiresScopes(scopes: [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]])"#;
    let sdl = format!("type Query {{ q: Int @shareable {demand} }}");
    let subgraphs: Vec<_> = (0..12).map(|index| v2(&format!("s{index}"), &sdl)).collect();
    assert!(composed(&subgraphs).supergraph_sdl.contains(demand));
}

//! What composes but may not be meant is hinted at.

use crate::support::{composed, v2};

#[test]
fn differences_between_subgraphs_are_hinted_at() {
    let composition = composed(&[
        v2(
            "a",
            r#"
            "One." type T @shareable { id: ID } type Query { f(x: Int, y: Int = 1): T! @shareable g: E u: U n: T }
            enum E { A B } enum Unused { X } union U = T input I { x: Int only: Int } type Mutation { m(i: I): Int }
            directive @here on FIELD
            "#,
        ),
        v2(
            "b",
            r#"
            "Another." type T @shareable { id: ID } type Query { f(y: Int): T @shareable h: E v: U }
            enum E { A } union U = T | V type V { id: ID @override(from: "nobody") } input I { x: Int! } type Mutation { k(i: I): Int }
            "#,
        ),
    ]);
    let hints: Vec<String> = composition.hints.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(hints.join("\n"));
}

#[test]
fn overrides_say_what_can_be_cleaned_up() {
    let composition = composed(&[
        v2("old", r#"type Query { t: T } type T @key(fields: "id") { id: ID! a: Int b: Int c: Int @shareable }"#),
        v2(
            "new",
            r#"type T @key(fields: "id") { id: ID! a: Int @override(from: "old") b: Int @override(from: "old", label: "percent(5)") d: Int @override(from: "old") }"#,
        ),
    ]);
    let codes: Vec<(&str, Option<&str>)> =
        composition.hints.iter().map(|hint| (hint.code, hint.coordinate.as_deref())).collect();
    assert_eq!(
        codes,
        [
            ("OVERRIDDEN_FIELD_CAN_BE_REMOVED", Some("T.a")),
            ("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", Some("T.d")),
            ("OVERRIDE_MIGRATION_IN_PROGRESS", Some("T.b")),
        ]
    );
}

#[test]
fn types_that_are_not_alike_everywhere_are_hinted_at() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { t: T } type T implements N @key(fields: "id") { id: ID! a: Int } interface N { id: ID! a: Int }
               directive @mask repeatable on FIELD | QUERY"#,
        ),
        v2(
            "b",
            "type Query { i: N } type T implements N { id: ID! @shareable } interface N { id: ID! } directive @mask on FIELD",
        ),
    ]);
    let codes: Vec<(&str, Option<&str>)> =
        composition.hints.iter().map(|hint| (hint.code, hint.coordinate.as_deref())).collect();
    assert_eq!(
        codes,
        [
            ("INCONSISTENT_ENTITY", Some("T")),
            ("INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS", Some("@mask")),
            ("INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE", Some("@mask")),
            ("INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", Some("N.a")),
        ]
    );
}

/// The codes and coordinates of the hints of two subgraphs.
fn hints_of(a: &str, b: &str) -> Vec<(&'static str, String)> {
    let composition = composed(&[v2("a", a), v2("b", b)]);
    composition.hints.into_iter().map(|hint| (hint.code, hint.coordinate.unwrap_or_default())).collect()
}

#[test]
fn what_is_looser_here_and_stricter_there_is_hinted_at() {
    assert_eq!(
        hints_of("type Query { f(x: Int): Int @shareable }", "type Query { f(x: Int!): Int @shareable }"),
        [("INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", "Query.f(x:)".to_owned())]
    );
    assert_eq!(
        hints_of(
            "type Query { a(size: Size): Int } enum Size { S M }",
            "type Query { b(size: Size): Int } enum Size { M }"
        ),
        [("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", "Size.S".to_owned())]
    );
    assert_eq!(
        hints_of(
            "type Query { shop: Shop @shareable } type Shop @shareable { name: String owner: String }",
            "type Query { shop: Shop @shareable } type Shop @shareable { name: String }"
        ),
        [("INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", "Shop.owner".to_owned())]
    );
}

#[test]
fn a_shared_field_whose_objects_differ_is_hinted_at() {
    let types = "type Cat @shareable { id: ID } type Dog @shareable { id: ID } type Query { pet: Pet @shareable }";
    assert_eq!(
        hints_of(&format!("{types} union Pet = Cat | Dog"), &format!("{types} union Pet = Dog")),
        [
            ("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", "Query.pet".to_owned()),
            ("INCONSISTENT_UNION_MEMBER", "Pet".to_owned()),
        ]
    );
}

#[test]
fn directives_that_subgraphs_disagree_on_are_hinted_at() {
    let field = |reason: &str| format!("type Query {{ f: Int @shareable @deprecated(reason: \"{reason}\") }}");
    assert_eq!(
        hints_of(&field("slow"), &field("wrong")),
        [("INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS", "Query.f".to_owned())]
    );
    assert_eq!(
        hints_of("directive @mask on FIELD type Query { a: Int }", "directive @mask on QUERY type Query { b: Int }"),
        [("NO_EXECUTABLE_DIRECTIVE_LOCATIONS_INTERSECTION", "@mask".to_owned())]
    );
}

//! What composes but may not be meant is hinted at.

use crate::support::{composed, v2};

#[test]
fn differences_between_subgraphs_are_hinted_at() {
    let composition = composed(&[
        v2(
            "a",
            r#"
            "One." type T @shareable { id: ID a: Int } type Query { f(x: Int, y: Int = 1): T! @shareable g: E u: U n: T }
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
    ]
    .map(|mut subgraph| {
        subgraph.sdl = subgraph.sdl.replace("{ id: ID a: Int }", "{ id: ID }");
        subgraph
    }));
    let hints: Vec<String> =
        composition.hints.iter().map(|hint| format!("{hint} {:?} {:?}", hint.subgraphs, hint.coordinate)).collect();
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

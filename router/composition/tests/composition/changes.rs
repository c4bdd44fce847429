//! What a client of the released API would notice of a new one.

#![allow(clippy::unwrap_used)]

use cloudphone_composition::{Criticality, breaking_changes};

fn changes(old: &str, new: &str) -> Vec<(Criticality, String)> {
    breaking_changes(old, new).unwrap().into_iter().map(|change| (change.criticality, change.coordinate)).collect()
}

fn breaking(coordinate: &str) -> (Criticality, String) {
    (Criticality::Breaking, coordinate.to_owned())
}

fn dangerous(coordinate: &str) -> (Criticality, String) {
    (Criticality::Dangerous, coordinate.to_owned())
}

fn safe(coordinate: &str) -> (Criticality, String) {
    (Criticality::Safe, coordinate.to_owned())
}

#[test]
fn equal_schemas_have_no_changes() {
    let schema = r#"
        "Everything." type Query { a(x: Int = 1, y: [E!]): U @deprecated(reason: "old") }
        enum E { A B } union U = T | V type T { e: E } type V { e: E } directive @flag(on: Boolean) on FIELD
    "#;
    assert_eq!(changes(schema, schema), []);
}

#[test]
fn removing_what_clients_use_breaks_them() {
    let old = "type Query { a: Int b(x: Int): E c: U } enum E { A B } union U = T | V
        type T implements I { id: ID } type V { id: ID } interface I { id: ID } directive @flag on FIELD | QUERY";
    let new = "type Query { b: E c: U } enum E { A } union U = T type T { id: ID } type V { id: ID }
        interface I { id: ID } directive @flag on FIELD";
    assert_eq!(
        changes(old, new),
        [
            breaking("@flag"),
            breaking("E.B"),
            breaking("Query.a"),
            breaking("Query.b(x:)"),
            breaking("T"),
            breaking("U")
        ]
    );
}

#[test]
fn stricter_outputs_are_safe_and_stricter_inputs_are_not() {
    let old = "type Query { a(x: Int): [Int] b(x: Int!): Int! } input I { x: Int }";
    let new = "type Query { a(x: Int!): [Int!]! b(x: Int): Int } input I { x: Int!, y: Int! }";
    assert_eq!(
        changes(old, new),
        [
            breaking("I.x"),
            breaking("I.y"),
            breaking("Query.a(x:)"),
            breaking("Query.b"),
            safe("Query.a"),
            safe("Query.b(x:)"),
        ]
    );
}

#[test]
fn an_argument_that_loses_its_default_may_become_required() {
    assert_eq!(
        changes("type Query { a(x: Int! = 1, y: Int = 1): Int }", "type Query { a(x: Int!, y: Int = 2): Int }"),
        [breaking("Query.a(x:)"), dangerous("Query.a(y:)")]
    );
}

#[test]
fn additions_are_dangerous_only_where_clients_meet_them_unasked() {
    let old = "type Query { a(i: In): Out u: U } enum In { A } enum Out { A } union U = T type T { id: ID }";
    let new = "type Query { a(i: In, j: Int): Out u: U n: Int } enum In { A B } enum Out { A B }
        union U = T | V type T { id: ID } type V { id: ID }";
    assert_eq!(
        changes(old, new),
        [dangerous("Out.B"), dangerous("Query.a(j:)"), dangerous("U"), safe("In.B"), safe("Query.n"), safe("V")]
    );
}

#[test]
fn a_removed_field_tells_whether_it_was_deprecated() {
    let messages: Vec<String> =
        breaking_changes("type Query { a: Int @deprecated b: Int c: Int }", "type Query { c: Int }")
            .unwrap()
            .into_iter()
            .map(|change| change.to_string())
            .collect();
    assert_eq!(
        messages,
        [
            "breaking: Query.a: The field was removed; it was deprecated.",
            "breaking: Query.b: The field was removed without having been deprecated.",
        ]
    );
}

#[test]
fn a_schema_that_is_no_graphql_is_reported_with_its_place() {
    let error = breaking_changes("type Query { a: Int }", "type Query {\n  a Int }").unwrap_err();
    assert_eq!(error.to_string(), "INVALID_GRAPHQL: the new schema: line 2, column 5: expected `:`, found `Int`");
}

#[test]
fn a_new_type_behind_a_known_interface_is_dangerous() {
    let old = "type Query { n(x: Int, i: I): N } interface N { id: ID } input I { a: Int }";
    let new = "type Query { n(x: Int @deprecated(reason: \"old\"), i: I): N } interface N { id: ID } type T implements N { id: ID }
        input I { a: Int @deprecated }";
    assert_eq!(changes(old, new), [dangerous("T"), safe("I.a"), safe("Query.n(x:)")]);
}

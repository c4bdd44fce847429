//! Queries the API allows must be answerable, whatever path they take.

use crate::support::{composed, plan, refusals, refused, v2};

fn unsatisfiable(coordinate: &str) -> (String, String) {
    ("SATISFIABILITY_ERROR".to_owned(), coordinate.to_owned())
}

#[test]
fn a_field_that_no_key_leads_to_is_refused_with_the_reason() {
    let errors = refused(&[
        v2("a", "type Query { box: Box } type Box @shareable { id: ID }"),
        v2("b", "type Query { other: Box } type Box { id: ID @shareable size: Int }"),
    ]);
    insta::assert_snapshot!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"));
    assert_eq!(errors[0].subgraphs, ["a", "b"]);
}

#[test]
fn a_key_that_cannot_be_resolved_leads_nowhere() {
    let a = r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! }"#;
    let b = r#"type Box @key(fields: "id", resolvable: false) { id: ID! size: Int }"#;
    assert_eq!(refusals(&[v2("a", a), v2("b", b)]), [unsatisfiable("Box.size")]);
    let errors = refused(&[
        v2("a", a),
        v2("b", &b.replace(", resolvable: false", "").replace("\"id\"", "\"code\"").replace("size", "code: ID size")),
    ]);
    insta::assert_snapshot!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n"));
}

#[test]
fn a_third_subgraph_may_translate_between_keys() {
    let composition = composed(&[
        v2("a", r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! }"#),
        v2("b", r#"type Box @key(fields: "id") @key(fields: "code") { id: ID! code: ID! }"#),
        v2("c", r#"type Box @key(fields: "code") { code: ID! size: Int }"#),
    ]);
    insta::assert_snapshot!(plan(&composition, "{ box { size } }"));
}

#[test]
fn a_required_field_must_be_reachable_and_a_key_must_lead_back() {
    let a = r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! weight: Int }"#;
    let b = r#"type Box @key(fields: "id") { id: ID! weight: Int @external price: Int @requires(fields: "weight") }"#;
    composed(&[v2("a", a), v2("b", b)]);
    assert_eq!(
        refusals(&[
            v2("a", a),
            v2(
                "b",
                &format!(
                    "type Query {{ mine: Box }} {}",
                    b.replace("@key(fields: \"id\")", "").replace("id: ID!", "id: ID! @shareable")
                )
            )
        ]),
        [unsatisfiable("Box.price")]
    );
}

#[test]
fn circular_requirements_are_refused() {
    assert_eq!(
        refusals(&[
            v2(
                "a",
                r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! x: Int @requires(fields: "y") y: Int @external }"#
            ),
            v2("b", r#"type Box @key(fields: "id") { id: ID! y: Int @requires(fields: "x") x: Int @external }"#),
        ]),
        [unsatisfiable("Box.x"), unsatisfiable("Box.y")]
    );
}

#[test]
fn provided_fields_are_readable_on_the_providing_path_only() {
    let a = |provides: &str| {
        format!("type Query {{ top: Box {provides} }} type Box {{ size: Int @external id: ID @shareable }}")
    };
    let b = "type Query { other: Box } type Box { size: Int @shareable id: ID @shareable }";
    composed(&[v2("a", &a("@provides(fields: \"size\")")), v2("b", b)]);
    let unprovided = a("@provides(fields: \"size\") more: Box");
    assert_eq!(refusals(&[v2("a", &unprovided), v2("b", b)]), [unsatisfiable("Box.size")]);
}

#[test]
fn every_possible_type_behind_an_interface_must_be_answerable() {
    let a = |dog: &str| {
        format!(
            r#"type Query {{ pets: [Pet] }} interface Pet {{ id: ID! }}
            type Cat implements Pet @key(fields: "id") {{ id: ID! }} type Dog implements Pet {dog} {{ id: ID! }}"#
        )
    };
    let b = r#"type Cat @key(fields: "id") { id: ID! age: Int } type Dog @key(fields: "id") { id: ID! age: Int }"#;
    composed(&[v2("a", &a(r#"@key(fields: "id")"#)), v2("b", b)]);
    assert_eq!(
        refusals(&[
            v2("a", &a("@shareable")),
            v2("b", &b.replace("type Dog @key(fields: \"id\") { id: ID!", "type Dog { id: ID! @shareable"))
        ]),
        [unsatisfiable("Dog.age")]
    );
}

#[test]
fn an_interface_object_needs_a_subgraph_that_tells_the_type() {
    let a = |key: &str| {
        format!(
            r#"type Query {{ media: [Media] }} interface Media {key} {{ id: ID! title: String }}
            type Book implements Media @key(fields: "id") {{ id: ID! title: String }}"#
        )
    };
    let b = r#"type Query { rated: [Media] } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }"#;
    let composition = composed(&[v2("a", &a(r#"@key(fields: "id")"#)), v2("b", b)]);
    insta::assert_snapshot!(plan(&composition, "{ rated { title stars } }"));
    let codes: Vec<_> = refusals(&[v2("a", &a("")), v2("b", b)]);
    assert!(codes.contains(&unsatisfiable("Book.title")), "{codes:?}");
}

#[test]
fn a_gradual_override_must_work_both_ways() {
    let old = r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! size: Int }"#;
    let new = r#"type Box @key(fields: "id") { id: ID! size: Int @override(from: "old", label: "moved") }"#;
    composed(&[v2("old", old), v2("new", new)]);
    assert_eq!(
        refusals(&[v2("old", old), v2("new", &new.replace("fields: \"id\"", "fields: \"id\", resolvable: false"))]),
        [unsatisfiable("Box.size")]
    );
}

#[test]
fn subgraphs_that_share_an_abstract_field_must_be_able_to_agree() {
    let sdl = |types: &str| {
        format!(
            "type Query {{ pet: Pet @shareable }} union Pet = {types} type Cat @shareable {{ id: ID }} type Dog @shareable {{ id: ID }}"
        )
    };
    composed(&[v2("a", &sdl("Cat | Dog")), v2("b", &sdl("Dog"))]);
    assert_eq!(
        refusals(&[v2("a", &sdl("Cat")), v2("b", &sdl("Dog"))]),
        [("SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES".to_owned(), "Query.pet".to_owned())]
    );
}

#[test]
fn recursive_types_are_explored_once() {
    let composition = composed(&[
        v2(
            "a",
            r#"type Query { a: A } type A @key(fields: "b { id }") { b: B! } type B @key(fields: "a { x }") { id: ID! @shareable a: A }
            extend type A { x: Int! }"#,
        ),
        v2("b", r#"type A @key(fields: "b { id }") { b: B! y: Int } type B @shareable { id: ID! }"#),
    ]);
    insta::assert_snapshot!(plan(&composition, "{ a { b { a { y } } } }"));
}

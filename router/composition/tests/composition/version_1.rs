//! Subgraphs written for federation 1 compose with each other and with newer ones.

use crate::support::{composed, own_part, plan, refusals, v1, v2};

const USERS: &str = r#"type Query { me: User } type User @key(fields: "id") @key(fields: ["email", "tenant"]) { id: ID! email: String tenant: ID name: String }
    type Money { amount: Int currency: String }"#;
const REVIEWS: &str = r#"
    extend type Query { reviews: [Review] }
    type Review { body: String author: User @provides(fields: "name") worth: Money }
    extend type User @key(fields: "id") { id: ID! @external name: String @external unused: Int @external reviews: [Review] }
    type Money { amount: Int currency: String }
    type Service @extends @key(fields: "id") { id: ID! @external }
    directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE
    scalar _FieldSet
    scalar _Any
    "#;

#[test]
fn extensions_externals_and_value_types_work_as_in_federation_1() {
    let reviews = REVIEWS.replace("type Service @extends @key(fields: \"id\") { id: ID! @external }", "");
    let composition = composed(&[v1("users", USERS), v1("reviews", &reviews)]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ me { reviews { body worth { amount } author { name email } } } }"));
}

#[test]
fn an_extension_needs_a_type_to_extend() {
    assert_eq!(
        refusals(&[v1("users", USERS), v1("reviews", REVIEWS)]),
        [("EXTENSION_WITH_NO_BASE".to_owned(), "Service".to_owned())]
    );
}

#[test]
fn a_version_1_subgraph_shares_only_with_shareable_fields_of_version_2() {
    let old = r#"type Query { a: T } type T @key(fields: "id") { id: ID! x: Int }"#;
    let shareable = r#"type T @key(fields: "id") { id: ID! x: Int @shareable }"#;
    composed(&[v1("old", old), v2("new", shareable)]);
    let own = r#"type T @key(fields: "id") { id: ID! x: Int }"#;
    assert_eq!(refusals(&[v1("old", old), v2("new", own)]), [("INVALID_FIELD_SHARING".to_owned(), "T.x".to_owned())]);
}

#[test]
fn required_fields_of_an_extension_are_fetched_first() {
    let composition = composed(&[
        v1(
            "catalogue",
            r#"type Query { item: Item } type Item @key(fields: "sku") { sku: ID! size: Size } type Size { unit: String length: Int }"#,
        ),
        v1(
            "shipping",
            r#"extend type Item @key(fields: "sku") { sku: ID! @external size: Size @external price: Int @requires(fields: "size { unit }") }
               extend type Size { unit: String @external }"#,
        ),
    ]);
    insta::assert_snapshot!(plan(&composition, "{ item { price } }"));
}

#[test]
fn an_extension_may_only_implement_and_be_followed_by_anything() {
    let composition = composed(&[v1(
        "one",
        r#"type User @key(fields: "id") { id: ID! } extend type User implements Node, Named
           type Query { node: Node } interface Node { id: ID! } interface Named { id: ID! }"#,
    )]);
    assert!(composition.api_sdl.contains("type User implements Named & Node {"), "{}", composition.api_sdl);
}

#[test]
fn all_subgraphs_may_extend_the_query() {
    let composition = composed(&[v1("a", "extend type Query { a: Int }"), v1("b", "extend type Query { b: Int }")]);
    assert!(composition.api_sdl.contains("type Query {\n  a: Int\n  b: Int\n}"), "{}", composition.api_sdl);
    plan(&composition, "{ a b }");
}

//! Entities: types whose fields several subgraphs contribute, found again by keys.

use crate::support::{composed, own_part, plan, v2};

#[test]
fn fields_of_an_entity_come_from_several_subgraphs() {
    let composition = composed(&[
        v2(
            "products",
            r#"
            type Query { product(upc: ID!): Product }
            type Product @key(fields: "upc") @key(fields: "sku { code maker { id } }") {
              upc: ID!
              sku: Sku!
              weight: Int
            }
            type Sku @shareable { code: String! maker: Maker! }
            type Maker @shareable { id: ID! }
            "#,
        ),
        v2(
            "shipping",
            r#"
            type Query { parcels: [Parcel!]! }
            type Parcel { product: Product }
            type Product @key(fields: "upc") {
              upc: ID!
              weight: Int @external
              costs(country: String = "SE"): Float @requires(fields: "weight")
            }
            "#,
        ),
        v2(
            "factory",
            r#"
            type Product @key(fields: "sku { code maker { id } }") { sku: Sku! made: String }
            type Sku @shareable { code: String! maker: Maker! }
            type Maker @shareable { id: ID! }
            "#,
        ),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ parcels { product { costs made } } }"));
}

#[test]
fn a_provided_field_saves_a_fetch() {
    let composition = composed(&[
        v2(
            "reviews",
            r#"
            type Query { reviews: [Review!]! }
            type Review { author: User! @provides(fields: "name") text: String }
            type User @key(fields: "id") { id: ID! name: String @external }
            "#,
        ),
        v2("users", r#"type User @key(fields: "id") { id: ID! name: String @shareable age: Int }"#),
    ]);
    insta::assert_snapshot!(plan(&composition, "{ reviews { author { name } } }"));
}

#[test]
fn an_interface_object_adds_fields_to_all_implementations() {
    let composition = composed(&[
        v2(
            "media",
            r#"
            type Query { media: [Media!]! }
            interface Media @key(fields: "id") { id: ID! title: String! }
            type Book implements Media @key(fields: "id") { id: ID! title: String! pages: Int }
            type Film implements Media @key(fields: "id") { id: ID! title: String! minutes: Int }
            "#,
        ),
        v2("ratings", r#"type Media @key(fields: "id") @interfaceObject { id: ID! stars: Float! }"#),
    ]);
    insta::assert_snapshot!(own_part(&composition.supergraph_sdl));
    insta::assert_snapshot!(plan(&composition, "{ media { stars ... on Book { pages stars } } }"));
}

#[test]
fn an_override_moves_a_field() {
    let composition = composed(&[
        v2("old", r#"type Query { user: User } type User @key(fields: "id") { id: ID! name: String mail: String }"#),
        v2(
            "new",
            r#"type User @key(fields: "id") {
              id: ID!
              name: String @override(from: "old")
              mail: String @override(from: "old", label: "percent(50)")
            }"#,
        ),
    ]);
    assert!(composition.supergraph_sdl.contains(r#"name: String @join__field(graph: NEW, override: "old")"#));
    assert!(composition.supergraph_sdl.contains(r#"mail: String @join__field(graph: NEW, override: "old", overrideLabel: "percent(50)") @join__field(graph: OLD, overrideLabel: "percent(50)")"#));
    insta::assert_snapshot!(plan(&composition, "{ user { name } }"));
}

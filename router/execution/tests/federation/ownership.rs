//! Who resolves a field, and who may see it: `@shareable`, `@override`, `@inaccessible`, `@tag`, `@composeDirective`, federation 1.

use serde_json::json;

use crate::{
    graph::graph,
    subgraph::{part, part_1, part_with},
};

#[tokio::test]
async fn a_shared_field_is_asked_where_the_object_is_at_hand() {
    let graph = graph([
        part(
            "catalogue",
            r#"type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String @shareable size: Size @shareable } type Size @shareable { height: Int }"#,
            json!({ "Query": { "product": { "id": "1", "name": "table", "size": { "height": 7 } } } }),
        ),
        part(
            "stock",
            r#"type Query { first: Product } type Product @key(fields: "id") { id: ID! name: String @shareable size: Size @shareable left: Int } type Size @shareable { height: Int width: Int }"#,
            json!({ "Query": { "first": { "id": "1", "name": "table", "size": { "height": 7, "width": 8 }, "left": 4 } } }),
        )
        .knowing([json!({ "__typename": "Product", "id": "1", "name": "table", "size": { "height": 7, "width": 8 }, "left": 4 })]),
    ]);
    graph
        .answers(
            "{ product { name size { height } } first { name } }",
            json!({ "product": { "name": "table", "size": { "height": 7 } }, "first": { "name": "table" } }),
            &["catalogue { product { name size { height } } }", "stock { first { name } }"],
        )
        .await;
    // A value type is completed by the entity that it belongs to.
    graph
        .answers(
            "{ product { size { height width } } }",
            json!({ "product": { "size": { "height": 7, "width": 8 } } }),
            &["catalogue { product { id size { height } } }", "stock Product(id) { on Product { size { width } } }"],
        )
        .await;
}

#[tokio::test]
async fn an_overridden_field_is_asked_of_its_new_owner_only() {
    let graph = graph([
        // The old owner has no `stock` any more, though its schema still says so.
        part(
            "monolith",
            r#"type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String stock: Int }"#,
            json!({ "Query": { "product": { "id": "1", "name": "table" } } }),
        ),
        part(
            "inventory",
            r#"type Product @key(fields: "id") { id: ID! stock: Int @override(from: "monolith") }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Product", "id": "1", "stock": 4 })]),
    ]);
    graph
        .answers(
            "{ product { name stock } }",
            json!({ "product": { "name": "table", "stock": 4 } }),
            &["monolith { product { id name } }", "inventory Product(id) { on Product { stock } }"],
        )
        .await;
}

#[tokio::test]
async fn what_is_inaccessible_serves_subgraphs_but_no_client() {
    let graph = graph([
        part(
            "accounts",
            r#"type Query { me: User audit: Int @inaccessible } type User @key(fields: "serial") { serial: ID! @inaccessible name: String }"#,
            json!({ "Query": { "me": { "serial": "77", "name": "ada" } } }),
        ),
        part("karma", r#"type User @key(fields: "serial") { serial: ID! karma: Int }"#, json!({}))
            .knowing([json!({ "__typename": "User", "serial": "77", "karma": 3 })]),
    ]);
    graph
        .answers(
            "{ me { name karma } }",
            json!({ "me": { "name": "ada", "karma": 3 } }),
            &["accounts { me { name serial } }", "karma User(serial) { on User { karma } }"],
        )
        .await;
    graph.refuses("{ me { serial } }", "serial").await;
    graph.refuses("{ audit }", "audit").await;
}

#[tokio::test]
async fn tags_and_composed_directives_reach_the_supergraph_and_change_no_answer() {
    let graph = graph([
        part_with(
            "prices",
            r#"@link(url: "https://example.com/cached/v1.0", import: ["@cached"]) @composeDirective(name: "@cached")
               directive @cached(seconds: Int!) on FIELD_DEFINITION"#,
            r#"type Query { price: Int @cached(seconds: 5) @tag(name: "partner") }"#,
            json!({ "Query": { "price": 7 } }),
        ),
        part("names", r#"type Query { name: String @tag(name: "public") }"#, json!({ "Query": { "name": "table" } })),
    ]);
    graph
        .answers("{ price name }", json!({ "price": 7, "name": "table" }), &["prices { price }", "names { name }"])
        .await;
    for kept in
        ["@cached(seconds: 5)", "@tag(name: \"partner\")", "@tag(name: \"public\")", "https://example.com/cached/v1.0"]
    {
        assert!(graph.composition.supergraph_sdl.contains(kept), "{}", graph.composition.supergraph_sdl);
    }
    assert!(!graph.composition.api_sdl.contains("@tag"), "{}", graph.composition.api_sdl);
}

#[tokio::test]
async fn subgraphs_of_federation_1_are_joined_as_they_were_then() {
    let graph = graph([
        part_1(
            "users",
            r#"type Query { me: User } type User @key(fields: "id") @key(fields: "mail") { id: ID! mail: String name: String } type Money { amount: Int }"#,
            json!({ "Query": { "me": { "id": "1", "mail": "ada@example.org", "name": "ada" } } }),
        )
        .knowing([json!({ "__typename": "User", "id": "1", "mail": "ada@example.org", "name": "ada" })]),
        part_1(
            "reviews",
            r#"extend type Query { reviews: [Review] } type Review { body: String author: User @provides(fields: "name") worth: Money }
               extend type User @key(fields: "id") { id: ID! @external name: String @external mail: String @external
                 reviews: [Review] domain: String @requires(fields: "mail") }
               type Money { amount: Int }"#,
            json!({ "Query": { "reviews": [{ "body": "fine", "worth": { "amount": 2 }, "author": { "id": "1", "name": "ada" } }] } }),
        )
        .knowing([json!({ "__typename": "User", "id": "1", "reviews": [{ "body": "fine", "worth": { "amount": 2 } }] })])
        .computing("User.domain", |user, _| json!(user["mail"].as_str().unwrap().split_once('@').unwrap().1)),
    ]);
    graph
        .answers(
            "{ reviews { body worth { amount } author { name } } }",
            json!({ "reviews": [{ "body": "fine", "worth": { "amount": 2 }, "author": { "name": "ada" } }] }),
            &["reviews { reviews { author { name } body worth { amount } } }"],
        )
        .await;
    graph
        .answers(
            "{ me { name domain reviews { worth { amount } } } }",
            json!({ "me": { "name": "ada", "domain": "example.org", "reviews": [{ "worth": { "amount": 2 } }] } }),
            &[
                "users { me { id mail name } }",
                "reviews User(id mail) { on User { domain reviews { worth { amount } } } }",
            ],
        )
        .await;
}

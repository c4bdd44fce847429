//! Fields that follow from fields of other subgraphs: `@requires`, `@provides`, `@external`.

use serde_json::{Value, json};

use crate::{graph::graph, subgraph::part};

#[tokio::test]
async fn a_required_field_is_fetched_with_its_arguments_beside_the_clients_own() {
    let graph = graph([
        part(
            "catalogue",
            r#"type Query { product: Product } type Product @key(fields: "id") { id: ID! price(currency: String! = "EUR"): Int weight: Int }"#,
            json!({ "Query": { "product": { "id": "1", "weight": 3 } } }),
        )
        .knowing([json!({ "__typename": "Product", "id": "1", "weight": 3 })])
        .computing("Product.price", |_, arguments| json!(if arguments["currency"] == "USD" { 200 } else { 100 })),
        part(
            "shipping",
            r#"type Product @key(fields: "id") { id: ID! price(currency: String! = "EUR"): Int @external weight: Int @external
                 freight(express: Boolean! = false): Int @requires(fields: "price(currency: \"USD\") weight") }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Product", "id": "1" })])
        .computing("Product.freight", |product, arguments| {
            let factor = if arguments["express"] == true { 2 } else { 1 };
            json!(factor * (product["price"].as_i64().unwrap() + product["weight"].as_i64().unwrap()))
        }),
    ]);
    graph
        .answers(
            "{ product { price freight fast: freight(express: true) } }",
            json!({ "product": { "price": 100, "freight": 203, "fast": 406 } }),
            &[
                "catalogue { product { id price weight } }",
                "shipping Product(id price weight) { on Product { freight } }",
            ],
        )
        .await;
}

#[tokio::test]
async fn a_requirement_may_differ_by_the_type_of_what_it_reads() {
    let content = |typename: &str, more: Value| {
        let mut content = json!({ "__typename": typename, "id": typename });
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        content
    };
    let boxes = [
        json!({ "__typename": "Box", "id": "1", "content": content("Gold", json!({ "carat": 18 })) }),
        json!({ "__typename": "Box", "id": "2", "content": content("Sand", json!({ "grains": 1000 })) }),
        json!({ "__typename": "Box", "id": "3", "content": null }),
    ];
    let graph = graph([
        part(
            "store",
            r#"type Query { boxes: [Box!]! } type Box @key(fields: "id") { id: ID! content: Content }
               interface Content { id: ID! } type Gold implements Content { id: ID! carat: Int } type Sand implements Content { id: ID! grains: Int }"#,
            json!({ "Query": { "boxes": boxes.clone() } }),
        )
        .knowing(boxes),
        part(
            "assessor",
            r#"type Box @key(fields: "id") { id: ID! content: Content @external
                 value: Int @requires(fields: "content { id ... on Gold { carat } ... on Sand { grains } }")
                 label: String @requires(fields: "content { id }") }
               interface Content { id: ID! }
               type Gold implements Content { id: ID! @external carat: Int @external }
               type Sand implements Content { id: ID! @external grains: Int @external }"#,
            json!({}),
        )
        .knowing(["1", "2", "3"].map(|id| json!({ "__typename": "Box", "id": id })))
        .computing("Box.value", |found, _| match found["content"]["__typename"].as_str() {
            Some("Gold") => json!(found["content"]["carat"].as_i64().unwrap() * 100),
            Some("Sand") => json!(found["content"]["grains"].as_i64().unwrap() / 1000),
            _ => json!(0),
        })
        .computing("Box.label", |found, _| {
            json!(found["content"].as_object().map(|content| format!("{} {}", content["__typename"], content["id"])))
        }),
    ]);
    graph
        .answers(
            "{ boxes { label } }",
            json!({ "boxes": [{ "label": "\"Gold\" \"Gold\"" }, { "label": "\"Sand\" \"Sand\"" }, { "label": null }] }),
            &["store { boxes { content { id } id } }", "assessor Box(content id) { on Box { label } }"],
        )
        .await;
    graph
        .answers(
            "{ boxes { value } }",
            json!({ "boxes": [{ "value": 1800 }, { "value": 1 }, { "value": 0 }] }),
            &[
                "store { boxes { content { on Gold { carat id } on Sand { grains id } } id } }",
                "assessor Box(content id) { on Box { value } }",
            ],
        )
        .await;
}

#[tokio::test]
async fn a_requirement_may_rest_on_another() {
    let graph = graph([
        part(
            "catalogue",
            r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! price: Int }"#,
            json!({ "Query": { "item": { "id": "1", "price": 100 } } }),
        ),
        part(
            "taxes",
            r#"type Item @key(fields: "id") { id: ID! price: Int @external tax: Int @requires(fields: "price") }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Item", "id": "1" })])
        .computing("Item.tax", |item, _| json!(item["price"].as_i64().unwrap() / 5)),
        part(
            "bills",
            r#"type Item @key(fields: "id") { id: ID! price: Int @external tax: Int @external total: Int @requires(fields: "price tax") }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Item", "id": "1" })])
        .computing("Item.total", |item, _| json!(item["price"].as_i64().unwrap() + item["tax"].as_i64().unwrap())),
    ]);
    graph
        .answers(
            "{ item { total } }",
            json!({ "item": { "total": 120 } }),
            &[
                "catalogue { item { id price } }",
                "taxes Item(id price) { on Item { tax } }",
                "bills Item(id price tax) { on Item { total } }",
            ],
        )
        .await;
}

#[tokio::test]
async fn what_is_provided_on_a_path_needs_no_other_subgraph_there() {
    let graph = graph([
        part(
            "reviews",
            r#"type Query { review: Review latest: Review @provides(fields: "author { name }") }
               type Review @shareable { author: User } type User @key(fields: "id") { id: ID! name: String @external }"#,
            json!({ "Query": {
                "review": { "author": { "id": "1" } },
                "latest": { "author": { "id": "1", "name": "ada" } },
            } }),
        ),
        part(
            "accounts",
            r#"type User @key(fields: "id") { id: ID! name: String @shareable mail: String } type Query { any: Int }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "User", "id": "1", "name": "ada", "mail": "ada@example.org" })]),
    ]);
    let named = |path: &str| json!({ path: { "author": { "name": "ada" } } });
    graph.answers("{ latest { author { name } } }", named("latest"), &["reviews { latest { author { name } } }"]).await;
    // On another path the field is external, so that its owner is asked.
    graph
        .answers(
            "{ review { author { name } } }",
            named("review"),
            &["reviews { review { author { id } } }", "accounts User(id) { on User { name } }"],
        )
        .await;
    graph
        .answers(
            "{ latest { author { name mail } } }",
            json!({ "latest": { "author": { "name": "ada", "mail": "ada@example.org" } } }),
            &["reviews { latest { author { id name } } }", "accounts User(id) { on User { mail } }"],
        )
        .await;
}

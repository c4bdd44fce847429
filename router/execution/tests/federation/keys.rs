//! Ways to an entity: keys of several fields, of objects, several keys, and keys that lead nowhere.

use serde_json::json;

use crate::{graph::graph, subgraph::part};

#[tokio::test]
async fn a_compound_key_means_the_object_that_has_all_of_it() {
    let graph = graph([
        part(
            "catalogue",
            r#"type Query { products: [Product!]! } type Product @key(fields: "id region") { id: ID! region: String! }"#,
            json!({ "Query": { "products": [
                { "id": "1", "region": "eu" }, { "id": "1", "region": "us" }, { "id": "2", "region": "eu" },
            ] } }),
        ),
        part("prices", r#"type Product @key(fields: "id region") { id: ID! region: String! price: Int }"#, json!({}))
            .knowing([
                json!({ "__typename": "Product", "id": "1", "region": "us", "price": 11 }),
                json!({ "__typename": "Product", "id": "1", "region": "eu", "price": 10 }),
                json!({ "__typename": "Product", "id": "2", "region": "eu", "price": 20 }),
            ]),
    ]);
    graph
        .answers(
            "{ products { price } }",
            json!({ "products": [{ "price": 10 }, { "price": 11 }, { "price": 20 }] }),
            &["catalogue { products { id region } }", "prices Product(id region) { on Product { price } }"],
        )
        .await;
}

#[tokio::test]
async fn a_nested_key_reaches_into_an_object() {
    let graph = graph([
        part(
            "orders",
            r#"type Query { orders: [Order!]! } type Order @key(fields: "number shop { id country { code } }") { number: Int! shop: Shop! }
               type Shop { id: ID! country: Country! } type Country { code: String! }"#,
            json!({ "Query": { "orders": [
                { "number": 1, "shop": { "id": "s", "country": { "code": "de" } } },
                { "number": 1, "shop": { "id": "s", "country": { "code": "fr" } } },
            ] } }),
        ),
        part(
            "parcels",
            r#"type Order @key(fields: "number shop { id country { code } }") { number: Int! shop: Shop! parcels: Int }
               type Shop @shareable { id: ID! country: Country! } type Country @shareable { code: String! }"#,
            json!({}),
        )
        .knowing([
            json!({ "__typename": "Order", "number": 1, "shop": { "id": "s", "country": { "code": "fr" } }, "parcels": 3 }),
            json!({ "__typename": "Order", "number": 1, "shop": { "id": "s", "country": { "code": "de" } }, "parcels": 2 }),
        ]),
    ]);
    graph
        .answers(
            "{ orders { parcels } }",
            json!({ "orders": [{ "parcels": 2 }, { "parcels": 3 }] }),
            &[
                "orders { orders { number shop { country { code } id } } }",
                "parcels Order(number shop) { on Order { parcels } }",
            ],
        )
        .await;
}

#[tokio::test]
async fn a_subgraph_with_several_keys_translates_one_into_the_other() {
    let graph = graph([
        part(
            "catalogue",
            r#"type Query { product: Product } type Product @key(fields: "upc") { upc: ID! }"#,
            json!({ "Query": { "product": { "upc": "u1" } } }),
        ),
        part(
            "registry",
            r#"type Product @key(fields: "upc") @key(fields: "sku { code }") { upc: ID! sku: Sku! name: String } type Sku @shareable { code: ID! }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Product", "upc": "u1", "sku": { "code": "s1" }, "name": "table" })]),
        part(
            "stock",
            r#"type Product @key(fields: "sku { code }") { sku: Sku! left: Int } type Sku @shareable { code: ID! }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Product", "sku": { "code": "s1" }, "left": 4 })]),
    ]);
    graph
        .answers(
            "{ product { left } }",
            json!({ "product": { "left": 4 } }),
            &[
                "catalogue { product { upc } }",
                "registry Product(upc) { on Product { sku { code } } }",
                "stock Product(sku) { on Product { left } }",
            ],
        )
        .await;
    graph
        .answers(
            "{ product { name upc } }",
            json!({ "product": { "name": "table", "upc": "u1" } }),
            &["catalogue { product { upc } }", "registry Product(upc) { on Product { name } }"],
        )
        .await;
}

#[tokio::test]
async fn a_reference_that_is_not_resolvable_is_completed_elsewhere() {
    let graph = graph([
        part(
            "reviews",
            r#"type Query { review: Review } type Review { body: String product: Product } type Product @key(fields: "id", resolvable: false) { id: ID! }"#,
            json!({ "Query": { "review": { "body": "fine", "product": { "id": "1" } } } }),
        ),
        part(
            "catalogue",
            r#"type Product @key(fields: "id") { id: ID! name: String } type Query { any: Int }"#,
            json!({}),
        )
        .knowing([json!({ "__typename": "Product", "id": "1", "name": "table" })]),
    ]);
    graph
        .answers(
            "{ review { body product { id name } } }",
            json!({ "review": { "body": "fine", "product": { "id": "1", "name": "table" } } }),
            &["reviews { review { body product { id } } }", "catalogue Product(id) { on Product { name } }"],
        )
        .await;
}

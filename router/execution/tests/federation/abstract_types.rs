//! Interfaces and unions of which subgraphs know different things: `@interfaceObject`, other implementers, other members.

use serde_json::json;

use crate::{graph::graph, subgraph::part};

#[tokio::test]
async fn an_interface_object_adds_a_field_to_implementers_that_it_does_not_know() {
    let library = [
        json!({ "__typename": "Book", "id": "b", "title": "Dune", "pages": 600 }),
        json!({ "__typename": "Film", "id": "f", "title": "Solaris", "minutes": 167 }),
    ];
    let graph = graph([
        part(
            "library",
            r#"type Query { media: [Media!]! } interface Media @key(fields: "id") { id: ID! title: String }
               type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
               type Film implements Media @key(fields: "id") { id: ID! title: String minutes: Int }"#,
            json!({ "Query": { "media": library.clone() } }),
        )
        .knowing(library),
        part(
            "ratings",
            r#"type Query { best: Media } type Media @key(fields: "id") @interfaceObject { id: ID! stars: Int }"#,
            json!({ "Query": { "best": { "id": "f", "stars": 5 } } }),
        )
        .knowing([
            json!({ "__typename": "Media", "id": "b", "stars": 4 }),
            json!({ "__typename": "Media", "id": "f", "stars": 5 }),
        ]),
    ]);
    graph
        .answers(
            "{ media { title stars ... on Book { pages } } }",
            json!({ "media": [{ "title": "Dune", "stars": 4, "pages": 600 }, { "title": "Solaris", "stars": 5 }] }),
            &["library { media { id on Book { pages } title } }", "ratings Media(id) { on Media { stars } }"],
        )
        .await;
    // The subgraph that only knows the interface cannot tell what the best one is.
    graph
        .answers(
            "{ best { __typename stars ... on Film { minutes } } }",
            json!({ "best": { "__typename": "Film", "stars": 5, "minutes": 167 } }),
            &["ratings { best { id stars } }", "library Media(id) { on Media { on Film { minutes } } }"],
        )
        .await;
}

#[tokio::test]
async fn an_interface_has_other_implementers_in_another_subgraph() {
    let graph = graph([
        part(
            "farm",
            r#"type Query { stable: [Pet!]! } interface Pet { id: ID! }
               type Cat implements Pet @key(fields: "id") { id: ID! lives: Int } type Dog implements Pet @key(fields: "id") { id: ID! }"#,
            json!({ "Query": { "stable": [
                { "__typename": "Cat", "id": "c", "lives": 9 }, { "__typename": "Dog", "id": "d" },
            ] } }),
        )
        .knowing([json!({ "__typename": "Cat", "id": "c", "lives": 9 })]),
        part(
            "zoo",
            r#"type Query { cages: [Pet!]! } interface Pet { id: ID! name: String }
               type Cat implements Pet @key(fields: "id") { id: ID! name: String } type Dog implements Pet @key(fields: "id") { id: ID! name: String }
               type Fox implements Pet { id: ID! name: String }"#,
            json!({ "Query": { "cages": [
                { "__typename": "Fox", "id": "f", "name": "Rey" }, { "__typename": "Cat", "id": "c", "name": "Tom" },
            ] } }),
        )
        .knowing([
            json!({ "__typename": "Cat", "id": "c", "name": "Tom" }),
            json!({ "__typename": "Dog", "id": "d", "name": "Rex" }),
        ]),
    ]);
    graph
        .answers(
            "{ stable { name } cages { __typename name ... on Cat { lives } } }",
            json!({
                "stable": [{ "name": "Tom" }, { "name": "Rex" }],
                "cages": [{ "__typename": "Fox", "name": "Rey" }, { "__typename": "Cat", "name": "Tom", "lives": 9 }],
            }),
            &[
                "farm { stable { id } }",
                "zoo { cages { on Cat { id name } on Dog { name } on Fox { name } } }",
                "zoo Cat(id) Dog(id) { on Cat { name } on Dog { name } }",
                "farm Cat(id) { on Cat { lives } }",
            ],
        )
        .await;
}

#[tokio::test]
async fn a_union_has_members_that_another_subgraph_does_not_know() {
    let graph = graph([
        part(
            "music",
            r#"type Query { found: [Found!]! } union Found = Song | Album type Song @key(fields: "id") { id: ID! title: String } type Album { name: String }"#,
            json!({ "Query": { "found": [
                { "__typename": "Song", "id": "1", "title": "One" }, { "__typename": "Album", "name": "First" },
            ] } }),
        )
        .knowing([json!({ "__typename": "Song", "id": "1", "title": "One" })]),
        part(
            "charts",
            r#"type Query { top: [Found!]! } union Found = Song | Artist type Song @key(fields: "id") { id: ID! rank: Int } type Artist { born: Int }"#,
            json!({ "Query": { "top": [
                { "__typename": "Artist", "born": 1815 }, { "__typename": "Song", "id": "1", "rank": 7 },
            ] } }),
        )
        .knowing([json!({ "__typename": "Song", "id": "1", "rank": 7 })]),
    ]);
    graph
        .answers(
            "{ found { ... on Song { title rank } ... on Album { name } ... on Artist { born } } }",
            json!({ "found": [{ "title": "One", "rank": 7 }, { "name": "First" }] }),
            &["music { found { on Album { name } on Song { id title } } }", "charts Song(id) { on Song { rank } }"],
        )
        .await;
    graph
        .answers(
            "{ top { ... on Song { title rank } ... on Album { name } ... on Artist { born } } }",
            json!({ "top": [{ "born": 1815 }, { "title": "One", "rank": 7 }] }),
            &["charts { top { on Artist { born } on Song { id rank } } }", "music Song(id) { on Song { title } }"],
        )
        .await;
}

//! What operations may cost, by `@cost` and `@listSize`.

use std::time::{Duration, Instant};

use cloudphone_composition::{Subgraph, compose};
use cloudphone_planning::{
    CostOptions, Estimate, FederationPlanner, PlanRequest, Planner as _, PlannerOptions, Supergraph,
};
use cloudphone_router::protection::{CostMode, CostRule};
use serde_json::{Map, Value, json};

use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport};

const SHOP: &str = r#"
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", "@listSize"])
    type Query {
        shop: Shop
        price(of: ID!): Int @cost(weight: 7)
        books(first: Int, last: Int): [Book!] @listSize(slicingArguments: ["first", "last"])
        shelf(first: Int = 4): [Book!] @listSize(slicingArguments: ["first"])
        page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
        featured: [Book!] @listSize(assumedSize: 3)
        all: [Book!]
        works: [Work!] @listSize(assumedSize: 2)
        search(filter: Filter): [Book!] @listSize(assumedSize: 1)
    }
    type Mutation { rename(input: Rename!): Book }
    type Shop @cost(weight: 5) { name: String }
    type Page { nodes: [Book!] edges: [Edge!] tags: [Tag!] }
    type Edge { node: Book }
    type Tag { name: String }
    interface Work { title: String }
    type Book implements Work { title: String author: Author similar(first: Int): [Book!] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false) }
    type Film implements Work @cost(weight: 20) { title: String director: Author }
    type Author { name: String picture: String @cost(weight: 2) }
    input Filter { text: String and: [Filter!] }
    input Rename { id: ID! to: Name! }
    input Name { first: String @cost(weight: 4) }
"#;

fn planner() -> FederationPlanner {
    let part = Subgraph { name: "shop".to_owned(), url: "http://shop".to_owned(), sdl: SHOP.to_owned() };
    let composed = compose(&[part]).unwrap_or_else(|errors| panic!("{errors:?}"));
    FederationPlanner::new(Supergraph::parse(&composed.supergraph_sdl).unwrap(), PlannerOptions::default())
}

async fn estimate(planner: &FederationPlanner, document: &str, variables: &Value) -> Estimate {
    let variables = variables.as_object().unwrap();
    let request = PlanRequest::new(document, None).with_variables(variables);
    let operation = planner.plan(request).await.unwrap_or_else(|error| panic!("{document}: {error:?}"));
    operation.coerce(variables).unwrap();
    operation.cost(variables, CostOptions { default_list_size: 10 })
}

#[tokio::test]
async fn an_operation_costs_what_its_fields_and_lists_may_come_to() {
    let planner = planner();
    let cases = [
        // A leaf costs nothing, an object 1, unless they say otherwise.
        ("{ shop { name } }", json!({}), 5),
        ("{ price(of: 1) }", json!({}), 7),
        ("{ price(of: 1) again: price(of: 1) }", json!({}), 14),
        // The same field twice is asked for once.
        ("{ shop { name } ...Again } fragment Again on Query { shop { name } }", json!({}), 5),
        ("{ books(first: 3) { title } }", json!({}), 3),
        ("{ books(first: 3) { author { name picture } } }", json!({}), 3 * (1 + 1 + 2)),
        ("query ($n: Int) { books(first: $n) { title } }", json!({ "n": 50 }), 50),
        ("query ($n: Int = 6) { books(first: $n) { title } }", json!({}), 6),
        ("{ shelf { title } }", json!({}), 4),
        ("{ shelf(first: 9) { title } }", json!({}), 9),
        ("{ featured { title } }", json!({}), 3),
        ("{ all { title } }", json!({}), 10),
        // Lists in lists multiply.
        ("{ books(first: 3) { similar(first: 5) { similar { title } } } }", json!({}), 3 * (1 + 5 * (1 + 10))),
        // Sized fields take their size from the arguments above, other lists do not.
        (
            "{ page(first: 4) { nodes { title } edges { node { title } } tags { name } } }",
            json!({}),
            1 + 4 + 4 * 2 + 10,
        ),
        // On an abstract type the dearest object counts.
        ("{ works { title } }", json!({}), 2 * 20),
        (
            "{ works { title ... on Book { author { name } similar(first: 30) { title } } ... on Film { director { name } } } }",
            json!({}),
            2 * (1 + 1 + 30),
        ),
        // Input objects cost, in literals and in variables.
        ("{ search(filter: { text: \"a\", and: [{ text: \"b\" }, { text: \"c\" }] }) { title } }", json!({}), 1 + 3),
        (
            "query ($f: Filter) { search(filter: $f) { title } }",
            json!({ "f": { "and": [{}, { "and": [{}] }] } }),
            1 + 4,
        ),
        ("query ($f: [Filter!]) { search(filter: { and: $f }) { title } }", json!({ "f": [{}, {}] }), 1 + 3),
        (
            "mutation ($n: Name!) { rename(input: { id: 1, to: $n }) { title } }",
            json!({ "n": { "first": "a" } }),
            10 + 1 + 1 + 1 + 4,
        ),
        // What is left out costs nothing.
        ("query ($x: Boolean!) { all @include(if: $x) { title } shop { name } }", json!({ "x": false }), 5),
        ("query ($x: Boolean!) { all @include(if: $x) { title } shop { name } }", json!({ "x": true }), 15),
        ("{ __typename __schema { types { name } } }", json!({}), 0),
    ];
    for (document, variables, cost) in cases {
        let found = estimate(&planner, document, &variables).await;
        assert_eq!(found, Estimate { cost, unsized_fields: Vec::new() }, "{document} with {variables}");
    }
}

#[tokio::test]
async fn a_list_that_must_be_sized_is_named_when_it_is_not() {
    let planner = planner();
    for document in ["{ books { title } }", "{ books(first: 1, last: 2) { title } }", "{ page { nodes { title } } }"] {
        let estimate = estimate(&planner, document, &json!({})).await;
        assert_eq!(estimate.unsized_fields.len(), 1, "{document}");
    }
    let null = estimate(&planner, "query ($n: Int) { books(first: $n) { title } }", &json!({ "n": null })).await;
    assert_eq!(null.unsized_fields, ["Query.books"]);
}

#[tokio::test]
async fn a_prepared_operation_is_estimated_in_microseconds() {
    let planner = planner();
    let variables = json!({ "n": 20 });
    let variables = variables.as_object().unwrap();
    let document =
        "query ($n: Int) { books(first: $n) { author { name picture } similar(first: $n) { title author { name } } } }";
    let operation = planner.plan(PlanRequest::new(document, None).with_variables(variables)).await.unwrap();
    operation.cost(variables, CostOptions::default());
    let began = Instant::now();
    for _ in 0..1000 {
        assert!(operation.cost(variables, CostOptions::default()).cost > 0);
    }
    // Unoptimised and on a busy machine; in a release it is a few microseconds.
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

async fn platform(mode: CostMode, max: u64) -> Platform {
    platform_by(mode, max, &[]).await
}

/// The same with limits for single subgraphs.
async fn platform_by(mode: CostMode, max: u64, subgraphs: &[(&str, u64)]) -> Platform {
    let subgraphs = subgraphs.iter().map(|(name, max)| ((*name).to_owned(), *max)).collect();
    let options = CostOptions { default_list_size: 10 };
    let rule = CostRule { mode, max, max_per_subgraph: None, subgraphs, options };
    Platform::start_with(Settings::new(Transport::InProcess).stages(|stages| stages.cost = Some(rule))).await
}

#[tokio::test]
async fn an_operation_that_may_cost_too_much_is_not_run() {
    let platform = platform(CostMode::Enforce, 15).await;
    let cheap = platform.ask("{ accounts { name } }").await;
    assert_eq!(cheap["data"]["accounts"][0]["name"], "ada");
    let dear = platform.post(&json!({ "query": "{ accounts { notes { text } } }" })).send().await.unwrap();
    assert_eq!(dear.status(), 400);
    let answer: Value = dear.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "COST_ESTIMATED_TOO_EXPENSIVE");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("110"), "{answer}");
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", "{ accounts { notes { text } } }").await;
    assert_eq!(socket.next().await["payload"][0]["extensions"]["code"], "COST_ESTIMATED_TOO_EXPENSIVE");
}

#[tokio::test]
async fn a_client_that_asks_is_told_the_cost() {
    let platform = platform(CostMode::Measure, 15).await;
    let body = json!({ "query": "{ accounts { notes { text } } }", "extensions": { "cost": true } });
    let answer: Value = platform.post(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["extensions"]["cost"], json!({ "estimated": 110, "max": 15 }));
    assert!(answer["data"]["accounts"].is_array(), "measuring refuses nothing");
    let mut socket = Socket::session(&platform, None).await;
    socket.send(&json!({ "type": "subscribe", "id": "1", "payload": body })).await;
    assert_eq!(socket.next().await["payload"], answer);
    let unasked = platform.ask("{ accounts { notes { text } } }").await;
    assert!(unasked.get("extensions").is_none());
}

#[tokio::test]
async fn each_subgraph_has_a_limit_of_its_own_and_is_not_called_beyond_it() {
    let platform = platform_by(CostMode::Enforce, 1000, &[("notes", 50), ("accounts", 50)]).await;
    let document = "{ accounts { name notes { text } } }";
    let refused = platform.post(&json!({ "query": document })).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let answer: Value = refused.json().await.unwrap();
    let told = &answer["errors"][0]["extensions"];
    assert_eq!(told["code"], "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE");
    // Ten accounts, each with ten notes.
    assert_eq!((&told["service"], &told["estimated"], &told["max"]), (&json!("notes"), &json!(110), &json!(50)));
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", document).await;
    assert_eq!(socket.next().await["payload"][0]["extensions"]["service"], "notes");
    assert_eq!(
        platform.ask("{ accounts { name } }").await["data"]["accounts"][0]["name"],
        "ada",
        "others are not concerned"
    );
}

#[tokio::test]
async fn what_the_parts_cost_is_measured_and_told() {
    let platform = platform_by(CostMode::Measure, 1000, &[("notes", 50)]).await;
    let body = json!({ "query": "{ accounts { notes { text } } }", "extensions": { "cost": true } });
    let answer: Value = platform.post(&body).send().await.unwrap().json().await.unwrap();
    let subgraphs = json!({ "notes": { "estimated": 110, "max": 50 } });
    assert_eq!(answer["extensions"]["cost"], json!({ "estimated": 110, "max": 1000, "subgraphs": subgraphs }));
    assert!(answer["data"]["accounts"].is_array(), "measuring refuses nothing");
}

const LIBRARY: &str = r#"
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", "@listSize"])
    type Query {
        shelves(first: Int!): [Shelf!] @listSize(slicingArguments: ["first"])
        page(first: Int!): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
        front: Work
    }
    type Mutation { open(name: String): Book }
    type Shelf { label: String books(first: Int = 2): [Book!] @listSize(slicingArguments: ["first"]) }
    type Page { nodes: [Book!] }
    interface Work { id: ID! }
    type Book implements Work @key(fields: "id") { id: ID! }
    type Film implements Work @key(fields: "id") { id: ID! }
"#;
const PRICES: &str = r#"
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@cost", "@listSize"])
    type Query { currency: String @cost(weight: 3) }
    type Book @key(fields: "id") { id: ID! price: Price offers(first: Int): [Price!] @listSize(slicingArguments: ["first"]) }
    type Film @key(fields: "id") { id: ID! price: Price }
    type Price @cost(weight: 4) { amount: Int }
"#;

#[tokio::test]
async fn a_subgraphs_part_counts_each_entity_that_may_be_asked_for() {
    let part =
        |name: &str, sdl: &str| Subgraph { name: name.to_owned(), url: format!("http://{name}"), sdl: sdl.to_owned() };
    let composed =
        compose(&[part("library", LIBRARY), part("prices", PRICES)]).unwrap_or_else(|errors| panic!("{errors:?}"));
    let planner =
        FederationPlanner::new(Supergraph::parse(&composed.supergraph_sdl).unwrap(), PlannerOptions::default());
    let cases = [
        ("{ currency }", json!({}), vec![("prices", 3)]),
        ("{ shelves(first: 3) { label } }", json!({}), vec![("library", 3)]),
        // Three shelves of two books each, of which each is an entity with a price.
        (
            "{ shelves(first: 3) { books { price { amount } } } }",
            json!({}),
            vec![("library", 3 * (1 + 2)), ("prices", 6 * (1 + 4))],
        ),
        (
            "query ($n: Int!, $m: Int) { rows: shelves(first: $n) { them: books(first: $m) { offers(first: $m) { amount } } } }",
            json!({ "n": 5, "m": 7 }),
            vec![("library", 5 * (1 + 7)), ("prices", 35 * (1 + 7 * 4))],
        ),
        (
            "{ page(first: 8) { ...Nodes } } fragment Nodes on Page { nodes { price { amount } } }",
            json!({}),
            vec![("library", 1 + 8), ("prices", 8 * (1 + 4))],
        ),
        // What does not run costs nothing.
        (
            "query ($with: Boolean!) { shelves(first: 3) { label books @include(if: $with) { price { amount } } } }",
            json!({ "with": false }),
            vec![("library", 3)],
        ),
        ("mutation { open { price { amount } } }", json!({}), vec![("library", 10 + 1), ("prices", 1 + 4)]),
    ];
    for (document, variables, expected) in cases {
        let variables = variables.as_object().unwrap();
        let request = PlanRequest::new(document, None).with_variables(variables);
        let operation = planner.plan(request).await.unwrap_or_else(|error| panic!("{document}: {error:?}"));
        let costs = operation.cost_by_subgraph(variables, CostOptions { default_list_size: 10 });
        let costs: Vec<(&str, u64)> = costs.iter().map(|(name, cost)| (&**name, *cost)).collect();
        assert_eq!(costs, expected, "{document}: {:#}", operation.explain(None));
    }
    // On an abstract type each of the fetches may be asked for it.
    let front = planner.plan(PlanRequest::new(
        "{ front { ... on Book { price { amount } } ... on Film { price { amount } } } }",
        None,
    ));
    let costs = front.await.unwrap().cost_by_subgraph(&Map::new(), CostOptions::default());
    let prices = costs.iter().find(|(name, _)| &**name == "prices").unwrap().1;
    assert!((5..=10).contains(&prices), "{prices}");
}

//! Operations without what their callers may not see, over live subgraphs.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use cloudphone_execution::{ExecutionRequest, RequestContext};
use cloudphone_planning::{Entitlements, Planner as _, PreparedOperation};
use common::{SUPERGRAPH, Shop, json};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

/// What a caller has: scopes and policies. With none it is nobody.
struct Has(&'static [&'static str]);

impl Entitlements for Has {
    fn is_authenticated(&self) -> bool {
        !self.0.is_empty()
    }

    fn has_scope(&self, scope: &str) -> bool {
        self.0.contains(&scope)
    }

    fn meets_policy(&self, policy: &str) -> bool {
        self.0.contains(&policy)
    }
}

/// A shop whose supergraph says these in place of those.
async fn shop(changes: &[(&str, &str)]) -> Shop {
    let mut supergraph = SUPERGRAPH.to_owned();
    for (before, after) in changes {
        assert!(supergraph.contains(before), "{before}");
        supergraph = supergraph.replacen(before, after, 1);
    }
    Shop::open_over(&supergraph).await
}

async fn permitted(shop: &Shop, document: &str, has: &'static [&'static str]) -> Arc<PreparedOperation> {
    let operation = shop.prepare(document).await;
    let unmet = operation.unmet(&Has(has));
    if unmet.is_empty() { operation } else { shop.planner.restrict(&operation, &unmet).await.unwrap() }
}

async fn ask(shop: &Shop, document: &str, has: &'static [&'static str]) -> Value {
    let operation = permitted(shop, document, has).await;
    let context = Arc::new(RequestContext::new("test"));
    json(&shop.executor.execute(ExecutionRequest { operation, variables: Map::new(), context }).await.body)
}

/// The paths of what was denied; every error is of that kind.
fn denied(answer: &Value) -> Vec<Value> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    for error in &errors {
        assert_eq!(error["extensions"]["code"], "UNAUTHORIZED_FIELD_OR_TYPE", "{error}");
    }
    errors.into_iter().map(|error| error["path"].clone()).collect()
}

fn asked(shop: &Shop, subgraph: &str, for_what: &str) -> bool {
    shop.calls(subgraph).iter().any(|call| call.query.contains(for_what))
}

const EMAIL: (&str, &str) =
    ("email: String @join", "email: String @requiresScopes(scopes: [[\"mail\", \"read\"], [\"admin\"]]) @join");
const KARMA: (&str, &str) = ("karma: Int! @join", "karma: Int! @authenticated @join");
const REVIEWS: (&str, &str) = ("type Review @join", "type Review @authenticated @join");
const BOOK: (&str, &str) =
    ("type Book implements Media", "type Book implements Media @policy(policies: [[\"reader\"]])");
const RATING: (&str, &str) =
    ("rating: Int @join__field(graph: REVIEWS)", "rating: Int @authenticated @join__field(graph: REVIEWS)");
const MINUTES: (&str, &str) = ("  title: String\n  minutes", "  title: String @authenticated\n  minutes");
const WEIGHT: (&str, &str) = ("weight: Int @join", "weight: Int @authenticated @join");
const UPC: (&str, &str) = ("upc: String! @join", "upc: String! @authenticated @join");
const COLOUR: (&str, &str) = ("enum Colour @join", "enum Colour @authenticated @join");

#[tokio::test]
async fn a_denied_field_is_null_and_nobody_is_asked_for_it() {
    let shop = shop(&[EMAIL]).await;
    let document = "{ who: me { name mail: email } }";
    for has in [&[][..], &["mail"], &["read"]] {
        let answer = ask(&shop, document, has).await;
        assert_eq!(answer["data"], json!({ "who": { "name": "ada", "mail": null } }));
        assert_eq!(denied(&answer), [json!(["who", "mail"])]);
    }
    assert!(!asked(&shop, "accounts", "email"));
    for has in [&["mail", "read"][..], &["admin"]] {
        let answer = ask(&shop, document, has).await;
        assert_eq!(answer, json!({ "data": { "who": { "name": "ada", "mail": "ada@example.org" } } }));
    }
}

#[tokio::test]
async fn a_null_rises_as_far_as_types_demand_and_subgraphs_that_only_it_needs_rest() {
    let shop = shop(&[KARMA]).await;
    let answer = ask(&shop, "{ me { name karma } user(id: 2) { name } }", &[]).await;
    assert_eq!(answer["data"], json!({ "me": null, "user": { "name": "bob" } }));
    assert_eq!(denied(&answer), [json!(["me", "karma"])]);
    assert!(shop.calls("reviews").is_empty());
    assert_eq!(ask(&shop, "{ me { karma } }", &["anything"]).await, json!({ "data": { "me": { "karma": 7 } } }));
}

#[tokio::test]
async fn a_field_of_a_denied_type_is_denied() {
    let shop = shop(&[REVIEWS, COLOUR]).await;
    let answer = ask(&shop, "{ latestReviews { body } topProducts(first: 1) { name colour colours } }", &[]).await;
    let product = json!({ "name": "table", "colour": null, "colours": null });
    assert_eq!(answer["data"], json!({ "latestReviews": null, "topProducts": [product] }));
    let paths = [json!(["latestReviews"]), json!(["topProducts", 0, "colour"]), json!(["topProducts", 0, "colours"])];
    assert_eq!(denied(&answer), paths);
    assert!(shop.calls("reviews").is_empty() && !asked(&shop, "products", "colour"));
}

#[tokio::test]
async fn objects_of_a_denied_type_are_null_among_others() {
    let shop = shop(&[BOOK]).await;
    let document = r#"{ search(term: "") { __typename ... on Book { title pages } ... on Product { name } } }"#;
    let (whole, part) = (ask(&shop, document, &["reader"]).await, ask(&shop, document, &[]).await);
    assert!(!asked(&shop, "products", "minutes"));
    let items = |answer: &Value| answer["data"]["search"].as_array().unwrap().clone();
    let mut expected = Vec::new();
    for (position, (whole, part)) in items(&whole).iter().zip(items(&part)).enumerate() {
        if whole["__typename"] == "Book" {
            assert_eq!(part, Value::Null);
            expected.push(json!(["search", position]));
        } else {
            assert_eq!(*whole, part);
        }
    }
    assert!(!expected.is_empty() && expected.len() < items(&whole).len());
    assert_eq!(denied(&part), expected);
    assert_eq!(shop.calls("products").iter().filter(|call| call.query.contains("pages")).count(), 1);
}

#[tokio::test]
async fn a_field_that_one_implementer_guards_is_answered_for_the_others() {
    let shop = shop(&[MINUTES]).await;
    let answer = ask(&shop, "{ catalogue { __typename title } }", &[]).await;
    let items = answer["data"]["catalogue"].as_array().unwrap();
    let films: Vec<usize> = (0..items.len()).filter(|position| items[*position]["__typename"] == "Movie").collect();
    assert!(!films.is_empty() && films.len() < items.len());
    for (position, item) in items.iter().enumerate() {
        assert_eq!(item["title"].is_null(), films.contains(&position), "{item}");
    }
    let expected: Vec<Value> = films.iter().map(|position| json!(["catalogue", position, "title"])).collect();
    assert_eq!(denied(&answer), expected);
}

#[tokio::test]
async fn what_an_interface_object_guards_is_guarded_on_every_object() {
    let shop = shop(&[RATING]).await;
    for document in ["{ catalogue { rating } }", "{ catalogue { ... on Book { rating } ... on Movie { rating } } }"] {
        let answer = ask(&shop, document, &[]).await;
        assert!(answer["data"]["catalogue"].as_array().unwrap().iter().all(|item| item["rating"].is_null()));
        assert!(!denied(&answer).is_empty());
    }
    assert!(shop.calls("reviews").is_empty());
}

#[tokio::test]
async fn plans_may_fetch_what_the_client_did_not_select() {
    let shop = shop(&[WEIGHT, UPC]).await;
    let document = "{ topProducts(first: 1) { shippingEstimate weight reviews { body } } }";
    let (part, whole) = (ask(&shop, document, &[]).await, ask(&shop, document, &["anything"]).await);
    let (part_of, whole_of) = (&part["data"]["topProducts"][0], &whole["data"]["topProducts"][0]);
    assert!(whole_of["shippingEstimate"].is_number() && whole_of["weight"].is_number(), "{whole}");
    assert_eq!(part_of["shippingEstimate"], whole_of["shippingEstimate"], "its inputs are the plan's own affair");
    assert_eq!(part_of["reviews"], whole_of["reviews"]);
    assert_eq!(denied(&part), [json!(["topProducts", 0, "weight"])]);
}

#[tokio::test]
async fn the_same_field_is_seen_by_the_way_that_permits_it() {
    let shop = shop(&[EMAIL]).await;
    let document =
        "{ me { ...Mail ... on User { email name } } user(id: 2) { ...Mail } } fragment Mail on User { email }";
    let answer = ask(&shop, document, &[]).await;
    assert_eq!(answer["data"], json!({ "me": { "email": null, "name": "ada" }, "user": { "email": null } }));
    assert_eq!(denied(&answer), [json!(["me", "email"]), json!(["user", "email"])]);
    assert!(!asked(&shop, "accounts", "email"));
}

#[tokio::test]
async fn a_denied_change_is_not_made() {
    let guard =
        ("rename(id: ID!, name: String!): User @join", "rename(id: ID!, name: String!): User @authenticated @join");
    let shop = shop(&[guard]).await;
    let document = r#"mutation { rename(id: 1, name: "eve") { name } addReview(upc: "p1", body: "good") { body } }"#;
    let answer = ask(&shop, document, &[]).await;
    assert_eq!(answer["data"], json!({ "rename": null, "addReview": { "body": "good" } }));
    assert_eq!(denied(&answer), [json!(["rename"])]);
    assert!(shop.calls("accounts").is_empty());
}

#[tokio::test]
async fn a_root_type_may_be_guarded_and_introspection_is_for_everybody() {
    let guard = ("type Query\n", "type Query @authenticated\n");
    let shop = shop(&[guard]).await;
    let answer = ask(&shop, "{ __typename __schema { queryType { name } } me { name } }", &[]).await;
    let schema = json!({ "queryType": { "name": "Query" } });
    assert_eq!(answer["data"], json!({ "__typename": "Query", "__schema": schema, "me": null }));
    assert_eq!(denied(&answer), [json!(["me"])]);
    assert!(shop.calls("accounts").is_empty());
}

#[tokio::test]
async fn a_denied_subscription_says_so_and_ends() {
    let shop = shop(&[REVIEWS, EMAIL]).await;
    let operation = permitted(&shop, "subscription { reviewAdded { body } }", &[]).await;
    let context = Arc::new(RequestContext::new("test"));
    let request = ExecutionRequest { operation, variables: Map::new(), context };
    let Err(refusal) = shop.executor.subscribe(request).await else { panic!("not refused") };
    let answer = json(&refusal.body);
    assert_eq!((&answer["data"], denied(&answer)), (&json!({ "reviewAdded": null }), vec![json!(["reviewAdded"])]));
    assert!(shop.calls("reviews").is_empty());

    let operation = permitted(&shop, "subscription { reviewAdded { body author { name email } } }", &["x"]).await;
    let context = Arc::new(RequestContext::new("test"));
    let request = ExecutionRequest { operation, variables: Map::new(), context };
    let mut events = shop.executor.subscribe(request).await.ok().unwrap();
    // A subscription in this process begins when it is first asked for an event.
    let mut first = events.next();
    assert!(futures::poll!(&mut first).is_pending());
    shop.reviews.announce("n1", "1", "p2");
    let event = timeout(Duration::from_secs(20), first).await.unwrap().unwrap();
    let event = json(&event.body);
    assert_eq!(event["data"]["reviewAdded"]["author"]["email"], Value::Null, "{event}");
    assert_eq!(denied(&event), [json!(["reviewAdded", "author", "email"])]);
}

#[tokio::test]
async fn what_conditions_leave_out_needs_nothing() {
    let shop = shop(&[EMAIL]).await;
    let variables = json!({ "all": false });
    let request = |document| cloudphone_planning::PlanRequest::new(document, None);
    let document = "query($all: Boolean!) { me { name email @include(if: $all) } }";
    let without = shop.planner.plan(request(document).with_variables(variables.as_object().unwrap())).await.unwrap();
    assert!(without.guarded_places().is_empty());
    let either = shop.planner.plan(request(document)).await.unwrap();
    assert_eq!(either.guarded_places()[0].coordinate, "User.email");
}

/// What is left of a whole answer: what was denied becomes null, and what may not be null takes with it what is around it.
fn agree(whole: &Value, part: &Value, path: &mut Vec<Value>, denied: &[Value]) {
    if part.is_null() {
        let is_explained = whole.is_null() || denied.iter().any(|denied| denied.as_array().unwrap().starts_with(path));
        assert!(is_explained, "null for no reason at {path:?}, denied {denied:?}");
        return;
    }
    assert!(!denied.contains(&Value::Array(path.clone())), "denied and answered at {path:?}");
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            assert!(whole.keys().eq(part.keys()), "other keys at {path:?}");
            for (key, own) in part {
                path.push(key.as_str().into());
                agree(&whole[key], own, path, denied);
                path.pop();
            }
        }
        (Value::Array(whole), Value::Array(part)) => {
            assert_eq!(whole.len(), part.len());
            for (position, (whole, part)) in whole.iter().zip(part).enumerate() {
                path.push(position.into());
                agree(whole, part, path, denied);
                path.pop();
            }
        }
        _ => assert_eq!(whole, part, "at {path:?}"),
    }
}

#[tokio::test]
async fn whatever_is_denied_the_rest_of_the_answer_stays_as_it_was() {
    let documents = [
        "{ me { id name email karma friends { name reviews { body product { name weight } } } } }",
        "{ topProducts(first: 2) { upc name weight colour inStock shippingEstimate dimensions { size boxed } reviews { id author { name } } } }",
        "{ catalogue { id title rating ... on Book { pages } ... on Movie { minutes } } latestReviews { body author { karma } } }",
        r#"{ search(term: "") { __typename ... on Media { title rating } ... on Product { name reviews { body } } ... on User { person: name } } }"#,
    ];
    let rules = [EMAIL, KARMA, REVIEWS, BOOK, RATING, MINUTES, WEIGHT, UPC, COLOUR];
    for chosen in 1_usize..1 << rules.len() {
        // Every rule alone, and a spread of their combinations.
        if chosen.count_ones() > 1 && chosen % 37 != 0 {
            continue;
        }
        let changes: Vec<_> = (0..rules.len()).filter(|rule| chosen & 1 << rule != 0).map(|rule| rules[rule]).collect();
        let shop = shop(&changes).await;
        for document in documents {
            let (whole, part) =
                (ask(&shop, document, &["mail", "read", "reader"]).await, ask(&shop, document, &[]).await);
            assert_eq!(whole["errors"], Value::Null, "{whole}");
            agree(&whole["data"], &part["data"], &mut Vec::new(), &denied(&part));
        }
    }
}

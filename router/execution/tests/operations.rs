//! Queries and mutations over live subgraphs: the same stories in this process and over HTTP.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Shop, Transport};
use serde_json::{Value, json};

/// Tells one story twice: with the subgraphs in this process, and over HTTP.
macro_rules! stories {
    ($(async fn $name:ident($shop:ident) $body:block)*) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($shop: Shop) $body

            #[tokio::test]
            async fn in_process() {
                story(Shop::open(Transport::InProcess).await).await;
            }

            #[tokio::test]
            async fn over_http() {
                story(Shop::open(Transport::Http).await).await;
            }
        })*
    };
}

stories! {
    async fn one_subgraph_answers_alone(shop) {
        let answer = shop.ask("{ me { id name email } }").await;
        assert_eq!(answer, json!({ "data": { "me": { "id": "1", "name": "ada", "email": "ada@example.org" } } }));
    }

    async fn entities_are_joined_over_three_subgraphs(shop) {
        let answer = shop.ask("{ topProducts(first: 2) { name inStock reviews { body author { name } } } }").await;
        assert_eq!(answer, json!({ "data": { "topProducts": [
            { "name": "table", "inStock": true, "reviews": [
                { "body": "fine \"quoted\" ünïcode", "author": { "name": "ada" } },
                { "body": "wobbly", "author": { "name": "bob" } },
            ] },
            { "name": "chair", "inStock": false, "reviews": [{ "body": "soft", "author": { "name": "ada" } }] },
        ] } }));
    }

    async fn fields_come_in_the_clients_order_and_under_its_names(shop) {
        let result = shop.run("{ b: me { mail: email it: __typename who: name id2: id } __typename a: me { karma } }", Value::Null).await;
        assert_eq!(
            std::str::from_utf8(&result.body).unwrap(),
            r#"{"data":{"b":{"mail":"ada@example.org","it":"User","who":"ada","id2":"1"},"__typename":"Query","a":{"karma":7}}}"#
        );
    }

    async fn an_entity_that_appears_often_is_asked_for_once(shop) {
        let answer = shop.ask("{ latestReviews { author { name } } }").await;
        assert_eq!(answer["data"]["latestReviews"].as_array().unwrap().len(), 4);
        let calls = shop.calls("accounts");
        assert_eq!(calls.len(), 1);
        let variables: Value = common::json(&calls[0].variables);
        assert_eq!(variables["representations"], json!([{ "__typename": "User", "id": "1" }, { "__typename": "User", "id": "2" }]));
    }

    async fn fragments_merge_with_fields(shop) {
        let answer = shop.ask(
            "query { me { ...names friends { ...names ... on User { email } } } }
             fragment names on User { name ...more } fragment more on User { id name }",
        ).await;
        assert_eq!(answer["data"]["me"]["friends"][1], json!({ "name": "cleo", "id": "3", "email": null }));
    }

    async fn interfaces_and_their_implementers_are_told_apart(shop) {
        let answer = shop.ask("{ catalogue { __typename id title ... on Book { pages } ... on Movie { minutes } } }").await;
        assert_eq!(answer, json!({ "data": { "catalogue": [
            { "__typename": "Book", "id": "b1", "title": "Dune", "pages": 600 },
            { "__typename": "Movie", "id": "m1", "title": null, "minutes": 90 },
        ] } }));
    }

    async fn an_interface_object_adds_a_field_to_every_implementer(shop) {
        let answer = shop.ask("{ catalogue { rating title ... on Movie { minutes } } }").await;
        assert_eq!(answer, json!({ "data": { "catalogue": [
            { "rating": 5, "title": "Dune" },
            { "rating": 3, "title": null, "minutes": 90 },
        ] } }));
    }

    async fn union_members_are_completed_by_their_own_subgraphs(shop) {
        let answer = shop.ask(
            "{ search(term: \"chair\") { __typename ... on Product { upc inStock } ... on Book { title } ... on User { name karma } } }",
        ).await;
        assert_eq!(answer, json!({ "data": { "search": [
            { "__typename": "Product", "upc": "p2", "inStock": false },
            { "__typename": "Book", "title": "Dune" },
            { "__typename": "User", "name": "ada", "karma": 7 },
            null,
        ] } }));
    }

    async fn a_required_field_with_arguments_does_not_disturb_the_clients_own(shop) {
        let answer = shop.ask("{ product(upc: \"p1\") { price shippingEstimate dollars: price(currency: \"USD\") } }").await;
        assert_eq!(answer, json!({ "data": { "product": { "price": 100, "shippingEstimate": 210, "dollars": 200 } } }));
    }

    async fn a_null_key_leaves_the_other_subgraph_unasked(shop) {
        let answer = shop.ask("{ product(upc: \"p3\") { name inStock shippingEstimate } }").await;
        assert_eq!(answer, json!({ "data": { "product": { "name": null, "inStock": null, "shippingEstimate": null } } }));
        assert!(shop.calls("inventory").is_empty());
    }

    async fn an_object_of_two_subgraphs_is_merged_deeply(shop) {
        let answer = shop.ask("{ topProducts(first: 2) { dimensions { size boxed } } }").await;
        assert_eq!(answer["data"]["topProducts"][1]["dimensions"], json!({ "size": "size of p2", "boxed": 4 }));
    }

    async fn the_same_entity_on_two_paths_is_completed_for_each(shop) {
        let answer = shop.ask(
            "{ me { reviews { product { name } } } latestReviews { author { reviews { id product { inStock } } } } }",
        ).await;
        assert_eq!(answer["data"]["me"]["reviews"][0], json!({ "product": { "name": "table" } }));
        assert_eq!(answer["data"]["latestReviews"][1]["author"]["reviews"][0], json!({ "id": "r2", "product": { "inStock": true } }));
        assert_eq!(answer.get("errors"), None);
    }

    async fn custom_scalars_pass_as_they_are(shop) {
        let answer = shop.ask("{ product(upc: \"p1\") { attributes } }").await;
        assert_eq!(answer["data"]["product"]["attributes"], json!({ "nested": { "list": [1, null, "x"] }, "name": "table" }));
    }

    async fn skip_and_include_follow_their_variables(shop) {
        let document = "query($with: Boolean!, $without: Boolean!) {
            me { id name @include(if: $with) ... @skip(if: $without) { karma } email @include(if: false) }
        }";
        let both = shop.ask_with(document, json!({ "with": true, "without": false })).await;
        assert_eq!(both["data"]["me"], json!({ "id": "1", "name": "ada", "karma": 7 }));
        let neither = shop.ask_with(document, json!({ "with": false, "without": true })).await;
        assert_eq!(neither["data"]["me"], json!({ "id": "1" }));
        assert_eq!(shop.calls("reviews").len(), 1);
    }

    async fn a_selection_left_empty_by_its_conditions_is_an_empty_object(shop) {
        let answer = shop.ask_with("query($x: Boolean!) { me { name @include(if: $x) } }", json!({ "x": false })).await;
        assert_eq!(answer, json!({ "data": { "me": {} } }));
    }

    async fn variables_reach_the_subgraphs_with_their_defaults(shop) {
        let document = "query($n: Int! = 1, $filter: ProductFilter) { topProducts(first: $n, filter: $filter) { upc } }";
        assert_eq!(shop.ask(document).await["data"]["topProducts"], json!([{ "upc": "p1" }]));
        let filter = json!({ "n": 9, "filter": { "name": "chair", "colours": "GREEN", "minPrice": 20 } });
        assert_eq!(shop.ask_with(document, filter).await["data"]["topProducts"], json!([{ "upc": "p2" }]));
    }

    async fn mutations_run_one_after_the_other_across_subgraphs(shop) {
        let answer = shop.ask(
            "mutation {
                first: rename(id: 1, name: \"eve\") { name reviews { id } }
                addReview(upc: \"p2\", body: \"third\") { id author { name } }
                second: rename(id: 1, name: \"ada\") { name reviews { id } }
            }",
        ).await;
        let reviews = |ids: &[&str]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
        assert_eq!(answer, json!({ "data": {
            "first": { "name": "eve", "reviews": reviews(&["r1", "r3", "r4"]) },
            "addReview": { "id": "r5", "author": { "name": "eve" } },
            "second": { "name": "ada", "reviews": reviews(&["r1", "r3", "r4", "r5"]) },
        } }));
    }

    async fn a_fields_error_is_told_at_the_clients_path_with_its_code(shop) {
        let answer = shop.ask("{ all: users { name mail: email } }").await;
        assert_eq!(answer["data"]["all"][1], json!({ "name": "bob", "mail": null }));
        assert_eq!(answer["errors"], json!([{
            "message": "the mail directory is closed",
            "path": ["all", 1, "mail"],
            "extensions": { "code": "DIRECTORY_CLOSED", "service": "accounts" },
        }]));
    }

    async fn an_entitys_error_is_told_at_every_place_where_it_appears(shop) {
        let answer = shop.ask("{ latestReviews { author { email } } }").await;
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(answer["errors"][0]["path"], json!(["latestReviews", 1, "author", "email"]));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "DIRECTORY_CLOSED");
        assert_eq!(answer["data"]["latestReviews"][0]["author"]["email"], "ada@example.org");
    }

    async fn a_failed_non_null_field_of_an_entity_nulls_its_parents_up_to_the_first_nullable(shop) {
        let answer = shop.ask("{ user(id: 3) { name karma } other: me { karma } }").await;
        assert_eq!(answer["data"], json!({ "user": null, "other": { "karma": 7 } }));
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(answer["errors"][0]["path"], json!(["user", "karma"]));
        assert_eq!(answer["errors"][0]["message"], "karma unknown");
    }

    async fn a_null_that_nothing_can_hold_makes_data_null(shop) {
        let answer = shop.ask("{ fragile { name } me { name } }").await;
        assert_eq!(answer["data"], Value::Null);
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
        assert_eq!(answer["errors"][0]["path"], json!(["fragile", "name"]));
    }

    async fn hidden_enum_values_do_not_reach_clients(shop) {
        let answer = shop.ask("{ product(upc: \"p3\") { colour colours } }").await;
        assert_eq!(answer["data"]["product"], json!({ "colour": null, "colours": null }));
        let codes: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| &error["extensions"]["code"]).collect();
        // The first may be null, and nothing tells of the hidden value. The second lies in a list that must not have nulls.
        assert_eq!(codes, ["INVALID_SUBGRAPH_VALUE"]);
        assert_eq!(answer["errors"][0]["path"], json!(["product", "colours", 1]));
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message, "Cannot return null for non-nullable field Product.colours.");
    }
}

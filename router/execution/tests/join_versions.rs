//! Supergraphs of every version of the join specification that is served, written as their composers wrote them.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{SUPERGRAPH, Shop};
use serde_json::json;

/// The shop's supergraph is of v0.3.
fn of_version(version: &str) -> String {
    assert!(SUPERGRAPH.contains("join/v0.3"));
    SUPERGRAPH.replacen("join/v0.3", &format!("join/{version}"), 1)
}

/// Up to v0.2 nothing was said of union members, enum values and objects that stand for interfaces.
fn without_members(supergraph: &str) -> String {
    let mut kept = String::new();
    for line in supergraph.lines() {
        if line.starts_with("directive @join__enumValue") || line.starts_with("directive @join__unionMember") {
            continue;
        }
        // What only an object that stands for an interface answers.
        if line.trim_start().starts_with("rating:") {
            continue;
        }
        let mut line = line
            .replace(", isInterfaceObject: Boolean! = false", "")
            .replace(" @join__type(graph: REVIEWS, key: \"id\", isInterfaceObject: true)", "");
        for directive in ["@join__enumValue(", "@join__unionMember("] {
            while let Some(start) = line.find(directive) {
                let end = start + line[start..].find(')').unwrap();
                line.replace_range(start..=end, "");
            }
        }
        kept.push_str(&line);
        kept.push('\n');
    }
    assert!(!kept.contains("enumValue") && !kept.contains("unionMember") && !kept.contains("isInterfaceObject"));
    kept
}

/// Entities over three subgraphs, a union, an enum and an interface.
async fn is_served(supergraph: &str) {
    let shop = Shop::open_over(supergraph).await;
    let answer = shop.ask("{ topProducts(first: 1) { name inStock reviews { body author { name } } } }").await;
    assert_eq!(
        answer,
        json!({ "data": { "topProducts": [{ "name": "table", "inStock": true, "reviews": [
            { "body": "fine \"quoted\" ünïcode", "author": { "name": "ada" } },
            { "body": "wobbly", "author": { "name": "bob" } },
        ] }] } })
    );
    let expected = Shop::open_over(SUPERGRAPH).await;
    for document in [
        "{ search(term: \"a\") { __typename ... on Product { upc name } ... on User { id email } } }",
        "{ topProducts(filter: { name: \"chair\", colours: [RED, GREEN] }) { upc colour } }",
        "{ catalogue { __typename title } }",
    ] {
        let (answer, wanted) = (shop.ask(document).await, expected.ask(document).await);
        assert!(wanted["errors"].is_null(), "{document}: {wanted}");
        assert_eq!(answer, wanted, "{document}");
    }
}

#[tokio::test]
async fn of_version_0_2_without_union_members_and_enum_values() {
    is_served(&without_members(&of_version("v0.2"))).await;
}

#[tokio::test]
async fn of_version_0_3() {
    is_served(SUPERGRAPH).await;
}

#[tokio::test]
async fn of_version_0_4_with_directives_of_subgraphs() {
    let added = "directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION\nscalar join__DirectiveArguments\nscalar join__FieldSet\n";
    let supergraph = of_version("v0.4").replacen("scalar join__FieldSet\n", added, 1).replacen(
        "type Mutation @join__type",
        "type Mutation @join__directive(graphs: [ACCOUNTS], name: \"audited\", args: { by: \"us\" }) @join__type",
        1,
    );
    assert!(supergraph.contains("\"audited\""));
    is_served(&supergraph).await;
}

#[tokio::test]
async fn of_version_0_5_with_labels_of_overrides() {
    let supergraph = of_version("v0.5")
        .replacen("usedOverridden: Boolean)", "usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!])", 1)
        .replacen("scalar join__FieldSet\n", "scalar join__FieldSet\nscalar join__FieldValue\ninput join__ContextArgument { name: String! type: String! context: String! selection: join__FieldValue! }\n", 1);
    assert!(supergraph.contains("overrideLabel") && supergraph.contains("input join__ContextArgument"));
    is_served(&supergraph).await;
}

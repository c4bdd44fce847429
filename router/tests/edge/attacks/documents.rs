//! Documents, variables and batches that ask for too much.

use std::fmt::Write as _;

use cloudphone_planning::PlannerOptions;
use serde_json::{Value, json};

use super::{attack, refusal};
use crate::support::{Platform, Settings, Transport};

async fn platform() -> Platform {
    Platform::start(Transport::InProcess).await
}

#[tokio::test]
async fn a_flood_of_aliases_directives_or_tokens_is_refused() {
    let platform = platform().await;
    let aliases = (0..600).fold(String::new(), |mut text, number| {
        let _ = write!(text, "a{number}: id ");
        text
    });
    assert_eq!(refusal(&platform, &format!("{{ accounts {{ {aliases} }} }}")).await, "OPERATION_TOO_LARGE");
    let calls = (0..200).fold(String::new(), |mut text, number| {
        let _ = write!(text, "a{number}: trail ");
        text
    });
    assert_eq!(refusal(&platform, &format!("{{ {calls} }}")).await, "OPERATION_TOO_LARGE");
    let directives = "@include(if: true) ".repeat(600);
    assert_eq!(refusal(&platform, &format!("{{ trail {directives} }}")).await, "OPERATION_TOO_LARGE");
    let unknown = "@a".repeat(3000);
    assert_eq!(refusal(&platform, &format!("{{ trail {unknown} }}")).await, "OPERATION_TOO_LARGE");
    assert_eq!(refusal(&platform, &format!("{{ {} }}", "trail ".repeat(500_000))).await, "GRAPHQL_PARSE_FAILED");
    assert_eq!(refusal(&platform, &format!("{{ {}", "#,\n".repeat(1_000_000))).await, "GRAPHQL_PARSE_FAILED");
}

#[tokio::test]
async fn fragments_that_multiply_or_go_in_circles_are_refused() {
    let platform = platform().await;
    let mut bomb = "{ ...F0 } ".to_owned();
    for level in 0..60 {
        let next = level + 1;
        let _ = write!(bomb, "fragment F{level} on Query {{ ...F{next} ...F{next} }} ");
    }
    bomb.push_str("fragment F60 on Query { trail }");
    assert_eq!(refusal(&platform, &bomb).await, "OPERATION_TOO_LARGE");
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { trail ...A }";
    assert_eq!(refusal(&platform, circle).await, "GRAPHQL_VALIDATION_FAILED");
    let unused = "{ trail } fragment A on Query { ...B } fragment B on Query { ...A } fragment C on Query { ...C }";
    assert_eq!(refusal(&platform, unused).await, "GRAPHQL_VALIDATION_FAILED");
    let chain = (0..1800).fold("{ ...F0 } ".to_owned(), |mut text, level| {
        let _ = write!(text, "fragment F{level} on Query {{ ...F{} }} ", level + 1);
        text
    });
    let code = refusal(&platform, &format!("{chain} fragment F1800 on Query {{ trail }}")).await;
    assert!(["OPERATION_TOO_LARGE", "GRAPHQL_PARSE_FAILED"].contains(&&*code), "{code}");
    let itself = "{ accounts { ...A } } fragment A on Account { notes { author { ...A } } }";
    assert_eq!(refusal(&platform, itself).await, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn what_is_nested_too_deeply_is_refused() {
    let platform = platform().await;
    for depth in [40, 400, 4000, 400_000] {
        let fields = format!("{{ {} id {} }}", "accounts { ".repeat(depth), "}".repeat(depth));
        let code = refusal(&platform, &fields).await;
        assert!(["OPERATION_TOO_LARGE", "GRAPHQL_PARSE_FAILED"].contains(&&*code), "{depth}: {code}");
        let open = "{ a".repeat(depth);
        assert_eq!(refusal(&platform, &open).await, "GRAPHQL_PARSE_FAILED");
        let fragments = format!("{{ {} trail {} }}", "... { ".repeat(depth), "}".repeat(depth));
        let (status, answer) = attack(&platform, &json!({ "query": fragments })).await;
        assert!(status == 400 || answer["data"]["trail"].is_string(), "{depth}");
    }
    for depth in [40, 400, 4000, 400_000] {
        let list = format!("{{ account(id: {}1{}) {{ name }} }}", "[".repeat(depth), "]".repeat(depth));
        let code = refusal(&platform, &list).await;
        assert!(["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"].contains(&&*code), "{depth}: {code}");
    }
}

#[tokio::test]
async fn fields_that_all_have_to_be_compared_are_few() {
    let platform = platform().await;
    for spread in ["id ", "...F "] {
        let document = format!("{{ accounts {{ {} }} }} fragment F on Account {{ id }}", spread.repeat(3000));
        let code = refusal(&platform, &document).await;
        assert_eq!(code, "OPERATION_TOO_LARGE", "{spread}");
    }
    let document = format!("{{ accounts {{ {} }} }}", "id ".repeat(300));
    let (status, answer) = attack(&platform, &json!({ "query": document })).await;
    assert_eq!((status, &answer["data"]["accounts"][0]), (200, &json!({ "id": "1" })));
}

#[tokio::test]
async fn huge_variables_are_refused_or_do_no_harm() {
    let platform = platform().await;
    let query = "query ($id: ID!) { account(id: $id) { name } }";
    let (status, answer) =
        attack(&platform, &json!({ "query": query, "variables": { "id": "x".repeat(5_000_000) } })).await;
    assert_eq!((status, answer), (200, json!({ "data": { "account": null } })));
    let too_large = json!({ "query": query, "variables": { "id": "x".repeat(11_000_000) } });
    let (status, answer) = attack(&platform, &too_large).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
    let many: Value =
        (0..200_000).map(|number| (format!("v{number}"), json!(number))).collect::<serde_json::Map<_, _>>().into();
    let (status, _) = attack(&platform, &json!({ "query": "{ trail }", "variables": many })).await;
    assert_eq!(status, 200, "what is not asked for is left alone");
    let nested =
        format!(r#"{{"query":"{{ trail }}","variables":{{"a":{}1{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let request = reqwest::Client::new().post(platform.url()).header("content-type", "application/json");
    assert_eq!(request.body(nested).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_flood_within_one_batch_is_refused() {
    let platform = platform().await;
    let batch = Value::Array(vec![json!({ "query": "{ trail }" }); 100_000]);
    let (status, answer) = attack(&platform, &batch).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BATCH_SIZE")));
    let (status, answer) = attack(&platform, &json!([[{ "query": "{ trail }" }]])).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")));
}

#[tokio::test]
async fn nobody_reads_the_schema_where_introspection_is_off() {
    let planner = PlannerOptions { introspection: false, ..PlannerOptions::default() };
    let platform = Platform::start_with(Settings { planner, ..Settings::new(Transport::InProcess) }).await;
    for document in [
        "{ __schema { types { name } } }",
        "{ a: __type(name: \"Query\") { name } }",
        "{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }",
    ] {
        assert_eq!(refusal(&platform, document).await, "INTROSPECTION_DISABLED", "{document}");
    }
    assert_eq!(platform.ask("{ __typename }").await, json!({ "data": { "__typename": "Query" } }));
}

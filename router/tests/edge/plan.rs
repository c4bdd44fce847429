//! The plan beside an answer, or in its place, for those who may see it.

use cloudphone_core::Permission;
use cloudphone_router::protection::PlanAccess;
use serde_json::{Value, json};

use crate::support::{Platform, Settings, Transport};

const NOTES: &str = "{ notes { text author { name } } }";

async fn platform(access: PlanAccess) -> Platform {
    let settings = Settings::new(Transport::InProcess).limits(|limits| limits.query_plans = access);
    let platform = Platform::start_with(settings).await;
    platform.ask("mutation { write(text: \"hello\", author: 1) { id } }").await;
    platform
}

async fn asked(platform: &Platform, document: &str, wish: &str, token: Option<&str>) -> Value {
    let request = platform.post(&json!({ "query": document })).header("x-cloudphone-query-plan", wish);
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_plan_stands_beside_the_answer_or_in_its_place() {
    let platform = platform(PlanAccess::Everybody).await;
    let answer = asked(&platform, NOTES, "1", None).await;
    assert_eq!(answer["data"]["notes"][0]["author"]["name"], "ada");
    let plan = &answer["extensions"]["queryPlan"];
    assert_eq!((&plan["kind"], &plan["node"]["kind"]), (&json!("QueryPlan"), &json!("Sequence")));
    let [notes, authors] = plan["node"]["nodes"].as_array().unwrap().as_slice() else { panic!("{plan}") };
    assert_eq!((&authors["kind"], &authors["path"]), (&json!("Flatten"), &json!(["notes", "@", "author"])));
    let authors = &authors["node"];
    assert_eq!((&notes["serviceName"], &authors["serviceName"]), (&json!("notes"), &json!("accounts")));
    assert_eq!(authors["dependsOn"], json!([0]));
    assert!(authors["operation"].as_str().unwrap().contains("_entities"));
    assert!(authors["requires"].as_str().unwrap().contains("... on"), "{authors}");
    let (first, second) = (&notes["executed"], &authors["executed"]);
    let ends = |fetch: &Value| fetch["startMs"].as_f64().unwrap() + fetch["durationMs"].as_f64().unwrap();
    assert!(second["startMs"].as_f64().unwrap() >= ends(first) && ends(second) > ends(first), "{plan}");
    for fetch in [first, second] {
        assert_eq!((&fetch["status"], &fetch["error"], &fetch["retries"]), (&json!(200), &Value::Null, &json!(0)));
        assert!(fetch["receivedBytes"].as_u64().unwrap() > 10 && fetch["sentBytes"].as_u64().unwrap() >= 2, "{fetch}");
    }
    let text = plan["text"].as_str().unwrap();
    assert!(text.starts_with("QueryPlan {") && text.contains("Flatten(path: \"notes.@.author\")"), "{text}");
    assert!(text.contains("  # at ") && text.contains("status 200"), "{text}");
    let change = "mutation { write(text: \"never\", author: 1) { id } }";
    let alone = asked(&platform, change, "dry-run", None).await;
    let plan = &alone["extensions"]["queryPlan"];
    assert_eq!((&alone["data"], &plan["operationKind"]), (&Value::Null, &json!("mutation")));
    assert!(plan["node"].get("executed").is_none(), "{plan}");
    assert_eq!(platform.ask(NOTES).await["data"]["notes"].as_array().map(Vec::len), Some(1), "nothing was run");
    assert_eq!(platform.ask(NOTES).await.get("extensions"), None, "nobody asked for it");
}

#[tokio::test]
async fn the_plan_is_for_those_who_may_see_it() {
    let hidden = platform(PlanAccess::Nobody).await;
    let answer = asked(&hidden, NOTES, "dry-run", None).await;
    assert!(answer["extensions"].is_null() && answer["data"]["notes"].is_array(), "as if nothing had been asked");
    let guarded = platform(PlanAccess::Holders(Permission::new("router:inspect"))).await;
    guarded.doorman.admit("inspector", &["router:inspect"], None);
    guarded.doorman.admit("member", &["note:read"], None);
    for (token, sees) in [(Some("inspector"), true), (Some("member"), false), (None, false)] {
        let answer = asked(&guarded, NOTES, "1", token).await;
        assert_eq!(answer["extensions"]["queryPlan"].is_object(), sees, "{token:?}");
    }
}

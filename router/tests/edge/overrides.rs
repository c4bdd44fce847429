//! Fields that move from an old subgraph to a new one, which answer them differently so that it shows who was asked.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, ID, Object, Schema, SimpleObject};
use cloudphone_composition::Subgraph as Part;
use cloudphone_execution::SubgraphService;
use cloudphone_graphql::Subgraph;
use cloudphone_planning::draws_of;
use cloudphone_router::overrides::{OverrideRule, OverrideRules};
use cloudphone_router::subgraphs::in_process;
use cloudphone_traffic::headers::{Forwarding, RequestRules};
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport};

#[derive(SimpleObject)]
struct Shelf {
    id: ID,
    never: &'static str,
    always: &'static str,
    some: &'static str,
    flagged: &'static str,
    orphan: &'static str,
}

fn shelf(id: ID, who: &'static str) -> Shelf {
    Shelf { id, never: who, always: who, some: who, flagged: who, orphan: who }
}

struct Old;

#[Object(name = "Query")]
impl Old {
    async fn shelf(&self) -> Shelf {
        shelf(ID::from("1"), "old")
    }

    #[graphql(entity)]
    async fn shelf_by_id(&self, id: ID) -> Shelf {
        shelf(id, "old")
    }
}

struct New;

struct Account(ID);

#[Object]
impl Account {
    async fn id(&self) -> &ID {
        &self.0
    }

    async fn name(&self) -> String {
        format!("new name of {}", self.0.as_str())
    }
}

#[Object(name = "Query")]
impl New {
    #[graphql(entity)]
    async fn shelf_by_id(&self, id: ID) -> Shelf {
        shelf(id, "new")
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: ID) -> Account {
        Account(id)
    }
}

const LINK: &str =
    r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])"#;

fn part(name: &str, sdl: &str) -> Part {
    Part { name: name.to_owned(), url: String::new(), sdl: format!("{LINK}\n{sdl}") }
}

fn subgraphs() -> Vec<(Part, Arc<dyn SubgraphService>)> {
    let old = Schema::build(Old, EmptyMutation, EmptySubscription).enable_federation().finish();
    let new = Schema::build(New, EmptyMutation, EmptySubscription).enable_federation().finish();
    let old_part = part(
        "old",
        r#"type Query { shelf: Shelf! }
        type Shelf @key(fields: "id") { id: ID! never: String! always: String! some: String! flagged: String! }"#,
    );
    let new_part = part(
        "new",
        r#"type Shelf @key(fields: "id") {
          id: ID!
          never: String! @override(from: "old", label: "percent(0)")
          always: String! @override(from: "old", label: "percent(100)")
          some: String! @override(from: "old", label: "percent(30)")
          flagged: String! @override(from: "old", label: "beta")
          orphan: String! @override(from: "nobody")
        }
        type Account @key(fields: "id") { id: ID! name: String! @override(from: "accounts", label: "beta") }"#,
    );
    vec![(old_part, in_process(Subgraph::new("old", old))), (new_part, in_process(Subgraph::new("new", new)))]
}

async fn platform() -> Platform {
    Platform::start_with(Settings { more: subgraphs(), ..Settings::new(Transport::InProcess) }).await
}

/// The label is on for those of whom this rule says so.
fn decide(platform: &Platform, rule: OverrideRule) {
    let rules: OverrideRules = [("beta".to_owned(), rule)].into_iter().collect();
    platform.gateway.forward(Forwarding::new(None::<&RequestRules>).with_own(rules.headers().cloned()));
    platform.gateway.change_overrides(rules);
}

fn header(value: Option<&'static str>) -> OverrideRule {
    OverrideRule::Header { name: "x-beta".parse().unwrap(), value: value.map(|value| value.parse().unwrap()) }
}

async fn shelf_of(platform: &Platform, field: &str) -> String {
    let answer = platform.ask(&format!("{{ shelf {{ {field} }} }}")).await;
    answer["data"]["shelf"][field].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// How many of 400 operations the new subgraph answers.
async fn answered_by_new(platform: &Platform, field: &str) -> usize {
    let batch: Vec<Value> = (0..10).map(|_| json!({ "query": format!("{{ shelf {{ {field} }} }}") })).collect();
    let mut count = 0;
    for _ in 0..40 {
        let answers: Vec<Value> = platform.post(&json!(batch)).send().await.unwrap().json().await.unwrap();
        count += answers.iter().filter(|answer| answer["data"]["shelf"][field] == "new").count();
    }
    count
}

#[tokio::test]
async fn a_percentage_of_operations_is_answered_by_the_new_subgraph() {
    let platform = platform().await;
    assert_eq!(answered_by_new(&platform, "never").await, 0);
    assert_eq!(answered_by_new(&platform, "always").await, 400);
    let some = answered_by_new(&platform, "some").await;
    // 120 are expected; seven standard deviations either way.
    assert!((55..=185).contains(&some), "{some} of 400");
}

#[tokio::test]
async fn a_custom_label_goes_by_what_the_operator_decides() {
    let platform = platform().await;
    assert_eq!(shelf_of(&platform, "flagged").await, "old", "nobody has decided anything");
    decide(&platform, OverrideRule::On);
    assert_eq!(shelf_of(&platform, "flagged").await, "new");
    decide(&platform, OverrideRule::Off);
    assert_eq!(shelf_of(&platform, "flagged").await, "old");
    decide(&platform, OverrideRule::Share(draws_of(50.0)));
    let half = answered_by_new(&platform, "flagged").await;
    assert!((130..=270).contains(&half), "{half} of 400");
}

#[tokio::test]
async fn a_custom_label_may_go_by_a_header_or_by_a_scope() {
    let platform = platform().await;
    let ask = async |header: Option<&str>, token: Option<&str>| {
        let mut request = platform.post(&json!({ "query": "{ shelf { flagged } }" }));
        request = header.into_iter().fold(request, |request, value| request.header("x-beta", value));
        request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["data"]["shelf"]["flagged"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    decide(&platform, header(None));
    assert_eq!(ask(Some("anything"), None).await, "new");
    assert_eq!(ask(None, None).await, "old");
    decide(&platform, header(Some("yes")));
    assert_eq!(ask(Some("yes"), None).await, "new");
    assert_eq!(ask(Some("no"), None).await, "old");

    platform.doorman.admit("tester", &["beta:use"], None);
    platform.doorman.admit("other", &["note:read"], None);
    decide(&platform, OverrideRule::Scope("beta:use".to_owned()));
    assert_eq!(ask(None, Some("tester")).await, "new");
    assert_eq!(ask(Some("yes"), Some("other")).await, "old");
    assert_eq!(ask(None, None).await, "old");
}

#[tokio::test]
async fn what_is_taken_from_a_subgraph_that_does_not_exist_is_answered_by_who_takes_it() {
    assert_eq!(shelf_of(&platform().await, "orphan").await, "new");
}

#[tokio::test]
async fn a_stream_keeps_its_outcome_and_is_shared_only_with_those_who_have_the_same() {
    let platform = platform().await;
    decide(&platform, header(None));
    let document = "subscription { noteAdded { author { name } } }";
    let mut sockets = Vec::new();
    for headers in [&[][..], &[], &[("x-beta", "1")], &[("x-beta", "2")]] {
        let mut socket = Socket::try_open(&platform, headers).await.unwrap();
        socket.initialise(None).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket.subscribe("1", document).await;
        sockets.push(socket);
    }
    crate::support::subscribed(4).await;
    // One upstream for those with the label, one for those without.
    platform.notes.listened_to_by(2).await;
    let expect = async |sockets: &mut Vec<Socket>, account: &str, old: &str| {
        platform.notes.announce("one", account);
        for (position, socket) in sockets.iter_mut().enumerate() {
            let event = socket.next().await;
            let name = &event["payload"]["data"]["noteAdded"]["author"]["name"];
            let expected = if position < 2 { old.to_owned() } else { format!("new name of {account}") };
            assert_eq!(*name, expected, "{event}");
        }
    };
    expect(&mut sockets, "2", "bob").await;
    decide(&platform, OverrideRule::On);
    expect(&mut sockets, "1", "ada").await;
    let mut late = Socket::session(&platform, None).await;
    late.subscribe("1", document).await;
    crate::support::subscribed(5).await;
    platform.notes.announce("three", "2");
    assert_eq!(late.next().await["payload"]["data"]["noteAdded"]["author"]["name"], "new name of 2");
}

//! How often one may ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudphone_cache::{Engine, Quota};
use cloudphone_router::protection::{RateCounts, RateLimits, RateRules, WhenUnreachable};
use cloudphone_testkit::RedisServer;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport, replica, subscribed};

const HOUR: Duration = Duration::from_hours(1);

fn quota(requests: u32) -> Vec<Quota> {
    vec![Quota { requests, window: HOUR }]
}

fn rules() -> RateRules {
    RateRules { timeout: Duration::from_secs(5), ..RateRules::default() }
}

async fn platform(rules: RateRules, engine: Engine) -> Platform {
    counting_on(rules, RateCounts::new(engine)).await
}

async fn counting_on(rules: RateRules, counts: Arc<RateCounts>) -> Platform {
    let rates = RateLimits::new(rules, counts);
    Platform::start_with(Settings::new(Transport::InProcess).stages(|stages| stages.rates = Some(rates))).await
}

async fn status(platform: &Platform, token: Option<&str>, document: &str) -> StatusCode {
    let request = platform.post(&json!({ "query": document }));
    let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn an_answer_tells_how_much_is_left_and_a_refusal_when_to_come_back() {
    let platform = platform(RateRules { addresses: quota(2), ..rules() }, Engine::in_process()).await;
    let first = platform.post(&json!({ "query": "{ trail }" })).send().await.unwrap();
    assert_eq!(first.headers()["ratelimit-policy"], "\"addresses-3600\";q=2;w=3600");
    assert_eq!(first.headers()["ratelimit"], "\"addresses-3600\";r=1;t=1800");
    assert_eq!(status(&platform, None, "{ trail }").await, 200);
    let refused = platform.post(&json!({ "query": "{ trail }" })).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1800).contains(&wait), "{wait}");
    assert!(refused.headers()["ratelimit"].to_str().unwrap().contains("r=0"));
    let answer: Value = refused.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn everybody_has_a_quota_of_their_own_over_all_connections() {
    let rules = RateRules { callers: quota(3), addresses: quota(1), ..rules() };
    let platform = platform(rules, Engine::in_process()).await;
    platform.doorman.admit("ada", &[], None);
    platform.doorman.admit("bob", &[], None);
    assert_eq!(status(&platform, Some("ada"), "{ trail }").await, 200);
    let mut socket = Socket::session(&platform, Some("ada")).await;
    socket.subscribe("1", "{ trail }").await;
    assert_eq!(socket.next().await["type"], "next");
    assert_eq!(socket.next().await["type"], "complete");
    socket.subscribe("2", "subscription { noteAdded { id } }").await;
    subscribed(1).await;
    socket.subscribe("3", "{ trail }").await;
    let refused = socket.next().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("3"), &json!("error")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(status(&platform, Some("ada"), "{ trail }").await, 429);
    assert_eq!(status(&platform, Some("bob"), "{ trail }").await, 200);
    assert_eq!(status(&platform, None, "{ trail }").await, 200, "whoever comes without credentials counts by address");
    assert_eq!(status(&platform, None, "{ trail }").await, 429);
}

#[tokio::test]
async fn each_operation_of_a_batch_counts_and_so_does_one_that_does_not_fit() {
    let platform = platform(RateRules { addresses: quota(4), ..rules() }, Engine::in_process()).await;
    assert_eq!(status(&platform, None, "{ noSuchField }").await, 200);
    let batch = Value::Array(vec![json!({ "query": "{ trail }" }); 5]);
    let answers: Vec<Value> = platform.post(&batch).send().await.unwrap().json().await.unwrap();
    let refused = answers.iter().filter(|answer| answer["errors"][0]["extensions"]["code"] == "RATE_LIMITED").count();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn a_password_cannot_be_guessed_by_asking_many_times_in_one_operation() {
    let rules = RateRules {
        addresses: quota(100),
        sign_in: quota(5),
        sign_in_fields: ["signOut".to_owned()].into(),
        ..rules()
    };
    let platform = platform(rules, Engine::in_process()).await;
    let guesses = |count: usize| {
        let fields: Vec<String> = (0..count).map(|guess| format!("g{guess}: signOut(token: \"{guess}\")")).collect();
        format!("mutation {{ ...Guesses }} fragment Guesses on Mutation {{ {} }}", fields.join(" "))
    };
    assert_eq!(status(&platform, None, &guesses(4)).await, 200);
    assert_eq!(status(&platform, None, &guesses(2)).await, 429);
    assert_eq!(status(&platform, None, &guesses(1)).await, 200);
    assert_eq!(status(&platform, None, &guesses(1)).await, 429);
    assert_eq!(status(&platform, None, "{ trail }").await, 200, "everything else goes on");
}

#[tokio::test]
async fn replicas_count_together_through_redis_and_nothing_slips_through() {
    let redis = RedisServer::start();
    let rules = || RateRules { addresses: quota(30), ..rules() };
    let one = platform(rules(), replica(&redis).await).await;
    let other = platform(rules(), replica(&redis).await).await;
    let asked = (0..50).map(|number| status(if number % 2 == 0 { &one } else { &other }, None, "{ trail }"));
    let admitted = join_all(asked).await.into_iter().filter(|status| *status == 200).count();
    assert_eq!(admitted, 30);
}

#[tokio::test]
async fn while_redis_is_away_each_router_counts_for_itself_or_as_it_is_told() {
    let cases = [
        (WhenUnreachable::CountHere, [200, 200, 429]),
        (WhenUnreachable::Allow, [200, 200, 200]),
        (WhenUnreachable::Refuse, [503, 503, 503]),
    ];
    for (when_unreachable, expected) in cases {
        let mut redis = RedisServer::start();
        let timeout = Duration::from_millis(200);
        let rules = RateRules { addresses: quota(2), when_unreachable, timeout, ..rules() };
        let platform = platform(rules, replica(&redis).await).await;
        redis.kill();
        for status in expected {
            assert_eq!(self::status(&platform, None, "{ trail }").await, status, "{when_unreachable:?}");
        }
    }
}

#[tokio::test]
async fn other_rules_go_on_with_what_was_counted_and_forgive_nobody() {
    let mut redis = RedisServer::start();
    let timeout = Duration::from_millis(200);
    let rules = |requests| RateRules { addresses: quota(requests), timeout, ..rules() };
    let counts = RateCounts::new(replica(&redis).await);
    redis.kill();
    // Counted here, as nobody else does.
    let before = counting_on(rules(2), Arc::clone(&counts)).await;
    for expected in [200, 200, 429] {
        assert_eq!(status(&before, None, "{ trail }").await, expected);
    }
    let same = counting_on(rules(2), Arc::clone(&counts)).await;
    assert_eq!(status(&same, None, "{ trail }").await, 429);
    // Whoever has used up all of a quota has used up all of a larger one, which is regained faster; one that is
    // refused by heart must not be kept from it.
    let larger = counting_on(rules(7200), counts).await;
    let deadline = Instant::now() + PATIENCE;
    while status(&larger, None, "{ trail }").await != 200 {
        assert!(Instant::now() < deadline, "what is regained cannot be used");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

//! How often one may ask.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cloudphone_cache::{Engine, Quota};
use cloudphone_router::authentication::foreign::{ApiKey, ForeignOptions};
use cloudphone_router::authentication::{Authenticator, ForeignAuthenticator};
use cloudphone_router::protection::{RateCounts, RateLimits, RateRules, WhenUnreachable};
use cloudphone_testkit::RedisServer;
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::issuer::{Issuer, SigningKey, believing};
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
    let rules = RateRules { callers: quota(2), addresses: quota(1), ..rules() };
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
    let wait = refused["payload"][0]["extensions"]["retryAfterSeconds"].as_u64().unwrap();
    assert!((1..=3600).contains(&wait), "there are no headers here: {refused}");
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
async fn a_batch_tells_what_is_left_and_is_turned_away_when_nothing_of_it_runs() {
    let platform = platform(RateRules { addresses: quota(4), ..rules() }, Engine::in_process()).await;
    let batch = |count| Value::Array(vec![json!({ "query": "{ trail }" }); count]);
    let first = platform.post(&batch(3)).send().await.unwrap();
    assert_eq!(first.headers()["ratelimit-policy"], "\"addresses-3600\";q=4;w=3600");
    assert!(first.headers()["ratelimit"].to_str().unwrap().contains("r=1;"), "{:?}", first.headers());
    let second = platform.post(&batch(2)).send().await.unwrap();
    assert_eq!(second.status(), 200, "one of the two runs");
    assert!(second.headers().contains_key("retry-after"));
    let third = platform.post(&batch(2)).send().await.unwrap();
    assert_eq!((third.status(), third.headers().contains_key("retry-after")), (StatusCode::TOO_MANY_REQUESTS, true));
    assert_eq!(third.json::<Vec<Value>>().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_wall_of_live_devices_does_not_use_up_what_its_owner_may_ask() {
    let rules = RateRules { addresses: quota(2), subscriptions: quota(50), ..rules() };
    let platform = platform(rules, Engine::in_process()).await;
    let live = "subscription { noteAdded { id } }";
    let mut wall = Socket::session(&platform, None).await;
    for number in 0..49 {
        wall.subscribe(&number.to_string(), live).await;
    }
    subscribed(49).await;
    assert_eq!(status(&platform, None, "{ trail }").await, 200);
    assert_eq!(status(&platform, None, "{ trail }").await, 200);
    assert_eq!(status(&platform, None, "{ trail }").await, 429);
    // Whoever has asked too often may still listen, as much as everybody may.
    wall.subscribe("49", live).await;
    subscribed(50).await;
    wall.subscribe("50", live).await;
    let refused = wall.next().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("50"), &json!("error")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(
        status(&platform, None, "subscription { nothing }").await,
        429,
        "what only looks like one counts as both"
    );
}

#[tokio::test]
async fn a_tier_is_what_the_token_or_the_key_says() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let mut options = issuer.options();
    options.claims.tier = Some("plan".to_owned());
    let api_key = |name: &str, tier: Option<&str>| ApiKey {
        name: name.to_owned(),
        sha256: format!("{:x}", Sha256::digest(name)),
        tier: tier.map(str::to_owned),
        scopes: BTreeSet::new(),
        policies: BTreeSet::new(),
        expires_at: None,
    };
    let api_keys = vec![api_key("shop", Some("gold")), api_key("desk", None), api_key("odd", Some("unheard-of"))];
    let believed = ForeignOptions { api_keys, ..believing(vec![options]) };
    let rules = RateRules {
        callers: quota(1),
        tiers: [(Arc::from("gold"), quota(3)), (Arc::from("endless"), Vec::new())].into(),
        ..rules()
    };
    let rates = RateLimits::new(rules, RateCounts::new(Engine::in_process()));
    let authenticator: Arc<dyn Authenticator> = Arc::new(ForeignAuthenticator::start(believed).unwrap());
    let settings = Settings { authenticator: Some(authenticator), ..Settings::new(Transport::InProcess) };
    let platform = Platform::start_with(settings.stages(|stages| stages.rates = Some(rates))).await;

    let asked = async |times: usize, with: &dyn Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder| {
        let mut admitted = 0;
        for _ in 0..times {
            let request = with(platform.post(&json!({ "query": "{ trail }" })));
            admitted += usize::from(request.send().await.unwrap().status() == 200);
        }
        admitted
    };
    for (plan, expected) in [("gold", 3), ("endless", 5), ("silver", 1)] {
        let token = key.token(&format!("of-{plan}"), &json!({ "plan": plan }));
        assert_eq!(asked(5, &|request| request.bearer_auth(&token)).await, expected, "{plan}");
    }
    for (name, expected) in [("shop", 3), ("desk", 1), ("odd", 1)] {
        assert_eq!(asked(5, &|request| request.header("x-api-key", name)).await, expected, "{name}");
    }
    let token = key.token("another", &json!({ "plan": "gold" }));
    let answer = platform.post(&json!({ "query": "{ trail }" })).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.headers()["ratelimit-policy"], "\"gold-3600\";q=3;w=3600");
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

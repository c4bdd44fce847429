//! What rules let through and what they never do.
#![allow(clippy::unwrap_used)]

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    map
}

fn propagate(pattern: &str) -> RequestRule {
    RequestRule::Propagate { pattern: pattern.parse().unwrap(), rename: None, default: None }
}

fn told(rules: Vec<RequestRule>, sent: &HeaderMap) -> HeaderMap {
    let rules: RequestRules = rules.into_iter().collect();
    rules.told(&Forwarding::new([&rules]).select(sent))
}

#[test]
fn what_a_rule_names_is_sent_on_and_nothing_else() {
    let sent = headers(&[("x-tenant", "a"), ("x-tenant", "b"), ("x-feature-new", "on"), ("x-other", "no")]);
    let rules = vec![propagate("x-tenant"), propagate("x-feature-*")];
    assert_eq!(told(rules, &sent), headers(&[("x-tenant", "a"), ("x-tenant", "b"), ("x-feature-new", "on")]));
}

#[test]
fn names_change_defaults_fill_in_and_later_rules_win() {
    let renamed = RequestRule::Propagate {
        pattern: "accept-language".parse().unwrap(),
        rename: Some(HeaderName::from_static("x-language")),
        default: Some(HeaderValue::from_static("en")),
    };
    assert_eq!(told(vec![renamed.clone()], &headers(&[])), headers(&[("x-language", "en")]));
    let german = headers(&[("accept-language", "de")]);
    assert_eq!(told(vec![renamed], &german), headers(&[("x-language", "de")]));
    let fixed = RequestRule::Set { name: HeaderName::from_static("x-by"), value: HeaderValue::from_static("router") };
    let rules = vec![propagate("x-*"), RequestRule::Remove("x-secret-*".parse().unwrap()), fixed];
    let sent = headers(&[("x-by", "me"), ("x-secret-key", "1"), ("x-plain", "2")]);
    assert_eq!(told(rules, &sent), headers(&[("x-by", "router"), ("x-plain", "2")]));
}

#[test]
fn whatever_the_rules_say_some_headers_never_travel() {
    let sent = headers(&[
        ("x-cloudphone-identity", "forged"),
        ("x-request-id", "forged"),
        ("traceparent", "forged"),
        ("host", "elsewhere"),
        ("content-length", "9"),
        ("transfer-encoding", "chunked"),
        ("te", "trailers"),
        ("connection", "close, X-Hop"),
        ("x-hop", "by hop"),
        ("authorization", "Bearer secret"),
        ("cookie", "session=secret"),
        ("x-plain", "yes"),
    ]);
    assert_eq!(told(vec![propagate("*")], &sent), headers(&[("x-plain", "yes")]));
    let by_name = ["x-cloudphone-identity", "host", "content-length", "x-hop", "authorization"].map(propagate);
    assert_eq!(told(by_name.into(), &sent), headers(&[("authorization", "Bearer secret")]), "credentials by name only");
    let disguised = RequestRule::Propagate {
        pattern: "x-plain".parse().unwrap(),
        rename: Some(HeaderName::from_static("x-cloudphone-identity")),
        default: None,
    };
    assert!(told(vec![disguised], &sent).is_empty());
}

#[test]
fn a_socket_may_bring_headers_in_its_first_message_but_not_replace_those_of_its_upgrade() {
    let rules: RequestRules = [propagate("x-tenant"), propagate("x-region")].into_iter().collect();
    let fields = [("tenant", "x-tenant"), ("region", "x-region"), ("identity", "x-cloudphone-identity")];
    let fields = fields.map(|(field, name)| (field.to_owned(), HeaderName::from_static(name)));
    let forwarding = Forwarding::new([&rules]).with_payload_fields(fields);
    let upgrade = forwarding.select(&headers(&[("x-tenant", "from-the-proxy")]));
    let payload = json!({ "tenant": "mine", "region": "eu", "identity": "forged", "more": 1 });
    let all = forwarding.select_socket(upgrade, &payload);
    assert_eq!(rules.told(&all), headers(&[("x-tenant", "from-the-proxy"), ("x-region", "eu")]));
}

#[test]
fn callers_are_equal_when_subgraphs_are_told_the_same() {
    let rules: RequestRules = [propagate("x-tenant")].into_iter().collect();
    let forwarding = Forwarding::new([&rules]);
    let one = forwarding.select(&headers(&[("x-tenant", "a"), ("x-other", "1"), ("tracestate", "a=1")]));
    let same = forwarding.select(&headers(&[("x-tenant", "a"), ("x-other", "2")]));
    let other = forwarding.select(&headers(&[("x-tenant", "b")]));
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert_ne!(one, forwarding.select(&headers(&[])));
}

#[test]
fn answers_of_several_subgraphs_are_combined_as_told() {
    let rule = |pattern: &str, combine| AnswerRule::Propagate {
        pattern: pattern.parse().unwrap(),
        rename: None,
        default: None,
        combine,
    };
    let rules: AnswerRules = [
        rule("x-first", Combine::First),
        rule("x-last", Combine::Last),
        rule("set-cookie", Combine::Append),
        rule("content-type", Combine::Last),
        rule("access-control-allow-origin", Combine::Last),
    ]
    .into_iter()
    .collect();
    let collected = AnswerHeaders::default();
    let answer = |number: &'static str| {
        headers(&[
            ("x-first", number),
            ("x-last", number),
            ("set-cookie", number),
            ("content-type", "text/html"),
            ("access-control-allow-origin", "*"),
            ("x-unnamed", "1"),
        ])
    };
    rules.take(&answer("1"), &collected);
    rules.take(&answer("2"), &collected);
    let expected = headers(&[("x-first", "1"), ("x-last", "2"), ("set-cookie", "1"), ("set-cookie", "2")]);
    assert_eq!(collected.collected(), expected);
}

//! What the claims of a verified token say of its bearer.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};

use crate::authentication::{ForeignCaller, ForeignIdentity};

/// Which claims mean what. A name with dots leads into objects, such as `realm_access.roles`, unless a claim is called so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// Whom the token is about.
    pub subject: String,
    /// Its scopes, of all these claims together: a text of words (RFC 8693 §4.2) or a list.
    pub scopes: Vec<String>,
    /// The policies that are met, a text of words or a list; none: no token says so.
    pub policies: Option<String>,
    /// The rate limit tier; none: no token says so.
    pub tier: Option<String>,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self { subject: "sub".into(), scopes: vec!["scope".into(), "scp".into()], policies: None, tier: None }
    }
}

impl ClaimNames {
    /// The identity of a token's bearer; none when the token does not say whom it is about.
    pub(super) fn read(
        &self,
        issuer: &Arc<str>,
        claims: &Map<String, Value>,
        leeway: Duration,
        passed_on: &[String],
    ) -> Option<ForeignCaller> {
        let subject = claim(claims, &self.subject).and_then(Value::as_str)?.to_owned();
        let scopes = self.scopes.iter().filter_map(|name| claim(claims, name)).flat_map(words).collect();
        let policies = self.policies.iter().filter_map(|name| claim(claims, name)).flat_map(words).collect();
        let tier = self.tier.as_ref().and_then(|name| claim(claims, name)).and_then(Value::as_str).map(str::to_owned);
        let kept = passed_on.iter().filter_map(|name| Some((name.clone(), claim(claims, name)?.clone())));
        let identity = ForeignIdentity {
            issuer: Arc::clone(issuer),
            subject,
            scopes,
            policies,
            tier,
            claims: kept.collect(),
            credential: None,
        };
        let end = claims.get("exp").and_then(seconds)?;
        let expires_at = DateTime::from_timestamp(end, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Some(ForeignCaller {
            identity: Arc::new(identity),
            expires_at: Some(expires_at.checked_add_signed(leeway).unwrap_or(expires_at)),
        })
    }
}

/// A claim by its name, or by the way to it.
pub(super) fn claim<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    if let Some(own) = claims.get(name) {
        return Some(own);
    }
    let (outer, inner) = name.split_once('.')?;
    claim(claims.get(outer)?.as_object()?, inner)
}

fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whole seconds of a `NumericDate`, which may have a fraction (RFC 7519 §2).
#[expect(clippy::cast_possible_truncation, reason = "saturates, and what is too far away for a date never ends")]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(names: &ClaimNames, claims: &Value) -> Option<ForeignCaller> {
        let passed_on = ["org.id".to_owned(), "sub".to_owned()];
        names.read(&Arc::from("there"), claims.as_object().unwrap(), Duration::seconds(30), &passed_on)
    }

    #[test]
    fn scopes_come_as_words_or_as_a_list() {
        let names = ClaimNames::default();
        let claims = json!({ "sub": "ann", "exp": 1000, "scope": " a  b ", "scp": ["b", "c", 7], "org": { "id": 9 } });
        let caller = read(&names, &claims).unwrap();
        assert_eq!(caller.identity.scopes.iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(caller.expires_at.unwrap().timestamp(), 1030);
        assert_eq!(Value::Object(caller.identity.claims.clone()), json!({ "org.id": 9, "sub": "ann" }));
    }

    #[test]
    fn claims_may_be_deep_or_have_dots_in_their_names() {
        let names = ClaimNames {
            scopes: vec!["realm_access.roles".into(), "https://api.example.com/roles".into()],
            policies: Some("met".into()),
            tier: Some("plan.name".into()),
            ..ClaimNames::default()
        };
        let claims = json!({
            "sub": "ann", "exp": 1000.5, "realm_access": { "roles": ["x"] }, "https://api.example.com/roles": "y",
            "met": ["adult"], "plan": { "name": "gold" },
        });
        let identity = read(&names, &claims).unwrap().identity;
        assert_eq!(identity.scopes.iter().collect::<Vec<_>>(), ["x", "y"]);
        assert!(identity.policies.contains("adult"));
        assert_eq!(identity.tier.as_deref(), Some("gold"));
    }

    #[test]
    fn a_token_about_nobody_is_nobodys() {
        for claims in [json!({ "exp": 1 }), json!({ "exp": 1, "sub": 7 }), json!({ "sub": "ann", "exp": "soon" })] {
            assert!(read(&ClaimNames::default(), &claims).is_none(), "{claims}");
        }
    }

    #[test]
    fn an_end_beyond_all_dates_is_no_panic() {
        for end in [json!(i64::MAX), json!(1e300), json!(i64::MIN)] {
            assert!(read(&ClaimNames::default(), &json!({ "sub": "ann", "exp": end })).is_some());
        }
    }
}

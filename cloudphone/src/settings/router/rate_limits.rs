//! Settings of how often one may ask.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authentication::or_unset;

/// Rate limits. Each list holds quotas over windows of any length, which all have to have something left.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Whether operations are counted; absent means: in production only.
    pub enabled: Option<bool>,
    /// Operations of one person over all connections, or of one API key.
    pub callers: Vec<Quota>,
    /// Quotas in place of `callers` for those whose token (by the issuer's `tier_claim`) or API key (by its `tier`) names a tier; an empty
    /// list does not limit. A tier that is not here counts as `callers`.
    #[schemars(with = "Option<BTreeMap<String, Vec<Quota>>>")]
    #[serde(serialize_with = "or_unset")]
    pub tiers: BTreeMap<String, Vec<Quota>>,
    /// Operations of one address without credentials; of IPv6 addresses the first 64 bits count.
    pub addresses: Vec<Quota>,
    /// Subscriptions that one person, key or address begins, which do not count as operations besides.
    pub subscriptions: Vec<Quota>,
    /// Attempts to sign in, by the same address or caller, beside those above.
    pub sign_in: Vec<Quota>,
    /// The fields of the mutation type that are attempts to sign in.
    pub sign_in_fields: Vec<String>,
    /// What happens while Redis does not answer: `count_here`: each router counts for itself; `allow`: nobody is counted;
    /// `refuse`: nobody is served.
    pub when_unreachable: WhenUnreachable,
    /// How long Redis may take to count, in milliseconds.
    pub timeout_ms: u64,
}

/// So many requests in a time; what was used is regained evenly over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Requests in the time.
    pub requests: u32,
    /// The time in seconds.
    pub seconds: u64,
}

/// What happens while the shared counts do not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenUnreachable {
    /// Each router counts for itself.
    #[default]
    CountHere,
    /// Nobody is counted.
    Allow,
    /// Nobody is served.
    Refuse,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            enabled: None,
            callers: vec![Quota { requests: 100, seconds: 60 }],
            tiers: BTreeMap::new(),
            addresses: vec![Quota { requests: 300, seconds: 60 }],
            subscriptions: vec![Quota { requests: 1000, seconds: 60 }],
            sign_in: vec![Quota { requests: 5, seconds: 15 * 60 }],
            sign_in_fields: ["login", "register", "changePassword"].map(str::to_owned).into(),
            when_unreachable: WhenUnreachable::default(),
            timeout_ms: 100,
        }
    }
}

impl RateLimits {
    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let lists = [
            ("callers".to_owned(), &self.callers),
            ("addresses".to_owned(), &self.addresses),
            ("subscriptions".to_owned(), &self.subscriptions),
            ("sign_in".to_owned(), &self.sign_in),
        ];
        let tiers = self.tiers.iter().map(|(name, quotas)| (format!("tiers.{name}"), quotas));
        for (name, quotas) in lists.into_iter().chain(tiers) {
            if quotas.iter().any(|quota| quota.requests == 0 || !(1..=7 * 86_400).contains(&quota.seconds)) {
                problems.push(format!("router.rate_limits.{name}: a quota needs 1 request and 1 second to 7 days."));
            }
            let mut windows: Vec<u64> = quotas.iter().map(|quota| quota.seconds).collect();
            windows.sort_unstable();
            windows.dedup();
            if windows.len() < quotas.len() {
                problems.push(format!("router.rate_limits.{name}: two quotas have the same window."));
            }
        }
        let is_word = |name: &str| {
            let letters = name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'));
            (1..=64).contains(&name.len()) && letters
        };
        for name in self.tiers.keys().filter(|name| !is_word(name)) {
            problems.push(format!("router.rate_limits.tiers: `{name}` must be of letters, digits, `-` and `_`."));
        }
        if !(1..=10_000).contains(&self.timeout_ms) {
            problems.push("router.rate_limits.timeout_ms: choose 1 to 10000 milliseconds.".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tiers_are_checked_as_the_other_quotas_are() {
        let usual = "[tiers]\ngold = [{ requests = 1000, seconds = 60 }]\ninternal = []\n";
        assert_eq!(toml::from_str::<RateLimits>(usual).unwrap().problems(), Vec::<String>::new());
        let wrong = "[tiers]\n\"a b\" = []\ngold = [{ requests = 0, seconds = 60 }]\n";
        let problems = toml::from_str::<RateLimits>(wrong).unwrap().problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("tiers.gold") && problems[1].contains("`a b`"), "{problems:?}");
    }
}

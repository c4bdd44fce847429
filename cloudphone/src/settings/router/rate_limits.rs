//! Settings of how often one may ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rate limits. Each list holds quotas over windows of any length, which all have to have something left.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Whether operations are counted; absent means: in production only.
    pub enabled: Option<bool>,
    /// Operations of one person over all connections, or of one API key.
    pub callers: Vec<Quota>,
    /// Operations of one address without credentials; of IPv6 addresses the first 64 bits count.
    pub addresses: Vec<Quota>,
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
            addresses: vec![Quota { requests: 300, seconds: 60 }],
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
        for (name, quotas) in [("callers", &self.callers), ("addresses", &self.addresses), ("sign_in", &self.sign_in)] {
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
        if self.timeout_ms == 0 {
            problems.push("router.rate_limits.timeout_ms: needs at least 1 millisecond.".to_owned());
        }
        problems
    }
}

//! Settings of single subscription fields: how they begin, and what becomes of those who read them slowly.

use std::collections::BTreeMap;

use cloudphone_router::streams::{Beginning, FieldRule, Overrun};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the events of a field begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Begins {
    /// Nothing is known: equal subscriptions share a stream only until its first event.
    Unknown,
    /// With whatever happens next.
    Next,
    /// With how things stand.
    Snapshot,
}

/// What becomes of a subscriber that lies further behind than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenSlow {
    /// It goes on with the oldest event that is remembered.
    Skip,
    /// It goes on with the newest event.
    Latest,
    /// It gets a stream of its own, which begins anew and waits for it.
    Anew,
    /// Its subscription ends with `SUBSCRIBER_TOO_SLOW`.
    Disconnect,
}

/// The rule for one subscription field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SubscriptionRule {
    /// How it begins: `next` with whatever happens next, `snapshot` with how things stand, `unknown`. Absent means: as
    /// `router.subscriptions_from_next` and `router.subscriptions_from_snapshot` say, as is known of the platform's own fields, else `unknown`.
    pub begins: Option<Begins>,
    /// Arguments that ask for what came before, with `begins = "next"`.
    pub unless: Vec<String>,
    /// What becomes of a subscriber that lies further behind than it may: `skip` goes on with the oldest event that is remembered, `latest` with the
    /// newest, both tell of the gap; `anew` gives it a stream of its own that begins anew and waits for it; `disconnect` ends its subscription with
    /// `SUBSCRIBER_TOO_SLOW`. Absent means: `latest` for the platform's telemetry, `skip` for other fields that begin with what comes next, else `anew`.
    pub when_slow: Option<WhenSlow>,
    /// Events that a slow subscriber may lie behind those who share its stream; absent means `router.max_events_behind`.
    pub max_events_behind: Option<usize>,
}

impl SubscriptionRule {
    /// What is known of the field, but for what is said here.
    pub(crate) fn applied_to(&self, known: FieldRule) -> FieldRule {
        FieldRule {
            beginning: match self.begins {
                None => known.beginning,
                Some(Begins::Unknown) => Beginning::Unknown,
                Some(Begins::Next) => Beginning::Next { unless: self.unless.clone() },
                Some(Begins::Snapshot) => Beginning::Snapshot,
            },
            overrun: self.when_slow.map_or(known.overrun, |when_slow| {
                Some(match when_slow {
                    WhenSlow::Skip => Overrun::Skip,
                    WhenSlow::Latest => Overrun::Latest,
                    WhenSlow::Anew => Overrun::Anew,
                    WhenSlow::Disconnect => Overrun::Disconnect,
                })
            }),
            events_behind: self.max_events_behind.or(known.events_behind),
        }
    }
}

/// One sentence for each broken rule.
pub(super) fn problems(rules: &BTreeMap<String, SubscriptionRule>) -> Vec<String> {
    let mut problems = Vec::new();
    for (field, rule) in rules {
        let path = format!("router.subscription_rules.{field}");
        if FieldRule::parse_next(field).is_none_or(|(name, _)| name != *field) {
            problems.push(format!("{path}: needs the name of a subscription field, such as `samples`."));
        }
        if !rule.unless.is_empty() && rule.begins != Some(Begins::Next) {
            problems.push(format!("{path}.unless: goes with `begins = \"next\"` only."));
        }
        if rule.unless.iter().any(|name| FieldRule::parse_next(name).is_none_or(|(read, _)| read != *name)) {
            problems.push(format!("{path}.unless: needs names of arguments."));
        }
        if rule.max_events_behind.is_some_and(|events| !(1..=100_000).contains(&events)) {
            problems.push(format!("{path}.max_events_behind: choose 1 to 100000."));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_told() {
        let right = SubscriptionRule { when_slow: Some(WhenSlow::Latest), ..SubscriptionRule::default() };
        assert_eq!(problems(&[("samples".to_owned(), right)].into()), Vec::<String>::new());
        let broken = SubscriptionRule {
            unless: vec!["a b".to_owned()],
            max_events_behind: Some(0),
            ..SubscriptionRule::default()
        };
        let told = problems(&[("samples(since)".to_owned(), broken)].into());
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.iter().all(|problem| problem.starts_with("router.subscription_rules.samples")), "{told:?}");
    }
}

//! When fields that move gradually from one subgraph to another are answered by the new one.

use std::collections::BTreeMap;

use axum::http::{HeaderName, HeaderValue};
use cloudphone_planning::{DRAWS, OverrideChoice, Supergraph};
use rand::Rng as _;

use crate::gateway::Scope;

/// When a label of `@override(from:, label:)` is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideRule {
    /// For everybody.
    On,
    /// For nobody.
    Off,
    /// For operations whose draw is below this, of [`DRAWS`].
    Share(u64),
    /// For requests with this header.
    Header {
        /// Its name.
        name: HeaderName,
        /// The value that it needs; absent: any.
        value: Option<HeaderValue>,
    },
    /// For callers who hold this scope; of the platform's callers, this permission.
    Scope(String),
}

/// The rules by their labels; a label without one is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverrideRules(BTreeMap<String, OverrideRule>);

impl FromIterator<(String, OverrideRule)> for OverrideRules {
    fn from_iter<T: IntoIterator<Item = (String, OverrideRule)>>(rules: T) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl OverrideRules {
    /// The headers of requests that some rule goes by.
    pub fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.values().filter_map(|rule| match rule {
            OverrideRule::Header { name, .. } => Some(name),
            _ => None,
        })
    }

    /// What is on for one operation. It has one draw for all percentages, those of the supergraph and of the rules.
    pub(crate) fn choose(&self, supergraph: &Supergraph, scope: &Scope) -> OverrideChoice {
        if !supergraph.has_override_labels() {
            return OverrideChoice::default();
        }
        let draw = rand::rng().random_range(0..DRAWS);
        let labels = supergraph.custom_override_labels();
        let on = labels.filter(|label| self.0.get(*label).is_some_and(|rule| rule.holds(scope, draw)));
        OverrideChoice { labels: on.map(str::to_owned).collect(), draw }
    }

    /// Tells the operator of labels that no rule is for, as their fields stay where they are for ever.
    pub(crate) fn tell_missing(&self, supergraph: &Supergraph) {
        let missing: Vec<&str> =
            supergraph.custom_override_labels().filter(|label| !self.0.contains_key(*label)).collect();
        if !missing.is_empty() {
            tracing::warn!(labels = %missing.join(", "), "no rule says when these override labels are on; they are off");
        }
    }
}

impl OverrideRule {
    fn holds(&self, scope: &Scope, draw: u64) -> bool {
        match self {
            Self::On => true,
            Self::Off => false,
            Self::Share(share) => draw < *share,
            Self::Header { name, value } => {
                scope.headers.own(name).any(|sent| value.as_ref().is_none_or(|wanted| sent == wanted))
            }
            Self::Scope(wanted) => scope.caller.as_ref().is_some_and(|caller| caller.has_scope(wanted)),
        }
    }
}

//! Rules for the headers of a subgraph's answers, and how those of several subgraphs become one client's.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;

use super::names::{HeaderPattern, is_answerable};

/// Values of headers that one answer takes from its subgraphs at most.
const MAX_VALUES: usize = 128;

/// What counts when several calls bring the same header; the order is that of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Combine {
    /// The one that came first.
    First,
    /// The one that came last.
    #[default]
    Last,
    /// All of them, each a line of its own.
    Append,
}

/// One rule; rules take effect in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerRule {
    /// Hands on what the subgraph sent.
    Propagate {
        /// Which headers.
        pattern: HeaderPattern,
        /// Under this name; only for one name.
        rename: Option<HeaderName>,
        /// What to hand on when the subgraph sent none; only for one name.
        default: Option<HeaderValue>,
        /// What counts when several calls bring it.
        combine: Combine,
    },
    /// Hands on this value whenever the subgraph was asked.
    Set {
        /// The header.
        name: HeaderName,
        /// Its value.
        value: HeaderValue,
    },
    /// Takes back what earlier rules hand on of this subgraph.
    Remove(HeaderPattern),
}

/// The rules of a subgraph's answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerRules(Vec<AnswerRule>);

impl FromIterator<AnswerRule> for AnswerRules {
    fn from_iter<T: IntoIterator<Item = AnswerRule>>(rules: T) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl AnswerRules {
    /// Takes what the rules name from an answer.
    pub fn take(&self, answer: &HeaderMap, into: &AnswerHeaders) {
        if self.0.is_empty() {
            return;
        }
        let mut told: Vec<(HeaderName, HeaderValue, Combine)> = Vec::new();
        for rule in &self.0 {
            match rule {
                AnswerRule::Propagate { pattern: HeaderPattern::Name(name), rename, default, combine } => {
                    let target = rename.as_ref().unwrap_or(name);
                    let came = answer.get_all(name).iter().map(|value| (target.clone(), value.clone(), *combine));
                    told.retain(|(other, ..)| other != target);
                    let before = told.len();
                    told.extend(came);
                    if told.len() == before
                        && let Some(default) = default
                    {
                        told.push((target.clone(), default.clone(), *combine));
                    }
                }
                AnswerRule::Propagate { pattern, combine, .. } => {
                    told.retain(|(other, ..)| !pattern.matches(other) || !answer.contains_key(other));
                    told.extend(pattern.of(answer).map(|(name, value)| (name.clone(), value.clone(), *combine)));
                }
                AnswerRule::Set { name, value } => {
                    told.retain(|(other, ..)| other != name);
                    told.push((name.clone(), value.clone(), Combine::Last));
                }
                AnswerRule::Remove(pattern) => told.retain(|(name, ..)| !pattern.matches(name)),
            }
        }
        told.retain(|(name, ..)| is_answerable(name));
        into.add(told);
    }
}

/// What the subgraphs that one client's operation asked have for it; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct AnswerHeaders(Arc<Mutex<HeaderMap>>);

impl AnswerHeaders {
    /// The headers so far.
    pub fn collected(&self) -> HeaderMap {
        self.0.lock().clone()
    }

    fn add(&self, told: Vec<(HeaderName, HeaderValue, Combine)>) {
        let mut headers = self.0.lock();
        let before: Vec<HeaderName> = headers.keys().cloned().collect();
        let mut replaced: Vec<HeaderName> = Vec::new();
        for (name, value, combine) in told {
            if headers.len() >= MAX_VALUES {
                return;
            }
            match combine {
                Combine::First if before.contains(&name) => {}
                // All values of one answer count as one.
                Combine::Last if !replaced.contains(&name) => {
                    headers.insert(name.clone(), value);
                    replaced.push(name);
                }
                Combine::First | Combine::Last | Combine::Append => {
                    headers.append(name, value);
                }
            }
        }
    }
}

//! Rules for the headers of calls to a subgraph.

use cloudphone_execution::SubgraphRequest;
use cloudphone_execution::subgraphs::http::RequestDecorator;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::client::ClientHeaders;
use super::names::{HeaderPattern, is_forwardable};

/// One rule; rules take effect in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestRule {
    /// Sends what the client sent.
    Propagate {
        /// Which headers.
        pattern: HeaderPattern,
        /// Under this name; only for one name.
        rename: Option<HeaderName>,
        /// What to send when the client sent none; only for one name.
        default: Option<HeaderValue>,
    },
    /// Sends this value, whatever the client sent.
    Set {
        /// The header.
        name: HeaderName,
        /// Its value.
        value: HeaderValue,
    },
    /// Takes back what earlier rules send.
    Remove(HeaderPattern),
}

/// The rules of a subgraph. Headers that are the router's own are never touched, whatever the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestRules(Vec<RequestRule>);

impl FromIterator<RequestRule> for RequestRules {
    fn from_iter<T: IntoIterator<Item = RequestRule>>(rules: T) -> Self {
        Self(rules.into_iter().collect())
    }
}

impl RequestRules {
    /// The client's headers that they read.
    pub(super) fn reads(&self) -> impl Iterator<Item = &HeaderPattern> {
        self.0.iter().filter_map(|rule| match rule {
            RequestRule::Propagate { pattern, .. } => Some(pattern),
            RequestRule::Set { .. } | RequestRule::Remove(_) => None,
        })
    }

    /// What a subgraph is told of a client.
    pub fn told(&self, client: &ClientHeaders) -> HeaderMap {
        let none = HeaderMap::new();
        let sent = client.get().unwrap_or(&none);
        let mut told = HeaderMap::new();
        for rule in &self.0 {
            match rule {
                RequestRule::Propagate { pattern: HeaderPattern::Name(name), rename, default } => {
                    let target = rename.as_ref().unwrap_or(name);
                    let values: Vec<&HeaderValue> = sent.get_all(name).iter().chain(default).collect();
                    // The default counts only alone.
                    let count = sent.get_all(name).iter().count().max(1).min(values.len());
                    replace(&mut told, target, values.into_iter().take(count));
                }
                RequestRule::Propagate { pattern, .. } => {
                    let mut names: Vec<&HeaderName> = pattern.of(sent).map(|(name, _)| name).collect();
                    names.dedup();
                    for name in names {
                        replace(&mut told, name, sent.get_all(name).iter());
                    }
                }
                RequestRule::Set { name, value } => replace(&mut told, name, [value]),
                RequestRule::Remove(pattern) => {
                    let gone: Vec<HeaderName> = pattern.of(&told).map(|(name, _)| name.clone()).collect();
                    for name in gone {
                        told.remove(name);
                    }
                }
            }
        }
        told
    }
}

fn replace<'a>(told: &mut HeaderMap, name: &HeaderName, values: impl IntoIterator<Item = &'a HeaderValue>) {
    if !is_forwardable(name) {
        return;
    }
    for (position, value) in values.into_iter().enumerate() {
        if position == 0 {
            told.insert(name.clone(), value.clone());
        } else {
            told.append(name.clone(), value.clone());
        }
    }
}

impl RequestDecorator for RequestRules {
    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        let client = request.context.extensions.get::<ClientHeaders>().cloned().unwrap_or_default();
        headers.extend(self.told(&client));
    }
}

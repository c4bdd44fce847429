//! Settings of the response cache.

use cloudphone_config::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keeps answers of subgraphs for as long as they or the rules allow.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResponseCache {
    /// Whether answers are kept at all.
    pub enabled: bool,
    /// Where they are kept. Redis is that of `engine.redis_url`.
    pub storage: ResponseCacheStorage,
    /// Bytes kept in this process before the least used go.
    pub max_bytes: u64,
    /// Larger answers, or entities, are not kept.
    pub max_entry_bytes: usize,
    /// Nothing is kept longer, whatever it says, in seconds.
    pub max_age_seconds: u64,
    /// How long Redis may take to be asked, in milliseconds; then the subgraph is asked.
    pub storage_timeout_ms: u64,
    /// The token for `POST /response-cache/purge`; absent: there is no such address.
    pub purge_token: Option<Secret>,
    /// What is said of types and fields beyond what subgraphs say.
    pub rules: Vec<ResponseCacheRule>,
}

/// Where answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseCacheStorage {
    /// In this process alone.
    InProcess,
    /// In Redis, for all routers that share it.
    Redis,
}

/// What is said of a type or field.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseCacheRule {
    /// A type such as `Product`, or a field such as `Product.price`.
    pub coordinate: String,
    /// How long it may be kept, in seconds; 0: never. Absent: nothing is said of that.
    #[serde(default)]
    pub max_age_seconds: Option<u64>,
    /// Who may see it. Absent: whoever asks with the same identity and headers.
    #[serde(default)]
    pub scope: Option<ResponseCacheScope>,
    /// Whether it lives as long as the field around it.
    #[serde(default)]
    pub inherit: bool,
}

/// Who may see a kept answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResponseCacheScope {
    /// Everybody, whoever they are and whatever their rights.
    Public,
    /// Whoever it was answered to; nobody when that is not known.
    Private,
}

impl Default for ResponseCache {
    fn default() -> Self {
        Self {
            enabled: false,
            storage: ResponseCacheStorage::InProcess,
            max_bytes: 64 * 1024 * 1024,
            max_entry_bytes: 1024 * 1024,
            max_age_seconds: 86_400,
            storage_timeout_ms: 50,
            purge_token: None,
            rules: Vec::new(),
        }
    }
}

impl ResponseCache {
    /// One sentence for each broken rule; `has_redis` tells whether there is a Redis to use.
    pub fn problems(&self, has_redis: bool) -> Vec<String> {
        let mut problems = Vec::new();
        if self.enabled && self.storage == ResponseCacheStorage::Redis && !has_redis {
            problems.push("router.response_cache.storage: `redis` needs engine.redis_url.".to_owned());
        }
        if !(1..=30 * 86_400).contains(&self.max_age_seconds) {
            problems.push("router.response_cache.max_age_seconds: choose 1 to 2592000 seconds.".to_owned());
        }
        if !(1..=5_000).contains(&self.storage_timeout_ms) {
            problems.push("router.response_cache.storage_timeout_ms: choose 1 to 5000 milliseconds.".to_owned());
        }
        if self.purge_token.as_ref().is_some_and(|token| token.reveal().len() < 16) {
            problems.push("router.response_cache.purge_token: needs at least 16 characters.".to_owned());
        }
        let is_name = |name: &str| {
            let mut letters = name.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        let wrong = self.rules.iter().filter(|rule| {
            let (name, field) = rule.coordinate.split_once('.').unwrap_or((&rule.coordinate, "field"));
            !is_name(name) || !is_name(field)
        });
        problems.extend(wrong.map(|rule| {
            let coordinate = &rule.coordinate;
            format!("router.response_cache.rules: `{coordinate}` must be a type such as Product or a field such as Product.price.")
        }));
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_told() {
        assert_eq!(ResponseCache::default().problems(false), Vec::<String>::new());
        let rule = |coordinate: &str| ResponseCacheRule {
            coordinate: coordinate.to_owned(),
            max_age_seconds: None,
            scope: None,
            inherit: false,
        };
        let broken = ResponseCache {
            enabled: true,
            storage: ResponseCacheStorage::Redis,
            max_age_seconds: 0,
            storage_timeout_ms: 0,
            purge_token: Some(Secret::new("short")),
            rules: vec![rule("Product"), rule("Product.price"), rule("Product."), rule("7.up")],
            ..ResponseCache::default()
        };
        assert_eq!(broken.problems(false).len(), 6);
    }
}

//! The response cache as the settings have it.

use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use cloudphone_cache::Engine;
use cloudphone_router::response_cache::{ResponseCache, ResponseCacheOptions, Rule, purge_routes};

use crate::settings::{ResponseCacheScope, ResponseCacheStorage, Settings};

/// The cache; none when it is off. `shared` is the platform's own engine, where there is one.
pub(crate) async fn build(settings: &Settings, shared: Option<&Engine>) -> anyhow::Result<Option<ResponseCache>> {
    let told = &settings.router.response_cache;
    if !told.enabled {
        return Ok(None);
    }
    let engine = match (told.storage, shared) {
        (ResponseCacheStorage::InProcess, _) => None,
        (ResponseCacheStorage::Redis, Some(engine)) => Some(engine.clone()),
        (ResponseCacheStorage::Redis, None) => {
            let url = settings.engine.redis_url.as_ref().context("engine.redis_url: say where Redis is")?;
            Some(Engine::redis(url.reveal()).await.context("Redis (engine.redis_url)")?)
        }
    };
    let rules = told.rules.iter().map(|rule| {
        let public = rule.scope.map(|scope| scope == ResponseCacheScope::Public);
        let max_age = rule.max_age_seconds.map(Duration::from_secs);
        (rule.coordinate.clone(), Rule { max_age, public, inherit: rule.inherit })
    });
    let options = ResponseCacheOptions {
        max_bytes: told.max_bytes,
        max_entry_bytes: told.max_entry_bytes,
        max_age: Duration::from_secs(told.max_age_seconds),
        storage_timeout: Duration::from_millis(told.storage_timeout_ms),
        rules: rules.collect(),
        ..ResponseCacheOptions::default()
    };
    Ok(Some(ResponseCache::new(options, engine)))
}

/// The address for purges; none without a cache or a token.
pub(crate) fn routes(settings: &Settings, cache: Option<&ResponseCache>) -> Router {
    let token = settings.router.response_cache.purge_token.as_ref();
    match (cache, token) {
        (Some(cache), Some(token)) => purge_routes(cache.clone(), token.reveal()),
        _ => Router::new(),
    }
}

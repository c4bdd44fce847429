//! Rules that settings keep beyond their types.

use cloudphone_observability::LogFilter;
use cloudphone_router::origin::TrustedProxies;
use cloudphone_router::streams::FieldRule;
use url::Url;

use crate::settings::{Settings, override_labels};

/// One sentence for each broken rule.
pub fn validate(settings: &Settings) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |holds: bool, problem: &str| {
        if !holds {
            problems.push(problem.to_owned());
        }
    };
    let secret = &settings.internal_secret;
    check(secret.is_empty() || secret.reveal().len() >= 32, "internal_secret: needs at least 32 characters.");
    check(
        !settings.http.allowed_origins.iter().any(|origin| origin == "*"),
        "http.allowed_origins: `*` would let any site use a signed-in browser; list the origins.",
    );
    for network in &settings.http.trusted_proxies {
        let fits = TrustedProxies::network(network).is_some();
        check(
            fits,
            &format!("http.trusted_proxies: `{network}` must be a network such as 10.0.0.0/8, and not everybody's."),
        );
    }
    let http = &settings.http;
    let timeouts = [http.header_read_timeout_seconds, http.keep_alive_seconds, http.write_timeout_seconds];
    check(
        timeouts.iter().all(|seconds| (1..=3600).contains(seconds)),
        "http.header_read_timeout_seconds, http.keep_alive_seconds, http.write_timeout_seconds: choose 1 to 3600 seconds.",
    );
    check(http.max_connections != Some(0), "http.max_connections: needs at least 1.");
    check(settings.http.max_concurrent_streams > 0, "http.max_concurrent_streams: needs at least 1.");
    for field in &settings.router.subscriptions_from_next {
        let fits = FieldRule::parse_next(field).is_some();
        check(fits, &format!("router.subscriptions_from_next: `{field}` must be a field such as samples(resumeFrom)."));
    }
    check(settings.http.max_body_bytes >= 1024, "http.max_body_bytes: needs at least 1024 bytes.");
    check(
        (1..=86_400).contains(&settings.http.request_timeout_seconds),
        "http.request_timeout_seconds: choose 1 second to a day.",
    );
    let endings = [settings.http.drain_seconds, settings.http.notice_seconds.unwrap_or(0)];
    check(
        endings.iter().all(|seconds| *seconds <= 86_400),
        "http.drain_seconds, http.notice_seconds: choose at most a day.",
    );
    check((2..=500).contains(&settings.database.max_connections), "database.max_connections: choose 2 to 500.");
    check(
        (0.0..=1.0).contains(&settings.observability.trace_ratio),
        "observability.trace_ratio: choose a share between 0 and 1.",
    );
    if let Some(problem) = LogFilter::problem(&settings.observability.log_filter) {
        check(false, &format!("observability.log_filter: {problem}."));
    }
    let database = settings.database.url.as_ref().map(|url| url.reveal().to_owned());
    let redis = settings.engine.redis_url.as_ref().map(|url| url.reveal().to_owned());
    let urls: [(&str, &Option<String>, &[&str]); 9] = [
        ("database.url", &database, &["postgres", "postgresql"]),
        ("engine.redis_url", &redis, &["redis", "rediss", "redis+unix"]),
        ("mqtt.url", &settings.mqtt.url, &["mqtt"]),
        ("storage.url", &settings.storage.url, &["http", "https"]),
        ("storage.public_url", &settings.storage.public_url, &["http", "https"]),
        ("observability.otlp_endpoint", &settings.observability.otlp_endpoint, &["http", "https"]),
        ("subgraphs.identity", &settings.subgraphs.identity, &["http", "https"]),
        ("subgraphs.devices", &settings.subgraphs.devices, &["http", "https"]),
        ("subgraphs.apps", &settings.subgraphs.apps, &["http", "https"]),
    ];
    for (name, value, schemes) in urls {
        let Some(value) = value else { continue };
        let fits = Url::parse(value).is_ok_and(|url| schemes.contains(&url.scheme()));
        check(fits, &format!("{name}: needs a URL that starts with {}://.", schemes.join(":// or ")));
    }
    problems.extend(settings.router.subscription_problems());
    problems.extend(domain_problems(settings));
    problems.extend(settings.router.limit_problems());
    problems.extend(settings.router.upload.problems());
    problems.extend(settings.router.response_cache.problems(settings.engine.redis_url.is_some()));
    problems.extend(settings.router.planning.problems());
    problems.extend(settings.router.overload.problems());
    problems.extend(override_labels::problems(&settings.router.override_labels));
    problems.extend(settings.router.documents.problems());
    problems.extend(settings.router.rate_limits.problems());
    problems.extend(settings.router.authentication.problems());
    problems.extend(settings.router.traffic_problems(&settings.consul));
    problems
}

/// The rules of the platform's own domains.
fn domain_problems(settings: &Settings) -> Vec<String> {
    let mut problems = Vec::new();
    let mut check = |holds: bool, problem: &str| {
        if !holds {
            problems.push(problem.to_owned());
        }
    };
    check(settings.identity.password.minimum_length >= 8, "identity.password.minimum_length: needs at least 8.");
    let session = &settings.identity.session;
    let sessions = [session.idle_seconds, session.absolute_seconds, session.access_token_seconds];
    check(
        sessions.iter().chain([&session.refresh_token_seconds]).all(|seconds| *seconds > 0),
        "identity.session: sessions and tokens need to hold for at least 1 second.",
    );
    check(
        session.idle_seconds <= session.absolute_seconds,
        "identity.session.idle_seconds: is beyond `absolute_seconds`, so that it never counts.",
    );
    check(
        session.access_token_seconds <= session.refresh_token_seconds,
        "identity.session.access_token_seconds: outlives the refresh token that is to renew it.",
    );
    let hashing = &settings.identity.hashing;
    check(
        hashing.passes > 0 && hashing.lanes > 0 && hashing.memory_kib >= 8 * hashing.lanes && hashing.concurrency > 0,
        "identity.hashing: needs a pass, a lane, 8 KiB of memory for each lane, and a concurrency of at least 1.",
    );
    check(settings.identity.lockout.failures > 0, "identity.lockout.failures: needs at least 1.");
    check(
        settings.devices.messages_per_second > 0.0 && settings.mqtt.messages_per_second > 0,
        "devices.messages_per_second, mqtt.messages_per_second: need to be more than 0.",
    );
    check(
        settings.devices.lifecycle_timeout_seconds > 0,
        "devices.lifecycle_timeout_seconds: needs at least 1 second.",
    );
    check(settings.devices.simulated_interval_ms >= 10, "devices.simulated_interval_ms: needs at least 10 ms.");
    check(settings.apps.parse_concurrency > 0, "apps.parse_concurrency: needs at least 1.");
    problems
}

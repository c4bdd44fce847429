//! The limits of the edge, by the settings.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_core::Permission;
use cloudphone_router::protection::{Limits, PlanAccess, UploadLimits};
use cloudphone_router::streams::{FieldRule, StreamLimits};

use crate::guards::Counts;
use crate::settings::{Environment, QueryPlanAccess, Settings};

/// The limits of the settings; `subscriptions` are the rules that are known besides.
pub(super) fn limits(settings: &Settings, mut subscriptions: HashMap<String, FieldRule>, counts: &Counts) -> Limits {
    let told = &settings.router;
    subscriptions.extend(told.subscriptions_from_next.iter().filter_map(|field| FieldRule::parse_next(field)));
    subscriptions.extend(told.subscriptions_from_snapshot.iter().map(|field| (field.clone(), FieldRule::snapshot())));
    for (field, rule) in &told.subscription_rules {
        let known = subscriptions.remove(field).unwrap_or_default();
        subscriptions.insert(field.clone(), rule.applied_to(known));
    }
    Limits {
        body_bytes: settings.http.max_body_bytes,
        batch: settings.router.max_batch,
        request_timeout: super::request_timeout(settings),
        drain: Duration::from_secs(settings.http.drain_seconds),
        connections: settings.router.max_connections,
        connections_per_user: settings.router.max_connections_per_user,
        operations_per_connection: settings.router.max_operations_per_connection,
        heartbeat: Duration::from_secs(settings.router.heartbeat_seconds),
        write_timeout: Duration::from_secs(settings.http.write_timeout_seconds),
        streams: StreamLimits {
            per_user: settings.router.max_subscriptions_per_user,
            in_all: settings.router.max_subscriptions,
            events_behind: settings.router.max_events_behind,
            fields: subscriptions,
            ..StreamLimits::default()
        },
        query_plans: plan_access(settings),
        uploads: told.upload.enabled.then(|| UploadLimits {
            files: told.upload.max_files,
            file_bytes: told.upload.max_file_bytes,
            request_bytes: told.upload.max_request_bytes,
            timeout: Duration::from_secs(told.upload.timeout_seconds),
            places: Arc::clone(&counts.uploads),
            scalar: Arc::from(told.upload.scalar.as_str()),
        }),
        ..Limits::default()
    }
}

fn plan_access(settings: &Settings) -> PlanAccess {
    let usual = match settings.environment {
        Environment::Development => QueryPlanAccess::Everybody,
        Environment::Production => QueryPlanAccess::Permitted,
    };
    match settings.router.query_plan.unwrap_or(usual) {
        QueryPlanAccess::Nobody => PlanAccess::Nobody,
        QueryPlanAccess::Permitted => PlanAccess::Holders(Permission::new("router:inspect")),
        QueryPlanAccess::Everybody => PlanAccess::Everybody,
    }
}

/// How each subscription of the platform begins, so that the router knows when one may join another's stream, and what becomes
/// of slow readers: of measurements the latest wins.
pub(super) fn subscription_rules() -> HashMap<String, FieldRule> {
    let rules = [
        ("deviceTelemetry", FieldRule::next(&["resumeFrom"]).where_the_latest_wins()),
        ("deviceChanged", FieldRule::next(&[])),
        ("fleet", FieldRule::snapshot()),
        ("deviceCommandUpdated", FieldRule::snapshot()),
        ("applicationUploadProgress", FieldRule::snapshot()),
        ("installationProgress", FieldRule::snapshot()),
    ];
    rules.map(|(field, rule)| (field.to_owned(), rule)).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use cloudphone_cache::Engine;
    use cloudphone_router::streams::{Beginning, Overrun};

    use super::*;

    fn made(settings: &str) -> Limits {
        let settings: Settings = toml::from_str(settings).unwrap();
        limits(&settings, subscription_rules(), &Counts::new(&settings, &Engine::in_process()))
    }

    #[test]
    fn clients_are_waited_for_as_long_as_the_settings_say() {
        assert_eq!(
            made("").write_timeout,
            Limits::default().write_timeout,
            "the documented default is the router's own"
        );
        assert_eq!(made("[http]\nwrite_timeout_seconds = 7").write_timeout, Duration::from_secs(7));
    }

    #[test]
    fn of_measurements_the_latest_wins_unless_the_settings_say_otherwise() {
        let resumable = Beginning::Next { unless: vec!["resumeFrom".to_owned()] };
        let own = made("").streams.fields.remove("deviceTelemetry").unwrap();
        assert_eq!((&own.beginning, own.overrun), (&resumable, Some(Overrun::Latest)));
        let told = "[router]\nsubscriptions_from_snapshot = [\"wall\"]\n\
            [router.subscription_rules.deviceTelemetry]\nwhen_slow = \"disconnect\"\nmax_events_behind = 5\n\
            [router.subscription_rules.wall]\nwhen_slow = \"skip\"\n\
            [router.subscription_rules.samples]\nbegins = \"next\"\nunless = [\"since\"]";
        let mut fields = made(told).streams.fields;
        let own = fields.remove("deviceTelemetry").unwrap();
        assert_eq!(own.beginning, resumable, "what was not said stays as it is known");
        assert_eq!((own.overrun, own.events_behind), (Some(Overrun::Disconnect), Some(5)));
        let wall = fields.remove("wall").unwrap();
        assert_eq!((wall.beginning, wall.overrun), (Beginning::Snapshot, Some(Overrun::Skip)));
        assert_eq!(fields.remove("samples"), Some(FieldRule::next(&["since"])));
    }
}

//! The configuration of a running router: read again when its file changes or on SIGHUP, and put in place whole or not at all.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use cloudphone_config::{Fingerprint, Source, load};
use cloudphone_observability::{Health, LogFilter, Registry};
use parking_lot::Mutex;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::settings::Settings;
use crate::validate;

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is made from settings and can be made from others while it runs.
#[async_trait]
pub(crate) trait Remake: Send + 'static {
    /// Puts other settings in place. Whatever can fail comes first, so that an error leaves everything as it was.
    async fn remake(&mut self, settings: &Settings) -> anyhow::Result<()>;

    /// Whether a setting counts only at the next start; `name` is dotted.
    fn needs_restart(&self, name: &str) -> bool;

    /// Looks after whatever else may have changed, once a second.
    async fn look_around(&mut self, settings: &Settings);
}

/// What is told of the configuration in effect.
#[derive(Clone)]
struct Status {
    /// Grows with every configuration that was put in place; the one of the start is 1.
    version: u64,
    since: DateTime<Utc>,
    /// Why the last one was refused; empty when it was not.
    problems: Vec<String>,
    /// Settings that have been changed and count at the next start.
    waiting: Vec<String>,
}

/// The configuration of this process.
pub(crate) struct Configuration {
    source: Source,
    settings: Settings,
    filter: LogFilter,
    status: Arc<Mutex<Status>>,
    written: Option<SystemTime>,
    hangup: Signal,
    /// What the process was started with.
    started: Fingerprint,
}

impl Configuration {
    /// The settings that were loaded from a source at the start.
    pub(crate) fn new(source: Source, settings: Settings, filter: LogFilter) -> std::io::Result<Self> {
        let status = Status { version: 1, since: Utc::now(), problems: Vec::new(), waiting: Vec::new() };
        tell_version(&status);
        Ok(Self {
            written: source.file.as_deref().and_then(written),
            started: Fingerprint::of(&settings),
            status: Arc::new(Mutex::new(status)),
            hangup: signal(SignalKind::hangup())?,
            source,
            settings,
            filter,
        })
    }

    /// The settings in effect.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells of it with the health of the process.
    pub(crate) fn register(&self, registry: &Registry) {
        let status = Arc::clone(&self.status);
        registry.register("configuration", false, move || {
            let status = status.lock().clone();
            async move {
                let health = if status.problems.is_empty() {
                    Health::up()
                } else {
                    Health::degraded("the last configuration was refused")
                };
                health.with(json!({
                    "version": status.version,
                    "since": status.since.to_rfc3339(),
                    "refused": status.problems,
                    "needsRestart": status.waiting,
                }))
            }
        });
    }

    /// Follows its file and SIGHUP for as long as it is polled.
    pub(crate) async fn follow(mut self, mut site: impl Remake) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                _ = look.tick() => false,
                _ = self.hangup.recv() => true,
            };
            let now = self.source.file.as_deref().and_then(written);
            // A file that is away for a moment is being replaced.
            if asked || (now.is_some() && now != self.written) {
                self.written = now;
                self.reload(&mut site).await;
            }
            site.look_around(&self.settings).await;
        }
    }

    async fn reload(&mut self, site: &mut impl Remake) {
        let settings: Settings = match load(&self.source, validate) {
            Ok(settings) => settings,
            Err(error) => return self.refuse(error.problems),
        };
        let fingerprint = Fingerprint::of(&settings);
        let changes = Fingerprint::of(&self.settings).changes(&fingerprint);
        if !changes.is_empty()
            && let Err(error) = site.remake(&settings).await
        {
            return self.refuse(vec![format!("{error:#}")]);
        }
        if settings.observability.log_filter != self.settings.observability.log_filter
            && let Err(error) = self.filter.change(&settings.observability.log_filter)
        {
            tracing::error!(%error, "the log filter stays as it was");
        }
        let mut waiting = self.started.changes(&fingerprint);
        waiting.retain(|name| site.needs_restart(name));
        if !waiting.is_empty() {
            tracing::warn!(settings = waiting.join(", "), "changed settings count at the next start only");
        }
        self.settings = settings;
        let mut status = self.status.lock();
        status.problems.clear();
        status.waiting = waiting;
        if changes.is_empty() {
            tracing::info!("the configuration was read again and is the same");
            return;
        }
        status.version += 1;
        status.since = Utc::now();
        tell_version(&status);
        metrics::counter!("cloudphone_configuration_reloads_total", "outcome" => "served").increment(1);
        tracing::info!(version = status.version, changed = changes.join(", "), "the configuration was exchanged");
    }

    fn refuse(&self, problems: Vec<String>) {
        metrics::counter!("cloudphone_configuration_reloads_total", "outcome" => "refused").increment(1);
        for problem in &problems {
            tracing::error!(%problem, "the configuration stays as it was");
        }
        self.status.lock().problems = problems;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a number like that")]
fn tell_version(status: &Status) {
    metrics::gauge!("cloudphone_configuration_version").set(status.version as f64);
    metrics::gauge!("cloudphone_configuration_loaded_timestamp_seconds").set(status.since.timestamp() as f64);
}

/// When a file was last written; none when it is not there.
pub(crate) fn written(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|about| about.modified()).ok()
}

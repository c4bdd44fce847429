//! The health of each component, asked for when somebody wants to know and remembered for a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures::future::join_all;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

/// The longest a component may take to say how it is.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// An answer this young is given again, so that probes cannot become load.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// How well something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It works.
    Up,
    /// It works with losses.
    Degraded,
    /// It does not work.
    Down,
}

/// What a component says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// How well it works.
    pub status: Status,
    /// Facts for operators; null when there are none.
    pub detail: Value,
}

impl Health {
    /// It works.
    pub fn up() -> Self {
        Self { status: Status::Up, detail: Value::Null }
    }

    /// It does not work, for this reason.
    pub fn down(reason: impl Into<String>) -> Self {
        Self { status: Status::Down, detail: Value::String(reason.into()) }
    }

    /// It works with losses, for this reason.
    pub fn degraded(reason: impl Into<String>) -> Self {
        Self { status: Status::Degraded, detail: Value::String(reason.into()) }
    }

    /// Adds facts for operators.
    #[must_use]
    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// A component that can say how it is.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// How it is at this moment.
    async fn check(&self) -> Health;
}

#[async_trait]
impl<F, R> Check for F
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Health> + Send,
{
    async fn check(&self) -> Health {
        self().await
    }
}

struct Component {
    critical: bool,
    check: Arc<dyn Check>,
}

/// All components of a process.
#[derive(Clone, Default)]
pub struct Registry {
    components: Arc<Mutex<BTreeMap<String, Component>>>,
    last: Arc<Mutex<Option<(Instant, HealthReport)>>>,
    leaving: Arc<AtomicBool>,
}

/// The health of the process and of each component.
#[derive(Clone, Debug, Serialize)]
pub struct HealthReport {
    /// `down` when a critical component is down, `degraded` when anything is not up.
    pub status: Status,
    /// Every component by name.
    pub components: BTreeMap<String, Health>,
}

impl Registry {
    /// Adds a component. The process is not ready while a critical one is down.
    pub fn register(&self, name: &str, critical: bool, check: impl Check) {
        let component = Component { critical, check: Arc::new(check) };
        self.components.lock().insert(name.to_owned(), component);
    }

    /// The process is about to stop: it is not ready from now on, whatever its components say.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Asks every component at once; at most one second old.
    pub async fn report(&self) -> HealthReport {
        if let Some((at, report)) = &*self.last.lock()
            && at.elapsed() < FRESH_FOR
        {
            return report.clone();
        }
        let asked: Vec<_> = {
            let components = self.components.lock();
            components.iter().map(|(name, one)| (name.clone(), one.critical, Arc::clone(&one.check))).collect()
        };
        let answers = join_all(asked.into_iter().map(async |(name, critical, check)| {
            let health = timeout(CHECK_TIMEOUT, check.check())
                .await
                .unwrap_or_else(|_| Health::down(format!("no answer within {CHECK_TIMEOUT:?}")));
            (name, critical, health)
        }))
        .await;
        let mut report = HealthReport { status: Status::Up, components: BTreeMap::new() };
        for (name, critical, health) in answers {
            let weight = if critical { health.status } else { health.status.min(Status::Degraded) };
            report.status = report.status.max(weight);
            report.components.insert(name, health);
        }
        *self.last.lock() = Some((Instant::now(), report.clone()));
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_critical_component_decides_and_another_only_degrades() {
        let registry = Registry::default();
        registry.register("database", true, async || Health::up());
        registry.register("cache", false, async || Health::down("refused"));
        assert_eq!(registry.report().await.status, Status::Degraded);

        let registry = Registry::default();
        registry.register("database", true, async || Health::down("refused"));
        assert_eq!(registry.report().await.status, Status::Down);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_component_is_down() {
        let registry = Registry::default();
        registry.register("database", true, std::future::pending::<Health>);
        assert_eq!(registry.report().await.status, Status::Down);
    }
}

//! Metrics in the Prometheus text format.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Upper bounds of latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How often samples are folded into their buckets, so that an unread page does not grow.
const UPKEEP: Duration = Duration::from_secs(5);

static PAGE: OnceLock<PrometheusHandle> = OnceLock::new();

/// The metrics of this process.
#[derive(Clone)]
pub struct MetricsPage(PrometheusHandle);

impl MetricsPage {
    /// Starts collecting for the whole process; later calls answer the same page.
    pub fn start() -> Result<Self, BuildError> {
        if let Some(handle) = PAGE.get() {
            return Ok(Self(handle.clone()));
        }
        let recorder = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS)?.build_recorder();
        let handle = recorder.handle();
        // An error says that another thread was first; its page is then the one in `PAGE`.
        let _ = metrics::set_global_recorder(recorder);
        Ok(Self(PAGE.get_or_init(|| handle).clone()))
    }

    /// The page as text.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the page small until the process ends; spawn it once.
    pub async fn upkeep(self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.0.run_upkeep();
        }
    }
}

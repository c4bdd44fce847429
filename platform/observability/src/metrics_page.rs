//! Metrics in the Prometheus text format.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::process;

/// Upper bounds of latency buckets, in seconds. Calls within the process and the parsing of documents take less than a millisecond.
const LATENCY_BUCKETS: [f64; 16] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds of buckets of costs, in points.
const POINT_BUCKETS: [f64; 13] =
    [1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 10_000.0, 100_000.0];

/// How often samples are folded into their buckets, so that an unread page does not grow.
const UPKEEP: Duration = Duration::from_secs(5);

static PAGE: OnceLock<MetricsPage> = OnceLock::new();

/// The metrics of this process.
#[derive(Clone)]
pub struct MetricsPage {
    recorded: PrometheusHandle,
    started: SystemTime,
}

impl MetricsPage {
    /// Starts collecting for the whole process, when that begins; later calls answer the same page.
    pub fn start() -> Result<Self, BuildError> {
        if let Some(page) = PAGE.get() {
            return Ok(page.clone());
        }
        let recorder = PrometheusBuilder::new()
            .set_buckets(&LATENCY_BUCKETS)?
            .set_buckets_for_metric(Matcher::Suffix("_points".to_owned()), &POINT_BUCKETS)?
            .build_recorder();
        let page = Self { recorded: recorder.handle(), started: SystemTime::now() };
        // An error says that another thread was first; its page is then the one in `PAGE`.
        let _ = metrics::set_global_recorder(recorder);
        Ok(PAGE.get_or_init(|| page).clone())
    }

    /// The page as text.
    pub fn render(&self) -> String {
        let mut page = self.recorded.render();
        page.push_str(&process::page(self.started));
        page
    }

    /// Keeps the page small until the process ends; spawn it once.
    pub async fn upkeep(self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.recorded.run_upkeep();
        }
    }
}

//! Seeing what the platform does: logs and traces, metrics, and the health of its components.

mod health;
mod logging;
mod metrics_page;
mod process;
mod routes;
mod trace_context;

pub use health::{Check, Health, HealthReport, Registry, Status};
pub use logging::{LogFilter, LogFormat, Telemetry, TelemetryError, TelemetrySettings};
pub use metrics_page::MetricsPage;
pub use process::resident_bytes;
pub use routes::routes;
pub use trace_context::{continue_trace, is_tracing, traceparent};

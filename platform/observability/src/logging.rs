//! Logs to standard error and, when an endpoint is configured, traces by OTLP.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use thiserror::Error;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, reload};

use crate::trace_context;

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What to log and where to send traces.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    /// Form of log lines.
    pub format: LogFormat,
    /// Filter in `EnvFilter` syntax.
    pub filter: String,
    /// OTLP/HTTP endpoint for traces; none are sent when absent.
    pub otlp_endpoint: Option<String>,
    /// Share of traces recorded, 0 to 1.
    pub trace_ratio: f64,
    /// `service.name` of this process.
    pub service: String,
}

/// Why logging could not begin.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The filter is malformed.
    #[error("observability.log_filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The exporter could not be made.
    #[error("observability.otlp_endpoint: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Something in this process set up logging before.
    #[error("logging is set up already: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
    /// Logging has ended.
    #[error("the log filter cannot be changed: {0}")]
    Gone(reload::Error),
}

/// What is logged, which may be changed while the process runs.
#[derive(Clone)]
pub struct LogFilter(reload::Handle<EnvFilter, Registry>);

impl LogFilter {
    /// What is wrong with a filter in `EnvFilter` syntax; nothing when it can be used.
    pub fn problem(filter: &str) -> Option<String> {
        EnvFilter::builder().parse(filter).err().map(|error| error.to_string())
    }

    /// Logs by another filter from now on.
    pub fn change(&self, filter: &str) -> Result<(), TelemetryError> {
        self.0.reload(EnvFilter::builder().parse(filter)?).map_err(TelemetryError::Gone)
    }
}

/// Logging and tracing of this process; shut it down to send what is still buffered.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    filter: LogFilter,
}

impl Telemetry {
    /// Sets up logging for the whole process; once.
    pub fn start(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let (filter, handle) = reload::Layer::new(EnvFilter::builder().parse(&settings.filter)?);
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match settings.format {
            LogFormat::Pretty => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).with_current_span(true).boxed(),
        };
        let traces = settings.otlp_endpoint.as_deref().map(|endpoint| exporter(endpoint, settings)).transpose()?;
        let spans = traces.as_ref().map(|provider| {
            tracing_opentelemetry::layer().with_tracer(provider.tracer("cloudphone")).with_location(false)
        });
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        tracing_subscriber::registry().with(filter).with(lines).with(spans).try_init()?;
        if traces.is_some() {
            trace_context::begin();
        }
        Ok(Self { traces, filter: LogFilter(handle) })
    }

    /// Changes what is logged.
    pub fn filter(&self) -> LogFilter {
        self.filter.clone()
    }

    /// Sends what is buffered; call it last.
    pub fn shutdown(self) {
        if let Some(Err(error)) = self.traces.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

fn exporter(endpoint: &str, settings: &TelemetrySettings) -> Result<SdkTracerProvider, TelemetryError> {
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name(settings.service.clone()).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_ratio)));
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).with_sampler(sampler).build())
}

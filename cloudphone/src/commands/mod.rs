//! One file a command; each is a story of a few lines over the platform.

mod administrator;
mod config;
mod dead_letters;
mod demo;
mod device;
mod health;
mod migrate;
mod router;
mod schema;
mod serve;
mod up;

use std::process::ExitCode;

use cloudphone_config::Source;
use cloudphone_observability::{LogFormat, Telemetry, TelemetrySettings};

use crate::arguments::{Arguments, Command, Part};
use crate::settings::{LogFormat as Format, Settings};
use crate::validate;

/// How long requests are taken after SIGTERM where others send clients here, unless the settings say so.
const NOTICE_SECONDS: u64 = 5;

/// Every domain; in one process they all run together.
const DOMAINS: [Part; 3] = [Part::Identity, Part::Devices, Part::Apps];

/// Runs the command.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let source = Source::process(arguments.config);
    match arguments.command {
        Command::Up(options) => up::run(source, options).await,
        Command::Serve { parts, port } => serve::run(source, parts, port).await,
        Command::Router { supergraph, listen } => router::run(&source, supergraph, listen).await,
        Command::Migrate => migrate::run(&source).await,
        Command::Schema(command) => schema::run(command),
        Command::Config(command) => config::run(&source, &command),
        Command::DeadLetters(command) => dead_letters::run(&source, command).await,
        Command::Demo(command) => demo::run(&source, &command).await,
        Command::Administrator { email } => administrator::run(&source, &email).await,
        Command::Device(command) => device::run(command).await,
        Command::Health { url } => health::run(&url).await,
    }
}

fn load(source: &Source) -> anyhow::Result<Settings> {
    Ok(cloudphone_config::load(source, validate)?)
}

fn telemetry(settings: &Settings, service: &str) -> anyhow::Result<Telemetry> {
    let observed = &settings.observability;
    let format = match observed.log_format {
        Format::Pretty => LogFormat::Pretty,
        Format::Json => LogFormat::Json,
    };
    Ok(Telemetry::start(&TelemetrySettings {
        format,
        filter: observed.log_filter.clone(),
        otlp_endpoint: observed.otlp_endpoint.clone(),
        trace_ratio: observed.trace_ratio,
        service: service.to_owned(),
    })?)
}

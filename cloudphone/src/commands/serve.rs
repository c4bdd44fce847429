//! `cloudphone serve`: parts of the platform, each in a process of its own.

use std::process::ExitCode;

use anyhow::ensure;
use cloudphone_config::Source;

use super::{NOTICE_SECONDS, load, telemetry};
use crate::arguments::Part;
use crate::configuration::Configuration;
use crate::platform::Platform;
use crate::settings::Settings;
use crate::shutdown::{Shutdown, Waits};

pub(super) async fn run(mut source: Source, parts: Vec<Part>, port: Option<u16>) -> anyhow::Result<ExitCode> {
    if let Some(port) = port {
        ensure!(parts.len() == 1, "--port fits one part; name the ports of several in the configuration");
        source.overrides.push((port_setting(parts[0]).to_owned(), port.to_string()));
    }
    let settings = load(&source)?;
    ensure_external(&settings)?;
    let names: Vec<String> = parts.iter().map(|part| format!("{part:?}").to_lowercase()).collect();
    let mut shutdown = Shutdown::listen()?;
    let telemetry = telemetry(&settings, &format!("cloudphone-{}", names.join("-")))?;
    let mut platform = Platform::start(&settings, &parts, true).await?;
    let http = settings.http.clone();
    platform.follow(Configuration::new(source, settings, telemetry.filter())?);
    let started = platform.started();
    if let Some(address) = started.router {
        println!("router on http://{address}");
    }
    for (name, address) in &started.subgraphs {
        println!("{name} on http://{address}");
    }
    let wish = shutdown.requested().await;
    tracing::info!("stopping");
    let waits = Waits::of(&http, wish, NOTICE_SECONDS);
    platform.leave(waits, shutdown.requested()).await;
    telemetry.shutdown();
    Ok(ExitCode::SUCCESS)
}

fn port_setting(part: Part) -> &'static str {
    match part {
        Part::Router => "http.port",
        Part::Identity => "subgraphs.identity_port",
        Part::Devices => "subgraphs.devices_port",
        Part::Apps => "subgraphs.apps_port",
    }
}

/// Embedded engines belong to one process; parts that run apart must share theirs.
fn ensure_external(settings: &Settings) -> anyhow::Result<()> {
    let needed = [
        ("database.url", settings.database.url.is_some()),
        ("engine.redis_url", settings.engine.redis_url.is_some()),
        ("mqtt.url", settings.mqtt.url.is_some()),
        ("storage.url", settings.storage.url.is_some()),
        ("internal_secret", !settings.internal_secret.is_empty()),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    ensure!(
        missing.is_empty(),
        "parts that run apart share their engines; set {} (or run everything in one process: `cloudphone up`)",
        missing.join(", ")
    );
    Ok(())
}

//! `cloudphone demo`: demo data for an installation whose engines are external.

use std::process::ExitCode;

use cloudphone_config::Source;

use super::{DOMAINS, load, telemetry};
use crate::arguments::DemoCommand;
use crate::platform::Platform;

pub(super) async fn run(source: &Source, command: &DemoCommand) -> anyhow::Result<ExitCode> {
    let DemoCommand::Seed { devices } = command;
    let mut settings = load(source)?;
    // The phones outlive this command, in the process that plays them.
    settings.devices.play_simulated = false;
    let telemetry = telemetry(&settings, "cloudphone-demo")?;
    let platform = Platform::start(&settings, &DOMAINS, false).await?;
    platform.seed_demo(*devices).await?;
    platform.stop().await;
    telemetry.shutdown();
    println!("The demo data is there.");
    Ok(ExitCode::SUCCESS)
}

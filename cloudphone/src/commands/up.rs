//! `cloudphone up`: the whole platform in this process.

use std::process::ExitCode;
use std::time::Instant;

use cloudphone_config::Source;
use cloudphone_identity::{DEMO_ACCOUNTS, DEMO_PASSWORD};

use super::{DOMAINS, load, telemetry};
use crate::arguments::{Part, UpArguments};
use crate::configuration::Configuration;
use crate::platform::{Platform, Started};
use crate::shutdown::{Shutdown, Waits};

pub(super) async fn run(mut source: Source, options: UpArguments) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    if let Some(folder) = &options.data_dir {
        source.overrides.push(("data_dir".to_owned(), folder.display().to_string()));
    }
    if let Some(port) = options.port {
        source.overrides.push(("http.port".to_owned(), port.to_string()));
    }
    let settings = load(&source)?;
    let mut shutdown = Shutdown::listen()?;
    let telemetry = telemetry(&settings, "cloudphone")?;
    let parts: Vec<Part> = DOMAINS.into_iter().chain([Part::Router]).collect();
    let mut platform = Platform::start(&settings, &parts, false).await?;
    let http = settings.http.clone();
    platform.follow(Configuration::new(source, settings, telemetry.filter())?);
    if !options.no_demo
        && let Err(error) = platform.seed_demo(options.devices).await
    {
        platform.stop().await;
        return Err(error);
    }
    print_welcome(platform.started(), !options.no_demo, began);
    let wish = shutdown.requested().await;
    tracing::info!("stopping");
    let waits = Waits::of(&http, wish, 0);
    platform.leave(waits, shutdown.requested()).await;
    telemetry.shutdown();
    Ok(ExitCode::SUCCESS)
}

/// Standard output is for the person who started the platform; logs go to standard error.
fn print_welcome(started: &Started, demo: bool, began: Instant) {
    let Some(router) = started.router else { return };
    println!("\nCloudphone is ready after {:.1} s.\n", began.elapsed().as_secs_f64());
    println!("  Console   http://{router}/");
    println!("  GraphQL   http://{router}/graphql   (explorer: http://{router}/graphiql)");
    println!("  MQTT      {}", started.mqtt);
    println!("  Storage   {}", started.storage);
    if demo {
        println!("\n  Demo logins, all with the password {DEMO_PASSWORD}");
        for account in &DEMO_ACCOUNTS {
            println!("    {:<34} {}", account.email, account.display_name);
        }
    }
    println!("\n  Stop with Ctrl+C; everything is kept for the next start.\n");
}

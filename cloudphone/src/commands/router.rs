//! `cloudphone router`: the federation router alone, before anybody's subgraphs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use cloudphone_config::Source;

use super::{NOTICE_SECONDS, load, telemetry};
use crate::configuration::Configuration;
use crate::shutdown::{Shutdown, Waits};
use crate::standalone::Standalone;

pub(super) async fn run(source: &Source, supergraph: PathBuf, listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let settings = load(source)?;
    let mut shutdown = Shutdown::listen()?;
    let telemetry = telemetry(&settings, "cloudphone-router")?;
    let http = settings.http.clone();
    let configuration = Configuration::new(source.clone(), settings, telemetry.filter())?;
    let router = Standalone::start(configuration, supergraph, listen).await?;
    println!("router on http://{}/graphql", router.address());
    let wish = shutdown.requested().await;
    tracing::info!("stopping");
    let waits = Waits::of(&http, wish, NOTICE_SECONDS);
    router.stop(waits, shutdown.requested()).await;
    telemetry.shutdown();
    Ok(ExitCode::SUCCESS)
}

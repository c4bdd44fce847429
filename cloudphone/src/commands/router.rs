//! `cloudphone router`: the federation router alone, before anybody's subgraphs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use cloudphone_config::Source;

use super::{load, telemetry};
use crate::configuration::Configuration;
use crate::shutdown::Shutdown;
use crate::standalone::Standalone;

pub(super) async fn run(source: &Source, supergraph: PathBuf, listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let settings = load(source)?;
    let mut shutdown = Shutdown::listen()?;
    let telemetry = telemetry(&settings, "cloudphone-router")?;
    let configuration = Configuration::new(source.clone(), settings, telemetry.filter())?;
    let router = Standalone::start(configuration, supergraph, listen).await?;
    println!("router on http://{}/graphql", router.address());
    shutdown.requested().await;
    tracing::info!("stopping");
    router.stop().await;
    telemetry.shutdown();
    Ok(ExitCode::SUCCESS)
}

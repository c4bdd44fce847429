//! `cloudphone device simulate`: simulated devices against any broker, for load.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cloudphone_core::{DeviceId, TenantId};
use cloudphone_devices::{DeviceSecret, FleetOptions, PhoneIdentity, Specification, Volatile, simulate_fleet};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::arguments::DeviceCommand;
use crate::shutdown::Shutdown;

/// A device's account as the credentials file names it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    tenant_id: TenantId,
    device_id: DeviceId,
    secret: String,
}

pub(super) async fn run(command: DeviceCommand) -> anyhow::Result<ExitCode> {
    let DeviceCommand::Simulate { broker, credentials, interval_ms } = command;
    let phones = read_accounts(&credentials)?;
    println!("{} simulated devices against {broker}; stop with Ctrl+C", phones.len());
    let mut options = FleetOptions::new(broker, Arc::new(Volatile));
    options.telemetry_interval = Duration::from_millis(interval_ms);
    let mut shutdown = Shutdown::listen()?;
    let stop = CancellationToken::new();
    let fleet = tokio::spawn(simulate_fleet(options, phones, stop.clone()));
    shutdown.requested().await;
    stop.cancel();
    fleet.await?;
    Ok(ExitCode::SUCCESS)
}

fn read_accounts(path: &Path) -> anyhow::Result<Vec<PhoneIdentity>> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let accounts: Vec<Account> =
        serde_json::from_str(&text).with_context(|| format!("{} is no list of accounts", path.display()))?;
    let phone = |account: Account| PhoneIdentity {
        tenant_id: account.tenant_id,
        device_id: account.device_id,
        secret: DeviceSecret::presented(&account.secret),
        specification: Specification::default(),
    };
    Ok(accounts.into_iter().map(phone).collect())
}

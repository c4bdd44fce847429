//! `cloudphone administrator`: the first account that may govern the whole installation.

use std::io::{IsTerminal as _, stdin};
use std::process::ExitCode;

use anyhow::ensure;
use cloudphone_config::Source;

use super::{load, telemetry};
use crate::arguments::Part;
use crate::platform::Platform;

pub(super) async fn run(source: &Source, email: &str) -> anyhow::Result<ExitCode> {
    let settings = load(source)?;
    let password = read_password()?;
    let telemetry = telemetry(&settings, "cloudphone-administrator")?;
    let platform = Platform::start(&settings, &[Part::Identity], false).await?;
    let outcome = platform.seed_administrator(email, &password).await;
    platform.stop().await;
    telemetry.shutdown();
    outcome?;
    println!("The platform's organisation has its super administrator.");
    Ok(ExitCode::SUCCESS)
}

/// A password on the command line would be in the shell's history and in the list of processes.
fn read_password() -> anyhow::Result<String> {
    if stdin().is_terminal() {
        eprintln!("Password, at least 12 characters (it is shown as you type; pipe it in to avoid that):");
    }
    let mut line = String::new();
    stdin().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "the password is read from standard input, and there was none");
    Ok(password.to_owned())
}

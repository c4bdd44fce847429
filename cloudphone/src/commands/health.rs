//! `cloudphone health`: asks a running platform how it is.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

/// The longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(url: &str) -> anyhow::Result<ExitCode> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let address = format!("{}/health/detailed", url.trim_end_matches('/'));
    let response = client.get(&address).send().await.with_context(|| format!("nothing answers at {address}"))?;
    let ready = response.status().is_success();
    let report: serde_json::Value = response.json().await.context("the answer is not a health report")?;
    println!("{report:#}");
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

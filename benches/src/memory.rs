//! Memory of `cloudphone up` with simulated devices, and its time to ready on the first and on a later start.

use std::path::Path;
use std::time::Duration;

use crate::folder;
use crate::process::{self, CpuMeter};
use crate::program::Platform;

/// What is measured.
#[derive(clap::Args)]
pub struct Options {
    /// Numbers of simulated devices.
    #[arg(long, value_delimiter = ',', default_value = "0,50,1000")]
    devices: Vec<usize>,
    /// How long the devices live before memory is read, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// Runs the benchmark.
pub async fn run(program: &Path, options: &Options) -> anyhow::Result<()> {
    println!(
        "| simulated devices | ready, first start | ready, later start | RSS (peak) | RSS (peak) after later start | PostgreSQL | CPU | CPU of PostgreSQL |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for devices in options.devices.iter().copied() {
        let folder = folder::temporary()?;
        let platform = Platform::start(program, &folder, devices, &[]).await?;
        let first = platform.program.ready_after;
        // Some of the demo's devices stay off.
        platform.client.wait_for_devices(&["RUNNING", "STOPPED", "PAUSED"], devices).await?;
        let (_, memory, _) = live(&platform, options.seconds).await;
        platform.program.stop().await?;
        let platform = Platform::start(program, &folder, devices, &[]).await?;
        let later = platform.program.ready_after;
        let (cpu, after, database) = live(&platform, options.seconds).await;
        platform.program.stop().await?;
        println!(
            "| {devices} | {:.2} s | {:.2} s | {} ({}) MiB | {} ({}) MiB | {database} MiB | {:.1} % | {:.1} % |",
            first.as_secs_f64(),
            later.as_secs_f64(),
            memory.resident_mb,
            memory.peak_mb,
            after.resident_mb,
            after.peak_mb,
            cpu.percent(),
            cpu.children_percent(),
        );
    }
    Ok(())
}

async fn live(platform: &Platform, seconds: u64) -> (process::CpuUse, process::Memory, u64) {
    let cpu = CpuMeter::start(&[platform.program.pid]);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let pid = platform.program.pid;
    (cpu.read(), process::memory(pid), process::memory_of_children_mb(pid))
}

//! Telemetry from devices over MQTT to subscribers over WebSocket: rate, latency, loss and cost, and the rate at which it breaks.

mod devices;
mod ledger;
mod subscribers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use self::devices::Fleet;
use self::ledger::Ledger;
use self::subscribers::Audience;
use crate::folder;
use crate::process::{self, CpuMeter};
use crate::program::Platform;

/// How the load looks.
#[derive(clap::Args)]
pub struct Options {
    /// Devices, each with an MQTT connection of its own.
    #[arg(long, default_value_t = 1000)]
    devices: usize,
    /// Messages of each device per second.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Subscribers, each with a WebSocket of its own.
    #[arg(long, default_value_t = 500)]
    subscribers: usize,
    /// Those among the subscribers that watch a wall of a hundred devices instead of every sample of a few.
    #[arg(long, default_value_t = 50)]
    walls: usize,
    /// Every sample of so many devices goes to each other subscriber.
    #[arg(long, default_value_t = 2)]
    devices_each: usize,
    /// Ask for the owner's name as well, which another subgraph has.
    #[arg(long)]
    join: bool,
    /// Length of the main measurement in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Further rates, one after the other for 15 seconds each, until one breaks.
    #[arg(long, value_delimiter = ',', default_value = "12,15,20,25,30,40,60,80,100")]
    ceiling: Vec<u32>,
}

/// Beyond it a step of the ceiling counts as broken.
const BROKEN_P99: Duration = Duration::from_secs(1);
/// Length of a step of the ceiling.
const STEP: Duration = Duration::from_secs(15);

/// Samples in the database.
const STORED: &str = "cloudphone_devices_samples_stored_total";

/// Runs the benchmark.
pub async fn run(program: &Path, options: Options) -> anyhow::Result<()> {
    let folder = folder::temporary()?;
    // The limits per device protect against floods; the ceiling is a flood.
    let fastest = options.ceiling.iter().copied().fold(options.rate, u32::max) * 4;
    let settings = [
        ("CLOUDPHONE_DEVICES__PLAY_SIMULATED", "false".to_owned()),
        ("CLOUDPHONE_DEVICES__MESSAGES_PER_SECOND", fastest.max(50).to_string()),
        ("CLOUDPHONE_MQTT__MESSAGES_PER_SECOND", fastest.max(100).to_string()),
    ];
    let platform = Platform::start(program, &folder, 0, &settings).await?;
    let pid = platform.program.pid;
    println!("platform ready, {} MiB; preparing {} devices", process::memory(pid).resident_mb, options.devices);
    let tenant_id = platform.client.tenant_id().await?;
    let accounts = platform.client.create_devices(options.devices).await?;
    let ledger = Arc::new(Ledger::new(accounts.len()));
    let mut fleet = Fleet::connect(platform.mqtt_port, &tenant_id, &accounts, &ledger).await?;
    println!("{} devices connected, {} MiB", accounts.len(), process::memory(pid).resident_mb);
    let walls = options.walls.min(options.subscribers);
    let followers = options.subscribers - walls;
    let audience =
        Audience::connect(&platform.client, &accounts, &ledger, followers, options.devices_each, walls, options.join)
            .await?;
    while !audience.everybody_listens() {
        fleet = fleet.publish(1, Duration::from_secs(1)).await?;
    }
    audience.settle(&ledger).await;
    // The reckoning begins here: what came before only showed that everybody listens.
    audience.take_step();
    audience.expected_since_last(&ledger);
    println!("{followers} followers and {walls} walls subscribed, {} MiB", process::memory(pid).resident_mb);

    println!(
        "| rate/device | sent/s | samples to followers/s | wall devices/s | follower latency | wall freshness | lost | stored/s | platform CPU | database CPU | load generator CPU | RSS (peak) |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    let main_step = (options.rate, Duration::from_secs(options.seconds));
    for (rate, length) in std::iter::once(main_step).chain(options.ceiling.iter().map(|rate| (*rate, STEP))) {
        let (before, stored_before) = (ledger.sent_in_all(), platform.client.metric(STORED).await?);
        let (cpu, own_cpu) = (CpuMeter::start(&[pid]), CpuMeter::start(&[std::process::id()]));
        fleet = fleet.publish(rate, length).await?;
        let (cpu, own_cpu) = (cpu.read(), own_cpu.read());
        let stored = platform.client.metric(STORED).await? - stored_before;
        audience.settle(&ledger).await;
        let seconds = cpu.elapsed.as_secs_f64();
        let sent = ledger.sent_in_all() - before;
        let mut step = audience.take_step();
        let expected = audience.expected_since_last(&ledger);
        let lost = expected.saturating_sub(step.received);
        let (latency, freshness) = (step.latencies.summary(), step.freshness.summary());
        let memory = process::memory(pid);
        println!(
            "| {rate}/s | {:.0} | {:.0} | {:.0} | {latency} | {freshness} | {lost} of {expected}, {} gaps | {:.0} | {:.0} % | {:.0} % | {:.0} % | {} ({}) MiB |",
            per_second(sent, seconds),
            per_second(step.received, seconds),
            per_second(step.wall_devices, seconds),
            step.gaps,
            stored / seconds,
            cpu.percent(),
            cpu.children_percent(),
            own_cpu.percent(),
            memory.resident_mb,
            memory.peak_mb,
        );
        ensure!(audience.failed() == 0, "{} subscribers lost their connection", audience.failed());
        let achieved = per_second(sent, seconds) / (f64::from(rate) * per_second(accounts.len() as u64, 1.0));
        if lost > 0 || step.gaps > 0 || latency.p99 > BROKEN_P99 || achieved < 0.95 {
            println!("broken at {rate}/s for each device; {:.0} % of the intended rate was sent", achieved * 100.0);
            break;
        }
    }
    let never_stored = platform.client.metric("cloudphone_devices_samples_lost_total").await?;
    println!("PostgreSQL: {} MiB; {never_stored} samples were never stored", process::memory_of_children_mb(pid));
    audience.leave();
    drop(fleet);
    platform.program.stop().await
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

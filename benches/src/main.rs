//! Benchmarks of the whole platform: each starts the release program in a process of its own, loads it over loopback and reports.

mod client;
mod engines;
mod folder;
mod ingest;
mod latency;
mod memory;
mod process;
mod program;
mod router;
mod upload;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures a release build of the platform.
#[derive(Parser)]
struct Arguments {
    /// The program to measure.
    #[arg(long, global = true, default_value = "target/release/cloudphone")]
    program: PathBuf,
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Telemetry from devices to subscribers, and the rate at which it breaks.
    Ingest(ingest::Options),
    /// A federated query in process and over HTTP, against a direct call of the subgraph.
    Router(router::Options),
    /// Memory and time to ready with simulated devices.
    Memory(memory::Options),
    /// Memory of the process while a large package is uploaded.
    Upload(upload::Options),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { program, benchmark } = Arguments::parse();
    let program = program.canonicalize().map_err(|error| anyhow::anyhow!("{}: {error}", program.display()))?;
    match benchmark {
        Benchmark::Ingest(options) => ingest::run(&program, options).await,
        Benchmark::Router(options) => router::run(&program, options).await,
        Benchmark::Memory(options) => memory::run(&program, &options).await,
        Benchmark::Upload(options) => upload::run(&program, options).await,
    }
}

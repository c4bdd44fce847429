//! Benchmarks of the whole platform: each starts the release program in a process of its own, loads it over loopback and reports.

mod client;
mod engines;
mod federation;
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
    /// The router before foreign subgraphs: queries, subscriptions and new operations, beside other gateways.
    Federation(Box<federation::Options>),
    /// A router with the benchmark's subgraphs in its own process; `federation` starts it.
    #[command(hide = true)]
    FederationInProcess(federation::EmbeddedOptions),
    /// Does only what the operating system must do for the same messages; `federation` starts it.
    #[command(hide = true, subcommand)]
    Floor(federation::FloorOptions),
    /// A long run of the router with subscribers, reloads and losses, in which its memory must not grow.
    Soak(federation::soak::Options),
    /// Memory of the process while a large package is uploaded.
    Upload(upload::Options),
}

/// The allocator of the program, so that a router inside this one compares with it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { program, benchmark } = Arguments::parse();
    let benchmark = match benchmark {
        Benchmark::FederationInProcess(options) => return federation::serve_in_process(options).await,
        Benchmark::Floor(options) => return federation::serve_floor(options).await,
        other => other,
    };
    let program = program.canonicalize().map_err(|error| anyhow::anyhow!("{}: {error}", program.display()))?;
    match benchmark {
        Benchmark::Ingest(options) => ingest::run(&program, options).await,
        Benchmark::Router(options) => router::run(&program, options).await,
        Benchmark::Memory(options) => memory::run(&program, &options).await,
        Benchmark::Federation(options) => federation::run(&program, *options).await,
        Benchmark::FederationInProcess(_) | Benchmark::Floor(_) => {
            unreachable!("they need no program and were started above")
        }
        Benchmark::Soak(options) => federation::soak::run(&program, options).await,
        Benchmark::Upload(options) => upload::run(&program, options).await,
    }
}

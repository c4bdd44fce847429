//! The long run: tries one seed after the other until time is up, and prints what differs.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use cloudphone_differential::{random::mix, report::Report};

/// Compares the router with a monolith on random federations.
#[derive(Debug, Parser)]
struct Arguments {
    /// For how long to try.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Where to begin; federation N of a run has the seed `mix(seed, N)`.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tries the federation of exactly this seed, as it is printed with a difference, and nothing else.
    #[arg(long)]
    only: Option<u64>,
    /// Operations per federation.
    #[arg(long, default_value_t = 30)]
    operations: usize,
    /// Ends with this many differences.
    #[arg(long, default_value_t = 1)]
    differences: usize,
    /// Where to write differences as regression cases.
    #[arg(long)]
    save: Option<PathBuf>,
    /// Prints why federations did not compose.
    #[arg(long)]
    refusals: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let threads = if arguments.only.is_some() { 1 } else { threads };
    let reports = std::thread::scope(|scope| {
        let arguments = &arguments;
        let running: Vec<_> =
            (0..threads).map(|thread| scope.spawn(move || work(arguments, thread, threads))).collect();
        running.into_iter().map(|thread| thread.join().expect("a worker ended early")).collect::<Vec<_>>()
    });
    let mut whole = Report::default();
    for report in reports {
        whole.federations += report.federations;
        whole.operations += report.operations;
        whole.refused.extend(report.refused);
        whole.differences.extend(report.differences);
    }
    if arguments.refusals {
        for (seed, refusal) in &whole.refused {
            println!("seed {seed} does not compose:\n{refusal}\n");
        }
    }
    for found in &whole.differences {
        println!("{found}");
        if let Some(folder) = &arguments.save {
            let file = folder.join(format!("seed_{}.json", found.federation.seed));
            let text = serde_json::to_string_pretty(&found.to_json()).expect("JSON values serialise");
            std::fs::write(&file, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
        }
    }
    println!(
        "{} federations, {:.2} % composed, {} operations, {} differences",
        whole.federations,
        whole.composed() * 100.0,
        whole.operations,
        whole.differences.len()
    );
    if whole.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn work(arguments: &Arguments, thread: u64, threads: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let mut report = Report::default();
    if let Some(seed) = arguments.only {
        runtime.block_on(report.try_seed(seed, arguments.operations));
        return report;
    }
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let mut number = thread;
    while Instant::now() < until && report.differences.len() < arguments.differences {
        runtime.block_on(report.try_seed(mix(arguments.seed, number), arguments.operations));
        number += threads;
    }
    report
}

//! The long run: tries one seed after the other until time is up, and prints what differs.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use cloudphone_differential::{
    generate::federation,
    random::mix,
    report::{Case, Report},
};

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
    /// Tries the operation in this file with the federation of `--only`, and nothing else; `--save` keeps it in any case.
    #[arg(long, requires = "only")]
    document: Option<PathBuf>,
    /// Variables for `--document`, a JSON object.
    #[arg(long, default_value = "{}")]
    variables: String,
    /// Operations per federation.
    #[arg(long, default_value_t = 30)]
    operations: usize,
    /// Ends with this many differences.
    #[arg(long, default_value_t = 1)]
    differences: usize,
    /// Where to write differences as regression cases.
    #[arg(long)]
    save: Option<PathBuf>,
    /// Prints why federations did not compose, and operations that were not planned.
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
        whole.unplanned.extend(report.unplanned);
        whole.differences.extend(report.differences);
    }
    if arguments.refusals {
        for (seed, refusal) in &whole.refused {
            println!("seed {seed} does not compose:\n{refusal}\n");
        }
        for found in &whole.unplanned {
            println!("{found}");
        }
    }
    for found in &whole.differences {
        println!("{found}");
        if let Some(folder) = &arguments.save {
            save(folder, &format!("seed_{}", found.federation.seed), &found.case());
        }
    }
    println!(
        "{} federations, {:.2} % composed, {} operations, {} not planned, {} differences",
        whole.federations,
        whole.composed() * 100.0,
        whole.operations,
        whole.unplanned.len(),
        whole.differences.len()
    );
    if whole.differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn save(folder: &Path, name: &str, case: &Case) {
    let file = folder.join(format!("{name}.json"));
    let text = serde_json::to_string(case).expect("cases serialise");
    std::fs::write(&file, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", file.display()));
}

fn work(arguments: &Arguments, thread: u64, threads: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    let report = runtime.block_on(trials(arguments, thread, threads));
    // A plan that never comes to an end has a thread that nobody can wait for.
    runtime.shutdown_background();
    report
}

async fn trials(arguments: &Arguments, thread: u64, threads: u64) -> Report {
    let mut report = Report::default();
    if let (Some(seed), Some(file)) = (arguments.only, &arguments.document) {
        let document = std::fs::read_to_string(file).expect("the file of the operation can be read");
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let variables = serde_json::from_str(&arguments.variables).expect("the variables are a JSON object");
        let case = Case { what: name.replace('_', " "), document, variables, federation: federation(seed) };
        if let Some(folder) = &arguments.save {
            save(folder, &name, &case);
        }
        report.try_case(case).await;
    } else if let Some(seed) = arguments.only {
        report.try_seed(seed, arguments.operations).await;
    } else {
        let until = Instant::now() + Duration::from_secs(arguments.seconds);
        let mut number = thread;
        while Instant::now() < until && report.differences.len() < arguments.differences {
            report.try_seed(mix(arguments.seed, number), arguments.operations).await;
            number += threads;
        }
    }
    report
}

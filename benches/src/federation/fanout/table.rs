//! The table of the fan-out, a line for each rate.

use std::time::Duration;

use super::super::audience::{Plan, Variety};
use crate::latency::Latencies;

/// What one rate has shown.
pub struct Row<'a> {
    /// Who is measured.
    pub title: &'a str,
    /// Who subscribed to what.
    pub plan: Plan,
    /// Events of each subscription per second.
    pub rate: u32,
    /// Events that readers received in each second.
    pub per_second: f64,
    /// Processor time for each of them.
    pub cpu_each: Duration,
    /// How long they took.
    pub latencies: Latencies,
    /// Events that readers skipped.
    pub missing: u64,
    /// Connections that ended by themselves.
    pub ended: u64,
    /// Memory that a subscriber takes while nothing happens, in KiB.
    pub idle_kb_each: Option<f64>,
    /// The most memory that ever was, in MiB.
    pub peak_mb: Option<u64>,
}

/// Prints the head.
pub fn head() {
    println!(
        "| who | subscriptions | subscribers | on each connection | join | events/s | deliveries/s | CPU for each | event to client p50 | p99 | p99.9 | missing | ended | idle memory each | peak memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

fn subscriptions(variety: Variety) -> &'static str {
    match variety {
        Variety::Same => "the same",
        Variety::PerDevice => "one each",
        Variety::Selections => "50 selections",
    }
}

fn yes_or_no(join: bool) -> &'static str {
    if join { "yes" } else { "no" }
}

/// Prints a line.
pub fn line(mut row: Row<'_>) {
    let mut ms = |share| row.latencies.per_mille(share).as_secs_f64() * 1000.0;
    let (p50, p99, p999) = (ms(500), ms(990), ms(999));
    println!(
        "| {} | {} | {} | {} | {} | {} | {:.0} | {:.1} µs | {p50:.1} ms | {p99:.1} ms | {p999:.1} ms | {} | {} | {} | {} |",
        row.title,
        subscriptions(row.plan.variety),
        row.plan.subscribers,
        row.plan.per_connection,
        yes_or_no(row.plan.join),
        row.rate,
        row.per_second,
        row.cpu_each.as_secs_f64() * 1e6,
        row.missing,
        row.ended,
        row.idle_kb_each.map_or_else(|| "–".to_owned(), |each| format!("{each:.1} KiB")),
        row.peak_mb.map_or_else(|| "–".to_owned(), |peak| format!("{peak} MiB")),
    );
}

/// Prints that there is nothing to print.
pub fn failure(title: &str, plan: Plan, error: &anyhow::Error) {
    let told: String = format!("{error:#}").chars().take(200).collect();
    println!(
        "| {title} | {} | {} | {} | {} | fails: {} | | | | | | | | | |",
        subscriptions(plan.variety),
        plan.subscribers,
        plan.per_connection,
        yes_or_no(plan.join),
        told.replace(['|', '\n'], " "),
    );
}

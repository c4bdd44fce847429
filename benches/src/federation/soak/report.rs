//! The table of a long run, a line every few minutes, so that a run which is cut short still tells.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::Tally;

/// Readings of memory that stand for a moment: one may be taken while something large is held.
const MOMENT: usize = 30;

/// What was read of the router's memory, and what was printed of it.
pub struct Report {
    began: Instant,
    line_every: Duration,
    lines: u32,
    warm_up: Duration,
    readings: Vec<u64>,
    /// Position of the first reading after the warm-up.
    warm_from: Option<usize>,
}

impl Report {
    /// Nothing read yet; growth counts from after the warm-up on.
    pub fn new(line_every: Duration, warm_up: Duration) -> Self {
        Self { began: Instant::now(), line_every, lines: 0, warm_up, readings: Vec::new(), warm_from: None }
    }

    /// Prints the head of the table.
    pub fn begin(&mut self) {
        self.began = Instant::now();
        println!(
            "| minute | resident | since the warm-up | events received | came back | answers: whole | partial in a loss | partial long after | failed | visits | reloads | losses |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    }

    /// Takes in a reading, in KiB, and prints a line when it is time.
    pub fn read(&mut self, resident_kb: u64, tally: &Tally) {
        self.readings.push(resident_kb);
        if self.warm_from.is_none() && self.began.elapsed() >= self.warm_up {
            self.warm_from = Some(self.readings.len());
        }
        if self.began.elapsed() >= self.line_every * (self.lines + 1) {
            self.lines += 1;
            self.line(tally);
        }
    }

    /// Prints the last line and what the run has shown.
    pub fn end(&self, tally: &Tally) {
        if self.began.elapsed() >= self.line_every * self.lines + Duration::from_mins(1) {
            self.line(tally);
        }
        println!("\nGrown by {} KiB from the middle third of the run to its last sixth.", self.growth_kb());
    }

    /// Since the run began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The growth of memory after the warm-up.
    pub fn growth_kb(&self) -> i64 {
        growth(&self.readings)
    }

    fn line(&self, tally: &Tally) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        println!(
            "| {} | {} KiB | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.began.elapsed().as_secs() / 60,
            self.readings.last().copied().unwrap_or_default(),
            self.since_warm_up().map_or_else(|| "–".to_owned(), |grown| format!("{grown:+} KiB")),
            read(&tally.received),
            read(&tally.returns),
            read(&tally.whole),
            read(&tally.partial),
            read(&tally.late),
            read(&tally.failed),
            read(&tally.visits),
            read(&tally.reloads),
            read(&tally.losses),
        );
    }

    /// From the first minute after the warm-up to the last one, once both are there.
    fn since_warm_up(&self) -> Option<i64> {
        let warm = self.readings.get(self.warm_from?..)?;
        let from = warm.get(..MOMENT)?;
        Some(median(&warm[warm.len() - MOMENT..]) - median(from))
    }
}

fn median(part: &[u64]) -> i64 {
    let mut sorted = part.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().and_then(|reading| i64::try_from(reading).ok()).unwrap_or_default()
}

/// The difference in KiB between the middle third and the last sixth of the readings, by their medians.
fn growth(readings: &[u64]) -> i64 {
    let count = readings.len();
    median(&readings[count * 5 / 6..]) - median(&readings[count / 3..count * 2 / 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_told_from_a_warm_up_and_from_waves() {
        let flat: Vec<u64> =
            (0..600).map(|reading| if reading < 100 { 1000 + reading * 50 } else { 6000 + reading % 7 }).collect();
        assert!(growth(&flat).abs() < 10, "{}", growth(&flat));
        let leaking: Vec<u64> = (0..600).map(|reading| 1000 + reading * 10).collect();
        assert!(growth(&leaking) > 2000, "{}", growth(&leaking));
    }

    #[test]
    fn growth_since_the_warm_up_is_told_once_a_minute_of_it_was_read() {
        let mut report = Report::new(Duration::from_hours(1), Duration::ZERO);
        let tally = Tally::default();
        for reading in 0..40 {
            report.read(1000 + reading * 10, &tally);
            assert_eq!(report.since_warm_up().is_some(), reading >= 30, "reading {reading}");
        }
        assert_eq!(report.since_warm_up(), Some(90));
    }
}

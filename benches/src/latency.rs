//! Percentiles of what was measured, exact because every value is kept.

use std::fmt;
use std::time::Duration;

/// Measured durations.
#[derive(Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, duration: Duration) {
        self.micros.push(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX));
    }

    /// Takes in those of another.
    pub fn merge(&mut self, other: Self) {
        self.micros.extend(other.micros);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// The value below which so many thousandths of all are; zero when there are none.
    pub fn per_mille(&mut self, share: usize) -> Duration {
        if !self.micros.is_sorted() {
            self.micros.sort_unstable();
        }
        let index = (self.micros.len() * share / 1000).min(self.micros.len().saturating_sub(1));
        Duration::from_micros(self.micros.get(index).copied().unwrap_or_default().into())
    }

    /// p50, p99 and the longest.
    pub fn summary(&mut self) -> Summary {
        Summary { p50: self.per_mille(500), p99: self.per_mille(990), longest: self.per_mille(1000) }
    }
}

/// What of a distribution is reported.
pub struct Summary {
    /// Half are shorter.
    pub p50: Duration,
    /// 99 of 100 are shorter.
    pub p99: Duration,
    /// None is longer.
    pub longest: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        write!(formatter, "p50 {:.2} ms, p99 {:.2} ms, max {:.0} ms", ms(self.p50), ms(self.p99), ms(self.longest))
    }
}

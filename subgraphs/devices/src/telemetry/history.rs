//! Which stretch of a device's past is asked for, and from which table it is answered.

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::{CommonError, Validation};

/// Points of an answer when the client names no number.
const DEFAULT_POINTS: i32 = 300;
/// The most points of an answer.
const MAX_POINTS: i32 = 2000;
/// The longest stretch that is answered from single samples.
const RAW_AT_MOST: TimeDelta = TimeDelta::hours(24);

/// What a client asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "TelemetryResolution")]
pub enum AskedResolution {
    /// Single samples; for at most a day.
    Raw,
    /// Averages of a minute.
    Minute,
    /// Averages of an hour.
    Hour,
    /// Whatever suits the length of the stretch.
    #[default]
    Auto,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// Single samples.
    Raw,
    /// Averages of a minute.
    Minute,
    /// Averages of an hour.
    Hour,
}

impl Resolution {
    const fn bucket(self) -> TimeDelta {
        match self {
            Self::Raw => TimeDelta::milliseconds(1),
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
        }
    }
}

/// Ten years have far fewer microseconds than an `i64` holds.
fn microseconds(length: TimeDelta) -> i64 {
    length.num_microseconds().unwrap_or(i64::MAX)
}

/// A checked stretch of the past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryWindow {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end, which does not belong to it.
    pub to: DateTime<Utc>,
    /// Where the answer comes from.
    pub resolution: Resolution,
    /// The most points of the answer.
    pub max_points: i32,
}

impl HistoryWindow {
    /// Checks what a client asks for; the last hour when it names no times.
    pub fn new(
        from: Option<DateTime<Utc>>,
        to: Option<DateTime<Utc>>,
        resolution: AskedResolution,
        max_points: Option<i32>,
        now: DateTime<Utc>,
    ) -> Result<Self, CommonError> {
        let to = to.unwrap_or(now);
        let from = from.unwrap_or(to - TimeDelta::hours(1));
        let max_points = max_points.unwrap_or(DEFAULT_POINTS);
        let length = to - from;
        let mut validation = Validation::new();
        validation.check(length > TimeDelta::zero(), "from", "OUT_OF_RANGE", "Choose a `from` before `to`.");
        validation.check(length <= TimeDelta::days(3660), "from", "OUT_OF_RANGE", "Ask for at most ten years.");
        validation.check(
            (1..=MAX_POINTS).contains(&max_points),
            "maxPoints",
            "OUT_OF_RANGE",
            format!("Ask for 1 to {MAX_POINTS} points."),
        );
        validation.check(
            resolution != AskedResolution::Raw || length <= RAW_AT_MOST,
            "resolution",
            "OUT_OF_RANGE",
            "Single samples are answered for at most 24 hours; choose MINUTE, HOUR or AUTO.",
        );
        validation.finish()?;
        let resolution = match resolution {
            AskedResolution::Raw => Resolution::Raw,
            AskedResolution::Minute => Resolution::Minute,
            AskedResolution::Auto if length <= TimeDelta::hours(1) => Resolution::Raw,
            AskedResolution::Auto if length <= TimeDelta::days(2) => Resolution::Minute,
            AskedResolution::Hour | AskedResolution::Auto => Resolution::Hour,
        };
        Ok(Self { from, to, resolution, max_points })
    }

    /// The width of one point: fine enough for the resolution, wide enough for the most points.
    ///
    /// Rounded up to whole microseconds, which PostgreSQL counts in too: an answer never has a point too many.
    pub fn bucket(&self) -> TimeDelta {
        let (length, points) = (microseconds(self.to - self.from), i64::from(self.max_points));
        let fair_share = length / points + i64::from(length % points != 0);
        self.resolution.bucket().max(TimeDelta::microseconds(fair_share))
    }
}

/// Averages of a device over one bucket of time.
#[derive(Clone, Debug, PartialEq, async_graphql::SimpleObject)]
pub struct TelemetryPoint {
    /// When the first sample of the point was measured.
    pub at: DateTime<Utc>,
    /// Average processor load in percent; absent when it was not measured.
    pub cpu_percent: Option<f64>,
    /// Average memory in use in percent; absent when it was not measured.
    pub memory_percent: Option<f64>,
    /// Average battery charge in percent; absent when it was not measured.
    pub battery_percent: Option<f64>,
    /// Average temperature in degrees Celsius; absent when it was not measured.
    pub temperature_celsius: Option<f64>,
    /// Average received traffic in kbit/s; absent when it was not measured.
    pub network_rx_kbps: Option<f64>,
    /// Average sent traffic in kbit/s; absent when it was not measured.
    pub network_tx_kbps: Option<f64>,
    /// Average frames per second; absent when they were not measured.
    pub frames_per_second: Option<f64>,
    /// How many samples the averages are of.
    pub samples: i32,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_resolution_follows_the_length() {
        let now = Utc::now();
        let auto = |length| {
            HistoryWindow::new(Some(now - length), Some(now), AskedResolution::Auto, None, now).unwrap().resolution
        };
        assert_eq!(auto(TimeDelta::minutes(30)), Resolution::Raw);
        assert_eq!(auto(TimeDelta::hours(30)), Resolution::Minute);
        assert_eq!(auto(TimeDelta::days(30)), Resolution::Hour);
    }

    #[test]
    fn single_samples_of_a_week_are_refused() {
        let now = Utc::now();
        assert!(HistoryWindow::new(Some(now - TimeDelta::days(7)), None, AskedResolution::Raw, None, now).is_err());
        assert!(HistoryWindow::new(Some(now), Some(now), AskedResolution::Auto, None, now).is_err());
    }

    proptest! {
        #[test]
        fn an_answer_never_has_more_points_than_asked(minutes in 1i64..500_000, points in 1i32..=2000) {
            let now = Utc::now();
            let from = Some(now - TimeDelta::minutes(minutes));
            let window = HistoryWindow::new(from, None, AskedResolution::Auto, Some(points), now).unwrap();
            let (length, bucket) = (microseconds(window.to - window.from), microseconds(window.bucket()));
            let buckets = length / bucket + i64::from(length % bucket != 0);
            prop_assert!(buckets <= i64::from(points), "{} buckets", buckets);
        }
    }
}

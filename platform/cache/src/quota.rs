//! Quotas that fill up again evenly, by the generic cell rate algorithm: one moment per key says all.
//!
//! A key that was not charged lately may be charged `requests` times at once; each charge is regained after its share of
//! the window. Nothing is lost or counted twice between concurrent charges, and nothing is kept of a key whose quota is full.

use std::time::Duration;

/// How much may be taken in which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How often in a window; at least once.
    pub requests: u32,
    /// The time in which an empty quota fills up.
    pub window: Duration,
}

impl Quota {
    /// The time in which one request is regained, in microseconds.
    pub(crate) fn interval(self) -> u64 {
        (micros(self.window) / u64::from(self.requests.max(1))).max(1)
    }

    /// The time in which all are regained, in microseconds.
    pub(crate) fn tolerance(self) -> u64 {
        self.interval().saturating_mul(u64::from(self.requests.max(1)))
    }
}

/// What is to be taken from one quota.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Whose quota it is.
    pub key: String,
    /// How large it is.
    pub quota: Quota,
    /// How many requests are taken.
    pub amount: u32,
}

impl Charge {
    /// What is taken, in microseconds of regaining it.
    pub(crate) fn cost(&self) -> u64 {
        self.quota.interval().saturating_mul(u64::from(self.amount))
    }
}

/// How one quota stands after it was charged, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Whether this quota had enough left.
    pub fits: bool,
    /// Requests that may follow at once.
    pub remaining: u32,
    /// When the quota is full again.
    pub full_in: Duration,
    /// When there is enough for another charge of the same amount; zero when there is by now, and never for more than
    /// the whole quota.
    pub enough_in: Duration,
}

impl Balance {
    /// Of a quota that will be full again in `ahead` microseconds.
    pub(crate) fn new(charge: &Charge, fits: bool, ahead: u64) -> Self {
        let (interval, tolerance) = (charge.quota.interval(), charge.quota.tolerance());
        Self {
            fits,
            remaining: u32::try_from(tolerance.saturating_sub(ahead) / interval).unwrap_or(u32::MAX),
            full_in: Duration::from_micros(ahead),
            enough_in: Duration::from_micros(ahead.saturating_add(charge.cost()).saturating_sub(tolerance)),
        }
    }
}

/// Where a quota stands before a charge: how far ahead of `now` it will be full, given the stored moment. A moment further
/// ahead than an empty quota, left by a larger quota or by a clock that was set back, counts as empty.
pub(crate) fn ahead(stored: Option<u64>, now: u64, quota: Quota) -> u64 {
    stored.unwrap_or(now).saturating_sub(now).min(quota.tolerance())
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 4)
}

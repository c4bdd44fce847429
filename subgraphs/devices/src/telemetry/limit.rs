//! How many messages a device may send.

use std::time::{Duration, Instant};

use ahash::AHashMap;
use cloudphone_core::DeviceId;

/// Devices remembered before the idle ones are forgotten.
const SWEEP_ABOVE: usize = 100_000;
/// After so long the bucket of a silent device is full again for sure, and need not be remembered.
const IDLE: Duration = Duration::from_secs(10);

struct Bucket {
    tokens: f32,
    filled: Instant,
}

/// A token bucket for each device: a steady rate and a burst of two seconds' worth.
pub struct RateLimit {
    per_second: f32,
    buckets: AHashMap<DeviceId, Bucket>,
    swept: Option<Instant>,
}

impl RateLimit {
    /// A limit of messages per second and device.
    pub fn new(per_second: f32) -> Self {
        Self { per_second, buckets: AHashMap::new(), swept: None }
    }

    /// Whether one more message of the device is within its limit.
    pub fn admit(&mut self, device_id: DeviceId, now: Instant) -> bool {
        let bucket = self.filled(device_id, now);
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }

    /// Admits one more message of a device that can wait; answers how long it has to.
    pub fn reserve(&mut self, device_id: DeviceId, now: Instant) -> Duration {
        let per_second = self.per_second;
        let bucket = self.filled(device_id, now);
        bucket.tokens -= 1.0;
        let seconds = (-bucket.tokens).max(0.0) / per_second;
        Duration::try_from_secs_f32(seconds).unwrap_or(Duration::MAX)
    }

    fn filled(&mut self, device_id: DeviceId, now: Instant) -> &mut Bucket {
        let burst = self.per_second * 2.0;
        let rested = self.swept.is_none_or(|swept| now.saturating_duration_since(swept) > IDLE);
        if self.buckets.len() > SWEEP_ABOVE && rested {
            self.buckets.retain(|_, bucket| now.saturating_duration_since(bucket.filled) < IDLE);
            self.swept = Some(now);
        }
        let bucket = self.buckets.entry(device_id).or_insert(Bucket { tokens: burst, filled: now });
        let elapsed = now.saturating_duration_since(bucket.filled).as_secs_f32();
        bucket.tokens = (bucket.tokens + elapsed * self.per_second).min(burst);
        bucket.filled = now;
        bucket
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_to_the_rate_and_does_not_touch_others() {
        let (mut limit, start) = (RateLimit::new(10.0), Instant::now());
        let (flooding, quiet) = (DeviceId::new(), DeviceId::new());
        let admitted = (0..1000u64).filter(|step| limit.admit(flooding, start + Duration::from_millis(*step))).count();
        assert!((29..=31).contains(&admitted), "{admitted}: a burst of 20 and 10 in the second");
        assert!(limit.admit(quiet, start + Duration::from_secs(1)));
        assert!(limit.admit(flooding, start + Duration::from_secs(2)));
    }

    #[test]
    fn a_device_that_waits_is_admitted_at_the_rate() {
        let (mut limit, start, device_id) = (RateLimit::new(10.0), Instant::now(), DeviceId::new());
        let mut now = start;
        for _ in 0..50 {
            now += limit.reserve(device_id, now);
        }
        let took = now.duration_since(start).as_secs_f64();
        assert!((2.9..3.1).contains(&took), "a burst of 20, and 30 in {took} s");
    }
}

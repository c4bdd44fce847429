//! How many messages a device may send.

use std::time::Instant;

use ahash::AHashMap;
use cloudphone_core::DeviceId;

/// Devices remembered before the idle ones are forgotten.
const SWEEP_ABOVE: usize = 100_000;

struct Bucket {
    tokens: f32,
    filled: Instant,
}

/// A token bucket for each device: a steady rate and a burst of two seconds' worth.
pub struct RateLimit {
    per_second: f32,
    buckets: AHashMap<DeviceId, Bucket>,
}

impl RateLimit {
    /// A limit of messages per second and device.
    pub fn new(per_second: f32) -> Self {
        Self { per_second, buckets: AHashMap::new() }
    }

    /// Whether one more message of the device is within its limit.
    pub fn admit(&mut self, device_id: DeviceId, now: Instant) -> bool {
        let burst = self.per_second * 2.0;
        if self.buckets.len() > SWEEP_ABOVE {
            self.buckets.retain(|_, bucket| now.duration_since(bucket.filled).as_secs() < 10);
        }
        let bucket = self.buckets.entry(device_id).or_insert(Bucket { tokens: burst, filled: now });
        let elapsed = now.saturating_duration_since(bucket.filled).as_secs_f32();
        bucket.tokens = (bucket.tokens + elapsed * self.per_second).min(burst);
        bucket.filled = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_flood_is_cut_to_the_rate_and_does_not_touch_others() {
        let (mut limit, start) = (RateLimit::new(10.0), Instant::now());
        let (flooding, quiet) = (DeviceId::new(), DeviceId::new());
        let admitted = (0..1000u64).filter(|step| limit.admit(flooding, start + Duration::from_millis(*step))).count();
        assert!((29..=31).contains(&admitted), "{admitted}: a burst of 20 and 10 in the second");
        assert!(limit.admit(quiet, start + Duration::from_secs(1)));
        assert!(limit.admit(flooding, start + Duration::from_secs(2)));
    }
}

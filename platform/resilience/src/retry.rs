//! When to try again, and how long to wait before.

use std::time::Duration;

use rand::Rng as _;

/// Waiting times that double up to a limit, each drawn from zero up to its bound ("full jitter"), so that
/// callers which failed together do not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Bound of the first wait.
    pub initial: Duration,
    /// Bound that later waits never exceed.
    pub limit: Duration,
}

impl Backoff {
    /// The wait before retry number `retry`, which counts from zero.
    pub fn wait(&self, retry: u32) -> Duration {
        rand::rng().random_range(Duration::ZERO..=self.bound(retry))
    }

    /// The bound of that wait, for tests and for servers that ask for a fixed delay.
    pub fn bound(&self, retry: u32) -> Duration {
        self.initial.saturating_mul(2_u32.saturating_pow(retry)).min(self.limit)
    }
}

/// How often to try. Only for calls that may be repeated without harm.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// Tries in all, at least one.
    pub attempts: u32,
    /// Waits between them.
    pub backoff: Backoff,
}

impl Retry {
    /// One try.
    pub const NEVER: Self = Self { attempts: 1, backoff: Backoff { initial: Duration::ZERO, limit: Duration::ZERO } };

    /// Three tries with waits of up to 100 ms and 200 ms.
    pub const BRIEFLY: Self =
        Self { attempts: 3, backoff: Backoff { initial: Duration::from_millis(100), limit: Duration::from_secs(1) } };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit() {
        let backoff = Backoff { initial: Duration::from_millis(100), limit: Duration::from_millis(350) };
        let bounds: Vec<_> = (0..4).map(|retry| backoff.bound(retry).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 350, 350]);
        assert_eq!(backoff.bound(u32::MAX), backoff.limit);
        assert!((0..50).all(|_| backoff.wait(1) <= Duration::from_millis(200)));
    }
}

//! The policy of one destination, and calls under it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error as ThisError;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::breaker::{Breaker, BreakerSettings, BreakerState};
use crate::retry::Retry;

/// How calls to one destination are protected.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The longest one try may take.
    pub timeout: Duration,
    /// Whether and how to try again.
    pub retry: Retry,
    /// When to stop trying for a while.
    pub breaker: BreakerSettings,
    /// Calls under way at once; more are refused.
    pub bulkhead: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            retry: Retry::BRIEFLY,
            breaker: BreakerSettings::default(),
            bulkhead: 256,
        }
    }
}

/// Why a protected call has no answer.
#[derive(Debug, ThisError)]
pub enum CallError<E: Error + 'static> {
    /// The destination failed often of late and is given time.
    #[error("{destination} is not called for a while because it kept failing")]
    Open {
        /// The destination's name.
        destination: Arc<str>,
    },
    /// Too many calls are under way already.
    #[error("too many calls to {destination} are under way")]
    Full {
        /// The destination's name.
        destination: Arc<str>,
    },
    /// No answer came in time.
    #[error("{destination} did not answer within {after:?}")]
    Timeout {
        /// The destination's name.
        destination: Arc<str>,
        /// The time allowed.
        after: Duration,
    },
    /// The destination answered with an error.
    #[error(transparent)]
    Failed(E),
}

/// One destination with the state of its protection.
#[derive(Debug)]
pub struct Protected {
    destination: Arc<str>,
    policy: Policy,
    breaker: Breaker,
    places: Semaphore,
}

impl Protected {
    /// A destination that nothing is known of yet.
    pub fn new(destination: &str, policy: Policy) -> Self {
        Self {
            destination: destination.into(),
            breaker: Breaker::new(policy.breaker),
            places: Semaphore::new(policy.bulkhead),
            policy,
        }
    }

    /// The destination's name.
    pub fn destination(&self) -> &str {
        &self.destination
    }

    /// The breaker, for health answers and for operators.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Calls, and repeats while `transient` says that an error may pass. The call must be harmless to repeat.
    pub async fn call<T, E: Error + 'static, F: Future<Output = Result<T, E>>>(
        &self,
        transient: impl Fn(&E) -> bool,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, CallError<E>> {
        let _place =
            self.places.try_acquire().map_err(|_| CallError::Full { destination: Arc::clone(&self.destination) })?;
        let mut retry = 0;
        loop {
            let error = match self.attempt(&transient, attempt()).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let may_pass = match &error {
                CallError::Failed(inner) => transient(inner),
                CallError::Timeout { .. } => true,
                CallError::Open { .. } | CallError::Full { .. } => false,
            };
            if !may_pass || retry + 1 >= self.policy.retry.attempts {
                return Err(error);
            }
            sleep(self.policy.retry.backoff.wait(retry)).await;
            retry += 1;
        }
    }

    async fn attempt<T, E: Error + 'static>(
        &self,
        transient: &impl Fn(&E) -> bool,
        attempt: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CallError<E>> {
        if !self.breaker.admit() {
            return Err(CallError::Open { destination: Arc::clone(&self.destination) });
        }
        let admission = Admission { breaker: &self.breaker, reported: false };
        match timeout(self.policy.timeout, attempt).await {
            Ok(Ok(value)) => {
                self.report(admission, true);
                Ok(value)
            }
            // An error that will not pass is an answer: the destination is well, the request was not.
            Ok(Err(error)) => {
                self.report(admission, !transient(&error));
                Err(CallError::Failed(error))
            }
            Err(_) => {
                self.report(admission, false);
                Err(CallError::Timeout { destination: Arc::clone(&self.destination), after: self.policy.timeout })
            }
        }
    }

    fn report(&self, mut admission: Admission<'_>, success: bool) {
        admission.reported = true;
        let before = self.breaker.state();
        self.breaker.record(success);
        let after = self.breaker.state();
        if before != after {
            tracing::warn!(
                destination = &*self.destination,
                from = before.name(),
                to = after.name(),
                "breaker changed"
            );
        }
        let open = if after == BreakerState::Open { 1.0 } else { 0.0 };
        metrics::gauge!("cloudphone_breaker_open", "destination" => self.destination.to_string()).set(open);
    }
}

/// Gives the breaker its trial back when a call is cancelled before it has an outcome.
struct Admission<'a> {
    breaker: &'a Breaker,
    reported: bool,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn refused() -> io::Error {
        io::Error::from(io::ErrorKind::ConnectionRefused)
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_fault_is_tried_again() {
        let tries = AtomicU32::new(0);
        let protected = Protected::new("storage", Policy::default());
        let answer = protected
            .call(
                |_: &io::Error| true,
                async || {
                    if tries.fetch_add(1, Ordering::Relaxed) < 2 { Err(refused()) } else { Ok("here") }
                },
            )
            .await;
        assert_eq!(answer.unwrap(), "here");
        assert_eq!(tries.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_lasting_fault_is_answered_at_once_and_leaves_the_breaker_closed() {
        let protected = Protected::new("storage", Policy::default());
        for _ in 0..20 {
            let answer = protected.call(|_: &io::Error| false, async || Err::<(), _>(refused())).await;
            assert!(matches!(answer, Err(CallError::Failed(_))));
        }
        assert_eq!(protected.breaker().state(), BreakerState::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_times_out_and_opens_the_breaker() {
        let policy = Policy { retry: Retry::NEVER, ..Policy::default() };
        let protected = Protected::new("storage", policy);
        for _ in 0..10 {
            let answer = protected.call(|_: &io::Error| true, std::future::pending::<Result<(), _>>).await;
            assert!(matches!(answer, Err(CallError::Timeout { .. })));
        }
        let answer = protected.call(|_: &io::Error| true, async || Ok(())).await;
        assert!(matches!(answer, Err(CallError::Open { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_refuses_at_once() {
        let protected = Protected::new("storage", Policy { bulkhead: 1, ..Policy::default() });
        let outer = protected
            .call(
                |_: &io::Error| false,
                async || {
                    let inner = protected.call(|_: &io::Error| false, async || Ok(())).await;
                    assert!(matches!(inner, Err(CallError::Full { .. })));
                    Ok(())
                },
            )
            .await;
        assert!(outer.is_ok());
    }
}

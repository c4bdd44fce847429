//! Waiting for a condition with a deadline, in place of sleeping.

use std::time::Duration;

use tokio::time::Instant;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Asks until there is an answer; panics with `what` when the time is over.
pub async fn eventually<T>(seconds: u64, what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {seconds} s: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A condition for [`eventually`].
pub fn holds(condition: bool) -> Option<()> {
    condition.then_some(())
}

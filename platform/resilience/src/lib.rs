//! What stands between us and everything that can fail to answer: timeout, retry, circuit breaker and bulkhead.

mod breaker;
mod call;
mod retry;

pub use breaker::{Breaker, BreakerSettings, BreakerSnapshot, BreakerState};
pub use call::{CallError, Policy, Protected};
pub use retry::{Backoff, Retry};

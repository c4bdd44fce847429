//! Settings of what the router takes on at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Load shedding: what is beyond these limits is turned away by 503 before everything gets slow.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Overload {
    /// Queries and mutations under way at once; live streams do not count once they have begun.
    pub max_operations: usize,
    /// How long an operation may wait for its turn when there are that many, in milliseconds.
    pub wait_ms: u64,
    /// Resident memory beyond which nothing new is begun, in bytes; absent means nine tenths of what the control group (container)
    /// may use, and any amount where that is not limited.
    pub max_memory_bytes: Option<u64>,
    /// How late the runtime may be with what it has to do, in milliseconds; absent means 1000 in production, and as late as it
    /// likes in development.
    pub max_lag_ms: Option<u64>,
}

impl Default for Overload {
    fn default() -> Self {
        Self { max_operations: 2000, wait_ms: 200, max_memory_bytes: None, max_lag_ms: None }
    }
}

impl Overload {
    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_operations == 0 {
            problems.push("router.overload.max_operations: needs at least 1.".to_owned());
        }
        if self.max_memory_bytes.is_some_and(|bytes| bytes < 64 * 1024 * 1024) {
            problems.push("router.overload.max_memory_bytes: needs at least 64 MiB.".to_owned());
        }
        if self.max_lag_ms.is_some_and(|milliseconds| milliseconds < 10) {
            problems.push("router.overload.max_lag_ms: needs at least 10 milliseconds.".to_owned());
        }
        if self.wait_ms > 60_000 {
            problems.push("router.overload.wait_ms: choose at most 60000 milliseconds.".to_owned());
        }
        problems
    }
}

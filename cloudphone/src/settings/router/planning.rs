//! Settings of how operations are planned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Planning of operations that are not known yet.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Planning {
    /// How long one plan may take, in milliseconds; beyond that the operation is refused, and refused at once for the next five
    /// minutes.
    pub timeout_ms: u64,
    /// Operations planned at once; absent means as many as there are processors.
    pub threads: Option<usize>,
    /// How long an operation waits to be planned, in milliseconds; beyond that it is refused by 503.
    pub wait_ms: u64,
    /// Operations that may wait to be planned; further ones are refused by 503.
    pub max_waiting: usize,
}

impl Default for Planning {
    fn default() -> Self {
        Self { timeout_ms: 10_000, threads: None, wait_ms: 5000, max_waiting: 1000 }
    }
}

impl Planning {
    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(10..=300_000).contains(&self.timeout_ms) {
            problems.push("router.planning.timeout_ms: choose 10 to 300000 milliseconds.".to_owned());
        }
        if self.threads.is_some_and(|threads| !(1..=1024).contains(&threads)) {
            problems.push("router.planning.threads: choose 1 to 1024.".to_owned());
        }
        if self.wait_ms > 300_000 {
            problems.push("router.planning.wait_ms: choose at most 300000 milliseconds.".to_owned());
        }
        problems
    }
}

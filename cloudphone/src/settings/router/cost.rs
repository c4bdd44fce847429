//! Settings of what an operation may cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Costs of operations by `@cost` and `@listSize`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// `off`: nothing is estimated; `measure`: the metrics tell what operations cost; `enforce`: those that cost too much are
    /// refused.
    pub mode: CostMode,
    /// The most that one operation may cost.
    pub max: u64,
    /// Entries of a list whose size neither `@listSize` nor an argument tells.
    pub default_list_size: u32,
}

/// What is done about costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CostMode {
    /// Nothing.
    Off,
    /// They are measured.
    #[default]
    Measure,
    /// Operations that cost too much are refused.
    Enforce,
}

impl Default for Cost {
    fn default() -> Self {
        Self { mode: CostMode::default(), max: 10_000, default_list_size: 10 }
    }
}

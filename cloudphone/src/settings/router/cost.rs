//! Settings of what an operation may cost.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::authentication::or_unset;

/// Costs of operations by `@cost` and `@listSize`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cost {
    /// `off`: nothing is estimated; `measure`: the metrics tell what operations cost; `enforce`: those that cost too much are
    /// refused.
    pub mode: CostMode,
    /// The most that one operation may cost.
    pub max: u64,
    /// The most that the part of one operation may cost that goes to one subgraph; absent means as much as the whole.
    pub max_per_subgraph: Option<u64>,
    /// The same for single subgraphs, by the names that they have in the supergraph.
    #[schemars(with = "Option<BTreeMap<String, u64>>")]
    #[serde(serialize_with = "or_unset")]
    pub subgraphs: BTreeMap<String, u64>,
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
        Self {
            mode: CostMode::default(),
            max: 10_000,
            max_per_subgraph: None,
            subgraphs: BTreeMap::new(),
            default_list_size: 10,
        }
    }
}

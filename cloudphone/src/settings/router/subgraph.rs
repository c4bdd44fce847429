//! What is special about one subgraph of the router.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::subscriptions::Subscriptions;

/// One subgraph.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Subgraph {
    /// Its subscriptions.
    pub subscriptions: Subscriptions,
}

impl Subgraph {
    /// One sentence for each broken rule.
    pub(crate) fn problems(&self, name: &str) -> Vec<String> {
        self.subscriptions.problems(&format!("router.subgraphs.{name}.subscriptions"))
    }
}

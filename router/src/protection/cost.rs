//! How much one operation may cost, and its part for each subgraph.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use cloudphone_core::Origin;
use cloudphone_planning::{CostOptions, Estimate};
use serde_json::{Map, Value, json};

use crate::gateway::Prepared;
use crate::pipeline::Rejection;

/// What happens to operations that cost too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostMode {
    /// They run; the metrics tell what operations cost.
    Measure,
    /// They are refused.
    Enforce,
}

/// The rule about costs.
#[derive(Clone, Debug)]
pub struct CostRule {
    /// What happens beyond the limits.
    pub mode: CostMode,
    /// The most that an operation may cost.
    pub max: u64,
    /// The most that the part of an operation may cost that goes to one subgraph; absent: as much as the whole.
    pub max_per_subgraph: Option<u64>,
    /// The same for single subgraphs, by their names.
    pub subgraphs: BTreeMap<String, u64>,
    /// How lists are weighed that say nothing of their size.
    pub options: CostOptions,
}

impl CostRule {
    /// Estimates an operation, and refuses it when it costs too much. Gives what is told to a client that asks.
    pub(crate) fn check(&self, prepared: &Prepared, origin: &Origin) -> Result<Map<String, Value>, Rejection> {
        let Estimate { cost, unsized_fields } = prepared.operation.cost(&prepared.variables, self.options);
        #[expect(clippy::cast_precision_loss, reason = "a histogram is no place for the last digit")]
        metrics::histogram!("cloudphone_graphql_operation_cost_points", "kind" => prepared.kind().as_str())
            .record(cost as f64);
        let refuse = |code, message: &str, more: [(&str, Value); 2]| {
            Err(Rejection::detailed(code, message, origin, more).with_status(StatusCode::BAD_REQUEST))
        };
        let mut told = json!({ "estimated": cost, "max": self.max });
        if self.mode == CostMode::Enforce {
            if let Some(field) = unsized_fields.first() {
                let message = format!("Say by exactly one of its arguments how long the list of {field} may be.");
                return Err(Rejection::new("LIST_SIZE_REQUIRED", &message, origin).with_status(StatusCode::BAD_REQUEST));
            }
            if cost > self.max {
                let message = format!(
                    "The operation may cost {cost}, and the most is {}; ask for less or for shorter lists.",
                    self.max
                );
                return refuse("COST_ESTIMATED_TOO_EXPENSIVE", &message, amounts(cost, self.max));
            }
        }
        let mut parts = Map::new();
        for (subgraph, cost) in self.parts(prepared) {
            #[expect(clippy::cast_precision_loss, reason = "a histogram is no place for the last digit")]
            metrics::histogram!("cloudphone_graphql_subgraph_cost_points", "subgraph" => subgraph.clone())
                .record(cost as f64);
            let Some(max) = self.max_of(&subgraph) else { continue };
            if cost > max && self.mode == CostMode::Enforce {
                let message = format!(
                    "The part of the operation that \"{subgraph}\" answers may cost {cost}, and the most is {max}; ask \
                     for less of it or for shorter lists."
                );
                let [estimated, max] = amounts(cost, max);
                let more = [estimated, max, ("service", Value::from(subgraph))];
                let rejection = Rejection::detailed("SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE", &message, origin, more);
                return Err(rejection.with_status(StatusCode::BAD_REQUEST));
            }
            parts.insert(subgraph, json!({ "estimated": cost, "max": max }));
        }
        if !parts.is_empty() {
            told["subgraphs"] = Value::Object(parts);
        }
        Ok(Map::from_iter([("cost".to_owned(), told)]))
    }

    /// What the parts may cost; nobody computes it where no subgraph has a limit.
    fn parts(&self, prepared: &Prepared) -> Vec<(String, u64)> {
        if self.max_per_subgraph.is_none() && self.subgraphs.is_empty() {
            return Vec::new();
        }
        let parts = prepared.operation.cost_by_subgraph(&prepared.variables, self.options);
        parts.into_iter().map(|(subgraph, cost)| (subgraph.to_string(), cost)).collect()
    }

    fn max_of(&self, subgraph: &str) -> Option<u64> {
        self.subgraphs.get(subgraph).copied().or(self.max_per_subgraph)
    }
}

/// What is told of a refusal besides its sentence.
fn amounts(estimated: u64, max: u64) -> [(&'static str, Value); 2] {
    [("estimated", Value::from(estimated)), ("max", Value::from(max))]
}

//! How much one operation may cost.

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
#[derive(Clone, Copy, Debug)]
pub struct CostRule {
    /// What happens beyond the limit.
    pub mode: CostMode,
    /// The most that an operation may cost.
    pub max: u64,
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
        if self.mode == CostMode::Enforce {
            let refuse =
                |code, message: &str| Err(Rejection::new(code, message, origin).with_status(StatusCode::BAD_REQUEST));
            if let Some(field) = unsized_fields.first() {
                let message = format!("Say by exactly one of its arguments how long the list of {field} may be.");
                return refuse("LIST_SIZE_REQUIRED", &message);
            }
            if cost > self.max {
                let message = format!(
                    "The operation may cost {cost}, and the most is {}; ask for less or for shorter lists.",
                    self.max
                );
                return refuse("COST_ESTIMATED_TOO_EXPENSIVE", &message);
            }
        }
        let told = json!({ "estimated": cost, "max": self.max });
        Ok(Map::from_iter([("cost".to_owned(), told)]))
    }
}

//! Labels of metrics whose values others choose: clients name their operations, subgraphs their errors.

use std::sync::{Arc, LazyLock};

use cloudphone_execution::ExecutionResult;
use cloudphone_planning::GraphQlError;
use parking_lot::RwLock;
use serde_json::Value;

use super::Prepared;

/// Values of a label that are told apart in a process. Each makes series that stay as long as the process.
const MOST: usize = 200;

/// Longer values are not told apart.
const LONGEST: usize = 64;

/// What a value becomes when there are too many already.
const OTHER: &str = "other";

static OPERATIONS: LazyLock<Values> = LazyLock::new(Values::default);
static CODES: LazyLock<Values> = LazyLock::new(Values::default);

/// The values that a label has had so far.
#[derive(Default)]
struct Values(RwLock<ahash::AHashSet<Arc<str>>>);

impl Values {
    fn label(&self, value: &str) -> Arc<str> {
        if let Some(known) = self.0.read().get(value) {
            return Arc::clone(known);
        }
        let mut known = self.0.write();
        let value = if value.len() <= LONGEST && known.len() < MOST { value } else { OTHER };
        if let Some(known) = known.get(value) {
            return Arc::clone(known);
        }
        let label: Arc<str> = value.into();
        known.insert(Arc::clone(&label));
        label
    }
}

/// The name of an operation as a label.
pub(crate) fn operation(prepared: &Prepared) -> Arc<str> {
    OPERATIONS.label(prepared.name())
}

/// Counts the errors of an answer by their codes and by the subgraphs that they come from.
pub(super) fn count_errors(result: &ExecutionResult) {
    for error in &result.errors {
        let subgraph = error.extensions.get("service").and_then(Value::as_str).unwrap_or_default();
        metrics::counter!("cloudphone_graphql_errors_total", "code" => code(error), "subgraph" => subgraph.to_owned())
            .increment(1);
    }
}

fn code(error: &GraphQlError) -> Arc<str> {
    CODES.label(error.code().unwrap_or("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_the_values_of_a_label() {
        let values = Values::default();
        assert_eq!(&*values.label("first"), "first");
        assert_eq!(&*values.label(&"x".repeat(LONGEST + 1)), OTHER);
        for number in 0..MOST * 2 {
            values.label(&format!("Operation{number}"));
        }
        assert_eq!((&*values.label("late"), &*values.label("first")), (OTHER, "first"));
        assert!(values.0.read().len() <= MOST + 1);
    }
}

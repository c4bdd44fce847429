//! Makes the operation of a difference as small as it can be while answers still differ.

use serde_json::{Map, Value};

use crate::{
    case::{Difference, Stage},
    operation::Operation,
};

/// The smallest operation found, and how the answers to it differ. A difference in kind counts as another one: what is
/// planned but answered wrongly must not become something that is refused.
pub async fn shrink(stage: &Stage, operation: Operation, found: Difference) -> Difference {
    let variables: Map<String, Value> = found.variables.clone();
    let (mut operation, mut found) = (operation, found);
    'smaller: loop {
        for candidate in operation.smaller() {
            if let Some(difference) = stage.try_out(&candidate.text(), &variables).await
                && difference.is_unplanned == found.is_unplanned
            {
                (operation, found) = (candidate, difference);
                continue 'smaller;
            }
        }
        return found;
    }
}

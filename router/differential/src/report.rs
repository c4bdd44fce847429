//! Tries seeds and tells what came of it.

use std::fmt::{Display, Formatter, Write as _};

use serde_json::{Value, json};

use crate::{
    case::{Difference, Stage},
    generate::{Federation, federation, operation},
    random::mix,
    sdl,
    shrink::shrink,
};

/// What came of the seeds that were tried.
#[derive(Debug, Default)]
pub struct Report {
    /// Federations that were made.
    pub federations: usize,
    /// Those that were refused, with their seeds.
    pub refused: Vec<(u64, String)>,
    /// Operations that were answered both ways, each choice of variables counted.
    pub operations: usize,
    /// What differed.
    pub differences: Vec<Reproduction>,
}

/// All that is needed to see a difference again.
#[derive(Debug, Clone)]
pub struct Reproduction {
    /// The federation.
    pub federation: Federation,
    /// What the federation was composed to.
    pub supergraph_sdl: String,
    /// What differs.
    pub difference: Difference,
}

impl Report {
    /// Tries one federation with some operations. At most one difference is kept of a federation.
    pub async fn try_seed(&mut self, seed: u64, operations: usize) {
        self.federations += 1;
        let stage = match Stage::new(federation(seed)) {
            Ok(stage) => stage,
            Err(refusal) => {
                self.refused.push((seed, refusal));
                return;
            }
        };
        for number in 0..operations {
            let trial = operation(&stage.federation().monolith, mix(seed, number as u64));
            let document = trial.operation.text();
            for variables in &trial.variables {
                self.operations += 1;
                if let Some(difference) = stage.try_out(&document, variables).await {
                    let difference = shrink(&stage, trial.operation, difference).await;
                    self.differences.push(Reproduction {
                        federation: stage.federation().clone(),
                        supergraph_sdl: stage.supergraph_sdl().to_owned(),
                        difference,
                    });
                    return;
                }
            }
        }
    }

    /// The share of federations that composed.
    pub fn composed(&self) -> f64 {
        let all = u32::try_from(self.federations).map_or(f64::MAX, f64::from);
        let refused = u32::try_from(self.refused.len()).map_or(f64::MAX, f64::from);
        if self.federations == 0 { 0.0 } else { 1.0 - refused / all }
    }
}

impl Reproduction {
    /// The case as it is kept among the regression cases.
    pub fn to_json(&self) -> Value {
        json!({
            "what": self.difference.what,
            "document": self.difference.document,
            "variables": self.difference.variables,
            "federation": self.federation,
        })
    }
}

impl Display for Reproduction {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        let found = &self.difference;
        let pretty = |value: &Value| serde_json::to_string_pretty(value).expect("JSON values serialise");
        let _ = writeln!(text, "seed {}: {}\n", self.federation.seed, found.what);
        for subgraph in &self.federation.subgraphs {
            let _ = writeln!(text, "# subgraph {}\n{}", subgraph.name, sdl::federated(subgraph));
        }
        let _ = writeln!(text, "# operation\n{}\n# variables\n{}", found.document, Value::Object(found.variables.clone()));
        let _ = writeln!(text, "# monolith\n{}", pretty(&found.expected));
        let _ = writeln!(text, "# router\n{}", pretty(&found.answer));
        let _ = writeln!(text, "# asked\n{}\n# plan\n{}", found.asked.join("\n"), pretty(&found.plan));
        formatter.write_str(&text)
    }
}

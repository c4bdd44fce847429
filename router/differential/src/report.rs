//! Tries seeds and tells what came of it.

use std::fmt::{Display, Formatter, Write as _};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// Operations for which the planner found no plan.
    pub unplanned: Vec<Reproduction>,
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
                let Some(found) = stage.try_out(&document, variables).await else { continue };
                let found = if found.is_endless { found } else { shrink(&stage, trial.operation.clone(), found).await };
                let is_unplanned = found.is_unplanned;
                self.keep(&stage, found);
                if !is_unplanned {
                    return;
                }
                break;
            }
        }
    }

    /// Tries one operation of one federation.
    pub async fn try_case(&mut self, case: Case) {
        self.federations += 1;
        let seed = case.federation.seed;
        match Stage::new(case.federation) {
            Ok(stage) => {
                self.operations += 1;
                if let Some(found) = stage.try_out(&case.document, &case.variables).await {
                    self.keep(&stage, found);
                }
            }
            Err(refusal) => self.refused.push((seed, refusal)),
        }
    }

    fn keep(&mut self, stage: &Stage, difference: Difference) {
        let list = if difference.is_unplanned { &mut self.unplanned } else { &mut self.differences };
        list.push(Reproduction {
            federation: stage.federation().clone(),
            supergraph_sdl: stage.supergraph_sdl().to_owned(),
            difference,
        });
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
    pub fn case(&self) -> Case {
        Case {
            what: self.difference.what.clone(),
            document: self.difference.document.clone(),
            variables: self.difference.variables.clone(),
            federation: self.federation.clone(),
        }
    }
}

/// An operation of a federation, independent of how seeds are turned into either.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Case {
    /// What went wrong when it was found.
    pub what: String,
    /// The operation.
    pub document: String,
    /// Its variables.
    pub variables: Map<String, Value>,
    /// The federation.
    pub federation: Federation,
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
        let _ =
            writeln!(text, "# operation\n{}\n# variables\n{}", found.document, Value::Object(found.variables.clone()));
        let _ = writeln!(text, "# monolith\n{}", pretty(&found.expected));
        let _ = writeln!(text, "# router\n{}", pretty(&found.answer));
        let _ = writeln!(text, "# asked\n{}\n# plan\n{}", found.asked.join("\n"), pretty(&found.plan));
        formatter.write_str(&text)
    }
}

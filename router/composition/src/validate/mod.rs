//! Checks each subgraph by itself before anything is merged, and the whole once it is.

mod applications;
mod context;
mod cost;
mod external;
mod field_sets;
mod implementations;
mod interface_object;
mod merged;
mod references;
mod signature;
mod value;

pub use merged::check_merged;
pub use value::value_problem;

use crate::finding::Findings;
use crate::subgraph::SubgraphSchema;

/// Reports everything wrong inside one subgraph.
pub fn validate_subgraph(subgraph: &SubgraphSchema, findings: &mut Findings) {
    let mut report = Report { subgraph, findings };
    references::check(&mut report);
    applications::check(&mut report);
    implementations::check(&mut report);
    field_sets::check(&mut report);
    external::check(&mut report);
    interface_object::check(&mut report);
    context::check(&mut report);
    cost::check(&mut report);
}

/// Reports findings about one subgraph.
pub struct Report<'a> {
    pub subgraph: &'a SubgraphSchema,
    findings: &'a mut Findings,
}

impl Report<'_> {
    pub fn error(&mut self, code: &'static str, coordinate: impl Into<String>, message: impl Into<String>) {
        let name = &self.subgraph.name;
        self.findings.error(code, coordinate, [name], message);
    }

    pub fn hint(&mut self, code: &'static str, coordinate: impl Into<String>, message: impl Into<String>) {
        self.findings.hint(code, coordinate, [&self.subgraph.name], message);
    }
}

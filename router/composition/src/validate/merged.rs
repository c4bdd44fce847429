//! What is valid in every subgraph may not be together: types that keep an interface's promises in
//! one subgraph only, default values that another subgraph does not accept.

use crate::finding::Findings;
use crate::merge::Merged;
use crate::subgraph::SubgraphSchema;
use crate::syntax::InputValue;

use super::implementations::broken_promises;
use super::value::value_problem;

/// Reports where the merged schema breaks the rules of GraphQL.
pub fn check_merged(subgraphs: &[SubgraphSchema], merged: &Merged, findings: &mut Findings) {
    let mut check = Check { subgraphs, merged, findings };
    for definition in merged.types.values() {
        for broken in broken_promises(definition, &|name| merged.types.get(name)) {
            // Missing fields are reported with the subgraphs that declare them.
            if !broken.missing_field {
                check.report(&broken.coordinate, &broken.message);
            }
        }
        for field in definition.fields.values() {
            for argument in field.arguments.values() {
                check.default(&format!("{}.{}({}:)", definition.name, field.name, argument.name), argument);
            }
        }
        for input in definition.inputs.values() {
            check.default(&format!("{}.{}", definition.name, input.name), input);
        }
    }
}

struct Check<'a> {
    subgraphs: &'a [SubgraphSchema],
    merged: &'a Merged,
    findings: &'a mut Findings,
}

impl Check<'_> {
    fn default(&mut self, coordinate: &str, input: &InputValue) {
        let merged = self.merged;
        let problem =
            input.default.as_ref().and_then(|value| value_problem(value, &input.ty, &|name| merged.types.get(name)));
        if let Some(problem) = problem {
            self.report(
                coordinate,
                &format!("The default value of \"{coordinate}\" does not fit its type in the supergraph: {problem}."),
            );
        }
    }

    fn report(&mut self, coordinate: &str, message: &str) {
        let type_name = coordinate.split(['.', '(']).next().unwrap_or_default();
        let owners = self
            .subgraphs
            .iter()
            .filter(|subgraph| subgraph.types.contains_key(type_name))
            .map(|subgraph| subgraph.name.clone());
        self.findings.error("INVALID_GRAPHQL", coordinate, owners, message);
    }
}

//! Merges the arguments of fields: an argument stays when every subgraph knows it.

use indexmap::IndexMap;

use super::type_reference::{TypeContext, Variance};
use super::{Merger, Sources};
use crate::finding::subgraph_list;
use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::{Field, InputValue, TypeReference, Value};

/// The codes under which an input is reported, which differ between arguments and input fields.
pub struct InputCodes {
    pub type_error: &'static str,
    pub type_hint: &'static str,
    pub default_error: &'static str,
    pub location: &'static str,
}

/// The codes for arguments.
pub const ARGUMENT: InputCodes = InputCodes {
    type_error: "FIELD_ARGUMENT_TYPE_MISMATCH",
    type_hint: "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE",
    default_error: "FIELD_ARGUMENT_DEFAULT_MISMATCH",
    location: "ARGUMENT_DEFINITION",
};

impl Merger<'_> {
    /// Merges the arguments of a field over the subgraphs that resolve it.
    pub fn merge_arguments(&mut self, coordinate: &str, sources: &Sources<'_, Field>) -> IndexMap<String, InputValue> {
        let mut names: Vec<&str> = Vec::new();
        for (_, field) in sources {
            for (name, argument) in &field.arguments {
                if !names.contains(&name.as_str()) && !argument.directives.has(Federation::FromContext) {
                    names.push(name);
                }
            }
        }
        self.check_contextual(coordinate, sources);
        let mut merged = IndexMap::new();
        for name in names {
            let place = format!("{coordinate}({name}:)");
            let present: Sources<'_, InputValue> = sources
                .iter()
                .filter_map(|(index, field)| Some((*index, field.arguments.get(name)?)))
                .filter(|(_, argument)| !argument.directives.has(Federation::FromContext))
                .collect();
            let missing: Vec<usize> = sources
                .iter()
                .filter(|(_, field)| !field.arguments.contains_key(name))
                .map(|(index, _)| *index)
                .collect();
            if missing.is_empty() {
                let argument = self.merge_input(&place, name, &present, &ARGUMENT);
                merged.insert(name.to_owned(), argument);
            } else {
                self.report_missing_argument(&place, &present, &missing);
            }
        }
        merged
    }

    /// An argument that one subgraph fills from a context cannot be a client's in another.
    fn check_contextual(&mut self, coordinate: &str, sources: &Sources<'_, Field>) {
        for (index, field) in sources {
            let contextual =
                field.arguments.values().filter(|argument| argument.directives.has(Federation::FromContext));
            for argument in contextual {
                let place = format!("{coordinate}({}:)", argument.name);
                let differing = sources.iter().filter(|(_, other)| {
                    other
                        .arguments
                        .get(&argument.name)
                        .is_some_and(|other| !other.directives.has(Federation::FromContext))
                });
                let differing = self.names(differing.map(|(index, _)| *index));
                if !differing.is_empty() {
                    let listing = subgraph_list(differing.iter().map(String::as_str));
                    let all = [self.names([*index]), differing.clone()].concat();
                    self.findings.error(
                        "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS",
                        &place,
                        all,
                        format!(
                            "Argument \"{place}\" is contextual in subgraph \"{}\" but not in {listing}.",
                            self.subgraphs[*index].name
                        ),
                    );
                }
            }
        }
    }

    fn report_missing_argument(&mut self, place: &str, present: &Sources<'_, InputValue>, missing: &[usize]) {
        let requiring =
            self.names(present.iter().filter(|(_, argument)| argument.is_required()).map(|(index, _)| *index));
        let lacking = self.names(missing.iter().copied());
        let lacking_list = subgraph_list(lacking.iter().map(String::as_str));
        if requiring.is_empty() {
            self.findings.hint("INCONSISTENT_ARGUMENT_PRESENCE", place, lacking.clone(), format!(
                "Optional argument \"{place}\" will not be included in the supergraph as it does not appear in all subgraphs: it is missing in {lacking_list}."
            ));
        } else {
            let requiring_list = subgraph_list(requiring.iter().map(String::as_str));
            self.findings.error("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", place, [requiring, lacking.clone()].concat(), format!(
                "Argument \"{place}\" is required in some subgraphs but does not appear in all subgraphs: it is required in {requiring_list} but does not appear in {lacking_list}."
            ));
        }
    }

    /// Merges an argument or input field that all given subgraphs have.
    pub fn merge_input(
        &mut self,
        place: &str,
        name: &str,
        sources: &Sources<'_, InputValue>,
        codes: &InputCodes,
    ) -> InputValue {
        let descriptions = sources.iter().map(|(index, input)| (*index, &input.description)).collect();
        let description = self.description(place, &descriptions);
        let types: Sources<'_, TypeReference> = sources.iter().map(|(index, input)| (*index, &input.ty)).collect();
        let ty = self.merge_type(
            &TypeContext {
                coordinate: place,
                variance: Variance::Input,
                error: codes.type_error,
                hint: codes.type_hint,
            },
            &types,
        );
        let default = self.merge_default(place, sources, codes.default_error);
        let applied = sources.iter().map(|(index, input)| (*index, &input.directives)).collect();
        let directives = self.applied_directives(place, codes.location, &applied);
        InputValue { name: name.to_owned(), description, ty, default, directives }
    }

    /// A default value holds only when all subgraphs have the same.
    fn merge_default(&mut self, place: &str, sources: &Sources<'_, InputValue>, error: &'static str) -> Option<Value> {
        let defaults: Vec<(usize, &Value)> =
            sources.iter().filter_map(|(index, input)| Some((*index, input.default.as_ref()?))).collect();
        let first = defaults.first()?.1;
        if defaults.iter().any(|(_, default)| !same_constant(default, first)) {
            let names = self.names(sources.iter().map(|(index, _)| *index));
            let listing = subgraph_list(names.iter().map(String::as_str));
            self.findings.error(
                error,
                place,
                names,
                format!("\"{place}\" has incompatible default values across {listing}."),
            );
            return None;
        }
        if defaults.len() < sources.len() {
            let names = self.names(defaults.iter().map(|(index, _)| *index));
            let listing = subgraph_list(names.iter().map(String::as_str));
            self.findings.hint(
                "INCONSISTENT_DEFAULT_VALUE_PRESENCE",
                place,
                names,
                format!(
                    "\"{place}\" has a default value in only some subgraphs ({listing}); the supergraph uses none."
                ),
            );
            return None;
        }
        Some(first.clone())
    }
}

/// `1` and `1.0` are the same default of a `Float`.
fn same_constant(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(left) | Value::Float(left), Value::Int(right) | Value::Float(right)) => {
            left == right || left.parse::<f64>().ok() == right.parse::<f64>().ok()
        }
        (left, right) => left == right,
    }
}

/// Arguments that a subgraph fills from a context, as `join__ContextArgument` values.
pub fn context_arguments(subgraph: &SubgraphSchema, field: &Field) -> Vec<Value> {
    field
        .arguments
        .values()
        .filter_map(|argument| {
            let text = argument.directives.applied(Federation::FromContext)?.string("field")?;
            let rest = text.trim().strip_prefix('$')?;
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            let (context, selection) = rest.split_at(end);
            Some(Value::Object(vec![
                ("context".to_owned(), Value::String(format!("{}__{context}", subgraph.name))),
                ("name".to_owned(), Value::string(&argument.name)),
                ("type".to_owned(), Value::String(argument.ty.to_string())),
                ("selection".to_owned(), Value::string(selection)),
            ]))
        })
        .collect()
}

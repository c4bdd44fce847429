//! Merges input object types: a field stays when every subgraph that has the type knows it.

use super::argument::InputCodes;
use super::{Merger, Sources};
use crate::finding::subgraph_list;
use crate::syntax::{Directive, InputValue, TypeDefinition, Value};

const INPUT_FIELD: InputCodes = InputCodes {
    type_error: "FIELD_TYPE_MISMATCH",
    type_hint: "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE",
    default_error: "INPUT_FIELD_DEFAULT_MISMATCH",
    location: "INPUT_FIELD_DEFINITION",
};

impl Merger<'_> {
    /// Merges the fields of an input object by intersection.
    pub fn merge_input_fields(&mut self, merged: &mut TypeDefinition, sources: &Sources<'_, TypeDefinition>) {
        let mut names: Vec<&str> = Vec::new();
        for (_, source) in sources {
            for name in source.inputs.keys() {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let coordinate = format!("{}.{name}", merged.name);
            let present: Sources<'_, InputValue> =
                sources.iter().filter_map(|(index, source)| Some((*index, source.inputs.get(name)?))).collect();
            if present.len() == sources.len() {
                let mut input = self.merge_input(&coordinate, name, &present, &INPUT_FIELD);
                let join = self.join_input_fields(&present);
                input.directives.splice(0..0, join);
                merged.inputs.insert(name.to_owned(), input);
            } else {
                self.report_missing_input_field(&coordinate, sources, &present, name);
            }
        }
        if merged.inputs.is_empty() {
            let names = self.names(sources.iter().map(|(index, _)| *index));
            self.findings.error("EMPTY_MERGED_INPUT_TYPE", &merged.name, names, format!(
                "None of the fields of input object type \"{}\" are consistently defined in all the subgraphs defining that type. As only fields common to all subgraphs are merged, this would result in an empty type.",
                merged.name
            ));
        }
    }

    fn report_missing_input_field(
        &mut self,
        coordinate: &str,
        sources: &Sources<'_, TypeDefinition>,
        present: &Sources<'_, InputValue>,
        name: &str,
    ) {
        let missing =
            self.names(sources.iter().filter(|(_, source)| !source.inputs.contains_key(name)).map(|(index, _)| *index));
        let requiring = self.names(present.iter().filter(|(_, input)| input.is_required()).map(|(index, _)| *index));
        let missing_list = subgraph_list(missing.iter().map(String::as_str));
        if requiring.is_empty() {
            self.findings.hint("INCONSISTENT_INPUT_OBJECT_FIELD", coordinate, missing.clone(), format!(
                "Input object field \"{coordinate}\" will not be added to the supergraph as it does not appear in all subgraphs: it is missing in {missing_list}."
            ));
        } else {
            let requiring_list = subgraph_list(requiring.iter().map(String::as_str));
            self.findings.error("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", coordinate, [requiring, missing.clone()].concat(), format!(
                "Input object field \"{coordinate}\" is required in some subgraphs but does not appear in all subgraphs: it is required in {requiring_list} but does not appear in {missing_list}."
            ));
        }
    }

    /// The types per subgraph, when they differ.
    fn join_input_fields(&self, sources: &Sources<'_, InputValue>) -> Vec<Directive> {
        let first = &sources[0].1.ty;
        if sources.iter().all(|(_, input)| input.ty == *first) {
            return Vec::new();
        }
        sources
            .iter()
            .map(|(index, input)| {
                Directive::new(
                    "join__field",
                    [
                        ("graph", Value::name(&self.subgraphs[*index].graph)),
                        ("type", Value::String(input.ty.to_string())),
                    ],
                )
            })
            .collect()
    }
}

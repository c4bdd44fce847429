//! Merges enums by use: outputs take all values, inputs only common ones, both need equal values.

use super::{Merger, Sources, join};
use crate::finding::subgraph_list;
use crate::subgraph::{Directives, Federation};
use crate::syntax::{EnumValue, TypeDefinition};

impl Merger<'_> {
    /// Merges the values of an enum.
    pub fn merge_values(&mut self, merged: &mut TypeDefinition, sources: &Sources<'_, TypeDefinition>) {
        let usage = self.relations.enum_usage.get(&merged.name).copied().unwrap_or_default();
        if !usage.input && !usage.output {
            let names = self.names(sources.iter().map(|(index, _)| *index));
            self.findings.hint("UNUSED_ENUM_TYPE", &merged.name, names, format!(
                "Enum type \"{}\" is defined but unused. It will be included in the supergraph with all the values appearing in any subgraph (\"as if\" it was only used as an output type).",
                merged.name
            ));
        }
        let mut names: Vec<&str> = Vec::new();
        for (_, source) in sources {
            for name in source.values.keys() {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let coordinate = format!("{}.{name}", merged.name);
            let present: Sources<'_, EnumValue> =
                sources.iter().filter_map(|(index, source)| Some((*index, source.values.get(name)?))).collect();
            let missing = self
                .names(sources.iter().filter(|(_, source)| !source.values.contains_key(name)).map(|(index, _)| *index));
            if !missing.is_empty() {
                let listing = subgraph_list(missing.iter().map(String::as_str));
                let hidden = present.iter().any(|(_, value)| value.directives.has(Federation::Inaccessible));
                match (usage.input, usage.output) {
                    (true, true) if hidden => {}
                    (true, true) => {
                        let all = self.names(sources.iter().map(|(index, _)| *index));
                        self.findings.error("ENUM_VALUE_MISMATCH", &coordinate, all, format!(
                            "Enum type \"{}\" is used as both input type and output type, but value \"{name}\" is not defined in all the subgraphs defining \"{}\": it is missing in {listing}.",
                            merged.name, merged.name
                        ));
                    }
                    (true, false) => {
                        self.findings.hint("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", &coordinate, missing, format!(
                            "Value \"{name}\" of enum type \"{}\" will not be part of the supergraph as it is not defined in all the subgraphs defining \"{}\" (which is only used as an input type): it is missing in {listing}.",
                            merged.name, merged.name
                        ));
                        continue;
                    }
                    (false, _) => self.findings.hint("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", &coordinate, missing, format!(
                        "Value \"{name}\" of enum type \"{}\" has been added to the supergraph but is only defined in a subset of the subgraphs defining \"{}\": it is missing in {listing}.",
                        merged.name, merged.name
                    )),
                }
            }
            let value = self.merge_value(&coordinate, name, &present);
            merged.values.insert(name.to_owned(), value);
        }
        if merged.values.is_empty() {
            let names = self.names(sources.iter().map(|(index, _)| *index));
            self.findings.error("EMPTY_MERGED_ENUM_TYPE", &merged.name, names, format!(
                "None of the values of enum type \"{}\" are defined consistently in all the subgraphs defining that type. As only values common to all subgraphs are merged, this would result in an empty type.",
                merged.name
            ));
        }
    }

    fn merge_value(&mut self, coordinate: &str, name: &str, sources: &Sources<'_, EnumValue>) -> EnumValue {
        let descriptions = sources.iter().map(|(index, value)| (*index, &value.description)).collect();
        let description = self.description(coordinate, &descriptions);
        let applied = sources.iter().map(|(index, value)| (*index, &value.directives)).collect();
        let mut directives: Vec<_> =
            sources.iter().map(|(index, _)| join::enum_value(&self.subgraphs[*index])).collect();
        directives.extend(self.applied_directives(coordinate, "ENUM_VALUE", &applied));
        EnumValue { name: name.to_owned(), description, directives }
    }
}

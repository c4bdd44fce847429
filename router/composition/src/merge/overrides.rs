//! Works out which fields move from one subgraph to another by `@override`.

use std::collections::{BTreeSet, HashMap};

use crate::finding::Findings;
use crate::subgraph::{Directives, Federation, SubgraphSchema};
use crate::syntax::{Directive, Field};

/// One `@override` that takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOverride {
    /// Index of the subgraph that takes the field over.
    pub to: usize,
    /// Index of the subgraph that loses it.
    pub from: usize,
    /// For a gradual migration: when the override applies.
    pub label: Option<String>,
    /// Whether the losing subgraph still refers to the field, by a key for instance.
    pub still_used: bool,
}

/// All effective overrides by type and field.
#[derive(Debug, Default)]
pub struct Overrides(HashMap<(String, String), Vec<FieldOverride>>);

impl Overrides {
    pub fn of(&self, type_name: &str, field: &str) -> &[FieldOverride] {
        self.0.get(&(type_name.to_owned(), field.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The override that takes a field away from a subgraph for good.
    pub fn removed_from(&self, index: usize, type_name: &str, field: &str) -> Option<&FieldOverride> {
        self.of(type_name, field).iter().find(|moved| moved.from == index && moved.label.is_none())
    }

    /// All labels of gradual overrides.
    pub fn labels(&self) -> BTreeSet<&str> {
        self.0.values().flatten().filter_map(|moved| moved.label.as_deref()).collect()
    }

    /// The label under which a subgraph gains or loses a field.
    pub fn label(&self, index: usize, type_name: &str, field: &str) -> Option<&str> {
        self.of(type_name, field)
            .iter()
            .find(|moved| moved.from == index || moved.to == index)
            .and_then(|moved| moved.label.as_deref())
    }

    /// Reads and checks every `@override`.
    pub fn collect(subgraphs: &[SubgraphSchema], findings: &mut Findings) -> Self {
        let mut overrides = Self::default();
        for (to, subgraph) in subgraphs.iter().enumerate() {
            for definition in subgraph.types.values() {
                for field in definition.fields.values() {
                    let Some(directive) = field.directives.applied(Federation::Override) else {
                        continue;
                    };
                    let candidate = Candidate {
                        subgraphs,
                        to,
                        coordinate: format!("{}.{}", definition.name, field.name),
                        type_name: &definition.name,
                        field,
                        directive,
                    };
                    if let Some(moved) = candidate.check(findings) {
                        let key = (definition.name.clone(), field.name.clone());
                        overrides.0.entry(key).or_default().push(moved);
                    }
                }
            }
        }
        overrides
    }
}

struct Candidate<'a> {
    subgraphs: &'a [SubgraphSchema],
    to: usize,
    coordinate: String,
    type_name: &'a str,
    field: &'a Field,
    directive: &'a Directive,
}

impl Candidate<'_> {
    fn check(&self, findings: &mut Findings) -> Option<FieldOverride> {
        let name = self.subgraphs[self.to].name.as_str();
        let coordinate = self.coordinate.as_str();
        let source = self.directive.string("from").unwrap_or_default();
        let label = self.directive.string("label").map(str::to_owned);
        if let Some(label) = &label
            && !is_valid_label(label)
        {
            findings.error("OVERRIDE_LABEL_INVALID", coordinate, [name], format!(
                "Invalid @override label \"{label}\" on field \"{coordinate}\" on subgraph \"{name}\": labels must start with a letter and after that may contain alphanumerics, underscores, minuses, colons, periods, or slashes. Alternatively, labels may be of the form \"percent(x)\" where x is a float between 0-100 inclusive."
            ));
        }
        if source == name {
            findings.error(
                "OVERRIDE_FROM_SELF_ERROR",
                coordinate,
                [name],
                format!(
                    "Source and destination subgraphs \"{name}\" are the same for overridden field \"{coordinate}\""
                ),
            );
            return None;
        }
        let Some(from) = self.subgraphs.iter().position(|subgraph| subgraph.name == source) else {
            findings.hint(
                "FROM_SUBGRAPH_DOES_NOT_EXIST",
                coordinate,
                [name],
                format!(
                    "Source subgraph \"{source}\" for field \"{coordinate}\" on subgraph \"{name}\" does not exist."
                ),
            );
            return None;
        };
        let losing = &self.subgraphs[from];
        if losing.is_interface_object(self.type_name) {
            findings.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", coordinate, [name, source], format!(
                "@override is not yet supported on fields of @interfaceObject types: cannot be used on field \"{coordinate}\" on subgraph \"{name}\" since the type is an @interfaceObject in subgraph \"{source}\"."
            ));
            return None;
        }
        let Some(lost) = losing.field(self.type_name, &self.field.name) else {
            findings.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", coordinate, [name], format!(
                "Field \"{coordinate}\" on subgraph \"{name}\" no longer exists in the from subgraph. The @override directive can be removed."
            ));
            return None;
        };
        if lost.directives.has(Federation::Override) {
            findings.error("OVERRIDE_SOURCE_HAS_OVERRIDE", coordinate, [name, source], format!(
                "Field \"{coordinate}\" on subgraph \"{name}\" has an @override from subgraph \"{source}\", whose field also has an @override."
            ));
            return None;
        }
        let conflict =
            [Federation::Requires, Federation::Provides].into_iter().find(|directive| lost.directives.has(*directive));
        let conflict = match conflict {
            Some(directive) => Some((directive, source)),
            None if self.field.directives.has(Federation::External) => Some((Federation::External, name)),
            None => None,
        };
        if let Some((directive, place)) = conflict {
            findings.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", coordinate, [name, place], format!(
                "@override cannot be used on field \"{coordinate}\" on subgraph \"{name}\" since \"{coordinate}\" on \"{place}\" is marked with directive \"@{}\"",
                directive.name()
            ));
            return None;
        }
        if lost.directives.has(Federation::External) {
            findings.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", coordinate, [name], format!(
                "Field \"{coordinate}\" on subgraph \"{name}\" is not resolved anymore by the from subgraph (it is marked \"@external\" in \"{source}\"). The @override directive can be removed."
            ));
            return None;
        }
        let used = losing.used_fields.contains(&(self.type_name.to_owned(), self.field.name.clone()));
        let advice = match (&label, used) {
            (Some(_), _) => (
                "OVERRIDE_MIGRATION_IN_PROGRESS",
                "is currently being migrated with progressive @override. Once the migration is complete, remove the field from that subgraph.",
            ),
            (None, true) => (
                "OVERRIDDEN_FIELD_CAN_BE_REMOVED",
                "is overridden. It is still used in some federation directive(s) (@key, @requires, and/or @provides) and/or to satisfy interface constraint(s), but consider marking it @external explicitly or removing it along with its references.",
            ),
            (None, false) => ("OVERRIDDEN_FIELD_CAN_BE_REMOVED", "is overridden. Consider removing it."),
        };
        findings.hint(
            advice.0,
            coordinate,
            [source],
            format!("Field \"{coordinate}\" on subgraph \"{source}\" {}", advice.1),
        );
        Some(FieldOverride { to: self.to, from, label, still_used: used })
    }
}

fn is_valid_label(label: &str) -> bool {
    if let Some(number) = label.strip_prefix("percent(").and_then(|rest| rest.strip_suffix(')')) {
        let digits_only = number.chars().all(|c| c.is_ascii_digit() || c == '.');
        let fraction = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        return digits_only
            && fraction <= 8
            && number.parse::<f64>().is_ok_and(|percent| (0.0..=100.0).contains(&percent));
    }
    label.starts_with(|first: char| first.is_ascii_alphabetic())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || "_-:./".contains(c))
}

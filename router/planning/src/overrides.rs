//! Which subgraph answers a field that moves gradually, by `@override` with a label.

use std::collections::BTreeSet;

use ahash::{AHashMap, AHashSet};
use graphql_tools::static_graphql::schema::{Definition, Document, TypeDefinition};
use hive_router_query_planner::graph::PERCENTAGE_SCALE_FACTOR;

use crate::join::{named, text};

/// What operations draw from for labels such as `percent(10)`: the label is on for the first tenth of it.
pub const DRAWS: u64 = 100 * PERCENTAGE_SCALE_FACTOR;

/// Which labels are on for an operation: their fields are answered by the subgraph that takes them over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideChoice {
    /// Custom labels.
    pub labels: BTreeSet<String>,
    /// Below [`DRAWS`]: labels of a percentage are on when it lies in their share. All percentages go by the same draw, so that
    /// what is on for few is on for those also for whom more is on.
    pub draw: u64,
}

impl Default for OverrideChoice {
    /// No label is on.
    fn default() -> Self {
        Self { labels: BTreeSet::new(), draw: DRAWS }
    }
}

/// The labels of a supergraph.
#[derive(Debug, Default)]
pub(crate) struct OverrideLabels(Vec<Labelled>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Label {
    Custom(String),
    /// On for draws below this.
    Percentage(u64),
}

impl Label {
    /// `percent(x)`, where x has at most eight decimal places, or a name.
    fn read(text: &str) -> Self {
        let percentage = text.strip_prefix("percent(").and_then(|rest| rest.strip_suffix(')'));
        match percentage.and_then(|number| number.parse().ok()) {
            Some(percentage) => Self::Percentage(draws_of(percentage)),
            None => Self::Custom(text.to_owned()),
        }
    }
}

/// Makes a field that is taken from a subgraph without it, such as one that does not exist any more, simply its taker's: were its
/// label off, nobody would answer it.
pub(crate) fn settle(document: &mut Document) {
    let graphs = graphs(document);
    for definition in &mut document.definitions {
        let fields = match definition {
            Definition::TypeDefinition(TypeDefinition::Object(object)) => &mut object.fields,
            Definition::TypeDefinition(TypeDefinition::Interface(interface)) => &mut interface.fields,
            _ => continue,
        };
        for field in fields {
            let places = named(&field.directives, "join__field").filter_map(|place| text(place, "graph"));
            let places: AHashSet<String> = places.map(str::to_owned).collect();
            for place in field.directives.iter_mut().filter(|directive| directive.name == "join__field") {
                let from = text(place, "override");
                let is_vain = from.is_some_and(|from| graphs.get(from).is_none_or(|graph| !places.contains(graph)));
                if is_vain {
                    place.arguments.retain(|(name, _)| name != "override" && name != "overrideLabel");
                }
            }
        }
    }
}

/// The graphs by the names of their subgraphs.
fn graphs(document: &Document) -> AHashMap<String, String> {
    let values = document.definitions.iter().filter_map(|definition| match definition {
        Definition::TypeDefinition(TypeDefinition::Enum(own)) if own.name == "join__Graph" => Some(&own.values),
        _ => None,
    });
    let named = values.flatten().filter_map(|value| {
        let name = named(&value.directives, "join__graph").find_map(|graph| text(graph, "name"))?;
        Some((name.to_owned(), value.name.clone()))
    });
    named.collect()
}

/// How many of all draws are a percentage of them.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "10^10 fits")]
pub fn draws_of(percentage: f64) -> u64 {
    (percentage.clamp(0.0, 100.0) * PERCENTAGE_SCALE_FACTOR as f64) as u64
}

#[derive(Debug)]
struct Labelled {
    label: Label,
    /// The names of its fields; none when plans may fetch one of them that the client did not ask for.
    fields: Option<BTreeSet<String>>,
}

impl OverrideLabels {
    /// Reads them of a supergraph in which plans fetch fields of these names for themselves.
    pub(crate) fn read(document: &Document, internal_names: &AHashSet<String>) -> Self {
        let mut fields: AHashMap<Label, BTreeSet<String>> = AHashMap::new();
        for definition in &document.definitions {
            let own = match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object)) => &object.fields,
                Definition::TypeDefinition(TypeDefinition::Interface(interface)) => &interface.fields,
                _ => continue,
            };
            for field in own {
                for label in named(&field.directives, "join__field").filter_map(|place| text(place, "overrideLabel")) {
                    fields.entry(Label::read(label)).or_default().insert(field.name.clone());
                }
            }
        }
        let mut labelled: Vec<Labelled> = fields
            .into_iter()
            .map(|(label, names)| {
                let is_everywhere = names.iter().any(|name| internal_names.contains(name));
                Labelled { label, fields: (!is_everywhere).then_some(names) }
            })
            .collect();
        labelled.sort_by(|one, other| one.label.cmp(&other.label));
        Self(labelled)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The custom ones.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|labelled| match &labelled.label {
            Label::Custom(name) => Some(name.as_str()),
            Label::Percentage(_) => None,
        })
    }

    /// A choice reduced to what may make a difference to a document, the same for all that are alike to it: so the plan cache
    /// has one plan for each outcome, not one for each draw, and subscriptions with equal outcomes are equal.
    pub(crate) fn decide(&self, choice: &OverrideChoice, document: &str) -> OverrideChoice {
        let mut decided = OverrideChoice::default();
        for labelled in self.0.iter().filter(|labelled| labelled.matters_to(document)) {
            match &labelled.label {
                Label::Custom(name) if choice.labels.contains(name) => {
                    decided.labels.insert(name.clone());
                }
                // Just below the smallest that is on is as good as anywhere else between it and the next smaller one.
                Label::Percentage(share) if choice.draw < *share => decided.draw = decided.draw.min(share - 1),
                Label::Custom(_) | Label::Percentage(_) => {}
            }
        }
        decided
    }
}

impl Labelled {
    /// A field cannot be asked for without its name being written somewhere.
    fn matters_to(&self, document: &str) -> bool {
        self.fields.as_ref().is_none_or(|names| names.iter().any(|name| document.contains(name.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(share: u64, field: &str) -> Labelled {
        let label = Label::Percentage(share * PERCENTAGE_SCALE_FACTOR);
        Labelled { label, fields: Some(BTreeSet::from([field.to_owned()])) }
    }

    fn drawn(percentage: u64) -> OverrideChoice {
        OverrideChoice { draw: percentage * PERCENTAGE_SCALE_FACTOR, ..OverrideChoice::default() }
    }

    #[test]
    fn there_are_as_many_outcomes_as_shares_and_one_more() {
        let labels = OverrideLabels(vec![percent(10, "price"), percent(60, "stock"), percent(100, "name")]);
        let outcome = |percentage, document| labels.decide(&drawn(percentage), document).draw;
        let whole = "{ price stock name }";
        let outcomes: BTreeSet<u64> = (0..100).map(|percentage| outcome(percentage, whole)).collect();
        assert_eq!(outcomes.len(), 3, "the last share leaves nobody out");
        let outcomes: BTreeSet<u64> = (0..100).map(|percentage| outcome(percentage, "{ price }")).collect();
        assert_eq!(outcomes.len(), 2, "fields that are not asked for make no difference");
        assert_eq!(outcome(0, "{ weight }"), DRAWS);
        let again = labels.decide(&labels.decide(&drawn(30), whole), whole);
        assert_eq!(again, labels.decide(&drawn(30), whole), "what was decided stays decided");
    }

    #[test]
    fn only_labels_of_the_supergraph_that_the_document_may_meet_are_part_of_an_outcome() {
        let custom = |name: &str, field: Option<&str>| Labelled {
            label: Label::Custom(name.to_owned()),
            fields: field.map(|field| BTreeSet::from([field.to_owned()])),
        };
        let labels = OverrideLabels(vec![custom("beta", Some("price")), custom("keys", None)]);
        let all = ["beta", "keys", "stranger"].map(str::to_owned);
        let choice = OverrideChoice { labels: all.into(), ..OverrideChoice::default() };
        let on = |document| labels.decide(&choice, document).labels.into_iter().collect::<Vec<_>>();
        assert_eq!(on("{ price }"), ["beta", "keys"]);
        assert_eq!(on("{ name }"), ["keys"], "plans may fetch its fields for themselves");
        assert_eq!(labels.names().collect::<Vec<_>>(), ["beta", "keys"]);
    }
}

//! Takes a mutation apart into its root fields, each of which is to be complete before the next begins (GraphQL
//! specification, section 6.2.2).
//!
//! A field that is selected several times under conditions is one field, executed where the first selection stands whose
//! conditions hold. The planning library would call it once for each selection, and whether wanted or not. So there is
//! one part for each selection that may be the first, with the conditions under which it is.

use ahash::AHashMap;
use graphql_tools::static_graphql::query::{
    Definition, Directive, Document, Field, InlineFragment, OperationDefinition, Selection, SelectionSet,
    TypeCondition, Value,
};

use crate::{plan::StepCondition, supergraph::Supergraph, types::named_type};

/// Parts beyond which a mutation is refused: conditions multiply.
const MAX_PARTS: usize = 200;

/// One root field as it is called when these conditions hold.
pub(crate) struct Part {
    pub(crate) conditions: Vec<StepCondition>,
    pub(crate) field: Field,
}

/// A selection of a root field.
struct Occurrence {
    conditions: Vec<StepCondition>,
    field: Field,
}

/// The parts of a rewritten mutation in their order.
pub(crate) fn parts(supergraph: &Supergraph, document: &Document) -> Result<Vec<Part>, String> {
    let mut occurrences = Vec::new();
    for definition in &document.definitions {
        if let Definition::Operation(OperationDefinition::Mutation(mutation)) = definition {
            occurrences_of(&mutation.selection_set, &[], &mut occurrences);
        }
    }
    let mut by_key: AHashMap<&str, Vec<usize>> = AHashMap::new();
    let mut parts = Vec::new();
    for (position, occurrence) in occurrences.iter().enumerate() {
        let key = occurrence.field.alias.as_deref().unwrap_or(&occurrence.field.name);
        let earlier = by_key.entry(key).or_default();
        let mut choices = vec![occurrence.conditions.clone()];
        for other in earlier.iter() {
            choices = without(&choices, &occurrences[*other].conditions);
            if choices.len() + parts.len() > MAX_PARTS {
                return Err("its root fields depend on too many conditions".to_owned());
            }
        }
        earlier.push(position);
        for conditions in choices {
            let mut field = occurrence.field.clone();
            for later in &occurrences[position + 1..] {
                if later.field.alias.as_deref().unwrap_or(&later.field.name) == key {
                    add(supergraph, &mut field, &conditions, later);
                }
            }
            parts.push(Part { conditions, field });
        }
    }
    Ok(parts)
}

/// A document of the same operation that selects only these fields.
pub(crate) fn document_of(document: &Document, fields: impl Iterator<Item = Field>) -> Document {
    let mut own = document.clone();
    let items: Vec<Selection> = fields.map(Selection::Field).collect();
    for definition in &mut own.definitions {
        if let Definition::Operation(OperationDefinition::Mutation(mutation)) = definition {
            mutation.selection_set.items.clone_from(&items);
        }
    }
    own
}

fn occurrences_of(set: &SelectionSet, conditions: &[StepCondition], found: &mut Vec<Occurrence>) {
    for item in &set.items {
        match item {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) => {
                if let Some(conditions) = with(conditions, &field.directives) {
                    let mut field = field.clone();
                    field.directives.retain(|directive| !is_condition(directive));
                    found.push(Occurrence { conditions, field });
                }
            }
            Selection::InlineFragment(fragment) => {
                if let Some(conditions) = with(conditions, &fragment.directives) {
                    occurrences_of(&fragment.selection_set, &conditions, found);
                }
            }
            Selection::FragmentSpread(_) => unreachable!("a rewritten operation has no named fragments"),
        }
    }
}

fn is_condition(directive: &Directive) -> bool {
    matches!(directive.name.as_str(), "skip" | "include")
}

/// The conditions together with those of directives; none when they can never hold.
fn with(conditions: &[StepCondition], directives: &[Directive]) -> Option<Vec<StepCondition>> {
    let mut all = conditions.to_vec();
    for directive in directives.iter().filter(|directive| is_condition(directive)) {
        let expected = directive.name == "include";
        match directive.arguments.iter().find(|(name, _)| name == "if").map(|(_, value)| value) {
            Some(Value::Variable(name)) => {
                let condition = StepCondition { variable: name.as_str().into(), expected };
                all = joined(&all, &condition)?;
            }
            Some(Value::Boolean(value)) if *value != expected => return None,
            _ => {}
        }
    }
    Some(all)
}

fn joined(conditions: &[StepCondition], more: &StepCondition) -> Option<Vec<StepCondition>> {
    let mut all = conditions.to_vec();
    match conditions.iter().find(|known| known.variable == more.variable) {
        Some(known) if known.expected != more.expected => return None,
        Some(_) => {}
        None => all.push(more.clone()),
    }
    Some(all)
}

/// The choices narrowed to when `excluded` does not hold as a whole: its first condition fails, or the first holds and the
/// second fails, and so on.
fn without(choices: &[Vec<StepCondition>], excluded: &[StepCondition]) -> Vec<Vec<StepCondition>> {
    let mut narrowed = Vec::new();
    for choice in choices {
        let mut holding = Some(choice.clone());
        for condition in excluded {
            let Some(so_far) = holding else { break };
            let opposite = StepCondition { expected: !condition.expected, ..condition.clone() };
            narrowed.extend(joined(&so_far, &opposite));
            holding = joined(&so_far, condition);
        }
    }
    narrowed
}

/// Adds what a later selection selects of the field's value, under those of its conditions that are not known to hold.
fn add(supergraph: &Supergraph, field: &mut Field, known: &[StepCondition], later: &Occurrence) {
    let mut open = Vec::new();
    for condition in &later.conditions {
        match known.iter().find(|known| known.variable == condition.variable) {
            Some(known) if known.expected != condition.expected => return,
            Some(_) => {}
            None => open.push(condition),
        }
    }
    let root = supergraph.api().mutation_type().unwrap_or_default();
    let Some(definition) = supergraph.api().field(root, &field.name) else { return };
    let ty = named_type(&definition.field_type);
    let added = &later.field.selection_set;
    if supergraph.api().is_union(ty) {
        // There is no way from a union into itself.
        for item in &added.items {
            match item {
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref().map_or(ty, |on| on.as_ref().as_str());
                    field.selection_set.items.push(guarded(on, &open, vec![item.clone()], added));
                }
                other => field.selection_set.items.push(other.clone()),
            }
        }
    } else if open.is_empty() {
        field.selection_set.items.extend(added.items.iter().cloned());
    } else if !added.items.is_empty() {
        field.selection_set.items.push(guarded(ty, &open, added.items.clone(), added));
    }
}

fn guarded(on: &str, conditions: &[&StepCondition], items: Vec<Selection>, like: &SelectionSet) -> Selection {
    let fragment = |items: Vec<Selection>, directives: Vec<Directive>| {
        Selection::InlineFragment(InlineFragment {
            position: like.span.0,
            type_condition: Some(TypeCondition::On(on.to_owned())),
            directives,
            selection_set: SelectionSet { span: like.span, items },
        })
    };
    let mut written = fragment(items, Vec::new());
    for condition in conditions.iter().rev() {
        let directive = Directive {
            position: like.span.0,
            name: if condition.expected { "include" } else { "skip" }.to_owned(),
            arguments: vec![("if".to_owned(), Value::Variable(condition.variable.to_string()))],
        };
        written = fragment(vec![written], vec![directive]);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::{StepCondition, without};

    fn condition(text: &str) -> StepCondition {
        let expected = !text.starts_with('!');
        StepCondition { variable: text.trim_start_matches('!').into(), expected }
    }

    fn conditions(text: &str) -> Vec<StepCondition> {
        text.split_whitespace().map(condition).collect()
    }

    #[test]
    fn what_excludes_a_conjunction_is_every_way_in_which_it_fails_once() {
        let choices = without(&[Vec::new()], &conditions("a b"));
        assert_eq!(choices, [conditions("!a"), conditions("a !b")]);
    }

    #[test]
    fn nothing_is_left_beside_what_always_holds() {
        assert!(without(&[conditions("a")], &[]).is_empty());
        assert!(without(&[conditions("a")], &conditions("a")).is_empty());
    }
}

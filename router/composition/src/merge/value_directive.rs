//! Combines applications of directives whose arguments have a meaning composition knows.

use crate::syntax::{Directive, Value};

/// Both subgraphs' requirements must hold: each alternative of one is joined with each of the other.
/// Scopes and policies are lists of alternatives, each a list of what it takes.
pub fn conjunction(applied: &[&Directive], argument: &str) -> Value {
    let mut combined: Vec<Vec<String>> = vec![Vec::new()];
    for directive in applied {
        let alternatives: Vec<Vec<String>> = directive
            .argument(argument)
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .map(|alternative| alternative.items().iter().filter_map(text).collect())
            .collect();
        if alternatives.is_empty() {
            continue;
        }
        combined = combined
            .iter()
            .flat_map(|left| {
                alternatives.iter().map(move |right| {
                    let mut both = [left.clone(), right.clone()].concat();
                    both.sort();
                    both.dedup();
                    both
                })
            })
            .collect();
        combined = minimal(combined);
    }
    Value::List(
        combined.iter().map(|alternative| Value::List(alternative.iter().map(Value::string).collect())).collect(),
    )
}

/// Leaves out alternatives that ask for more than another one: they can never decide.
fn minimal(mut alternatives: Vec<Vec<String>>) -> Vec<Vec<String>> {
    alternatives.sort();
    alternatives.dedup();
    let decides = |candidate: &Vec<String>| {
        !alternatives.iter().any(|other| other != candidate && other.iter().all(|scope| candidate.contains(scope)))
    };
    alternatives.iter().filter(|candidate| decides(candidate)).cloned().collect()
}

/// The greatest weight any subgraph gives.
pub fn greatest_cost(applied: &[&Directive]) -> Vec<(String, Value)> {
    greatest_integer(applied, "weight").map(|weight| ("weight".to_owned(), weight)).into_iter().collect()
}

/// The most pessimistic reading of all subgraphs' list sizes.
pub fn list_size(applied: &[&Directive]) -> Vec<(String, Value)> {
    let mut arguments = Vec::new();
    if let Some(size) = greatest_integer(applied, "assumedSize") {
        arguments.push(("assumedSize".to_owned(), size));
    }
    for name in ["slicingArguments", "sizedFields"] {
        let mut items: Vec<Value> = Vec::new();
        let lists = applied.iter().filter_map(|directive| directive.argument(name));
        for item in lists.flat_map(|list| list.items().to_vec()) {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        if !items.is_empty() {
            arguments.push((name.to_owned(), Value::List(items)));
        }
    }
    let one_required: Vec<bool> =
        applied.iter().filter_map(|directive| directive.boolean("requireOneSlicingArgument")).collect();
    if !one_required.is_empty() {
        let required = one_required.iter().all(|required| *required);
        arguments.push(("requireOneSlicingArgument".to_owned(), Value::Boolean(required)));
    }
    arguments
}

fn greatest_integer(applied: &[&Directive], argument: &str) -> Option<Value> {
    applied
        .iter()
        .filter_map(|directive| match directive.argument(argument)? {
            Value::Int(digits) => digits.parse::<i64>().ok(),
            _ => None,
        })
        .max()
        .map(|number| Value::Int(number.to_string()))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

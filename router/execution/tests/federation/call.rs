//! A call to a subgraph in a few words, so that fixtures can say which calls they expect.

use graphql_tools::static_graphql::query::{
    Definition, Document, OperationDefinition, Selection, SelectionSet, TypeCondition,
};
use serde_json::{Map, Value};

/// The root type of the only operation, and what is selected on it.
pub fn root(document: &Document) -> (&'static str, &SelectionSet) {
    let operation = document.definitions.iter().find_map(|definition| match definition {
        Definition::Operation(operation) => Some(operation),
        Definition::Fragment(_) => None,
    });
    match operation.unwrap() {
        OperationDefinition::SelectionSet(set) => ("Query", set),
        OperationDefinition::Query(query) => ("Query", &query.selection_set),
        OperationDefinition::Mutation(mutation) => ("Mutation", &mutation.selection_set),
        OperationDefinition::Subscription(subscription) => ("Subscription", &subscription.selection_set),
    }
}

/// The type that a condition names.
pub fn on(condition: &TypeCondition) -> &str {
    match condition {
        TypeCondition::On(name) => name,
    }
}

/// What is asked for: fields in the order of their names, without aliases, arguments and `__typename`; for entities also what
/// stands for them. `{ product { id } }`, or `Product(id) { price }`.
pub fn told(document: &Document, variables: &Map<String, Value>) -> String {
    let (_, selections) = root(document);
    if let [Selection::Field(field)] = selections.items.as_slice()
        && field.name == "_entities"
    {
        let mut meant: Vec<String> = Vec::new();
        for representation in variables.values().filter_map(Value::as_array).flatten() {
            let mut carried: Vec<&str> = representation.as_object().unwrap().keys().map(String::as_str).collect();
            carried.retain(|name| *name != "__typename");
            carried.sort_unstable();
            meant.push(format!("{}({})", representation["__typename"].as_str().unwrap(), carried.join(" ")));
        }
        meant.sort();
        meant.dedup();
        return format!("{} {}", meant.join(" "), written(document, &field.selection_set));
    }
    written(document, selections)
}

fn written(document: &Document, set: &SelectionSet) -> String {
    let mut parts: Vec<String> = Vec::new();
    for selection in &set.items {
        match selection {
            Selection::Field(field) if field.name == "__typename" => {}
            Selection::Field(field) if field.selection_set.items.is_empty() => parts.push(field.name.clone()),
            Selection::Field(field) => {
                parts.push(format!("{} {}", field.name, written(document, &field.selection_set)));
            }
            Selection::InlineFragment(fragment) => {
                let condition =
                    fragment.type_condition.as_ref().map_or_else(String::new, |on_type| format!("on {} ", on(on_type)));
                parts.push(format!("{condition}{}", written(document, &fragment.selection_set)));
            }
            Selection::FragmentSpread(spread) => {
                let fragment = document.definitions.iter().find_map(|definition| match definition {
                    Definition::Fragment(fragment) if fragment.name == spread.fragment_name => Some(fragment),
                    _ => None,
                });
                let fragment = fragment.unwrap();
                let condition = on(&fragment.type_condition);
                parts.push(format!("on {condition} {}", written(document, &fragment.selection_set)));
            }
        }
    }
    if parts.is_empty() {
        parts.push("__typename".to_owned());
    }
    parts.sort();
    parts.dedup();
    format!("{{ {} }}", parts.join(" "))
}

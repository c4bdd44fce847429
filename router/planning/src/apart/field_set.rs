//! Field sets of `@key` and `@requires`, as what is selected and as what is read of an entity.

use std::fmt::Write as _;

use graphql_tools::static_graphql::query::{Definition, OperationDefinition, Selection, SelectionSet};
use hive_router_query_planner::{
    ast::{
        selection_item::SelectionItem,
        selection_set::{FieldSelection, InlineFragmentSelection, SelectionSet as Required},
    },
    utils::parsing::safe_parse_operation,
};

/// The response key begins with this where the same field may be needed with other arguments.
const WITH_ARGUMENTS: &str = "_required_";

/// The selections of a field set. Fields with arguments get keys of their own.
pub(super) fn selections(text: &str) -> Option<Vec<Selection>> {
    let document = safe_parse_operation(&format!("{{ {text} }}")).ok()?;
    match document.definitions.into_iter().next()? {
        Definition::Operation(OperationDefinition::SelectionSet(mut set)) => {
            name_apart(&mut set);
            Some(set.items)
        }
        _ => None,
    }
}

fn name_apart(set: &mut SelectionSet) {
    for item in &mut set.items {
        match item {
            Selection::Field(field) => {
                if !field.arguments.is_empty() {
                    let mut key = format!("{WITH_ARGUMENTS}{}", field.name);
                    for (name, value) in &field.arguments {
                        key.push('_');
                        key.push_str(name);
                        add_value(&value.to_string(), &mut key);
                    }
                    field.alias = Some(key);
                }
                name_apart(&mut field.selection_set);
            }
            Selection::InlineFragment(fragment) => name_apart(&mut fragment.selection_set),
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Adds a value to a name, which has letters, digits and underscores only (specification, section 2.1.9).
fn add_value(value: &str, key: &mut String) {
    key.push('_');
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() {
            key.push(char::from(byte));
        } else {
            let _ = write!(key, "_{byte:x}");
        }
    }
}

/// What is read of an entity for these selections: by its response key, written under the field's name.
pub(super) fn read(set: &[Selection]) -> Required {
    let items = set.iter().filter_map(|item| match item {
        Selection::Field(field) => Some(SelectionItem::Field(FieldSelection {
            name: field.alias.clone().unwrap_or_else(|| field.name.clone()),
            alias: field.alias.as_ref().map(|_| field.name.clone()),
            selections: read(&field.selection_set.items),
            arguments: None,
            skip_if: None,
            include_if: None,
            omit_from_response: false,
        })),
        Selection::InlineFragment(fragment) => {
            let on = fragment.type_condition.as_ref()?.as_ref().clone();
            Some(SelectionItem::InlineFragment(on_type(&on, read(&fragment.selection_set.items))))
        }
        Selection::FragmentSpread(_) => None,
    });
    Required { items: items.collect() }
}

/// `... on Type { … }`
pub(super) fn on_type(name: &str, selections: Required) -> InlineFragmentSelection {
    InlineFragmentSelection { type_condition: name.to_owned(), selections, skip_if: None, include_if: None }
}

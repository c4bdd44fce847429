//! What the graph says of itself to integrators.
#![allow(clippy::unwrap_used)]

use graphql_parser::schema::{Definition, Document, InputValue, TypeDefinition, parse_schema};

const API: &str = include_str!("../../schema/api.graphql");

#[test]
fn every_field_argument_and_value_is_described() {
    let document: Document<'_, String> = parse_schema(API).unwrap();
    let mut described = 0;
    let mut silent = Vec::new();
    let mut note = |place: String, description: &Option<String>| match description.as_deref() {
        None | Some("") => silent.push(place),
        Some(_) => described += 1,
    };
    for definition in &document.definitions {
        let Definition::TypeDefinition(definition) = definition else { continue };
        match definition {
            TypeDefinition::Object(kind) if is_ours(&kind.name) => fields(&kind.name, &kind.fields, &mut note),
            TypeDefinition::Interface(kind) => fields(&kind.name, &kind.fields, &mut note),
            TypeDefinition::InputObject(kind) => inputs(&kind.name, &kind.fields, &mut note),
            TypeDefinition::Enum(kind) => {
                kind.values.iter().for_each(|value| note(format!("{}.{}", kind.name, value.name), &value.description));
            }
            _ => {}
        }
    }
    assert_eq!(silent, Vec::<String>::new());
    assert!(described > 500, "only {described} places were looked at");
}

/// Connections and their edges come from a library; the Relay specification says what they mean.
fn is_ours(name: &str) -> bool {
    !(name.ends_with("Connection") || name.ends_with("Edge") || name == "PageInfo")
}

type Note<'a> = &'a mut dyn FnMut(String, &Option<String>);

fn fields(owner: &str, fields: &[graphql_parser::schema::Field<'_, String>], note: Note<'_>) {
    for field in fields {
        let place = format!("{owner}.{}", field.name);
        inputs(&place, &field.arguments, note);
        note(place, &field.description);
    }
}

fn inputs(owner: &str, values: &[InputValue<'_, String>], note: Note<'_>) {
    for value in values {
        note(format!("{owner}.{}", value.name), &value.description);
    }
}

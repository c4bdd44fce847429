//! The shape of the subgraph: nothing without a description, entities that others can refer to, and events with schemas.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{World, admin};

#[tokio::test]
async fn every_field_argument_and_value_is_described() {
    let world = World::start().await;
    let query = "{ __schema { types { name kind
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let types = world.ask(&admin(), query, json!({})).await["__schema"]["types"].clone();
    let foreign = ["PageInfo", "_Service"];
    let is_foreign = |name: &str| {
        name.starts_with("__") || name.ends_with("Connection") || name.ends_with("Edge") || foreign.contains(&name)
    };
    let mut silent = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for kind in list(&types).iter().filter(|kind| !is_foreign(kind["name"].as_str().unwrap())) {
        let members = [&kind["fields"], &kind["inputFields"], &kind["enumValues"]].into_iter().flat_map(list);
        for member in members.filter(|member| !member["name"].as_str().unwrap().starts_with('_')) {
            for part in std::iter::once(&member).chain(list(&member["args"]).iter()) {
                if part["description"].as_str().is_none_or(str::is_empty) {
                    silent.push(format!("{}.{}: {}", kind["name"], member["name"], part["name"]));
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
    world.stop().await;
}

#[test]
fn others_refer_to_entities_by_id() {
    let sdl = cloudphone_apps::sdl();
    for entity in ["Application", "ApplicationUpload", "Installation", "Device"] {
        assert!(sdl.contains(&format!("type {entity} @key(fields: \"id\") {{")), "{entity}\n{sdl}");
    }
    assert!(sdl.contains("type User @key(fields: \"id\", resolvable: false)"), "{sdl}");
    assert_eq!(sdl, cloudphone_apps::sdl(), "the export does not depend on chance");
}

#[test]
fn every_event_has_a_schema_under_the_domains_name() {
    let catalogue = cloudphone_apps::events::catalogue();
    let events = catalogue.events();
    assert_eq!(events.len(), 9);
    assert!(events.iter().all(|event| event.event_type.starts_with("apps.") && event.schema.is_object()));
}

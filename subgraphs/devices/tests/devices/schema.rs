//! The shape of the subgraph: nothing without a description, and entities that other subgraphs can refer to.

use serde_json::{Value, json};

use crate::support::{Engines, admin};

#[tokio::test(flavor = "multi_thread")]
async fn every_field_argument_and_value_is_described() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let query = "{ __schema { types { name kind
        fields { name description args { name description } }
        inputFields { name description } enumValues { name description } } } }";
    let types = domain.ask(&admin(), query, json!({})).await["__schema"]["types"].clone();
    // Types that the library or the federation specification brings along.
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
    domain.stop().await;
}

#[test]
fn the_graph_has_what_other_parts_build_on() {
    let sdl = cloudphone_devices::sdl();
    for part in [
        "type Device @key(fields: \"id\")",
        "type DeviceTemplate @key(fields: \"id\")",
        "type DeviceCommand @key(fields: \"id\")",
        "type User @key(fields: \"id\", resolvable: false)",
        "fleet(",
        "deviceTelemetry(",
        "deviceChanged(",
        "deviceCommandUpdated(",
        "https://specs.apollo.dev/federation/v2",
    ] {
        assert!(sdl.contains(part), "{part}\n{sdl}");
    }
    assert_eq!(sdl, cloudphone_devices::sdl(), "the export does not depend on chance");
}

#[test]
fn every_event_and_message_has_a_schema() {
    let catalogue = cloudphone_devices::events::catalogue();
    let events = catalogue.events();
    assert_eq!(events.len(), 16);
    assert!(events.iter().all(|event| event.event_type.starts_with("devices.") && event.schema.is_object()));
    let messages = cloudphone_devices::mqtt_schemas();
    assert_eq!(messages.len(), 5);
    assert!(messages.iter().all(|message| message.schema["properties"].is_object()));
}

//! The shape of the subgraph: entities that other subgraphs can refer to.

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

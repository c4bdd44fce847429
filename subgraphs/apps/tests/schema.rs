//! The shape of the subgraph: entities that others can refer to, and events with schemas.

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

//! The shape of the subgraph: entities that other subgraphs can refer to.

#[test]
fn users_and_tenants_are_entities_that_others_refer_to_by_id() {
    let sdl = cloudphone_identity::sdl();
    for entity in ["type User @key(fields: \"id\")", "type Tenant @key(fields: \"id\")"] {
        assert!(sdl.contains(entity), "{entity}\n{sdl}");
    }
    assert!(sdl.contains("https://specs.apollo.dev/federation/v2"));
    assert_eq!(sdl, cloudphone_identity::sdl(), "the export does not depend on chance");
}

#[test]
fn every_event_has_a_schema_under_the_domains_name() {
    let catalogue = cloudphone_identity::catalogue();
    let events = catalogue.events();
    assert_eq!(events.len(), 13);
    assert!(events.iter().all(|event| event.event_type.starts_with("identity.") && event.schema.is_object()));
}

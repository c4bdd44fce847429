//! What a supergraph may ask of the router that serves it.
#![allow(clippy::unwrap_used, missing_docs)]

use cloudphone_planning::{Supergraph, SupergraphError};

const SUPERGRAPH: &str = include_str!("../../execution/tests/common/supergraph.graphql");
const OWN_LINK: &str = "@link(url: \"https://specs.apollo.dev/inaccessible/v0.2\", for: SECURITY)";

/// With this in place of the link to a feature for security.
fn linked_to(link: &str) -> Result<(), SupergraphError> {
    assert!(SUPERGRAPH.contains(OWN_LINK));
    Supergraph::parse(&SUPERGRAPH.replacen(OWN_LINK, &format!("{OWN_LINK} {link}"), 1)).map(drop)
}

fn refusal(link: &str) -> String {
    match linked_to(link) {
        Err(error @ SupergraphError::UnknownFeature(_)) => error.to_string(),
        other => panic!("{link}: {other:?}"),
    }
}

#[test]
fn a_feature_that_has_to_be_understood_is_known_or_the_supergraph_is_refused() {
    for purpose in ["SECURITY", "EXECUTION"] {
        let unknown = format!("@link(url: \"https://specs.example.com/masking/v1.0\", for: {purpose})");
        assert!(refusal(&unknown).contains("https://specs.example.com/masking/v1.0"));
        refusal(&format!("@link(url: \"https://specs.apollo.dev/connect/v0.1\", for: {purpose})"));
        refusal(&format!("@link(url: \"https://specs.apollo.dev/authenticated/v0.2\", for: {purpose})"));
        assert!(linked_to(&format!("@link(url: \"https://specs.apollo.dev/policy/v0.1\", for: {purpose})")).is_ok());
    }
    assert!(linked_to("@link(url: \"https://specs.example.com/masking/v1.0\")").is_ok(), "nobody has to understand it");
}

#[test]
fn a_rule_under_another_name_would_not_be_seen() {
    let link =
        |more: &str| format!("@link(url: \"https://specs.apollo.dev/authenticated/v0.1\", for: SECURITY, {more})");
    refusal(&link("as: \"signedIn\""));
    refusal(&link("import: [{ name: \"@authenticated\", as: \"@signedIn\" }]"));
    assert!(linked_to(&link("as: \"authenticated\", import: [\"@authenticated\"]")).is_ok());
}

#[test]
fn a_supergraph_of_federation_1_is_refused_with_advice() {
    for link in [
        "@core(feature: \"https://specs.apollo.dev/join/v0.1\")",
        "@core(feature: \"https://specs.apollo.dev/join/v0.1\", for: EXECUTION)",
    ] {
        assert!(refusal(link).contains("cloudphone schema compose"));
    }
}

#[test]
fn arguments_from_a_context_are_not_left_out_in_silence() {
    let field = "name: String! @join__field(graph: ACCOUNTS";
    assert!(SUPERGRAPH.contains(field), "the fixture has changed");
    let context = "contextArguments: [{ context: \"a__c\", name: \"x\", type: \"Int\", selection: \" { id }\" }]";
    let error = Supergraph::parse(&SUPERGRAPH.replacen(field, &format!("{field}, {context}"), 1)).unwrap_err();
    assert!(matches!(&error, SupergraphError::ContextArguments(coordinate) if coordinate == "User.name"), "{error}");
    assert!(Supergraph::parse(&SUPERGRAPH.replacen(field, &format!("{field}, contextArguments: []"), 1)).is_ok());
}

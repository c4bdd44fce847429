//! What `@key`, `@provides` and `@requires` may select, and where they and root types may stand.

use crate::support::{alone, assert_refused, v1, v2};

#[test]
fn what_is_provided_must_be_a_selection_of_plain_fields() {
    let provides = |argument: &str, field: &str| {
        alone(&format!("type T {{ u: U @provides(fields: {argument}) }} type U {{ {field} }}"))
    };
    assert_refused(&provides("\"nope\"", "x: Int"), &[("PROVIDES_INVALID_FIELDS", "T.u")]);
    assert_refused(&provides("\"x {\"", "x: Int"), &[("PROVIDES_INVALID_FIELDS", "T.u")]);
    assert_refused(&provides("1", "x: Int"), &[("PROVIDES_INVALID_FIELDS_TYPE", "T.u")]);
    assert_refused(&provides("\"x\"", "x(by: Int): Int @external"), &[("PROVIDES_FIELDS_HAS_ARGS", "T.u")]);
    assert_refused(&provides("\"x @skip\"", "x: Int @external"), &[("PROVIDES_DIRECTIVE_IN_FIELDS_ARG", "T.u")]);
}

#[test]
fn what_is_required_must_be_a_selection_without_directives() {
    let requires = |argument: &str, external: &str| {
        alone(&format!(
            r#"type T @key(fields: "id") {{ id: ID! {external} total: Int @requires(fields: {argument}) }}"#
        ))
    };
    assert_refused(&requires("1", ""), &[("REQUIRES_INVALID_FIELDS_TYPE", "T.total")]);
    assert_refused(&requires("\"a @skip\"", "a: Int @external"), &[("REQUIRES_DIRECTIVE_IN_FIELDS_ARG", "T.total")]);
}

#[test]
fn interfaces_neither_provide_nor_require_and_have_keys_from_2_3_on() {
    assert_refused(
        &alone("interface I { u: U @provides(fields: \"x\") } type T implements I { u: U } type U { x: Int }"),
        &[("PROVIDES_UNSUPPORTED_ON_INTERFACE", "I.u")],
    );
    assert_refused(
        &alone("interface I { a: Int b: Int @requires(fields: \"a\") } type T implements I { a: Int b: Int }"),
        &[("REQUIRES_UNSUPPORTED_ON_INTERFACE", "I.b")],
    );
    let with_key = |minor: u32| {
        v1(
            "one",
            &format!(
                r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.{minor}", import: ["@key"]) type Query {{ q: I }}
                   interface I @key(fields: "id") {{ id: ID! }} type T implements I @key(fields: "id") {{ id: ID! }}"#
            ),
        )
    };
    assert_refused(&[with_key(2)], &[("KEY_UNSUPPORTED_ON_INTERFACE", "I")]);
    crate::support::composed(&[with_key(3)]);
}

#[test]
fn the_name_of_a_root_type_is_no_other_types() {
    for (kind, name, code) in
        [("mutation", "Mutation", "ROOT_MUTATION_USED"), ("subscription", "Subscription", "ROOT_SUBSCRIPTION_USED")]
    {
        let with = |roots: &str| {
            v2(
                "one",
                &format!(
                    "schema {{ {roots} }} type Query {{ q: Int }} type Other {{ a: Int }} type {name} {{ b: Int }}"
                ),
            )
        };
        assert_refused(&[with(&format!("query: Query {kind}: Other"))], &[(code, name)]);
        assert_refused(&[with("query: Query")], &[(code, name)]);
    }
}

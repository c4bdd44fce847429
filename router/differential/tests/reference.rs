//! The reference executor by hand-written cases, for what is held against it has to be right itself.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use cloudphone_differential::{
    live::Monolith,
    model::{Behaviour, FieldDef, InputDef, Kind, Schema, Ty, TypeDef},
    world::World,
};
use serde_json::{Map, Value, json};

fn field(name: &str, ty: Ty) -> FieldDef {
    FieldDef { name: name.to_owned(), ty, ..FieldDef::default() }
}

fn failing(name: &str, ty: Ty) -> FieldDef {
    // Fields without arguments of one object fail always or never, so several are tried.
    FieldDef { behaviour: Behaviour { errors: true, ..Behaviour::default() }, ..field(name, ty) }
}

fn monolith(seed: u64) -> Monolith {
    let mut schema = Schema::default();
    let mut thing = TypeDef::object("Thing");
    let count = FieldDef {
        behaviour: Behaviour { kind: Kind::Revision, ..Behaviour::default() },
        ..field("changes", Ty::named("Int").required())
    };
    for own in [
        field("name", Ty::named("String").required()),
        failing("must", Ty::named("String").required()),
        failing("may", Ty::named("String")),
        count,
    ] {
        thing.fields_mut().insert(own.name.clone(), own);
    }
    schema.add(thing);
    let mut query = TypeDef::object("Query");
    let by = InputDef { name: "by".to_owned(), ty: Ty::named("Int"), default: Some("3".to_owned()) };
    let thing = FieldDef { arguments: vec![by], ..field("thing", Ty::named("Thing")) };
    query.fields_mut().insert("thing".to_owned(), thing);
    schema.add(query);
    let mut mutation = TypeDef::object("Mutation");
    mutation.fields_mut().insert("change".to_owned(), field("change", Ty::named("Thing").required()));
    schema.add(mutation);
    Monolith::new(World::new(Arc::new(schema), seed))
}

fn ask(seed: u64, document: &str, variables: Value) -> Value {
    let variables: Map<String, Value> = serde_json::from_value(variables).unwrap();
    monolith(seed).answer(document, &variables).unwrap().to_json()
}

#[test]
fn fields_come_in_the_order_of_the_document_with_fragments_in_their_places() {
    let document = "query ($no: Boolean!) { thing { z: name ...F a: __typename name @skip(if: $no) } } fragment F on Thing { m: name z: name }";
    let answer = ask(1, document, json!({ "no": true }));
    let keys: Vec<&String> = answer["data"]["thing"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["z", "m", "a"]);
    assert_eq!(answer["data"]["thing"]["a"], "Thing");
}

#[test]
fn an_argument_left_out_has_its_default_and_null_is_another_value() {
    let name = |arguments: &str| ask(1, &format!("{{ thing{arguments} {{ name }} }}"), json!({}))["data"].clone();
    assert_eq!(name(""), name("(by: 3)"));
    assert_ne!(name(""), name("(by: null)"));
    let by_variable =
        |variables: Value| ask(1, "query ($by: Int) { thing(by: $by) { name } }", variables)["data"].clone();
    assert_eq!(by_variable(json!({})), name(""), "a variable without a value counts as left out");
    assert_eq!(by_variable(json!({ "by": 4 })), name("(by: 4)"));
}

#[test]
fn a_null_rises_to_the_nearest_place_where_it_may_be() {
    let mut met = [false, false];
    for seed in 0..64 {
        let answer = ask(seed, "{ thing { name must may } }", json!({}));
        let fails = |key: &str| {
            answer["errors"]
                .as_array()
                .is_some_and(|errors| errors.iter().any(|error| error["path"] == json!(["thing", key])))
        };
        assert_eq!(answer["data"]["thing"].is_null(), fails("must"));
        if !fails("must") {
            assert_eq!(answer["data"]["thing"]["may"].is_null(), fails("may"));
        }
        met[0] |= fails("must");
        met[1] |= fails("may");
    }
    assert_eq!(met, [true, true], "both kinds of errors happened");
}

#[test]
fn changes_are_made_one_after_the_other() {
    let answer = ask(1, "mutation { a: change { changes } b: change { changes } }", json!({}));
    assert_eq!(answer["data"]["a"]["changes"], 1);
    assert_eq!(answer["data"]["b"]["changes"], 2);
}

//! Laws that hold for all subgraphs, tried on generated ones.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use cloudphone_composition::{Subgraph, breaking_changes, compose};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::support::{assert_planned, composed, plan, v2};

/// A field of an entity: which type, and which subgraphs have it in which role.
#[derive(Debug, Clone)]
struct EntityField {
    entity: usize,
    target: Option<usize>,
    owners: Vec<bool>,
    shareable: bool,
    requires_first: bool,
    overrides: bool,
}

/// Which key a subgraph has of an entity.
#[derive(Debug, Clone, Copy)]
enum Key {
    Id,
    Code,
    /// A field of an object.
    Place,
}

impl Key {
    const ALL: [Self; 3] = [Self::Id, Self::Code, Self::Place];

    /// The directive, and the field that it selects.
    fn sdl(self) -> (&'static str, &'static str) {
        match self {
            Self::Id => ("@key(fields: \"id\")", "id: ID!"),
            Self::Code => ("@key(fields: \"code\")", "code: ID!"),
            Self::Place => ("@key(fields: \"place { at }\")", "place: Place!"),
        }
    }
}

/// Entities spread over subgraphs, with random owners, references, keys and requirements. All are members of a union and implement
/// an interface; roots that provide a field lead to them as well as plain ones.
#[derive(Debug, Clone)]
struct Split {
    subgraphs: usize,
    entities: usize,
    /// Per subgraph and entity: whether it has the entity, and by which key.
    presence: Vec<Vec<Option<Key>>>,
    /// Which subgraphs have the field that the interface asks for.
    labelled: Vec<bool>,
    fields: Vec<EntityField>,
}

fn split() -> impl Strategy<Value = Split> {
    (2_usize..4, 1_usize..4).prop_flat_map(|(subgraphs, entities)| {
        let presence = proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![2 => Just(None), 5 => Just(Some(Key::Id)), 2 => Just(Some(Key::Code)), 2 => Just(Some(Key::Place))],
                entities,
            ),
            subgraphs,
        );
        let field = (
            0..entities,
            proptest::option::of(0..entities),
            proptest::collection::vec(any::<bool>(), subgraphs),
            any::<bool>(),
            proptest::bool::weighted(0.2),
            proptest::bool::weighted(0.3),
        )
            .prop_map(|(entity, target, owners, shareable, requires_first, overrides)| EntityField {
                entity,
                target,
                owners,
                shareable,
                requires_first: requires_first && target.is_none(),
                overrides: overrides && !shareable && !requires_first,
            });
        let labelled = proptest::collection::vec(proptest::bool::weighted(0.7), subgraphs);
        (presence, labelled, proptest::collection::vec(field, 1..7)).prop_map(move |(presence, labelled, fields)| {
            Split { subgraphs, entities, presence, labelled, fields }
        })
    })
}

impl Split {
    fn sdl(&self, subgraph: usize) -> String {
        let mut sdl = String::new();
        let _ = write!(sdl, "type Query {{ q{subgraph}: Int");
        for entity in 0..self.entities {
            if self.presence[subgraph][entity].is_some() {
                let _ = write!(sdl, " e{entity}_{subgraph}: E{entity}");
                if self.provides(subgraph, entity) {
                    let _ = write!(sdl, " p{entity}_{subgraph}: E{entity} @provides(fields: \"first\")");
                }
            }
        }
        let members = self.members(subgraph);
        if members.is_empty() {
            sdl.push_str(" }\n");
        } else {
            let _ = writeln!(sdl, " u{subgraph}: [Thing] i{subgraph}: [Item] }} union Thing = {}", members.join(" | "));
            let label = if self.labelled[subgraph] { " label: Int" } else { "" };
            let _ = writeln!(sdl, "interface Item {{ kind: Int{label} }} type Place @shareable {{ at: ID! }}");
        }
        for entity in 0..self.entities {
            let Some(key) = self.presence[subgraph][entity] else { continue };
            // Subgraph 0 translates between all keys, the others have one.
            let keys = if subgraph == 0 { Key::ALL.to_vec() } else { vec![key] };
            let (directives, key_fields): (Vec<_>, Vec<_>) = keys.into_iter().map(Key::sdl).unzip();
            let _ = write!(sdl, "type E{entity} implements Item {} {{ {}", directives.join(" "), key_fields.join(" "));
            sdl.push_str(" kind: Int @shareable");
            if self.labelled[subgraph] {
                sdl.push_str(" label: Int @shareable");
            }
            let mut needs_external = self.provides(subgraph, entity);
            for (index, field) in self.fields.iter().enumerate().filter(|(_, field)| field.entity == entity) {
                if !self.owns(subgraph, field) {
                    continue;
                }
                let ty = field.target.map_or("Int".to_owned(), |target| format!("E{target}"));
                let moved = self.previous_owner(subgraph, field);
                let moved = moved.map_or(String::new(), |from| format!(" @override(from: \"s{from}\")"));
                let shareable = if field.shareable { " @shareable" } else { "" };
                let requires = if field.requires_first && subgraph != 0 && self.presence[0][entity].is_some() {
                    needs_external = true;
                    " @requires(fields: \"first\")"
                } else {
                    ""
                };
                let _ = write!(sdl, " f{index}: {ty}{shareable}{requires}{moved}");
            }
            if subgraph == 0 {
                sdl.push_str(" first: Int @shareable");
            } else if needs_external {
                sdl.push_str(" first: Int @external");
            }
            sdl.push_str(" }\n");
        }
        sdl
    }

    /// Whether a subgraph provides, on a root of its own, what subgraph 0 knows of an entity.
    fn provides(&self, subgraph: usize, entity: usize) -> bool {
        subgraph != 0 && self.presence[0][entity].is_some() && self.presence[subgraph][entity].is_some()
    }

    /// The entities that a subgraph's union lists.
    fn members(&self, subgraph: usize) -> Vec<String> {
        let present = (0..self.entities).filter(|entity| self.presence[subgraph][*entity].is_some());
        present.map(|entity| format!("E{entity}")).collect()
    }

    /// Whom the last owner of a field takes it over from.
    fn previous_owner(&self, subgraph: usize, field: &EntityField) -> Option<usize> {
        let resolves = |index: &usize| self.presence[*index][field.entity].is_some() && self.owns(*index, field);
        let owners: Vec<usize> = (0..self.subgraphs).filter(resolves).collect();
        match owners.as_slice() {
            [from, to] if *to == subgraph && field.overrides => Some(*from),
            _ => None,
        }
    }

    fn owns(&self, subgraph: usize, field: &EntityField) -> bool {
        field.owners[subgraph] && field.target.is_none_or(|target| self.presence[subgraph][target].is_some())
    }

    fn compile(&self) -> Vec<Subgraph> {
        (0..self.subgraphs).map(|index| v2(&format!("s{index}"), &self.sdl(index))).collect()
    }

    /// One query per path of fields from a root, up to a depth.
    fn queries(&self, depth: usize) -> Vec<String> {
        let mut queries = Vec::new();
        for subgraph in 0..self.subgraphs {
            for entity in 0..self.entities {
                if self.presence[subgraph][entity].is_some() {
                    queries.push(format!("{{ i{subgraph} {{ kind ... on E{entity} {{ kind }} }} }}"));
                    if self.provides(subgraph, entity) {
                        queries.push(format!("{{ p{entity}_{subgraph} {{ first kind }} }}"));
                    }
                    if self
                        .labelled
                        .iter()
                        .enumerate()
                        .any(|(other, labelled)| *labelled && !self.members(other).is_empty())
                    {
                        queries.push(format!("{{ i{subgraph} {{ label }} }}"));
                    }
                    for selection in self.selections(entity, depth) {
                        queries.push(format!("{{ i{subgraph} {{ ... on E{entity} {{ {selection} }} }} }}"));
                        if self.provides(subgraph, entity) {
                            queries.push(format!("{{ p{entity}_{subgraph} {{ first {selection} }} }}"));
                        }
                        queries.push(format!("{{ e{entity}_{subgraph} {{ {selection} }} }}"));
                        queries.push(format!("{{ u{subgraph} {{ ... on E{entity} {{ {selection} }} }} }}"));
                    }
                }
            }
        }
        queries
    }

    fn selections(&self, entity: usize, depth: usize) -> Vec<String> {
        let mut selections = Vec::new();
        for (index, field) in self.fields.iter().enumerate().filter(|(_, field)| field.entity == entity) {
            let exists = (0..self.subgraphs)
                .any(|subgraph| self.presence[subgraph][entity].is_some() && self.owns(subgraph, field));
            if !exists {
                continue;
            }
            match field.target {
                None => selections.push(format!("f{index}")),
                Some(_) if depth == 0 => selections.push(format!("f{index} {{ __typename }}")),
                Some(target) => {
                    for inner in self.selections(target, depth - 1) {
                        selections.push(format!("f{index} {{ {inner} }}"));
                    }
                }
            }
        }
        selections
    }
}

/// Three subgraphs that use about everything, to be damaged.
const WHOLE: [&str; 3] = [
    r#"type Query { products ( first : Int = 10 ) : [ Product ! ] ! @listSize ( slicingArguments : [ "first" ] ) media : [ Media ] found : Found @shareable }
       interface Media @key ( fields : "id" ) { id : ID ! title : String }
       type Book implements Media @key ( fields : "id" ) { id : ID ! title : String author : String @tag ( name : "x" ) }
       type Product @key ( fields : "upc" ) @key ( fields : "sku { code }" ) { upc : ID ! sku : Sku weight : Int old : Int @deprecated ( reason : "no" ) }
       type Sku @shareable { code : ID ! size : Size } enum Size { S M L @inaccessible }
       union Found = Book | Product type Mutation { add ( input : New ! ) : Product @authenticated }
       input New { name : String ! size : Size = M tags : [ String ! ] = [ "a" ] }"#,
    r#"type Query { found : Found @shareable parcel : Parcel @cost ( weight : 3 ) }
       type Parcel { product : Product @provides ( fields : "weight" ) }
       type Product @key ( fields : "upc" ) { upc : ID ! weight : Int @external costs ( size : Size ) : Float @requires ( fields : "weight" ) }
       union Found = Product enum Size { S M }
       type Media @key ( fields : "id" ) @interfaceObject { id : ID ! stars : Int }"#,
    r#"type Query { me : User @requiresScopes ( scopes : [ [ "a" ] ] ) } type User @key ( fields : "id" ) { id : ID ! likes : [ Product ! ] }
       extend type Product @key ( fields : "sku { code }" ) { sku : Sku old : Int @override ( from : "a" , label : "percent(5)" ) }
       type Sku @shareable { code : ID ! size : Size } enum Size { S M } scalar Date type Subscription { changed : Product }"#,
];

/// A whole subgraph with some words left out, doubled or exchanged.
fn damaged() -> impl Strategy<Value = Vec<Subgraph>> {
    let damage = (0..WHOLE.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..3);
    proptest::collection::vec(damage, 1..3).prop_map(|damages| {
        let mut words: Vec<Vec<&str>> = WHOLE.iter().map(|sdl| sdl.split_whitespace().collect()).collect();
        for (subgraph, one, other, kind) in damages {
            let text = &mut words[subgraph];
            let (one, other) = (one.index(text.len()), other.index(text.len()));
            match kind {
                0 => drop(text.remove(one)),
                1 => text.insert(one, text[other]),
                _ => text.swap(one, other),
            }
        }
        let named = ["a", "b", "c"].into_iter().zip(words);
        named.map(|(name, words)| v2(name, &words.join(" "))).collect()
    })
}

/// A quick run by default; `PROPTEST_CASES` asks for a longer one.
fn effort() -> ProptestConfig {
    let mut config = ProptestConfig { max_shrink_iters: 300, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 48;
    }
    config
}

proptest! {
    #![proptest_config(effort())]

    #[test]
    fn the_order_of_subgraphs_makes_no_difference(split in split(), damaged in damaged()) {
        let backwards: Vec<Subgraph> = damaged.iter().rev().cloned().collect();
        prop_assert_eq!(compose(&damaged), compose(&backwards));
        let mut subgraphs = split.compile();
        let forwards = compose(&subgraphs);
        subgraphs.reverse();
        prop_assert_eq!(&forwards, &compose(&subgraphs));
        subgraphs.rotate_left(1);
        prop_assert_eq!(&forwards, &compose(&subgraphs));
    }

    #[test]
    fn every_accepted_composition_has_a_plan_for_every_path(split in split()) {
        if let Ok(composition) = compose(&split.compile()) {
            assert_planned(&composition, split.queries(2).iter().take(90));
        }
    }

    #[test]
    fn composing_a_subgraph_alone_gives_back_its_api(split in split()) {
        let sdl = split.sdl(0);
        let composition = composed(&[v2("only", &sdl)]);
        let plain = sdl
            .replace("@key(fields: \"id\")", "")
            .replace("@key(fields: \"code\")", "")
            .replace("@key(fields: \"place { at }\")", "")
            .replace("@shareable", "");
        prop_assert_eq!(breaking_changes(&plain, &composition.api_sdl).unwrap(), vec![]);
        let again = composed(&[v2("only", &composition.api_sdl)]);
        prop_assert_eq!(again.api_sdl, composition.api_sdl);
    }

    #[test]
    fn what_composes_is_valid_whatever_was_damaged(subgraphs in damaged()) {
        if let Ok(composition) = compose(&subgraphs) {
            // The planner loads it, and the API is a valid schema with the same API.
            let composition_again = composed(&[v2("api", &composed(&subgraphs).api_sdl)]);
            prop_assert_eq!(composition_again.api_sdl, composition.api_sdl);
        }
    }

    #[test]
    fn no_text_makes_composition_panic(text in "[ -~\n]{0,200}", noise in "(type|extend|schema|@key|\\{|\\}|\\(|\\)|fields|:|\"|[A-Z]|\n| ){0,60}") {
        let _ = compose(&[v2("a", &text)]);
        let _ = compose(&[v2("a", &noise)]);
    }
}

#[test]
fn the_undamaged_subgraphs_compose() {
    let subgraphs: Vec<Subgraph> = ["a", "b", "c"].into_iter().zip(WHOLE).map(|(name, sdl)| v2(name, sdl)).collect();
    let composition = composed(&subgraphs);
    plan(
        &composition,
        "{ me { likes { old weight sku { size } } } products { costs } media { title stars } found { ... on Book { stars } } }",
    );
}

#[test]
fn many_of_the_generated_subgraphs_compose() {
    let mut runner = TestRunner::deterministic();
    let generated = std::iter::repeat_with(|| split().new_tree(&mut runner).unwrap().current()).take(60);
    let accepted = generated.filter(|split| compose(&split.compile()).is_ok()).count();
    assert!(accepted >= 15, "only {accepted} of 60 are accepted, which proves little of them");
}

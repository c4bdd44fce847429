//! Constellations that are easy to get wrong: they must compose, and their queries must have plans.

use cloudphone_composition::Subgraph;

use crate::support::{composed, plan, v1, v2};

/// Composes and plans queries; every named subgraph must be asked by some plan.
fn works(subgraphs: &[Subgraph], queries: &[&str]) {
    let composition = composed(subgraphs);
    let plans: Vec<String> = queries.iter().map(|query| plan(&composition, query)).collect();
    for subgraph in subgraphs {
        let fetch = format!("service: \"{}\"", subgraph.name);
        assert!(plans.iter().any(|plan| plan.contains(&fetch)), "{} is never asked: {plans:#?}", subgraph.name);
    }
}

#[test]
fn a_value_type_is_completed_through_the_entity_that_owns_it() {
    works(
        &[
            v2(
                "a",
                r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! place: Place @shareable } type Place { id: ID! @shareable }"#,
            ),
            v2(
                "b",
                r#"type Item @key(fields: "id") { id: ID! place: Place @shareable } type Place { id: ID! @shareable name: String }"#,
            ),
        ],
        &["{ item { place { id name } } }"],
    );
}

#[test]
fn implementations_may_differ_between_subgraphs() {
    works(
        &[
            v2(
                "a",
                r#"type Query { pets: [Pet!]! } interface Pet { id: ID! } type Cat implements Pet @key(fields: "id") { id: ID! } type Dog implements Pet @key(fields: "id") { id: ID! }"#,
            ),
            v2(
                "b",
                r#"interface Pet { id: ID! name: String } type Cat implements Pet @key(fields: "id") { id: ID! name: String } type Dog implements Pet @key(fields: "id") { id: ID! name: String } type Fox implements Pet @key(fields: "id") { id: ID! name: String }"#,
            ),
        ],
        &["{ pets { id name } }", "{ pets { ... on Dog { name } ... on Fox { name } } }"],
    );
}

#[test]
fn what_is_provided_may_lie_behind_fragments() {
    works(
        &[
            v2(
                "a",
                r#"type Query { found: [Found] @provides(fields: "... on Book { title } ... on Film { length author { name } }") }
                   union Found = Book | Film
                   type Book @key(fields: "id") { id: ID! title: String @external }
                   type Film @key(fields: "id") { id: ID! length: Int @external author: Author @external }
                   type Author @key(fields: "id") { id: ID! name: String @external }"#,
            ),
            v2(
                "b",
                r#"type Book @key(fields: "id") { id: ID! title: String @shareable }
                   type Film @key(fields: "id") { id: ID! length: Int @shareable author: Author @shareable }
                   type Author @key(fields: "id") { id: ID! name: String @shareable age: Int }"#,
            ),
        ],
        &["{ found { ... on Book { title } ... on Film { length author { name age } } } }"],
    );
}

#[test]
fn requirements_may_lie_behind_fragments_and_arguments() {
    works(
        &[
            v2(
                "a",
                r#"type Query { box: Box } type Box @key(fields: "id") { id: ID! content: Content price(currency: String!): Int }
                   interface Content { id: ID! } type Gold implements Content { id: ID! carat: Int } type Sand implements Content { id: ID! grain: Int }"#,
            ),
            v2(
                "b",
                r#"type Box @key(fields: "id") { id: ID! content: Content @external price(currency: String!): Int @external
                     value: Int @requires(fields: "content { id ... on Gold { carat } ... on Sand { grain } } price(currency: \"EUR\")") }
                   interface Content { id: ID! } type Gold implements Content { id: ID! @external carat: Int @external } type Sand implements Content { id: ID! @external grain: Int @external }"#,
            ),
        ],
        &["{ box { value } }"],
    );
}

#[test]
fn a_requirement_may_rest_on_another() {
    works(
        &[
            v2("a", r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! price: Int }"#),
            v2(
                "b",
                r#"type Item @key(fields: "id") { id: ID! price: Int @external tax: Int @requires(fields: "price") }"#,
            ),
            v2(
                "c",
                r#"type Item @key(fields: "id") { id: ID! tax: Int @external total: Int @requires(fields: "tax") }"#,
            ),
        ],
        &["{ item { total } }"],
    );
}

#[test]
fn keys_may_go_through_other_entities() {
    works(
        &[
            v2(
                "a",
                r#"type Query { item: Item } type Item @key(fields: "id") { id: ID! maker: Maker! @shareable } type Maker @key(fields: "id") { id: ID! }"#,
            ),
            v2(
                "b",
                r#"type Item @key(fields: "id maker { id }") { id: ID! maker: Maker! @shareable stock: Int } type Maker @key(fields: "id") { id: ID! name: String }"#,
            ),
        ],
        &["{ item { stock maker { name } } }"],
    );
}

#[test]
fn an_interface_object_may_require_and_be_unresolvable() {
    works(
        &[
            v2(
                "a",
                r#"type Query { nodes: [Node] } interface Node @key(fields: "id") { id: ID! size: Int } type File implements Node @key(fields: "id") { id: ID! size: Int } type Link implements Node @key(fields: "id") { id: ID! size: Int }"#,
            ),
            v2(
                "b",
                r#"type Query { recent: [Node] } type Node @key(fields: "id") @interfaceObject { id: ID! size: Int @external cost: Int @requires(fields: "size") }"#,
            ),
        ],
        &["{ nodes { cost } }", "{ recent { id cost } }", "{ recent { ... on File { size } } }"],
    );
    works(
        &[
            v2(
                "a",
                r#"type Query { nodes: [Node] } interface Node @key(fields: "id") { id: ID! size: Int } type File implements Node @key(fields: "id") { id: ID! size: Int }"#,
            ),
            v2(
                "b",
                r#"type Query { recent: [Node] } type Node @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }"#,
            ),
        ],
        &["{ nodes { size } }", "{ recent { __typename size } }"],
    );
}

#[test]
fn an_interface_may_implement_another() {
    works(
        &[
            v2(
                "a",
                r#"type Query { named: [Named] } interface Node { id: ID! } interface Named implements Node { id: ID! name: String } type User implements Named & Node @key(fields: "id") { id: ID! name: String }"#,
            ),
            v2(
                "b",
                r#"interface Node { id: ID! } type User implements Node @key(fields: "id") { id: ID! mail: String }"#,
            ),
        ],
        &["{ named { id name ... on User { mail } } }"],
    );
}

#[test]
fn roots_may_be_shared() {
    works(
        &[
            v2("a", "type Query { shop: Shop @shareable } type Shop { name: String } type Mutation { open: Boolean } "),
            v2(
                "b",
                "type Query { shop: Shop @shareable } type Shop { owner: String } type Mutation { close: Boolean }",
            ),
        ],
        &["{ shop { name owner } }", "mutation { open close }"],
    );
}

#[test]
fn federation_1_and_2_write_extensions_in_many_ways() {
    let base =
        v2("base", r#"type Query { user: User } type User @key(fields: "id") { id: ID! name: String @shareable }"#);
    for extension in [
        v1("more", r#"extend type User @key(fields: "id") { id: ID! @external age: Int }"#),
        v1("more", r#"type User @extends @key(fields: "id") { id: ID! @external age: Int }"#),
        v1(
            "more",
            r#"extend type User { id: ID! @external name: String @external } extend type User @key(fields: "id") { age: Int }"#,
        ),
        v2("more", r#"type User @extends @key(fields: "id") { id: ID! @external age: Int }"#),
        v2("more", r#"extend type User @key(fields: "id") { id: ID! @external age: Int }"#),
        v2("more", r#"extend type User @key(fields: "id") { id: ID! age: Int }"#),
    ] {
        works(&[base.clone(), extension], &["{ user { id name age } }"]);
    }
}

#[test]
fn an_interface_may_have_no_objects_in_a_subgraph() {
    let node = "interface Node { id: ID! } type Query { node: Node @shareable }";
    composed(&[v2("a", node), v2("b", &format!("{node} type Thing implements Node {{ id: ID! }}"))]);
    composed(&[
        v2("a", r#"interface Node @key(fields: "id") { id: ID! } type Query { nothing: Node }"#),
        v2("b", r#"type Node @key(fields: "id") @interfaceObject { id: ID! name: String } type Query { node: Node }"#),
    ]);
}

//! Directives at every place where they may stand: deprecation, tags, and what is hidden from clients.

use crate::support::{composed, own_part, refusals, v2};

#[test]
fn deprecated_enum_values_and_input_fields_tell_the_reason_that_most_subgraphs_give() {
    let sdl = |field: &str, value: &str, input: &str| {
        format!(
            "type Query {{ {field}(by: By, size: Size): Int }}
             enum Size {{ M L @deprecated(reason: \"{value}\") }}
             input By {{ name: String @deprecated(reason: \"{input}\") id: ID }}"
        )
    };
    let composition = composed(&[
        v2("a", &sdl("a", "gone", "by id")),
        v2("b", &sdl("b", "sold out", "by id")),
        v2("c", &sdl("c", "sold out", "no more")),
    ]);
    for line in ["  L @deprecated(reason: \"sold out\")\n", "  name: String @deprecated(reason: \"by id\")\n"] {
        assert!(composition.api_sdl.contains(line), "{}", composition.api_sdl);
    }
    let hints: Vec<_> =
        composition.hints.iter().map(|hint| (hint.code, hint.coordinate.as_deref().unwrap_or_default())).collect();
    let code = "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS";
    assert_eq!(hints, [(code, "By.name"), (code, "Size.L")]);
}

#[test]
fn tags_of_both_subgraphs_stay_at_every_place() {
    let sdl = |field: &str, tag: &str| {
        let tag = format!("@tag(name: \"{tag}\")");
        format!(
            "type Query {{ {field}(by: By {tag}): Found @shareable {tag} size: Size @shareable date: Date @shareable node: Node @shareable }}
             union Found {tag} = Book type Book implements Node @shareable {tag} {{ id: ID }} interface Node {tag} {{ id: ID {tag} }}
             enum Size {tag} {{ M {tag} }} scalar Date {tag} input By {tag} {{ id: ID {tag} }}"
        )
    };
    let composition = composed(&[v2("a", &sdl("found", "x")), v2("b", &sdl("found", "y"))]);
    let supergraph = own_part(&composition.supergraph_sdl);
    for place in [
        "found(by: By @tag(name: \"x\") @tag(name: \"y\")): Found",
        "  size: Size\n",
        "  id: ID @tag(name: \"x\") @tag(name: \"y\")\n",
        "  M @join__enumValue(graph: A) @join__enumValue(graph: B) @tag(name: \"x\") @tag(name: \"y\")\n",
    ] {
        assert!(supergraph.contains(place), "no {place} in\n{supergraph}");
    }
    for definition in ["union Found", "type Book", "interface Node", "enum Size", "scalar Date", "input By"] {
        let block = supergraph.split("\n\n").find(|block| block.contains(definition)).unwrap_or_default();
        let head = block.split(['{', '=']).next().unwrap_or_default();
        let tags = head.matches("@tag(name: \"x\")").count() + head.matches("@tag(name: \"y\")").count();
        // A union's and a type's head may go over several lines, but it has each tag once.
        assert_eq!(tags, 2, "{definition}: {block}");
    }
    assert!(!composition.api_sdl.contains("@tag"), "{}", composition.api_sdl);
}

#[test]
fn hidden_unions_interfaces_and_scalars_are_in_the_supergraph_only() {
    let sdl = "type Query { book: Book found: Found @inaccessible }
         union Found @inaccessible = Book
         interface Node @inaccessible { id: ID }
         scalar Secret @inaccessible
         type Book implements Node { id: ID title: String key: Secret @inaccessible node: Node @inaccessible }";
    let composition = composed(&[v2("a", sdl)]);
    let api: Vec<&str> = composition.api_sdl.split("\n\n").map(str::trim).collect();
    assert_eq!(api[1..], ["type Book {\n  id: ID\n  title: String\n}", "type Query {\n  book: Book\n}"]);
    for hidden in ["union Found", "interface Node", "scalar Secret"] {
        assert!(composition.supergraph_sdl.contains(hidden), "{}", composition.supergraph_sdl);
    }
    for (element, coordinate) in [
        ("found: Found @inaccessible", "Query.found"),
        ("key: Secret @inaccessible", "Book.key"),
        ("node: Node @inaccessible", "Book.node"),
    ] {
        let needed = sdl.replace(element, element.trim_end_matches(" @inaccessible"));
        assert_eq!(refusals(&[v2("a", &needed)]), [("REFERENCED_INACCESSIBLE".to_owned(), coordinate.to_owned())]);
    }
}

//! Refuses supergraphs that need more of a router than this one does.
//!
//! A supergraph links to the features that it was written with, and says by `for:` which of them a router has to understand: those for
//! `SECURITY` and for `EXECUTION` (link v1.0, `Purpose`). To serve it without would be to show what must not be seen, or to answer
//! wrongly.

use graphql_tools::static_graphql::{
    query::{Directive, Value},
    schema::{Definition, Document, TypeDefinition},
};

use crate::{join::text, supergraph::SupergraphError};

/// Where the features below are published.
const HOME: &str = "https://specs.apollo.dev/";

/// What the router understands, each with its versions. While the major version is 0 no version can do for another one.
const KNOWN: [(&str, &[&str]); 10] = [
    ("authenticated", &["v0.1"]),
    // Fields that need it are refused by themselves.
    ("context", &["v0.1"]),
    ("core", &["v0.1", "v0.2"]),
    ("cost", &["v0.1"]),
    ("inaccessible", &["v0.1", "v0.2"]),
    ("join", &["v0.2", "v0.3", "v0.4", "v0.5"]),
    ("link", &["v1.0"]),
    ("policy", &["v0.1"]),
    ("requiresScopes", &["v0.1"]),
    ("tag", &["v0.1", "v0.2", "v0.3"]),
];

/// Checks that the router can do all that a supergraph asks for.
pub(crate) fn check(document: &Document) -> Result<(), SupergraphError> {
    let schema = document.definitions.iter().filter_map(|definition| match definition {
        Definition::SchemaDefinition(schema) => Some(&schema.directives),
        _ => None,
    });
    for link in schema.flatten() {
        check_link(link)?;
    }
    check_contexts(document)
}

fn check_link(link: &Directive) -> Result<(), SupergraphError> {
    // Federation 1 wrote `@core(feature:)`.
    let url = match link.name.as_str() {
        "link" => text(link, "url"),
        "core" => text(link, "feature"),
        _ => None,
    };
    let Some(url) = url else { return Ok(()) };
    let refuse = |why: &str| Err(SupergraphError::UnknownFeature(format!("the feature {url}: {why}")));
    let published = url.strip_prefix(HOME).and_then(|path| path.trim_end_matches('/').split_once('/'));
    // Federation 1 did not say what a feature is for; what the whole document is written by has to be understood anyhow.
    if published == Some(("join", "v0.1")) {
        return refuse("compose the subgraphs anew, by `cloudphone schema compose` or with Federation 2");
    }
    if text(link, "for").is_none() {
        return Ok(());
    }
    let Some((name, version)) = published else { return refuse("this router does not know it") };
    match KNOWN.iter().find(|(known, _)| *known == name) {
        Some((_, versions)) if versions.contains(&version) => {}
        Some((_, versions)) => return refuse(&format!("this router knows {}", versions.join(", "))),
        None => return refuse("this router does not know it"),
    }
    if is_renamed(link, name) {
        return refuse("this router reads its directives under their own names only");
    }
    Ok(())
}

/// Whether the directives of a feature stand in the document under other names.
fn is_renamed(link: &Directive, name: &str) -> bool {
    if text(link, "as").is_some_and(|own| own != name) {
        return true;
    }
    let imports = link.arguments.iter().filter(|(argument, _)| argument == "import");
    let imports = imports.filter_map(|(_, value)| if let Value::List(items) = value { Some(items) } else { None });
    let other = |import: &Value| {
        let Value::Object(import) = import else { return false };
        let given = |wanted| import.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        given("as").is_some_and(|own| Some(own) != given("name"))
    };
    imports.flatten().any(other)
}

/// Arguments that a subgraph gets from an object further out (`@fromContext`, Federation 2.8) would be missing.
fn check_contexts(document: &Document) -> Result<(), SupergraphError> {
    for definition in &document.definitions {
        let (name, fields) = match definition {
            Definition::TypeDefinition(TypeDefinition::Object(object)) => (&object.name, &object.fields),
            Definition::TypeDefinition(TypeDefinition::Interface(interface)) => (&interface.name, &interface.fields),
            _ => continue,
        };
        let needs_context = |directive: &Directive| {
            let mut arguments = directive.arguments.iter();
            directive.name == "join__field"
                && arguments.any(|(name, value)| {
                    name == "contextArguments" && *value != Value::Null && *value != Value::List(Vec::new())
                })
        };
        if let Some(field) = fields.iter().find(|field| field.directives.iter().any(needs_context)) {
            return Err(SupergraphError::ContextArguments(format!("{name}.{}", field.name)));
        }
    }
    Ok(())
}

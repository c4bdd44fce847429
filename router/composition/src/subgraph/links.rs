//! Resolves `@link`: which name in a subgraph means which directive of which specification.

use std::collections::HashMap;

use super::federation::Federation;
use crate::finding::Findings;
use crate::syntax::{Directive, Document, Value};

const SPECS: &str = "https://specs.apollo.dev/";
/// The newest federation 2 minor version whose directives are understood here.
const NEWEST_MINOR: u32 = 12;

/// One `@link` of a subgraph to a specification.
#[derive(Debug, Clone)]
pub struct Link {
    /// The URL without its version, e.g. `https://specs.apollo.dev/federation`.
    pub identity: String,
    /// Major and minor version; absent when the URL has none.
    pub version: Option<(u32, u32)>,
    /// The URL as written.
    pub url: String,
    /// The name its elements are prefixed with when they are not imported.
    pub prefix: String,
    /// Local name (directives with `@`) to name in the specification.
    pub imports: HashMap<String, String>,
}

/// The links of a subgraph.
#[derive(Debug, Clone, Default)]
pub struct Links {
    linked: Vec<Link>,
    /// What `@link` itself is called.
    link_name: Option<String>,
    /// The minor version of federation 2; absent for federation 1.
    pub federation_minor: Option<u32>,
}

/// The meaning of a directive name in a subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// A directive of the federation specifications.
    Federation(Federation),
    /// A directive of another linked specification, with its name there.
    Linked(&'a Link, String),
    /// A directive of the subgraph itself or of GraphQL.
    Local,
}

impl PartialEq for Link {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url && self.prefix == other.prefix
    }
}

impl Eq for Link {}

impl Links {
    /// Reads the links applied to the schema of a subgraph.
    pub fn read(subgraph: &str, document: &Document, findings: &mut Findings) -> Self {
        let mut links = Self::default();
        let applied: Vec<&Directive> = document.schemas.iter().flat_map(|schema| &schema.directives).collect();
        let own = applied.iter().find(|directive| {
            let alias = directive.string("as").unwrap_or("link");
            directive.string("url").is_some_and(|url| url.starts_with(&format!("{SPECS}link/")))
                && directive.name == alias
        });
        let link_name = own.map_or("link", |directive| directive.name.as_str()).to_owned();
        for directive in applied.into_iter().filter(|directive| directive.name == link_name) {
            match read_link(directive) {
                Ok(link) => links.add(link, &link_name, subgraph, findings),
                Err(message) => {
                    findings.error("INVALID_LINK_DIRECTIVE_USAGE", format!("@{link_name}"), [subgraph], message);
                }
            }
        }
        links.link_name = Some(link_name);
        links
    }

    fn add(&mut self, link: Link, link_name: &str, subgraph: &str, findings: &mut Findings) {
        if self.linked.iter().any(|other| other.identity == link.identity) {
            findings.error(
                "INVALID_LINK_DIRECTIVE_USAGE",
                format!("@{link_name}"),
                [subgraph],
                format!("Duplicate inclusion of feature {}", link.identity),
            );
            return;
        }
        if link.identity == format!("{SPECS}federation") {
            match link.version {
                Some((2, minor)) if minor <= NEWEST_MINOR => {
                    self.federation_minor = Some(minor);
                    check_imports(&link, minor, subgraph, findings);
                }
                _ => findings.error(
                    "UNKNOWN_FEDERATION_LINK_VERSION",
                    format!("@{link_name}"),
                    [subgraph],
                    format!(
                        "Invalid version for the federation feature in {}: v2.0 to v2.{NEWEST_MINOR} are supported",
                        link.url
                    ),
                ),
            }
        }
        self.linked.push(link);
    }

    /// Whether the subgraph is written for federation 1.
    pub fn is_version_1(&self) -> bool {
        self.federation_minor.is_none()
    }

    /// What a directive name means.
    pub fn meaning(&self, name: &str) -> Meaning<'_> {
        if self.link_name.as_deref() == Some(name) {
            return Meaning::Federation(Federation::Link);
        }
        let imported = format!("@{name}");
        for link in &self.linked {
            if let Some(original) = link.imports.get(&imported) {
                return link.meaning(original.trim_start_matches('@'));
            }
        }
        if let Some((prefix, rest)) = name.split_once("__")
            && let Some(link) = self.linked.iter().find(|link| link.prefix == prefix)
        {
            return link.meaning(rest);
        }
        if let Some(link) = self.linked.iter().find(|link| link.prefix == name) {
            return link.meaning(link.specification_name());
        }
        match Federation::of_name(name) {
            Some(directive) if self.is_version_1() && directive.is_version_1() => Meaning::Federation(directive),
            _ => Meaning::Local,
        }
    }

    /// Whether a type belongs to a linked specification or to the machinery of federation,
    /// and so is no part of the subgraph's own schema.
    pub fn is_specification_type(&self, name: &str) -> bool {
        matches!(
            name,
            "_Any"
                | "_Entity"
                | "_Service"
                | "_FieldSet"
                | "FieldSet"
                | "link__Import"
                | "link__Purpose"
                | "core__Purpose"
        ) || self.linked.iter().filter(|link| link.identity.starts_with(SPECS)).any(|link| {
            let prefixed = name.strip_prefix(&link.prefix).is_some_and(|rest| rest.starts_with("__"));
            (prefixed && !link.prefix.is_empty()) || link.imports.contains_key(name)
        })
    }
}

impl Link {
    fn specification_name(&self) -> &str {
        self.identity.rsplit('/').next().unwrap_or_default()
    }

    fn meaning(&self, original: &str) -> Meaning<'_> {
        let specification = self.identity.strip_prefix(SPECS);
        let directive = Federation::of_name(original).filter(|directive| match specification {
            Some("federation") => *directive != Federation::Link,
            Some("cost") => matches!(directive, Federation::Cost | Federation::ListSize),
            Some(single) => {
                matches!(single, "tag" | "inaccessible" | "authenticated" | "requiresScopes" | "policy")
                    && single == original
            }
            None => false,
        });
        directive.map_or_else(|| Meaning::Linked(self, original.to_owned()), Meaning::Federation)
    }
}

fn check_imports(link: &Link, minor: u32, subgraph: &str, findings: &mut Findings) {
    for original in link.imports.values() {
        let known = match original.strip_prefix('@') {
            Some(name) => Federation::of_name(name).is_some_and(|directive| directive.since_minor() <= minor),
            None => matches!(original.as_str(), "FieldSet" | "Scope" | "Policy" | "ContextFieldValue"),
        };
        if !known {
            findings.error(
                "INVALID_LINK_DIRECTIVE_USAGE",
                original.clone(),
                [subgraph],
                format!("Cannot import unknown element \"{original}\" from {}", link.url),
            );
        }
    }
}

fn read_link(directive: &Directive) -> Result<Link, String> {
    let Some(url) = directive.string("url") else {
        return Err("@link needs the string argument \"url\"".to_owned());
    };
    let trimmed = url.trim_end_matches('/');
    let (identity, version) = match trimmed.rsplit_once('/') {
        Some((identity, last)) => match parse_version(last) {
            Some(version) => (identity, Some(version)),
            None => (trimmed, None),
        },
        None => (trimmed, None),
    };
    let name = identity.rsplit('/').next().unwrap_or_default();
    let mut imports = HashMap::new();
    for import in directive.argument("import").map(Value::items).unwrap_or_default() {
        let (original, local) = read_import(import)?;
        imports.insert(local, original);
    }
    Ok(Link {
        identity: identity.to_owned(),
        version,
        url: url.to_owned(),
        prefix: directive.string("as").unwrap_or(name).to_owned(),
        imports,
    })
}

fn read_import(import: &Value) -> Result<(String, String), String> {
    match import {
        Value::String(name) => Ok((name.clone(), name.clone())),
        Value::Object(fields) => {
            let text = |wanted: &str| {
                fields.iter().find_map(|(name, value)| match value {
                    Value::String(text) if name == wanted => Some(text.clone()),
                    _ => None,
                })
            };
            let original = text("name").ok_or("an import of @link needs a \"name\"")?;
            let local = text("as").unwrap_or_else(|| original.clone());
            if original.starts_with('@') != local.starts_with('@') {
                return Err(format!(
                    "an import of @link renames \"{original}\" to \"{local}\": both or neither must start with @"
                ));
            }
            Ok((original, local))
        }
        _ => Err("an import of @link must be a string or an object".to_owned()),
    }
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

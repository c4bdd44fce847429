//! Compares two API schemas: what would a client of the old one notice of the new one?

mod directives;
mod inputs;
mod members;

use std::collections::BTreeMap;
use std::fmt;

use crate::finding::CompositionError;
use crate::syntax::{Document, OperationKind, TypeDefinition, TypeReference, parse_document};

/// How much a change matters to existing clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Criticality {
    /// Operations that were valid may fail.
    Breaking,
    /// Operations stay valid but may behave differently.
    Dangerous,
    /// No operation is affected.
    Safe,
}

impl fmt::Display for Criticality {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Breaking => "breaking",
            Self::Dangerous => "dangerous",
            Self::Safe => "safe",
        })
    }
}

/// One difference between two API schemas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// How much it matters.
    pub criticality: Criticality,
    /// Where, as a schema coordinate, e.g. `Query.phones(first:)`.
    pub coordinate: String,
    /// What changed, in a sentence.
    pub message: String,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}: {}", self.criticality, self.coordinate, self.message)
    }
}

/// All changes from one API schema to another, the gravest first.
///
/// Fails when one of the two is not valid GraphQL.
pub fn breaking_changes(old_api_sdl: &str, new_api_sdl: &str) -> Result<Vec<Change>, CompositionError> {
    let old = ApiSchema::parse("old", old_api_sdl)?;
    let new = ApiSchema::parse("new", new_api_sdl)?;
    let mut changes = Changes::default();
    for kind in OperationKind::ALL {
        if let Some(root) = old.roots.get(&kind)
            && !new.roots.contains_key(&kind)
        {
            changes.breaking(root, format!("The schema has no {} root type any more.", kind.keyword()));
        }
    }
    for (name, before) in &old.types {
        match new.types.get(name) {
            Some(after) => compare_types(&old, before, after, &mut changes),
            None => changes.breaking(name, format!("The {} was removed.", before.kind)),
        }
    }
    for (name, added) in new.types.iter().filter(|(name, _)| !old.types.contains_key(*name)) {
        let interface = added.implements.iter().find(|interface| old.types.contains_key(*interface));
        match interface {
            // Clients that know the interface meet a type they do not know.
            Some(interface) => {
                changes.dangerous(name, format!("The {} was added; it implements {interface}.", added.kind));
            }
            None => changes.safe(name, format!("The {} was added.", added.kind)),
        }
    }
    directives::compare(&old.document, &new.document, &mut changes);
    Ok(changes.finish())
}

fn compare_types(old: &ApiSchema, before: &TypeDefinition, after: &TypeDefinition, changes: &mut Changes) {
    let name = &before.name;
    if before.kind != after.kind {
        changes.breaking(name, format!("The {} became a {}.", before.kind, after.kind));
        return;
    }
    changes.description(name, before.description.as_deref(), after.description.as_deref());
    members::compare_interfaces(before, after, changes);
    members::compare_fields(before, after, changes);
    members::compare_union_members(before, after, changes);
    members::compare_enum_values(before, after, old.is_used_as_output(name), changes);
    inputs::compare_input_object(before, after, changes);
}

struct ApiSchema {
    document: Document,
    types: BTreeMap<String, TypeDefinition>,
    roots: BTreeMap<OperationKind, String>,
}

impl ApiSchema {
    fn parse(which: &str, sdl: &str) -> Result<Self, CompositionError> {
        let document = parse_document(sdl).map_err(|error| CompositionError {
            code: "INVALID_GRAPHQL",
            message: format!("the {which} schema: {error}"),
            subgraphs: Vec::new(),
            coordinate: None,
        })?;
        let types: BTreeMap<String, TypeDefinition> =
            document.types.iter().map(|definition| (definition.name.clone(), definition.clone())).collect();
        let declared: BTreeMap<OperationKind, String> =
            document.schemas.iter().flat_map(|schema| schema.roots.iter().cloned()).collect();
        let roots = if declared.is_empty() {
            OperationKind::ALL
                .into_iter()
                .filter(|kind| types.contains_key(kind.type_name()))
                .map(|kind| (kind, kind.type_name().to_owned()))
                .collect()
        } else {
            declared
        };
        Ok(Self { document, types, roots })
    }

    fn is_used_as_output(&self, name: &str) -> bool {
        self.types.values().any(|definition| definition.fields.values().any(|field| field.ty.base() == name))
    }
}

/// Collects changes by how much they matter.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, criticality: Criticality, coordinate: &str, message: String) {
        self.0.push(Change { criticality, coordinate: coordinate.to_owned(), message });
    }

    pub fn breaking(&mut self, coordinate: &str, message: impl Into<String>) {
        self.add(Criticality::Breaking, coordinate, message.into());
    }

    pub fn dangerous(&mut self, coordinate: &str, message: impl Into<String>) {
        self.add(Criticality::Dangerous, coordinate, message.into());
    }

    pub fn safe(&mut self, coordinate: &str, message: impl Into<String>) {
        self.add(Criticality::Safe, coordinate, message.into());
    }

    pub fn description(&mut self, coordinate: &str, before: Option<&str>, after: Option<&str>) {
        if before != after {
            self.safe(coordinate, "The description changed.");
        }
    }

    fn finish(mut self) -> Vec<Change> {
        self.0.sort();
        self.0
    }
}

/// Whether clients that expect `before` can read `after`.
pub fn output_still_fits(before: &TypeReference, after: &TypeReference) -> bool {
    match (before, after) {
        (TypeReference::NonNull(before), TypeReference::NonNull(after))
        | (TypeReference::List(before), TypeReference::List(after)) => output_still_fits(before, after),
        (TypeReference::Named(before), TypeReference::Named(after)) => before == after,
        (before, TypeReference::NonNull(after)) => output_still_fits(before, after),
        _ => false,
    }
}

/// Whether what clients send for `before` is accepted for `after`.
pub fn input_still_fits(before: &TypeReference, after: &TypeReference) -> bool {
    output_still_fits(after, before)
}

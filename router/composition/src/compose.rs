//! The way from subgraphs to a supergraph, step by step.

use std::collections::HashSet;

use crate::finding::{CompositionError, Findings, Hint};
use crate::merge::merge;
use crate::satisfiability::check_satisfiability;
use crate::subgraph::{SubgraphSchema, apply_version_1_rules, load};
use crate::supergraph::{api_document, check_inaccessible, supergraph_document};
use crate::syntax::{OperationKind, print_document};
use crate::validate::{check_merged, validate_subgraph};

/// A subgraph to compose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subgraph {
    /// Its name, unique among the subgraphs.
    pub name: String,
    /// Where a router reaches it.
    pub url: String,
    /// Its schema with federation directives.
    pub sdl: String,
}

/// What a successful composition gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composition {
    /// The supergraph by the join specification v0.5, which routers read.
    pub supergraph_sdl: String,
    /// The schema that clients see.
    pub api_sdl: String,
    /// What the authors of the subgraphs may want to know, sorted.
    pub hints: Vec<Hint>,
}

/// Composes subgraphs into a supergraph; their order makes no difference.
///
/// All errors that can be found at one stage are reported together, sorted.
pub fn compose(subgraphs: &[Subgraph]) -> Result<Composition, Vec<CompositionError>> {
    let mut findings = Findings::default();
    let mut schemas = load_all(subgraphs, &mut findings);
    findings = stage(findings)?;
    apply_version_1_rules(&mut schemas, &mut findings);
    for schema in &mut schemas {
        schema.collect_field_uses();
        validate_subgraph(schema, &mut findings);
    }
    findings = stage(findings)?;
    let merged = merge(&schemas, &mut findings);
    if !merged.types.contains_key(OperationKind::Query.type_name()) && findings.errors.is_empty() {
        findings.error(
            "NO_QUERIES",
            "Query",
            subgraphs.iter().map(|subgraph| &subgraph.name),
            "No queries found in any subgraph: a supergraph must have a query root type.",
        );
    }
    if findings.errors.is_empty() {
        check_merged(&schemas, &merged, &mut findings);
    }
    check_inaccessible(&schemas, &merged, &mut findings);
    findings = stage(findings)?;
    check_satisfiability(&schemas, &merged, &mut findings);
    findings = stage(findings)?;
    Ok(Composition {
        supergraph_sdl: print_document(&supergraph_document(&schemas, &merged)),
        api_sdl: print_document(&api_document(&merged)),
        hints: findings.finish().1,
    })
}

/// Goes on when there are no errors so far.
fn stage(findings: Findings) -> Result<Findings, Vec<CompositionError>> {
    if findings.errors.is_empty() { Ok(findings) } else { Err(findings.finish().0) }
}

fn load_all(subgraphs: &[Subgraph], findings: &mut Findings) -> Vec<SubgraphSchema> {
    let mut sorted: Vec<&Subgraph> = subgraphs.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    let mut names = HashSet::new();
    let mut graphs = HashSet::new();
    let mut schemas = Vec::new();
    for subgraph in sorted {
        if subgraph.name.is_empty() || subgraph.name == "_" {
            findings.error(
                "INVALID_SUBGRAPH_NAME",
                "",
                [&subgraph.name],
                format!("Invalid name \"{}\" for a subgraph", subgraph.name),
            );
            continue;
        }
        if !names.insert(subgraph.name.as_str()) {
            findings.error(
                "INVALID_SUBGRAPH_NAME",
                "",
                [&subgraph.name],
                format!("A subgraph named \"{}\" already exists", subgraph.name),
            );
            continue;
        }
        let graph = graph_name(&subgraph.name, &mut graphs);
        if let Some(mut schema) = load(&subgraph.name, &subgraph.url, graph, &subgraph.sdl, findings) {
            schema.resolve_key_fields_of_extensions();
            schemas.push(schema);
        }
    }
    schemas
}

/// The enum value that stands for a subgraph, unique even when names differ only in punctuation.
fn graph_name(name: &str, taken: &mut HashSet<String>) -> String {
    let mut base: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if base.starts_with(|c: char| c.is_ascii_digit()) {
        base.insert(0, '_');
    }
    let mut candidate = base.clone();
    let mut number = 1;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{base}_{number}");
        number += 1;
    }
    candidate
}

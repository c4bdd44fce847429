//! What composition reports: errors that prevent a supergraph and hints that do not.

use std::fmt;

use thiserror::Error;

/// Why the subgraphs do not compose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Error)]
#[error("{}", Line { code, coordinate: coordinate.as_deref(), subgraphs, message })]
pub struct CompositionError {
    /// A stable code in the style of the federation specification, e.g. `INVALID_FIELD_SHARING`.
    pub code: &'static str,
    /// The schema coordinate involved, e.g. `Product.price`; absent where a text cannot be read or a subgraph has no proper name.
    pub coordinate: Option<String>,
    /// The subgraphs involved, sorted.
    pub subgraphs: Vec<String>,
    /// What is wrong and where, in a sentence.
    pub message: String,
}

/// Something that composes but may not be what the authors of the subgraphs mean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hint {
    /// A stable code in the style of the federation specification, e.g. `INCONSISTENT_DESCRIPTION`.
    pub code: &'static str,
    /// The schema coordinate involved, e.g. `Product.price`; absent where a text cannot be read or a subgraph has no proper name.
    pub coordinate: Option<String>,
    /// The subgraphs involved, sorted.
    pub subgraphs: Vec<String>,
    /// What was noticed, in a sentence.
    pub message: String,
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, subgraphs, coordinate } = self;
        Line { code, coordinate: coordinate.as_deref(), subgraphs, message }.fmt(formatter)
    }
}

/// A finding in a line: `CODE at Type.field in products, reviews: message`, as far as place and subgraphs are known.
struct Line<'a> {
    code: &'a str,
    coordinate: Option<&'a str>,
    subgraphs: &'a [String],
    message: &'a str,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code)?;
        if let Some(coordinate) = self.coordinate {
            write!(formatter, " at {coordinate}")?;
        }
        if !self.subgraphs.is_empty() {
            write!(formatter, " in {}", self.subgraphs.join(", "))?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// Collects findings while composition goes on, so that all of them are reported at once.
#[derive(Debug, Default)]
pub struct Findings {
    pub errors: Vec<CompositionError>,
    pub hints: Vec<Hint>,
}

impl Findings {
    /// Records an error about a place in some subgraphs.
    pub fn error(
        &mut self,
        code: &'static str,
        coordinate: impl Into<String>,
        subgraphs: impl IntoIterator<Item = impl Into<String>>,
        message: impl Into<String>,
    ) {
        self.errors.push(CompositionError {
            code,
            message: message.into(),
            subgraphs: sorted(subgraphs),
            coordinate: Some(coordinate.into()).filter(|coordinate| !coordinate.is_empty()),
        });
    }

    /// Records a hint about a place in some subgraphs.
    pub fn hint(
        &mut self,
        code: &'static str,
        coordinate: impl Into<String>,
        subgraphs: impl IntoIterator<Item = impl Into<String>>,
        message: impl Into<String>,
    ) {
        self.hints.push(Hint {
            code,
            message: message.into(),
            subgraphs: sorted(subgraphs),
            coordinate: Some(coordinate.into()).filter(|coordinate| !coordinate.is_empty()),
        });
    }

    /// All findings in a stable order, each once.
    pub fn finish(mut self) -> (Vec<CompositionError>, Vec<Hint>) {
        self.errors.sort();
        self.errors.dedup();
        self.hints.sort();
        self.hints.dedup();
        (self.errors, self.hints)
    }
}

fn sorted(subgraphs: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut names: Vec<String> = subgraphs.into_iter().map(Into::into).collect();
    names.sort();
    names.dedup();
    names
}

/// `subgraph "a"`, `subgraphs "a" and "b"` or `subgraphs "a", "b" and "c"`.
pub fn subgraph_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    match quoted.as_slice() {
        [] => "no subgraph".to_owned(),
        [only] => format!("subgraph {only}"),
        [others @ .., last] => format!("subgraphs {} and {last}", others.join(", ")),
    }
}

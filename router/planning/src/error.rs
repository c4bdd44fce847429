//! The error shape of the GraphQL specification and the errors of planning.

use serde::Serialize;
use serde_json::{Map, Value};

/// Stable values of `extensions.code` that planning and execution produce.
pub mod codes {
    /// The document is not GraphQL.
    pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
    /// The document does not fit the schema.
    pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
    /// The variables do not fit their definitions, or the operation name does not fit the document.
    pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
    /// The planner found no plan, or failed itself.
    pub const QUERY_PLANNING_FAILED: &str = "QUERY_PLANNING_FAILED";
    /// No thread was free to plan an operation that is not known yet.
    pub const QUERY_PLANNER_BUSY: &str = "QUERY_PLANNER_BUSY";
    /// The caller may not see a field or a type.
    pub const UNAUTHORIZED: &str = "UNAUTHORIZED_FIELD_OR_TYPE";
    /// Introspection is switched off.
    pub const INTROSPECTION_DISABLED: &str = "INTROSPECTION_DISABLED";
    /// The document is larger than the configured limits.
    pub const OPERATION_TOO_LARGE: &str = "OPERATION_TOO_LARGE";
    /// A subgraph could not be reached or answered something unusable.
    pub const DOWNSTREAM_SERVICE_ERROR: &str = "DOWNSTREAM_SERVICE_ERROR";
    /// A subgraph or the whole request took too long.
    pub const GATEWAY_TIMEOUT: &str = "GATEWAY_TIMEOUT";
    /// The request was given up before it was answered.
    pub const REQUEST_CANCELLED: &str = "REQUEST_CANCELLED";
    /// A subgraph kept failing and is not called for a while.
    pub const SUBGRAPH_UNAVAILABLE: &str = "SUBGRAPH_UNAVAILABLE";
    /// As many calls to a subgraph as are allowed are under way.
    pub const SUBGRAPH_OVERLOADED: &str = "SUBGRAPH_OVERLOADED";
    /// A subgraph's value does not fit the schema.
    pub const INVALID_VALUE: &str = "INVALID_SUBGRAPH_VALUE";
}

/// A place in the client's document; both numbers count from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Line, from one.
    pub line: usize,
    /// Column, from one.
    pub column: usize,
}

/// One step of an error's path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// A response key.
    Key(String),
    /// A position in a list.
    Index(usize),
}

/// An error as clients see it (GraphQL specification, section 7.1.2).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphQlError {
    /// What went wrong, for people.
    pub message: String,
    /// Where in the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    /// Which field of the response.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<PathSegment>,
    /// Code and whatever else programs read.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extensions: Map<String, Value>,
}

impl GraphQlError {
    /// An error with a code and neither place nor path.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), Value::String(code.to_owned()));
        Self { message: message.into(), locations: Vec::new(), path: Vec::new(), extensions }
    }

    /// The same error at places of the document.
    #[must_use]
    pub fn at(mut self, locations: Vec<Location>) -> Self {
        self.locations = locations;
        self
    }

    /// The same error at a place of the response.
    #[must_use]
    pub fn with_path(mut self, path: Vec<PathSegment>) -> Self {
        self.path = path;
        self
    }

    /// The value of `extensions.code`, when it has one.
    pub fn code(&self) -> Option<&str> {
        self.extensions.get("code").and_then(Value::as_str)
    }
}

/// Why there is no plan for a document; the errors are ready for the client.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {}", errors.first().map_or("", |error| error.message.as_str()))]
pub struct PlanningError {
    /// The code that all the errors carry.
    pub code: &'static str,
    /// At least one error.
    pub errors: Vec<GraphQlError>,
}

impl PlanningError {
    /// A failure told by one sentence.
    pub fn single(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, errors: vec![GraphQlError::new(code, message)] }
    }
}

//! Why something failed, for programs and for people.

use async_graphql::SimpleObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, SimpleObject)]
#[graphql(name = "Failure")]
pub struct Failure {
    /// A stable code for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Failure {
    /// A failure in words.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

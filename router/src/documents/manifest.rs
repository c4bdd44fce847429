//! Files that list trusted documents, in the form that Apollo's tools write and in the simple form of hashes and texts.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;

/// The name of Apollo's form.
const APOLLO: &str = "apollo-persisted-query-manifest";

/// Trusted documents, by id and by text.
#[derive(Debug, Default)]
pub struct Manifest {
    by_id: HashMap<String, Arc<str>>,
    texts: HashSet<Arc<str>>,
}

/// Why a file is no manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The text is neither form of a manifest.
    #[error("a manifest is an object of ids and documents, or has the format `{APOLLO}`: {0}")]
    Malformed(String),
    /// One id stands for two documents.
    #[error("the id `{0}` stands for two documents")]
    Ambiguous(String),
}

#[derive(Deserialize)]
struct Apollo {
    format: String,
    version: u32,
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
    body: String,
}

impl Manifest {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ManifestError::Unreadable { path: path.to_owned(), error })?;
        Self::parse(&text)
    }

    /// Reads a text of either form.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let malformed = |error: serde_json::Error| ManifestError::Malformed(error.to_string());
        let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
        let entries: Vec<(String, String)> = if value.get("operations").is_some_and(serde_json::Value::is_array) {
            let apollo: Apollo = serde_json::from_value(value).map_err(malformed)?;
            if apollo.format != APOLLO || apollo.version != 1 {
                let found = format!("found `{}`, version {}", apollo.format, apollo.version);
                return Err(ManifestError::Malformed(found));
            }
            apollo.operations.into_iter().map(|operation| (operation.id, operation.body)).collect()
        } else {
            let simple: HashMap<String, String> = serde_json::from_value(value).map_err(malformed)?;
            simple.into_iter().collect()
        };
        let mut manifest = Self::default();
        for (id, body) in entries {
            let text: Arc<str> = body.into();
            let before = manifest.by_id.insert(id.clone(), Arc::clone(&text));
            if before.is_some_and(|before| before != text) {
                return Err(ManifestError::Ambiguous(id));
            }
            manifest.texts.insert(text);
        }
        Ok(manifest)
    }

    /// The document of an id.
    pub fn by_id(&self, id: &str) -> Option<&Arc<str>> {
        self.by_id.get(id)
    }

    /// Whether a text is one of the documents, letter by letter.
    pub fn contains(&self, text: &str) -> bool {
        self.texts.contains(text)
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let apollo = r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
            {"id":"a","name":"Me","type":"query","body":"query Me { me { id } }"},
            {"id":"b","name":"Me","type":"query","body":"query Me { me { id } }"}]}"#;
        for (text, documents) in [(apollo, 1), (r#"{"a":"query Me { me { id } }","b":"{ other }"}"#, 2)] {
            let manifest = Manifest::parse(text).unwrap();
            assert_eq!(manifest.len(), documents);
            assert_eq!(&**manifest.by_id("a").unwrap(), "query Me { me { id } }");
            assert!(manifest.contains("query Me { me { id } }") && !manifest.contains("query Me { me { name } }"));
        }
    }

    #[test]
    fn what_is_no_manifest_says_why() {
        let other = r#"{"format":"other","version":1,"operations":[]}"#;
        let twice = r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[
            {"id":"a","body":"{ one }"},{"id":"a","body":"{ two }"}]}"#;
        assert!(matches!(Manifest::parse(twice), Err(ManifestError::Ambiguous(id)) if id == "a"));
        for text in ["", "[]", r#"{"a":1}"#, other] {
            assert!(matches!(Manifest::parse(text), Err(ManifestError::Malformed(_))), "{text}");
        }
    }
}

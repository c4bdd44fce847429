//! Settings of documents that clients name instead of sending them.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const YEAR_SECONDS: u64 = 365 * 86_400;

/// Persisted queries and trusted documents.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Documents {
    /// Whether clients may send the hash of a document that they have sent before (automatic persisted queries).
    pub automatic: bool,
    /// Most bytes of such documents that one process keeps.
    pub automatic_max_bytes: u64,
    /// How long such a document is kept without being used in the process, and how long it is kept in Redis, in seconds.
    pub automatic_lifetime_seconds: u64,
    /// Which documents are run besides those of the manifest: `off`: all; `log`: all, but the others are told to the log;
    /// `enforce`: none.
    pub trust: TrustMode,
    /// File of trusted documents, as `generate-persisted-query-manifest` writes it or as an object of ids and documents. It is
    /// looked at every second.
    pub manifest: Option<PathBuf>,
}

/// What happens to documents that are not trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustMode {
    /// There is no list.
    #[default]
    Off,
    /// They are run and told to the log.
    Log,
    /// They are refused.
    Enforce,
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            automatic: true,
            automatic_max_bytes: 16 * 1024 * 1024,
            automatic_lifetime_seconds: 24 * 60 * 60,
            trust: TrustMode::default(),
            manifest: None,
        }
    }
}

impl Documents {
    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.trust != TrustMode::Off && self.manifest.is_none() {
            problems.push("router.documents.manifest: name the file of the trusted documents.".to_owned());
        }
        if !(1..=YEAR_SECONDS).contains(&self.automatic_lifetime_seconds) {
            problems.push("router.documents.automatic_lifetime_seconds: choose 1 second to a year.".to_owned());
        }
        if self.automatic && self.automatic_max_bytes < 1024 {
            problems.push(
                "router.documents.automatic_max_bytes: needs at least 1024 bytes; or say `automatic = false`."
                    .to_owned(),
            );
        }
        problems
    }
}

//! Settings of files that come with mutations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Takes files by the GraphQL multipart request specification.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Upload {
    /// Whether files are taken at all.
    pub enabled: bool,
    /// Files in one request.
    pub max_files: usize,
    /// Bytes of one file.
    pub max_file_bytes: u64,
    /// Bytes of one request, all files together.
    pub max_request_bytes: u64,
    /// How long a request with files may take to arrive, in seconds.
    pub timeout_seconds: u64,
    /// Requests with files at once; each may take `max_request_bytes` in the folder for temporary files.
    pub max_concurrent: usize,
    /// The scalar whose values are files.
    pub scalar: String,
}

impl Default for Upload {
    fn default() -> Self {
        Self {
            enabled: false,
            max_files: 10,
            max_file_bytes: 50 * 1024 * 1024,
            max_request_bytes: 100 * 1024 * 1024,
            timeout_seconds: 60,
            max_concurrent: 32,
            scalar: "Upload".to_owned(),
        }
    }
}

impl Upload {
    /// One sentence for each broken rule.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.max_files == 0 || self.max_concurrent == 0 {
            problems.push("router.upload.max_files, router.upload.max_concurrent: need at least 1.".to_owned());
        }
        if self.max_file_bytes == 0 || self.max_request_bytes < self.max_file_bytes {
            problems.push("router.upload.max_request_bytes: must hold at least one file of max_file_bytes.".to_owned());
        }
        if !(1..=3600).contains(&self.timeout_seconds) {
            problems.push("router.upload.timeout_seconds: choose 1 to 3600 seconds.".to_owned());
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_rule_is_told() {
        assert_eq!(Upload::default().problems(), Vec::<String>::new());
        let broken = Upload { max_files: 0, max_request_bytes: 1, timeout_seconds: 0, ..Upload::default() };
        assert_eq!(broken.problems().len(), 3);
    }
}

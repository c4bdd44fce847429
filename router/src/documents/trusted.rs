//! Trusted documents: the operator's list of what may be run, which follows its file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::manifest::{Manifest, ManifestError};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What happens to a document that is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is run, and told to the log and the metrics: for finding out what would be refused.
    Log,
    /// It is refused.
    Enforce,
}

/// The documents of a manifest; dropping them ends the following of its file.
pub struct TrustedDocuments {
    trust: Trust,
    manifest: Arc<ArcSwap<Manifest>>,
    following: JoinHandle<()>,
}

impl TrustedDocuments {
    /// Reads a manifest, which has to be good by now. A later version that is not is told to the log, and the last good one
    /// stays.
    pub fn follow(file: PathBuf, trust: Trust) -> Result<Self, ManifestError> {
        let seen = written(&file);
        let manifest = Manifest::read(&file)?;
        tracing::info!(file = %file.display(), documents = manifest.len(), "trusted documents are read");
        let manifest = Arc::new(ArcSwap::from_pointee(manifest));
        let following = tokio::spawn(follow(file, seen, Arc::clone(&manifest)));
        Ok(Self { trust, manifest, following })
    }

    /// Whether documents that are not trusted are refused.
    pub fn is_enforced(&self) -> bool {
        self.trust == Trust::Enforce
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Arc<str>> {
        self.manifest.load().by_id(id).cloned()
    }

    /// Whether a document may be run.
    pub(super) fn admits(&self, text: &str) -> bool {
        if self.manifest.load().contains(text) {
            return true;
        }
        metrics::counter!("cloudphone_graphql_untrusted_documents_total").increment(1);
        if !self.is_enforced() {
            let shown: String = text.chars().take(200).collect();
            tracing::warn!(document = shown, "a document that is not trusted is run");
        }
        !self.is_enforced()
    }
}

impl Drop for TrustedDocuments {
    fn drop(&mut self) {
        self.following.abort();
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|about| about.modified()).ok()
}

async fn follow(file: PathBuf, mut seen: Option<SystemTime>, manifest: Arc<ArcSwap<Manifest>>) {
    loop {
        sleep(LOOK_EVERY).await;
        let now = written(&file);
        // A file that is away for a moment is being replaced.
        if now.is_none() || now == seen {
            continue;
        }
        seen = now;
        match Manifest::read(&file) {
            Ok(read) => {
                tracing::info!(file = %file.display(), documents = read.len(), "trusted documents were exchanged");
                manifest.store(Arc::new(read));
            }
            Err(error) => {
                tracing::error!(file = %file.display(), cause = %error, "the trusted documents stay as they were");
            }
        }
    }
}

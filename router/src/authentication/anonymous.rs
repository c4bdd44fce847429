//! A router without accounts: everybody may ask, and is nobody.

use async_trait::async_trait;
use cloudphone_core::Origin;
use tokio::sync::broadcast;

use super::{AccessChange, AuthenticationError, Authenticator, Credential, Principal};

/// Verifies nothing. What callers may do is for the subgraphs to decide.
pub struct Anonymous {
    /// Kept open: its end would tell sessions that changes can no longer be heard of.
    changes: broadcast::Sender<AccessChange>,
}

impl Default for Anonymous {
    fn default() -> Self {
        Self { changes: broadcast::channel(1).0 }
    }
}

#[async_trait]
impl Authenticator for Anonymous {
    async fn authenticate(&self, _: &Credential, _: &Origin) -> Result<Option<Principal>, AuthenticationError> {
        Ok(None)
    }

    fn changes(&self) -> broadcast::Receiver<AccessChange> {
        self.changes.subscribe()
    }
}

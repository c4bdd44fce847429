//! A held lock.

use std::sync::Arc;
use std::time::Duration;

use crate::CacheError;
use crate::backend::Backend;

/// A lock held until it is released or its time runs out.
pub struct Lease {
    backend: Arc<dyn Backend>,
    key: String,
    token: String,
}

impl Lease {
    pub(crate) fn new(backend: Arc<dyn Backend>, key: String, token: String) -> Self {
        Self { backend, key, token }
    }

    /// Holds on for another `time_to_live` from now; false when the lease was lost meanwhile.
    pub async fn extend(&self, time_to_live: Duration) -> Result<bool, CacheError> {
        self.backend.extend(&self.key, &self.token, time_to_live).await
    }

    /// Lets go; false when the lease was lost before.
    pub async fn release(self) -> Result<bool, CacheError> {
        self.backend.unlock(&self.key, &self.token).await
    }
}

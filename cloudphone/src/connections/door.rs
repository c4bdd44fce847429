//! What is behind a listener; it may be exchanged while connections are open, and counts from their next request on.

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;

use super::Patience;

/// A way in; cheap to clone, and all clones lead to the same.
#[derive(Clone)]
pub(crate) struct Door(Arc<ArcSwap<Behind>>);

struct Behind {
    routes: Router,
    patience: Patience,
}

impl Door {
    pub(crate) fn new(routes: Router, patience: Patience) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(Behind { routes, patience })))
    }

    /// Leads elsewhere from now on. Open connections keep the patience that they began with.
    pub(crate) fn change(&self, routes: Router, patience: Patience) {
        self.0.store(Arc::new(Behind { routes, patience }));
    }

    pub(super) fn routes(&self) -> Router {
        self.0.load().routes.clone()
    }

    pub(super) fn patience(&self) -> Patience {
        self.0.load().patience
    }
}

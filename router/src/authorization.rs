//! What a caller may see of the graph, by the rules of the supergraph.

use axum::http::StatusCode;
use cloudphone_planning::{Entitlements, GraphQlError, PreparedOperation, codes};
use serde_json::Value;

use crate::authentication::Principal;

/// What becomes of an operation that asks for what its caller may not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthorizationMode {
    /// It runs without; what is left out is null, with an error.
    #[default]
    Filter,
    /// It does not run. What comes up behind an interface or a union unnamed is left out as by the other mode.
    Reject,
    /// The router looks at no rules; subgraphs have to.
    Off,
}

/// Somebody, or nobody, as rules see them.
pub(crate) struct Asking<'a>(pub(crate) Option<&'a Principal>);

impl Entitlements for Asking<'_> {
    fn is_authenticated(&self) -> bool {
        self.0.is_some()
    }

    fn has_scope(&self, scope: &str) -> bool {
        self.0.is_some_and(|principal| principal.has_scope(scope))
    }

    fn meets_policy(&self, policy: &str) -> bool {
        self.0.is_some_and(|principal| principal.meets_policy(policy))
    }
}

/// The error and the status for an operation that is refused as a whole; none when nothing that it names is denied.
pub(crate) fn refusal(operation: &PreparedOperation, caller: Option<&Principal>) -> Option<(GraphQlError, StatusCode)> {
    let unmet = operation.unmet(&Asking(caller));
    let named = operation.guarded_places().iter().filter(|place| place.is_named && unmet.contains(&place.requirement));
    let mut coordinates: Vec<&str> = named.map(|place| place.coordinate.as_str()).collect();
    coordinates.sort_unstable();
    coordinates.dedup();
    if coordinates.is_empty() {
        return None;
    }
    let (status, message) = match caller {
        Some(_) => (StatusCode::FORBIDDEN, "You may not see all that this operation asks for."),
        None => (StatusCode::UNAUTHORIZED, "Sign in to see all that this operation asks for."),
    };
    let mut error = GraphQlError::new(codes::UNAUTHORIZED, message);
    error.extensions.insert("coordinates".to_owned(), Value::from(coordinates));
    Some((error, status))
}

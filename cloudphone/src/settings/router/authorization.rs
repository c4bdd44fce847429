//! Settings of what callers may see of the graph.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What callers may see, by the rules that subgraphs set with `@authenticated`, `@requiresScopes` and `@policy`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Authorization {
    /// `filter` answers null, with an error, for what the caller may not see; `reject` refuses operations that name any of it;
    /// `off` looks at no rules.
    pub mode: AuthorizationMode,
}

/// What becomes of an operation that asks for what its caller may not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationMode {
    /// It runs without.
    #[default]
    Filter,
    /// It does not run.
    Reject,
    /// It runs as it is: subgraphs have to look.
    Off,
}

impl From<AuthorizationMode> for cloudphone_router::authorization::AuthorizationMode {
    fn from(mode: AuthorizationMode) -> Self {
        match mode {
            AuthorizationMode::Filter => Self::Filter,
            AuthorizationMode::Reject => Self::Reject,
            AuthorizationMode::Off => Self::Off,
        }
    }
}

//! The plan of an operation, for those who may see how it is run.

use axum::http::HeaderMap;
use cloudphone_core::Permission;

use crate::authentication::Principal;

/// The header that asks for the plan: `1` for the answer with it, `dry-run` for the plan alone.
const HEADER: &str = "x-cloudphone-query-plan";

/// Who may see plans, which tell of subgraphs and of fields that clients do not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PlanAccess {
    /// Nobody.
    #[default]
    Nobody,
    /// Everybody.
    Everybody,
    /// Callers of the platform who hold this permission.
    Holders(Permission),
}

impl PlanAccess {
    pub(crate) fn admits(&self, caller: Option<&Principal>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everybody => true,
            Self::Holders(permission) => {
                caller.and_then(Principal::platform).is_some_and(|caller| caller.may(permission))
            }
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlanWish {
    /// The plan beside the answer.
    Beside,
    /// The plan, and nothing is run.
    Alone,
}

impl PlanWish {
    pub(super) fn in_headers(headers: &HeaderMap) -> Option<Self> {
        match headers.get(HEADER)?.as_bytes() {
            b"1" => Some(Self::Beside),
            b"dry-run" => Some(Self::Alone),
            _ => None,
        }
    }
}

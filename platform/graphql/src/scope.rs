//! The request's caller and origin, as resolvers see them.

use async_graphql::{Context, Result};
use cloudphone_core::{Caller, CommonError, Origin};

use crate::to_graphql_error;

/// Everything about a request that is not GraphQL: put into the request's data by whoever received it.
#[derive(Clone, Debug)]
pub struct RequestScope {
    /// The verified identity; absent when nobody is signed in.
    pub caller: Option<Caller>,
    /// Where the request came from.
    pub origin: Origin,
}

impl RequestScope {
    /// A request of nobody in particular.
    pub fn anonymous(origin: Origin) -> Self {
        Self { caller: None, origin }
    }

    /// A request of a verified caller.
    pub fn of(caller: Caller) -> Self {
        Self { origin: caller.origin.clone(), caller: Some(caller) }
    }
}

/// The verified caller, or the `UNAUTHENTICATED` error.
pub fn caller<'a>(context: &Context<'a>) -> Result<&'a Caller> {
    scope(context).caller.as_ref().ok_or_else(|| to_graphql_error(&CommonError::Unauthenticated, origin(context)))
}

/// Where the request came from.
pub fn origin<'a>(context: &Context<'a>) -> &'a Origin {
    &scope(context).origin
}

fn scope<'a>(context: &Context<'a>) -> &'a RequestScope {
    context.data_unchecked::<RequestScope>()
}

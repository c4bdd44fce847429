//! The stages that every operation passes before it runs, the same by whatever protocol it came.

use axum::http::{HeaderMap, StatusCode};
use cloudphone_core::Origin;

use crate::answer::errors_list;
use crate::clients::request::GraphQlParameters;
use crate::gateway::{Gateway, OperationKind, Prepared, Scope};

/// Takes operations from what a client sent to what may run.
pub(crate) struct Pipeline {
    gateway: Gateway,
}

/// An operation that has passed all stages and may run.
pub(crate) struct Admitted {
    /// Ready to run.
    pub prepared: Prepared,
    /// What the stages tell the client beside the answer, where the protocol has headers.
    pub headers: HeaderMap,
}

impl Admitted {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.prepared.kind()
    }
}

impl Pipeline {
    /// A pipeline that ends at a gateway.
    pub fn new(gateway: Gateway) -> Self {
        Self { gateway }
    }

    /// All stages in their order. Whoever asks is known by then.
    pub async fn admit(&self, parameters: &GraphQlParameters, scope: &Scope) -> Result<Admitted, Rejection> {
        let prepared = self.gateway.prepare(parameters, &scope.origin).await?;
        Ok(Admitted { prepared, headers: HeaderMap::new() })
    }
}

/// Why an operation does not run.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// An encoded list of errors.
    pub errors: Vec<u8>,
    /// The status of an answer by HTTP; absent: as for a document that does not fit the schema.
    pub status: Option<StatusCode>,
    /// Headers of an answer by HTTP.
    pub headers: HeaderMap,
}

impl Rejection {
    /// A document or variables that do not fit the schema; `errors` is an encoded list.
    pub fn of_document(errors: Vec<u8>) -> Self {
        Self { errors, status: None, headers: HeaderMap::new() }
    }

    /// A refusal told by one sentence.
    pub fn new(code: &str, message: &str, origin: &Origin) -> Self {
        Self::of_document(errors_list(code, message, origin.correlation_id))
    }

    /// The same with a status of its own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The same with these headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }
}

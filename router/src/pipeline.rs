//! The stages that every operation passes before it runs, the same by whatever protocol it came.

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use cloudphone_core::Origin;
use serde_json::{Map, Value};

use crate::answer::errors_list_with;
use crate::clients::request::GraphQlParameters;
use crate::documents::Documents;
use crate::gateway::{Gateway, OperationKind, Prepared, Scope};
use crate::protection::{CostRule, Overload, Place, RateLimits};

/// Headers beside an answer, each once.
pub type Headers = Vec<(HeaderName, HeaderValue)>;

/// What stands before operations; by default nothing does.
#[derive(Default)]
pub struct Stages {
    /// Documents that clients name instead of sending them; shared, as what was learnt outlives other settings of the rest.
    pub documents: Arc<Documents>,
    /// How often one may ask; absent: as often as one likes.
    pub rates: Option<RateLimits>,
    /// What an operation may cost; absent: anything.
    pub cost: Option<CostRule>,
    /// What the process takes on at once; absent: everything.
    pub overload: Option<Arc<Overload>>,
}

/// Takes operations from what a client sent to what may run.
pub(crate) struct Pipeline {
    gateway: Gateway,
    stages: Stages,
}

/// An operation that has passed all stages and may run.
pub(crate) struct Admitted {
    /// Ready to run.
    pub prepared: Prepared,
    /// What the stages tell the client beside the answer, where the protocol has headers.
    pub headers: Headers,
    /// What the stages tell within the answer, because the client asked for it.
    pub told: Map<String, Value>,
    /// Held until a query or mutation is answered, and until a subscription has begun.
    pub place: Option<Place>,
}

impl Admitted {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.prepared.kind()
    }
}

impl Pipeline {
    /// A pipeline that ends at a gateway.
    pub fn new(gateway: Gateway, stages: Stages) -> Self {
        Self { gateway, stages }
    }

    /// Whether nothing new may begin.
    pub fn is_overloaded(&self) -> bool {
        self.stages.overload.as_ref().is_some_and(|overload| overload.is_over())
    }

    /// All stages in their order. Whoever asks is known by then.
    pub async fn admit(&self, mut parameters: GraphQlParameters, scope: &Scope) -> Result<Admitted, Rejection> {
        let Stages { documents, rates, cost, overload } = &self.stages;
        let admitted = async {
            if let Some(rates) = rates {
                rates.stand(scope, &parameters.query)?;
            }
            let place = match overload {
                Some(overload) => Some(overload.place(&scope.origin).await?),
                None => None,
            };
            let ready = async {
                let lesson = documents.resolve(&mut parameters, &scope.origin).await?;
                let prepared = self.gateway.prepare(&parameters, scope).await?;
                if let Some(rejection) = self.gateway.refusal(&prepared, scope) {
                    return Err(rejection);
                }
                documents.learn(lesson, &parameters.query).await;
                let told = cost.as_ref().map(|cost| cost.check(&prepared, &scope.origin)).transpose()?;
                Ok((prepared, told.unwrap_or_default()))
            };
            let ready = ready.await;
            // Requests that do not fit are counted as well: they have cost as much as others by now.
            let headers = match rates {
                Some(rates) => {
                    let prepared = ready.as_ref().ok().map(|(prepared, _)| prepared);
                    rates.charge(scope, &parameters.query, prepared).await?
                }
                None => Headers::new(),
            };
            let (prepared, mut told) = ready?;
            told.retain(|name, _| parameters.extensions.get(name) == Some(&Value::Bool(true)));
            Ok(Admitted { prepared, headers, told, place })
        };
        admitted.await.inspect_err(|rejection: &Rejection| {
            metrics::counter!("cloudphone_graphql_operations_refused_total", "code" => rejection.code).increment(1);
        })
    }
}

/// Why an operation does not run.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The code that the errors carry, for metrics.
    pub code: &'static str,
    /// An encoded list of errors.
    pub errors: Vec<u8>,
    /// The status of an answer by HTTP; absent: as for a document that does not fit the schema.
    pub status: Option<StatusCode>,
    /// Headers of an answer by HTTP.
    pub headers: Headers,
}

impl Rejection {
    /// A document or variables that do not fit the schema; `errors` is an encoded list.
    pub fn of_document(code: &'static str, errors: Vec<u8>) -> Self {
        Self { code, errors, status: None, headers: Headers::new() }
    }

    /// A refusal told by one sentence.
    pub fn new(code: &'static str, message: &str, origin: &Origin) -> Self {
        Self::detailed(code, message, origin, [])
    }

    /// The same with more for programs to read in `extensions`.
    pub fn detailed<const N: usize>(
        code: &'static str,
        message: &str,
        origin: &Origin,
        more: [(&str, Value); N],
    ) -> Self {
        Self::of_document(code, errors_list_with(code, message, origin.correlation_id, more))
    }

    /// The same with a status of its own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The same with these headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }
}

//! GraphQL over HTTP: GET and POST, both media types, status codes, batches (graphql.github.io/graphql-over-http).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{BufMut as _, Bytes, BytesMut};
use cloudphone_core::Origin;
use cloudphone_execution::PlanRecord;
use cloudphone_traffic::headers::{AnswerHeaders, ClientHeaders};
use futures::future::join_all;
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::accept::{Accept, MediaType, answer};
use super::plan::PlanWish;
use super::remainder::Remainder;
use super::request::{GraphQlParameters, MalformedRequest, RequestBody};
use super::{reservations, sse, streaming, uploads};
use crate::answer::{error_response, errors_response};
use crate::authentication::{AuthenticationError, Credential};
use crate::gateway::{Answer, OperationKind, Prepared, Scope};
use crate::origin::Client;
use crate::pipeline::{Admitted, Headers, Rejection};
use crate::protection::{Limits, RETRY_AFTER, tightest};
use crate::server::OpenEdge;

const NO_STREAM: &str = "Subscriptions are answered over WebSocket, as `text/event-stream`, or as \
    `multipart/mixed;subscriptionSpec=1.0`.";

/// Answers an operation as one response or as a stream of events, or a batch of operations.
pub async fn graphql(State(edge): State<Arc<OpenEdge>>, client: Client, request: Request) -> Response {
    let Some(accept) = Accept::from_headers(request.headers()) else {
        let message = "Accept application/graphql-response+json or application/json.";
        let _ = body(&edge.limits, request).await;
        return (StatusCode::NOT_ACCEPTABLE, message).into_response();
    };
    let credential = edge.authenticator.places().in_headers(request.headers());
    let reservation = reservations::token(request.headers(), request.uri().query());
    let may_change = request.method() == Method::POST;
    let plan = PlanWish::in_headers(request.headers());
    let headers = edge.gateway.client_headers(request.headers());
    let visit = Visit { edge, accept, origin: client.origin, headers, may_change, credential, plan };
    if let Some(token) = &reservation
        && !may_change
        && !has_query(request.uri().query())
    {
        return visit.fulfil(token).await;
    }
    match (visit.read(request).await, reservation) {
        (Ok(RequestBody::Single(parameters)), Some(token)) => visit.operate(&token, *parameters).await,
        (Ok(RequestBody::Single(parameters)), None) => visit.single(*parameters).await,
        (Ok(RequestBody::Batch(_)), Some(_)) => visit.refuse(&MalformedRequest::Batch),
        (Ok(RequestBody::Batch(batch)), None) => visit.batch(batch).await,
        (Err(malformed), _) => visit.refuse(&malformed),
    }
}

/// Whether a GET brings an operation: its document, or what leads to it.
fn has_query(query: Option<&str>) -> bool {
    let mut names = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).map(|(name, _)| name);
    names.any(|name| matches!(&*name, "query" | "extensions" | "documentId"))
}

/// Reads a body, within the limits of its size and of the time it may take. Even a request that is refused has to be
/// read: a connection with unread bytes cannot be used again, and its client may never see the answer.
async fn body(limits: &Limits, request: Request) -> Result<Bytes, MalformedRequest> {
    let limit = limits.body_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let fits = announced.is_some_and(|length: usize| length <= limit);
    let (body, remainder) = if fits {
        (request.into_body(), None)
    } else {
        let remainder = Remainder::new(request.into_body());
        (Body::from_stream(remainder.clone()), Some(remainder))
    };
    let read = timeout(limits.request_timeout, to_bytes(body, limit)).await.map_err(|_| MalformedRequest::TooSlow)?;
    read.map_err(|_| {
        if let Some(remainder) = remainder {
            remainder.hear_out(());
        }
        MalformedRequest::TooLarge { limit }
    })
}

/// Reads the body of a request that is refused, so that its client sees the answer.
pub async fn discard(limits: &Limits, request: Request) {
    let _ = body(limits, request).await;
}

/// A response of the older media type, which every client understands.
pub fn json(status: StatusCode, body: Bytes) -> Response {
    answer(MediaType::Json, status, body)
}

fn is_json(media_type: &HeaderValue) -> bool {
    let essence = media_type.to_str().ok().and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// One request on its way.
struct Visit {
    edge: Arc<OpenEdge>,
    accept: Accept,
    origin: Origin,
    headers: ClientHeaders,
    credential: Option<Credential>,
    /// GET is safe by its definition (RFC 9110 §9.2.1): caches and links repeat it at will.
    may_change: bool,
    /// Whether the plan is asked for.
    plan: Option<PlanWish>,
}

impl Visit {
    /// Reads the parameters of a request.
    async fn read(&self, request: Request) -> Result<RequestBody, MalformedRequest> {
        if !self.may_change {
            let parameters = GraphQlParameters::from_query_string(request.uri().query().unwrap_or_default())?;
            return Ok(RequestBody::Single(Box::new(parameters)));
        }
        if let Some(uploads) = &self.edge.limits.uploads
            && uploads::is_form(request.headers())
        {
            return uploads::read(uploads, self.edge.limits.batch, self.edge.limits.body_bytes, request).await;
        }
        let media_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let body = body(&self.edge.limits, request).await?;
        // Insisting on JSON also keeps other sites' forms out: a browser sends this type across sites only after asking.
        if !media_type.as_ref().is_some_and(is_json) {
            return Err(MalformedRequest::MediaType);
        }
        RequestBody::from_json(&body, self.edge.limits.batch)
    }

    async fn single(self, parameters: GraphQlParameters) -> Response {
        let scope = match self.scope().await {
            Ok(scope) => scope,
            Err(error) => return self.denied(error),
        };
        match self.edge.pipeline.admit(parameters, &scope).await {
            Ok(admitted) => self.carry_out(admitted, scope).await,
            Err(rejection) => self.reject(rejection),
        }
    }

    /// Runs what has passed all stages.
    async fn carry_out(&self, admitted: Admitted, scope: Scope) -> Response {
        let Admitted { prepared, headers, told, place } = admitted;
        let mut response = self.respond(prepared, told, scope).await;
        drop(place);
        put(&mut response, headers);
        response
    }

    async fn respond(&self, prepared: Prepared, mut told: Map<String, Value>, scope: Scope) -> Response {
        if prepared.kind() == OperationKind::Subscription {
            let Some(format) = self.accept.stream else {
                let body = error_response("NOT_ACCEPTABLE", NO_STREAM, self.origin.correlation_id);
                return answer(self.accept.media_type(), StatusCode::NOT_ACCEPTABLE, body);
            };
            let (credential, arrival) = (self.credential.clone(), (self.origin.clone(), self.headers.clone()));
            return match streaming::answer(Arc::clone(&self.edge), format, prepared, credential, arrival).await {
                Ok(stream) => stream,
                Err(error) => self.denied(error),
            };
        }
        if prepared.kind() == OperationKind::Mutation && !self.may_change {
            return self.refuse(&MalformedRequest::MethodNotAllowed);
        }
        let answered = AnswerHeaders::default();
        let wish = self.plan.filter(|_| self.edge.limits.query_plans.admits(scope.caller.as_ref()));
        let plan = match wish {
            Some(_) => self.edge.gateway.permitted(&prepared.operation, &scope).await.ok(),
            None => None,
        };
        let record = plan.is_some().then(PlanRecord::begin);
        let run = match wish {
            Some(PlanWish::Alone) => Answer::of_router(Bytes::from_static(b"{\"data\":null}")),
            Some(PlanWish::Beside) | None => self.run(&prepared, scope, &answered, record.as_ref()).await,
        };
        if let Some(plan) = plan {
            let ran = record.filter(|_| wish == Some(PlanWish::Beside));
            let executed = ran.map(|record| record.fetches(plan.plan().steps.len()));
            told.insert("queryPlan".to_owned(), plan.explain(executed.as_deref()));
        }
        let Answer { body, freshness, .. } = run.with_extensions(&told);
        let headers = answered.collected();
        if self.accept.only_events() {
            return with_headers(sse::single(&body), headers);
        }
        let mut response = with_headers(answer(self.accept.media_type(), StatusCode::OK, body), headers);
        if let Some(kept) = freshness.and_then(|freshness| freshness.header(self.credential.is_some())) {
            response.headers_mut().insert(header::CACHE_CONTROL, kept);
        }
        response
    }

    /// Tells why an operation does not run.
    fn reject(&self, rejection: Rejection) -> Response {
        let body = errors_response(&rejection.errors);
        if self.accept.only_events() && rejection.status.is_none() {
            // A stream is how this client is told of anything (graphql-sse protocol).
            return sse::single(&body);
        }
        let media_type = self.accept.media_type();
        let status = rejection.status.unwrap_or_else(|| media_type.status_of_rejection());
        let mut response = answer(media_type, status, body);
        put(&mut response, rejection.headers);
        response
    }

    /// Opens the event stream of a reservation.
    async fn fulfil(self, token: &str) -> Response {
        let found = reservations::find(&self.edge, token, self.credential.clone(), &self.origin).await;
        found.map_or_else(|refusal| refusal, |reservation| reservations::fulfil(&self.edge, token, &reservation))
    }

    /// Starts an operation whose results go to the event stream of a reservation.
    async fn operate(self, token: &str, parameters: GraphQlParameters) -> Response {
        let found = reservations::find(&self.edge, token, self.credential.clone(), &self.origin).await;
        let reservation = match found {
            Ok(reservation) => reservation,
            Err(refusal) => return refusal,
        };
        // Whatever is wrong with the request is told as over HTTP (graphql-sse protocol, executing operations).
        let scope = match reservation.caller() {
            Ok(caller) => Scope { caller, origin: self.origin.clone(), headers: self.headers.clone() },
            Err(error) => return self.denied(error),
        };
        let id = parameters.extensions.get("operationId").and_then(Value::as_str).map(str::to_owned);
        match self.edge.pipeline.admit(parameters, &scope).await {
            Err(rejection) => {
                self.reject(Rejection { status: rejection.status.or(Some(StatusCode::BAD_REQUEST)), ..rejection })
            }
            Ok(admitted) if admitted.kind() == OperationKind::Mutation && !self.may_change => {
                self.refuse(&MalformedRequest::MethodNotAllowed)
            }
            Ok(admitted) => reservations::start(&reservation, id, admitted, &self.origin),
        }
    }

    /// Answers each operation in its place; what is wrong with one concerns that one alone.
    async fn batch(self, batch: Vec<GraphQlParameters>) -> Response {
        if self.accept.only_events() {
            return self.refuse(&MalformedRequest::Batch);
        }
        let scope = match self.scope().await {
            Ok(scope) => scope,
            Err(error) => return self.denied(error),
        };
        // One for all, so that the rules combine what all operations bring.
        let answered = AnswerHeaders::default();
        let answers =
            batch.into_iter().map(async |parameters| match self.edge.pipeline.admit(parameters, &scope).await {
                Err(Rejection { errors, status, headers, .. }) => {
                    (Answer::of_router(errors_response(&errors)), status.unwrap_or(StatusCode::OK), headers)
                }
                Ok(admitted) if admitted.kind() == OperationKind::Subscription => {
                    let refusal = error_response("NOT_ACCEPTABLE", NO_STREAM, self.origin.correlation_id);
                    (Answer::of_router(refusal), StatusCode::OK, admitted.headers)
                }
                Ok(admitted) => {
                    let answer = self.run(&admitted.prepared, scope.clone(), &answered, None).await;
                    (answer.with_extensions(&admitted.told), StatusCode::OK, admitted.headers)
                }
            });
        let (mut body, mut statuses, mut headers) = (BytesMut::from(&b"["[..]), Vec::new(), Vec::new());
        for (answer, status, told) in join_all(answers).await {
            if body.len() > 1 {
                body.put_u8(b',');
            }
            body.extend_from_slice(&answer.body);
            statuses.push(status);
            headers.push(told);
        }
        body.put_u8(b']');
        // A batch of which everything was turned away for the same reason is turned away, so that clients wait.
        let status = statuses.first().copied().filter(|first| statuses.iter().all(|status| status == first));
        let response = answer(MediaType::Json, status.unwrap_or(StatusCode::OK), body.freeze());
        let mut response = with_headers(response, answered.collected());
        put(&mut response, tightest(headers));
        response
    }

    async fn scope(&self) -> Result<Scope, AuthenticationError> {
        let authenticator = &self.edge.authenticator;
        let caller = if let Some(credential) = &self.credential {
            authenticator.authenticate(credential, &self.origin).await?
        } else {
            authenticator.admit_nobody()?;
            None
        };
        Ok(Scope { caller, origin: self.origin.clone(), headers: self.headers.clone() })
    }

    async fn run(
        &self,
        prepared: &Prepared,
        scope: Scope,
        answered: &AnswerHeaders,
        record: Option<&PlanRecord>,
    ) -> Answer {
        let run = self.edge.gateway.execute_beside(prepared, scope, answered, record);
        let answer = timeout(self.edge.limits.request_timeout, run).await;
        answer.unwrap_or_else(|_| {
            let message = "The operation took too long and was given up.";
            let body = error_response("GATEWAY_TIMEOUT", message, self.origin.correlation_id);
            Answer::of_router(body)
        })
    }

    fn refuse(&self, malformed: &MalformedRequest) -> Response {
        let body = error_response(malformed.code(), &malformed.to_string(), self.origin.correlation_id);
        let mut response = answer(self.accept.media_type(), malformed.status(), body);
        if *malformed == MalformedRequest::MethodNotAllowed {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        if *malformed == MalformedRequest::TooManyUploads {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response
    }

    fn denied(&self, error: AuthenticationError) -> Response {
        denied(error, self.accept.media_type(), &self.origin)
    }
}

/// Gives a response these headers, in place of what it has of the same names.
fn put(response: &mut Response, headers: Headers) {
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
}

/// Adds what subgraphs have for the client.
fn with_headers(mut response: Response, headers: HeaderMap) -> Response {
    response.headers_mut().extend(headers);
    response
}

/// The answer to a credential that does not hold.
pub fn denied(error: AuthenticationError, media_type: MediaType, origin: &Origin) -> Response {
    let body = error_response(error.code(), &error.to_string(), origin.correlation_id);
    if error == AuthenticationError::Unavailable {
        let mut response = answer(media_type, StatusCode::SERVICE_UNAVAILABLE, body);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    }
    let mut response = answer(media_type, StatusCode::UNAUTHORIZED, body);
    // RFC 6750 §3: no error code for who gave no credential.
    let challenge = match error {
        AuthenticationError::Missing => HeaderValue::from_static("Bearer"),
        _ => HeaderValue::from_static("Bearer error=\"invalid_token\""),
    };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

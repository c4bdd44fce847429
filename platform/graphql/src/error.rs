//! One place that turns domain errors into answers: `userErrors` for expected ones, coded GraphQL errors for the rest.

use std::error::Error as StdError;
use std::str::FromStr;
use std::sync::Arc;

use async_graphql::{Context, Error, ErrorExtensionValues, ID, Response, Result, SimpleObject, Value};
use cloudphone_core::{CodedError, CommonError, ErrorClass, Origin};

use crate::scope::origin;

/// Why a mutation changed nothing: something the person behind the client can mend.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
#[graphql(shareable)]
pub struct UserError {
    /// A stable code for programs, such as `DEVICE_STATE_CONFLICT`.
    pub code: String,
    /// A sentence for people that says what to do.
    pub message: String,
    /// The field of `input` at fault; empty when no single field is.
    pub path: Vec<String>,
}

/// The `userErrors` of an error, one for each field at fault.
pub fn expected(error: &dyn CodedError) -> Vec<UserError> {
    if error.fields().is_empty() {
        return vec![UserError { code: error.code().to_owned(), message: error.to_string(), path: Vec::new() }];
    }
    let of_field = |field: &cloudphone_core::FieldError| UserError {
        code: field.code.to_owned(),
        message: field.message.clone(),
        path: field.path.clone(),
    };
    error.fields().iter().map(of_field).collect()
}

/// Splits a domain result the way every mutation answers: the value, or user errors for the payload, or a GraphQL error.
pub fn outcome<T, E: CodedError>(result: Result<T, E>, origin: &Origin) -> Result<Result<T, Vec<UserError>>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.class() == ErrorClass::Expected => Ok(Err(expected(&error))),
        Err(error) => Err(to_graphql_error(&error, origin)),
    }
}

/// The answer of a query: the value, or a GraphQL error.
pub fn answer<T, E: CodedError>(context: &Context<'_>, result: Result<T, E>) -> Result<T> {
    result.map_err(|error| to_graphql_error(&error, origin(context)))
}

/// As [`answer`], of a batch whose error belongs to everybody who asked.
pub fn shared<T, E: CodedError>(context: &Context<'_>, result: Result<T, Arc<E>>) -> Result<T> {
    result.map_err(|error| to_graphql_error(&*error, origin(context)))
}

/// A GraphQL error with `extensions.code` and `extensions.correlationId`; causes are logged and never shown.
pub fn to_graphql_error(error: &dyn CodedError, origin: &Origin) -> Error {
    let correlation_id = origin.correlation_id.to_string();
    match error.class() {
        ErrorClass::Internal => tracing::error!(code = error.code(), %correlation_id, cause = causes(error), "fault"),
        ErrorClass::Unavailable => {
            tracing::warn!(code = error.code(), %correlation_id, cause = causes(error), "unavailable");
        }
        ErrorClass::Expected | ErrorClass::Unauthenticated | ErrorClass::Forbidden => {}
    }
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", error.code());
    extensions.set("correlationId", correlation_id);
    if !error.fields().is_empty() {
        let fields = error.fields().iter().map(|field| {
            let path = field.path.iter().cloned().map(Value::String).collect();
            Value::Object(
                [
                    (async_graphql::Name::new("path"), Value::List(path)),
                    (async_graphql::Name::new("code"), Value::from(field.code)),
                    (async_graphql::Name::new("message"), Value::from(field.message.clone())),
                ]
                .into_iter()
                .collect(),
            )
        });
        extensions.set("fields", Value::List(fields.collect()));
    }
    Error { message: error.to_string(), source: None, extensions: Some(extensions) }
}

fn causes(error: &dyn CodedError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = StdError::source(inner);
    }
    text
}

/// How the library's errors begin about values of scalars and of validated arguments; they have no type of their own.
const INPUT_ERRORS: [&str; 3] = ["Failed to parse \"", "Expected input type \"", "Invalid value for argument"];

/// Gives codes to the errors by which the library refuses values that a client sent: everybody else's have theirs.
pub(crate) fn coded(mut response: Response) -> Response {
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        let is_input = INPUT_ERRORS.iter().any(|words| error.message.starts_with(words));
        if extensions.get("code").is_none() && is_input {
            extensions.set("code", "BAD_USER_INPUT");
        }
    }
    response
}

/// Reads a typed id from an opaque GraphQL id; one that is malformed answers as one that does not exist.
pub fn parse_id<Id: FromStr>(id: &ID, what: &'static str) -> Result<Id, CommonError> {
    id.parse().map_err(|_| CommonError::NotFound { what })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cloudphone_core::Validation;

    #[test]
    fn an_internal_cause_is_never_shown() {
        let error = CommonError::internal("password=hunter2 at row 7");
        let shown = to_graphql_error(&error, &Origin::internal());
        assert!(!shown.message.contains("hunter2"));
        assert_eq!(shown.extensions.unwrap().get("code"), Some(&Value::from("INTERNAL_SERVER_ERROR")));
    }

    #[test]
    fn every_field_at_fault_becomes_a_user_error() {
        let mut validation = Validation::new();
        validation.reject("name", "REQUIRED", "Enter a name.");
        validation.reject("specification.cpuCores", "OUT_OF_RANGE", "Choose 1 to 16 cores.");
        let error = validation.finish().unwrap_err();
        let answer = outcome::<(), _>(Err(error), &Origin::internal()).unwrap().unwrap_err();
        assert_eq!(answer.len(), 2);
        assert_eq!(answer[1].path, ["specification", "cpuCores"]);
    }

    struct Query;

    #[async_graphql::Object]
    impl Query {
        async fn double(&self, of: crate::Long) -> crate::Long {
            crate::Long(of.0 * 2)
        }

        async fn small(&self, #[graphql(validator(maximum = 9))] number: i32) -> i32 {
            number
        }

        #[expect(clippy::unused_async, reason = "the schema library wants it")]
        async fn failing(&self) -> Result<i32> {
            Err(Error::new("Failed to reach the moon."))
        }
    }

    #[tokio::test]
    async fn a_value_that_does_not_fit_is_the_clients_fault_and_says_so() {
        use async_graphql::{EmptyMutation, EmptySubscription, Schema};
        let subgraph = crate::Subgraph::new("sums", Schema::new(Query, EmptyMutation, EmptySubscription));
        let code = async |query: &str| {
            let scope = crate::RequestScope { caller: None, origin: Origin::internal() };
            let response = subgraph.execute(query.into(), scope).await;
            assert_eq!(response.errors.len(), 1, "{response:?}");
            response.errors[0].extensions.as_ref().and_then(|extensions| extensions.get("code")).cloned()
        };
        let client = Some(Value::from("BAD_USER_INPUT"));
        assert_eq!(code("{ double(of: \"many\") }").await, client);
        assert_eq!(code("{ small(number: 10) }").await, client);
        assert_eq!(code("{ failing }").await, None, "the router says that it was the service");
    }

    #[test]
    fn a_missing_permission_is_a_graphql_error() {
        let error = CommonError::Forbidden { permission: "device:start".into() };
        assert!(outcome::<(), _>(Err(error), &Origin::internal()).is_err());
    }
}

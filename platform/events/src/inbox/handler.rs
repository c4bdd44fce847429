//! What a domain does with an event, and how it says that it could not.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_database::AsyncPgConnection;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::CloudEvent;

/// Why an event could not be handled. Every error converts into one that is tried again.
///
/// It is no `Error` itself: only so can the conversion cover every error type.
#[derive(Debug)]
pub struct HandlerError {
    pub(crate) cause: Box<dyn Error + Send + Sync>,
    pub(crate) hopeless: bool,
}

impl HandlerError {
    /// A failure that trying again cannot mend: the event becomes a dead letter at once.
    pub fn hopeless(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into(), hopeless: true }
    }

    /// The error and its causes in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.cause.to_string();
        let mut source = self.cause.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        text
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlerError {
    fn from(cause: E) -> Self {
        Self { cause: cause.into(), hopeless: false }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.chain())
    }
}

/// Handles events with payload `P`. One type may handle several kinds of event; a plain `async fn` with the same
/// arguments goes through [`HandleFn`].
#[async_trait]
pub trait Handle<P>: Send + Sync + 'static {
    /// Applies the event within the given transaction, and nowhere else: it may run again.
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent, payload: P) -> Result<(), HandlerError>;
}

#[async_trait]
impl<P: Send + 'static, H: Handle<P>> Handle<P> for Arc<H> {
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent, payload: P) -> Result<(), HandlerError> {
        (**self).handle(conn, event, payload).await
    }
}

/// A function as a handler: `HandleFn(on_device_deleted)`.
pub struct HandleFn<F>(pub F);

/// Names the future of a handler function, so that it can be required to be `Send`.
pub trait HandlerFunction<C, V, P>: Fn(C, V, P) -> <Self as HandlerFunction<C, V, P>>::Running {
    /// The running handler.
    type Running: Future<Output = Result<(), HandlerError>>;
}

impl<F, C, V, P, Running> HandlerFunction<C, V, P> for F
where
    F: Fn(C, V, P) -> Running,
    Running: Future<Output = Result<(), HandlerError>>,
{
    type Running = Running;
}

#[async_trait]
impl<P, F> Handle<P> for HandleFn<F>
where
    P: Send + 'static,
    for<'c, 'e> F: AsyncFn(&'c mut AsyncPgConnection, &'e CloudEvent, P) -> Result<(), HandlerError>
        + HandlerFunction<&'c mut AsyncPgConnection, &'e CloudEvent, P, Running: Send>
        + Send
        + Sync
        + 'static,
{
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent, payload: P) -> Result<(), HandlerError> {
        (self.0)(conn, event, payload).await
    }
}

/// A handler whose payload type is forgotten.
#[async_trait]
pub(crate) trait ErasedHandler: Send + Sync {
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent) -> Result<(), HandlerError>;
}

pub(crate) struct Typed<E, H> {
    handler: H,
    payload: PhantomData<fn(E)>,
}

impl<E, H> Typed<E, H> {
    pub(crate) fn new(handler: H) -> Self {
        Self { handler, payload: PhantomData }
    }
}

#[async_trait]
impl<E: DeserializeOwned + Send + 'static, H: Handle<E>> ErasedHandler for Typed<E, H> {
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent) -> Result<(), HandlerError> {
        let payload = E::deserialize(&event.data).map_err(HandlerError::hopeless)?;
        self.handler.handle(conn, event, payload).await
    }
}

pub(crate) struct Raw<H>(pub(crate) H);

#[async_trait]
impl<H: Handle<Value>> ErasedHandler for Raw<H> {
    async fn handle(&self, conn: &mut AsyncPgConnection, event: &CloudEvent) -> Result<(), HandlerError> {
        self.0.handle(conn, event, event.data.clone()).await
    }
}

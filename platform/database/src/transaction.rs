//! Transactions bound to one tenant, and the platform's own across tenants.

use std::error::Error;
use std::time::Duration;

use cloudphone_core::{Caller, TenantId};
use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};
use rand::Rng;

use crate::error::{is_connection_loss, is_contention};
use crate::{Database, DatabaseError};

/// An error that a transaction's body may end with: any error type that database errors convert into.
///
/// The cause must stay reachable through `source()`, or a lost race is not recognised and not retried.
pub trait TransactionError: Error + From<DatabaseError> + Send + 'static {}

impl<E: Error + From<DatabaseError> + Send + 'static> TransactionError for E {}

/// The body of a transaction: an async closure over the connection, which may run several times.
///
/// Stable Rust cannot demand that the future of an `AsyncFn` be `Send`; naming the future through this trait can.
pub trait TransactionBody<C, R>: AsyncFn(C) -> R + Fn(C) -> <Self as TransactionBody<C, R>>::Running {
    /// The running body.
    type Running: Future<Output = R>;
}

impl<F, C, R, Running> TransactionBody<C, R> for F
where
    F: AsyncFn(C) -> R + Fn(C) -> Running,
    Running: Future<Output = R>,
{
    type Running = Running;
}

impl Database {
    /// Runs `body` in a transaction that sees and writes rows of the caller's tenant only.
    ///
    /// The body runs again when it lost against a concurrent transaction, so it must not have effects elsewhere; what
    /// shall follow the commit goes through [`after_commit`](crate::after_commit).
    pub async fn transaction<T, E, F>(&self, caller: &Caller, body: F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        self.run(&within_tenant("BEGIN", caller.tenant_id), body).await
    }

    /// As [`transaction`](Self::transaction), for work that only reads; a write in it fails.
    pub async fn read<T, E, F>(&self, caller: &Caller, body: F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        self.run(&within_tenant("BEGIN READ ONLY", caller.tenant_id), body).await
    }

    /// As [`transaction`](Self::transaction), for work of the platform within a tenant, where there is no caller.
    pub async fn tenant_transaction<T, E, F>(&self, tenant_id: TenantId, body: F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        self.run(&within_tenant("BEGIN", tenant_id), body).await
    }

    /// Runs `body` in a transaction that sees every tenant's rows: for relays, jobs and the look-up at sign-in only.
    pub async fn system_transaction<T, E, F>(&self, body: F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        self.run("BEGIN; SET LOCAL app.bypass = 'on'", body).await
    }

    async fn run<T, E, F>(&self, begin: &str, body: F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        let mut lost = 0;
        loop {
            let error = match self.attempt(begin, &body).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if lost == self.retries() || !lost_a_race(&error) {
                return Err(error);
            }
            lost += 1;
            metrics::counter!("cloudphone_database_transaction_retries_total", "database" => self.name().to_owned())
                .increment(1);
            tokio::time::sleep(pause(lost)).await;
        }
    }

    async fn attempt<T, E, F>(&self, begin: &str, body: &F) -> Result<T, E>
    where
        for<'r> F: AsyncFn(&'r mut AsyncPgConnection) -> Result<T, E>
            + TransactionBody<&'r mut AsyncPgConnection, Result<T, E>, Running: Send>
            + Send
            + Sync,
        T: Send,
        E: TransactionError,
    {
        let mut connection = self.begin(begin).await?;
        let (outcome, actions) = self.collecting(body(&mut connection)).await;
        match outcome {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut *connection).await.map_err(DatabaseError::from)?;
                drop(connection);
                self.committed(actions);
                Ok(value)
            }
            Err(error) => {
                // The body's error tells more than a failed rollback, after which the pool discards the connection.
                if let Err(rollback) = AnsiTransactionManager::rollback_transaction(&mut *connection).await {
                    tracing::debug!(database = self.name(), error = %rollback, "a rollback failed");
                }
                Err(error)
            }
        }
    }

    /// Opens a transaction and binds it in one round trip. A pooled connection may have died unnoticed; since nothing
    /// ran on it yet, another one can take its place.
    async fn begin(&self, begin: &str) -> Result<Object<AsyncPgConnection>, DatabaseError> {
        let mut left = self.max_connections();
        loop {
            let mut connection = self.acquire().await?;
            match AnsiTransactionManager::begin_transaction_sql(&mut *connection, begin).await {
                Ok(()) => return Ok(connection),
                Err(error) if left > 0 && is_connection_loss(&error) => {
                    left -= 1;
                    drop(Object::take(connection));
                }
                Err(error) => {
                    // Half of the statements may have run, so the state of the connection is unknown.
                    drop(Object::take(connection));
                    return Err(error.into());
                }
            }
        }
    }
}

fn within_tenant(begin: &str, tenant_id: TenantId) -> String {
    format!("{begin}; SET LOCAL app.tenant_id = '{tenant_id}'")
}

fn lost_a_race(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<DatabaseError>().is_some_and(DatabaseError::is_contention)
            || error.downcast_ref::<diesel::result::Error>().is_some_and(is_contention)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Exponential from 5 ms with full jitter, so that two losers do not meet again.
fn pause(lost: u32) -> Duration {
    let ceiling_ms = 5_u64 << lost.min(7);
    Duration::from_millis(rand::rng().random_range(1..=ceiling_ms))
}

//! What can go wrong between a domain and its database, and what each failure means to a caller.

use cloudphone_core::CommonError;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use thiserror::Error;

/// A failure of the database or of a query.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// No connection became free in time.
    #[error("no database connection became free within {waited_ms} ms")]
    PoolExhausted {
        /// How long the caller waited.
        waited_ms: u128,
    },
    /// The server cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The role may ignore row-level security, so tenants would not be kept apart.
    #[error(
        "the database role `{role}` ignores row-level security; connect as one that is neither SUPERUSER nor BYPASSRLS"
    )]
    UnsafeRole {
        /// The role in the connection address.
        role: String,
    },
    /// A migration failed; what ran before it stays.
    #[error("a migration failed: {0}")]
    Migration(String),
    /// A query failed.
    #[error("a query failed: {0}")]
    Query(#[from] QueryError),
}

impl DatabaseError {
    /// Whether a unique constraint or index of this name refused the row.
    pub fn violates_unique(&self, constraint: &str) -> bool {
        self.violates(DatabaseErrorKind::UniqueViolation, constraint)
    }

    /// Whether a foreign key of this name refused the row.
    pub fn violates_foreign_key(&self, constraint: &str) -> bool {
        self.violates(DatabaseErrorKind::ForeignKeyViolation, constraint)
    }

    /// Whether a check constraint of this name refused the row.
    pub fn violates_check(&self, constraint: &str) -> bool {
        self.violates(DatabaseErrorKind::CheckViolation, constraint)
    }

    fn violates(&self, wanted: DatabaseErrorKind, constraint: &str) -> bool {
        matches!(self, Self::Query(QueryError::DatabaseError(kind, detail))
            if *kind == wanted && detail.constraint_name() == Some(constraint))
    }

    /// Whether the transaction lost against a concurrent one, so that running it again may succeed.
    pub fn is_contention(&self) -> bool {
        matches!(self, Self::Query(error) if is_contention(error))
    }

    /// Whether the server could not be reached or broke off, so that nothing is known of a statement's outcome.
    pub fn is_connection_loss(&self) -> bool {
        match self {
            Self::PoolExhausted { .. } | Self::Unreachable(_) => true,
            Self::Query(error) => is_connection_loss(error),
            Self::UnsafeRole { .. } | Self::Migration(_) => false,
        }
    }
}

/// SQLSTATE 40001 and 40P01. The driver has no kind of its own for the latter, only the server's sentence, which is
/// English unless an operator set `lc_messages`; then deadlocks are not retried, which is slower but not wrong.
pub(crate) fn is_contention(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, detail) => detail.message() == "deadlock detected",
        _ => false,
    }
}

pub(crate) fn is_connection_loss(error: &QueryError) -> bool {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _)
        | QueryError::BrokenTransactionManager => true,
        // SQLSTATE 57P01 to 57P03, which the driver reports by their sentences only.
        QueryError::DatabaseError(DatabaseErrorKind::Unknown, detail) => {
            let message = detail.message();
            message.starts_with("terminating connection") || message.starts_with("the database system is")
        }
        _ => false,
    }
}

fn is_timeout(error: &QueryError) -> bool {
    matches!(error, QueryError::DatabaseError(DatabaseErrorKind::Unknown, detail)
        if detail.message().starts_with("canceling statement due to"))
}

impl From<DatabaseError> for CommonError {
    fn from(error: DatabaseError) -> Self {
        let passing = match &error {
            DatabaseError::Query(query) => is_contention(query) || is_connection_loss(query) || is_timeout(query),
            other => other.is_connection_loss(),
        };
        if passing { Self::unavailable(error) } else { Self::internal(error) }
    }
}

//! A domain's own PostgreSQL database: pool, tenant-scoped transactions, migrations and health.
//!
//! ```ignore
//! let device = database
//!     .transaction(caller, async |conn| {
//!         let device = store::insert(conn, &new_device).await?;
//!         outbox::append(conn, caller, &DeviceCreated::of(&device)).await?;
//!         Ok::<_, DeviceError>(device)
//!     })
//!     .await?;
//! ```
//!
//! Stores return `Result<_, DatabaseError>`, into which diesel's error converts; domain errors convert from that.

mod commit;
mod error;
mod migrate;
mod options;
mod pool;
mod text_enum;
mod transaction;

pub use commit::after_commit;
pub use diesel_async::AsyncPgConnection;
pub use diesel_migrations::{EmbeddedMigrations, embed_migrations};
pub use error::DatabaseError;
pub use options::Options;
pub use pool::{Database, Health};
pub use transaction::{TransactionBody, TransactionError};

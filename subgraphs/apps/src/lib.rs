//! The apps domain: packages on their way into the catalogue, the catalogue, and applications on devices.
//!
//! ```ignore
//! cloudphone_apps::migrate(&database).await?;
//! let apps = cloudphone_apps::build(engines).await?;      // makes the bucket, listens, takes up what was left
//! let relay = Relay::spawn(apps.database().clone(), bus, RelayOptions::default()); // once every domain listens
//! ```

mod application;
mod context;
mod device;
mod error;
pub mod events;
mod failure;
mod graphql;
mod inbox;
mod installation;
mod jobs;
pub mod package;
mod permissions;
mod removal;
mod schema;
mod settings;
mod storage;
mod upload;

use std::sync::Arc;

use cloudphone_cache::Engine as Cache;
use cloudphone_core::Clock;
use cloudphone_database::{Database, DatabaseError, EmbeddedMigrations, embed_migrations};
use cloudphone_events::{Bus, BusError, RunningInbox};
use cloudphone_graphql::Subgraph;
use thiserror::Error;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use error::AppsError;
pub use failure::Failure;
pub use graphql::{NAME, sdl};
pub use settings::{AppsSettings, AppsStorage};
pub use storage::StorageError;

use context::AppsContext;
use storage::Storage;

/// What the domain works with.
pub struct AppsEngines {
    /// Its own database, migrated.
    pub database: Database,
    /// What it publishes to and hears from.
    pub bus: Arc<dyn Bus>,
    /// Signals shared with other processes.
    pub cache: Cache,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Object storage.
    pub storage: AppsStorage,
    /// Settings.
    pub settings: AppsSettings,
}

/// Why the domain did not start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The event bus does not answer.
    #[error("the event bus does not take the apps domain in: {0}")]
    Bus(#[from] BusError),
    /// The bucket is not there and cannot be made.
    #[error("the bucket of packages cannot be used: {0}")]
    Storage(#[from] StorageError),
}

/// Tells how the domain is; cheap to clone, asks no engine.
#[derive(Clone)]
pub struct AppsStatus(Arc<AppsContext>);

impl AppsStatus {
    /// Whether object storage answered of late.
    pub fn storage_answers(&self) -> bool {
        self.0.storage.answers()
    }
}

/// The running domain.
pub struct Apps {
    context: Arc<AppsContext>,
    subgraph: Subgraph,
    inbox: RunningInbox,
    tasks: TaskTracker,
    stop: DropGuard,
}

/// The tables of the domain; those of events come before them.
pub fn migrations() -> EmbeddedMigrations {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/apps");
    MIGRATIONS
}

/// Brings the domain's database up to date.
pub async fn migrate(database: &Database) -> Result<(), DatabaseError> {
    database.migrate(cloudphone_events::migrations()).await?;
    database.migrate(migrations()).await?;
    Ok(())
}

/// Puts the domain together and starts its work. Start the relay of its database afterwards.
pub async fn build(engines: AppsEngines) -> Result<Apps, BuildError> {
    let AppsEngines { database, bus, cache, clock, storage, settings } = engines;
    let storage = Storage::new(&storage);
    storage.ensure_bucket(settings.allowed_origins.as_deref()).await?;
    let (context, changes) = AppsContext::new((database, clock, cache), storage, settings);
    let context = Arc::new(context);
    let inbox = inbox::start(&context, &*bus).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    jobs::spawn(&context, changes, &stop, &tasks);
    tasks.close();
    let subgraph = graphql::subgraph(Arc::clone(&context));
    Ok(Apps { context, subgraph, inbox, tasks, stop: stop.drop_guard() })
}

impl Apps {
    /// The domain's part of the graph.
    pub fn subgraph(&self) -> &Subgraph {
        &self.subgraph
    }

    /// The domain's database; start the relay over it once every domain of the process listens.
    pub fn database(&self) -> &Database {
        &self.context.database
    }

    /// Tells how the domain is, for as long as somebody asks.
    pub fn status(&self) -> AppsStatus {
        AppsStatus(Arc::clone(&self.context))
    }

    /// Ends all work; what is not done is taken up by the next start.
    pub async fn stop(self) {
        self.inbox.stop().await;
        self.stop.disarm().cancel();
        self.tasks.wait().await;
    }
}

//! Domain events: written with the change that caused them, delivered at least once and in order per aggregate.
//!
//! A use case appends an event to its database's [`outbox`] in its own transaction. The [`Relay`] of that database hands
//! it to a [`Bus`], which stores it in the [`Inbox`] of every consumer group that wants it. The inbox runs the handler and
//! marks the event done in one transaction, so that an event takes effect once although it may arrive twice.
//!
//! ```ignore
//! database.migrate(cloudphone_events::migrations()).await?;
//! let inbox = Inbox::new(database.clone(), "devices")
//!     .on::<InstallationRequested>(installations)
//!     .start(&*bus)
//!     .await?;
//! let relay = Relay::spawn(database, bus, RelayOptions::default());
//! ```
//!
//! Start every inbox before any relay: the in-process bus knows no past.

pub mod audit;
mod bus;
mod catalogue;
mod cloud_event;
mod dead_letters;
mod event;
mod inbox;
pub mod outbox;
mod relay;
mod tables;

pub use bus::{Advance, Bus, BusError, InProcessBus, Received, RedisBus, RedisBusOptions, Sink, Subscription};
pub use catalogue::{Catalogue, EventSchema};
pub use cloud_event::CloudEvent;
pub use dead_letters::{DeadLetter, DeadLetterFilter, DeadLetters};
pub use event::DomainEvent;
pub use inbox::{Handle, HandleFn, HandlerError, Inbox, InboxOptions, RunningInbox};
pub use relay::{Relay, RelayOptions};

use cloudphone_database::{EmbeddedMigrations, embed_migrations};

/// The tables of outbox and inbox, for every database whose domain publishes or consumes; run them before the domain's own.
pub fn migrations() -> EmbeddedMigrations {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
    MIGRATIONS
}

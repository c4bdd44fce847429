//! The identity domain: organisations, people, sessions, roles, API keys and the audit log.
//!
//! ```ignore
//! let identity = Identity::build(engines).await?;      // migrates, loads keys, listens
//! let relay = Relay::spawn(identity.database().clone(), bus, RelayOptions::default()); // once every domain listens
//! let caller = identity.authenticator.authenticate(token, origin).await?;
//! ```

mod access;
mod api_key;
mod audit;
mod authentication;
mod consumer;
mod demo;
mod domain;
mod error;
mod events;
mod graphql;
mod http;
mod jobs;
mod password;
mod role;
mod schema;
mod session;
mod settings;
mod signing_key;
mod tenant;
mod user;

use std::sync::Arc;

use chrono::TimeDelta;
use cloudphone_cache::Engine;
use cloudphone_core::{Clock, CommonError, TenantId};
use cloudphone_database::{Database, DatabaseError, EmbeddedMigrations, embed_migrations};
use cloudphone_events::{Bus, Catalogue, Inbox, RunningInbox};
use cloudphone_graphql::Subgraph;
use cloudphone_graphql::identity_token::InternalSecret;

pub use access::{AccessChange, CHANNEL as ACCESS_CHANNEL};
pub use authentication::{AuthenticationError, Authenticator};
pub use demo::{DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount, DemoOrganisation};
pub use error::IdentityError;
pub use graphql::NAME;
pub use http::AUDIENCE;
pub use settings::{HashingCost, LockoutPolicy, PasswordPolicy, SessionLimits, Settings};

use access::AccessFeed;
use domain::IdentityDomain;
use jobs::Jobs;
use password::PasswordHasher;
use signing_key::{KeyRing, Rotation, rotate_keys};

/// What identity runs on.
pub struct IdentityEngines {
    /// The domain's own database.
    pub database: Database,
    /// The event bus.
    pub bus: Arc<dyn Bus>,
    /// Carries news of changed rights between processes.
    pub cache: Engine,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What only the platform's own parts know; the signing keys derive from it.
    pub secret: InternalSecret,
    /// What the operator has chosen.
    pub settings: Settings,
}

/// The identity domain, ready to answer.
pub struct Identity {
    /// The domain's part of the graph.
    pub subgraph: Subgraph,
    /// Turns credentials into callers.
    pub authenticator: Authenticator,
    /// `/.well-known/jwks.json` and `/internal/authenticate`.
    pub routes: axum::Router,
    domain: Arc<IdentityDomain>,
    jobs: Jobs,
    inbox: RunningInbox,
}

impl Identity {
    /// Brings the database up to date, loads the keys, and begins to listen and to answer.
    pub async fn build(engines: IdentityEngines) -> Result<Self, IdentityError> {
        let IdentityEngines { database, bus, cache, clock, secret, settings } = engines;
        migrate(&database).await?;
        let rotation = Rotation {
            period: TimeDelta::days(i64::from(settings.signing_key_days.max(1))),
            token_life: settings::seconds(settings.session.access_token_seconds),
        };
        let (access, letters) = AccessFeed::new();
        let domain = Arc::new(IdentityDomain {
            passwords: PasswordHasher::new(&settings.hashing)?,
            keys: KeyRing::new(secret.clone(), rotation),
            access: Arc::new(access),
            database,
            clock,
            settings,
        });
        role::synchronise::synchronise_built_in_roles(&domain).await?;
        rotate_keys(&domain).await?;
        let inbox = Inbox::new(domain.database.clone(), NAME)
            .on(consumer::AuditKeeper)
            .on(consumer::Reminder(Arc::clone(&domain.access)))
            .start(&*bus)
            .await
            .map_err(CommonError::unavailable)?;
        let authenticator = Authenticator::new(Arc::clone(&domain));
        Ok(Self {
            subgraph: graphql::subgraph(Arc::clone(&domain)),
            routes: http::routes(Arc::clone(&domain), authenticator.clone(), secret),
            jobs: Jobs::start(&domain, cache, letters),
            inbox,
            authenticator,
            domain,
        })
    }

    /// The domain's database; start the relay over it once every domain of the process listens.
    pub fn database(&self) -> &Database {
        &self.domain.database
    }

    /// Makes the demo organisation and its accounts unless they exist.
    pub async fn seed_demo(&self) -> Result<DemoOrganisation, IdentityError> {
        demo::seed_demo(&self.domain).await
    }

    /// Makes the platform operators' organisation with a super administrator unless it exists; answers its id.
    pub async fn seed_platform(&self, email: &str, password: &str) -> Result<TenantId, IdentityError> {
        demo::seed_platform(&self.domain, email, password).await
    }

    /// Ends jobs and listening, and waits for what is under way.
    pub async fn stop(self) {
        self.inbox.stop().await;
        self.jobs.stop().await;
    }
}

/// Brings the domain's database up to date.
pub async fn migrate(database: &Database) -> Result<(), DatabaseError> {
    database.migrate(cloudphone_events::migrations()).await?;
    database.migrate(migrations()).await?;
    Ok(())
}

/// The subgraph's schema in the Federation v2 form.
pub fn sdl() -> String {
    graphql::sdl()
}

/// The events that identity publishes.
pub fn catalogue() -> Catalogue {
    events::catalogue()
}

/// The tables of the domain; those of events come before them.
pub fn migrations() -> EmbeddedMigrations {
    const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/identity");
    MIGRATIONS
}

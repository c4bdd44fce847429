//! The identity domain: organisations, people, sessions, roles, API keys and the audit log.
//!
//! ```ignore
//! let identity = Identity::build(engines).await?;      // migrates, loads keys, listens
//! identity.begin_publishing();                         // once every domain listens
//! let caller = identity.authenticator.authenticate(token, origin).await?;
//! ```

mod access;
pub mod api_key;
pub mod audit;
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
pub mod role;
mod schema;
pub mod session;
mod settings;
mod signing_key;
pub mod tenant;
pub mod user;

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use cloudphone_cache::Engine;
use cloudphone_core::{Clock, CommonError, TenantId};
use cloudphone_database::{Database, EmbeddedMigrations, embed_migrations};
use cloudphone_events::{Bus, Catalogue, Inbox, Relay, RelayOptions, RunningInbox};
use cloudphone_graphql::Subgraph;
use cloudphone_graphql::identity_token::InternalSecret;

pub use access::{AccessChange, CHANNEL as ACCESS_CHANNEL};
pub use authentication::{AuthenticationError, Authenticator};
pub use demo::{DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount};
pub use domain::IdentityDomain;
pub use error::IdentityError;
pub use graphql::NAME;
pub use http::AUDIENCE;
pub use settings::{HashingCost, LockoutPolicy, PasswordPolicy, SessionLimits, Settings};

use access::AccessFeed;
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
    /// What use cases need, for callers within the process.
    pub domain: Arc<IdentityDomain>,
    bus: Arc<dyn Bus>,
    jobs: Jobs,
    inbox: Mutex<Option<RunningInbox>>,
    relay: Mutex<Option<Relay>>,
}

impl Identity {
    /// Brings the database up to date, loads the keys, and begins to listen and to answer.
    pub async fn build(engines: IdentityEngines) -> Result<Self, IdentityError> {
        let IdentityEngines { database, bus, cache, clock, secret, settings } = engines;
        database.migrate(cloudphone_events::migrations()).await?;
        database.migrate(migrations()).await?;
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
            inbox: Mutex::new(Some(inbox)),
            relay: Mutex::new(None),
            authenticator,
            domain,
            bus,
        })
    }

    /// Begins to publish the domain's events. Call it once every domain of the process has been built, since the bus within a
    /// process knows no past.
    pub fn begin_publishing(&self) {
        let mut relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner);
        relay.get_or_insert_with(|| {
            Relay::spawn(self.domain.database.clone(), Arc::clone(&self.bus), RelayOptions::default())
        });
    }

    /// Makes the demo organisation and its accounts unless they exist; answers the organisation's id.
    pub async fn seed_demo(&self) -> Result<TenantId, IdentityError> {
        demo::seed_demo(&self.domain).await
    }

    /// Makes the platform operators' organisation with a super administrator unless it exists; answers its id.
    pub async fn seed_platform(&self, email: &str, password: &str) -> Result<TenantId, IdentityError> {
        demo::seed_platform(&self.domain, email, password).await
    }

    /// Ends jobs, listening and publishing, and waits for what is under way.
    pub async fn stop(&self) {
        let relay = self.relay.lock().unwrap_or_else(PoisonError::into_inner).take();
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(relay) = relay {
            relay.stop().await;
        }
        if let Some(inbox) = inbox {
            inbox.stop().await;
        }
        self.jobs.stop().await;
    }
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

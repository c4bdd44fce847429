//! Everything that a use case needs: the engines, the settings and the keys.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use cloudphone_core::Clock;
use cloudphone_database::Database;

use crate::access::AccessFeed;
use crate::password::PasswordHasher;
use crate::settings::Settings;
use crate::signing_key::KeyRing;

/// The identity domain at work; the first argument of every use case.
pub struct IdentityDomain {
    /// The domain's own database.
    pub database: Database,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What the operator has chosen.
    pub settings: Settings,
    /// Hashes and checks passwords.
    pub passwords: PasswordHasher,
    /// Signs and verifies access tokens.
    pub keys: KeyRing,
    /// Spreads the news of changed rights.
    pub access: Arc<AccessFeed>,
}

impl IdentityDomain {
    /// The present moment, as exactly as the database keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }
}

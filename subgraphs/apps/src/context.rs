//! What every use case works with: the engines, the settings, and how changes are told.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_cache::Engine as Cache;
use cloudphone_core::{Caller, Clock, InstallationId, TenantId, UploadId};
use cloudphone_database::{Database, after_commit};
use tokio::sync::{Notify, mpsc};

use crate::package::Limits;
use crate::settings::AppsSettings;
use crate::storage::Storage;

/// Changes on their way to listeners; more than these are left to the listeners' own looking.
const ANNOUNCEMENTS: usize = 4096;

/// That something changed, for whoever looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An upload.
    Upload(TenantId, UploadId),
    /// An installation.
    Installation(TenantId, InstallationId),
}

/// Wake-up calls between parts of the domain; each part also looks by itself now and then.
#[derive(Default)]
pub struct Signals {
    /// There is a package to read.
    pub reading: Notify,
    /// There is an object to remove.
    pub removal: Notify,
    /// There is an installation in motion.
    pub motion: Notify,
}

/// What every use case works with.
pub struct AppsContext {
    /// The domain's database.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Signals between processes.
    pub cache: Cache,
    /// Object storage.
    pub storage: Storage,
    /// Settings.
    pub settings: AppsSettings,
    /// What reading a package may cost.
    pub limits: Limits,
    /// Wake-up calls within the process.
    pub signals: Signals,
    changes: mpsc::Sender<Change>,
}

impl AppsContext {
    /// Over its engines; the receiver gets every change that is to be told.
    pub fn new(
        (database, clock, cache): (Database, Arc<dyn Clock>, Cache),
        storage: Storage,
        settings: AppsSettings,
    ) -> (Self, mpsc::Receiver<Change>) {
        let (changes, told) = mpsc::channel(ANNOUNCEMENTS);
        let (limits, signals) = (Limits::default(), Signals::default());
        (Self { database, clock, cache, storage, settings, limits, signals, changes }, told)
    }

    /// The present moment, as exactly as the database keeps it.
    pub fn now(&self) -> DateTime<Utc> {
        let now = self.clock.now();
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// A moment ahead.
    pub fn after(&self, span: std::time::Duration) -> DateTime<Utc> {
        let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        self.now().checked_add_signed(span).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The platform acting within a tenant.
    pub fn service(tenant_id: TenantId) -> Caller {
        Caller::service("apps", tenant_id)
    }

    /// Tells listeners of a change once the surrounding transaction has committed.
    pub fn announce(&self, change: Change) {
        let changes = self.changes.clone();
        // A full queue loses nothing for good: listeners look by themselves now and then.
        after_commit(move |_| {
            let _ = changes.try_send(change);
        });
    }
}

/// Wakes a part of the domain once the surrounding transaction has committed.
pub fn wake_after_commit(context: &Arc<AppsContext>, signal: fn(&Signals) -> &Notify) {
    let context = Arc::clone(context);
    after_commit(move |_| signal(&context.signals).notify_one());
}

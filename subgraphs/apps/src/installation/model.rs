//! What an installation is, and how orders and facts change it.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, Caller, DeviceId, InstallationId, TenantId, UserId};
use diesel::prelude::*;

use super::state::{Fact, IllegalInstallationStep, InstallationStatus, Order, learn, obey};
use crate::application::Application;
use crate::failure::Failure;
use crate::schema::installations;

/// One application on one device, from the wish to the removal.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = installations, check_for_backend(diesel::pg::Pg))]
pub struct Installation {
    /// The installation.
    pub id: InstallationId,
    /// The organisation that owns it.
    pub tenant_id: TenantId,
    /// The application.
    pub application_id: ApplicationId,
    /// The device.
    pub device_id: DeviceId,
    /// The package name.
    pub package_name: String,
    /// Its version for programs.
    pub version_code: i64,
    /// Where it is in its life.
    pub status: InstallationStatus,
    /// Percent done.
    pub progress: i32,
    /// Why the last order failed.
    pub failure_code: Option<String>,
    /// The same in words.
    pub failure_message: Option<String>,
    /// How often it was tried.
    pub attempts: i32,
    /// Who asked for it; absent when a program of the platform did.
    pub requested_by: Option<UserId>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When the device must have answered.
    pub deadline_at: Option<DateTime<Utc>>,
    /// When the device got it.
    pub installed_at: Option<DateTime<Utc>>,
}

impl Installation {
    /// A wish.
    pub fn new(
        caller: &Caller,
        application: &Application,
        device_id: DeviceId,
        now: DateTime<Utc>,
        deadline_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id: InstallationId::new(),
            tenant_id: caller.tenant_id,
            application_id: application.id,
            device_id,
            package_name: application.package_name.clone(),
            version_code: application.version_code,
            status: InstallationStatus::Pending,
            progress: 0,
            failure_code: None,
            failure_message: None,
            attempts: 1,
            requested_by: caller.user_id(),
            created_at: now,
            updated_at: now,
            deadline_at: Some(deadline_at),
            installed_at: None,
        }
    }

    /// Gives an order.
    pub fn obey(
        &mut self,
        order: Order,
        now: DateTime<Utc>,
        deadline_at: DateTime<Utc>,
    ) -> Result<(), IllegalInstallationStep> {
        self.status = obey(self.status, order)?;
        if order == Order::Retry {
            self.attempts += 1;
        }
        self.progress = 0;
        self.set_failure(None);
        self.updated_at = now;
        self.deadline_at = Some(deadline_at);
        Ok(())
    }

    /// Takes a fact in; false when it changes nothing.
    pub fn learn(&mut self, fact: Fact, failure: Option<Failure>, now: DateTime<Utc>) -> bool {
        let Some(status) = learn(self.status, fact) else { return false };
        self.status = status;
        self.updated_at = now;
        self.set_failure(failure);
        if !status.is_in_motion() {
            self.deadline_at = None;
        }
        if fact == Fact::Installed {
            self.progress = 100;
            self.installed_at = Some(now);
        } else if status == InstallationStatus::Installed {
            self.progress = 100;
        }
        true
    }

    /// Takes in how far the device is; false when that is no news. Progress arrives out of order and never goes back.
    pub fn progressed(&mut self, percent: i32, now: DateTime<Utc>, deadline_at: DateTime<Utc>) -> bool {
        let percent = percent.clamp(0, 100);
        let began = self.status == InstallationStatus::Pending;
        if !(began || percent > self.progress) || !self.learn(Fact::Progress, None, now) {
            return false;
        }
        self.progress = self.progress.max(percent);
        self.deadline_at = Some(deadline_at);
        true
    }

    /// Why the last order failed; absent otherwise.
    pub fn failure(&self) -> Option<Failure> {
        let (code, message) = (self.failure_code.clone()?, self.failure_message.clone()?);
        Some(Failure { code, message })
    }

    fn set_failure(&mut self, failure: Option<Failure>) {
        (self.failure_code, self.failure_message) = failure.map(|failure| (failure.code, failure.message)).unzip();
    }
}

//! Batch loading of every edge, so that a list costs as many queries as a single node.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use cloudphone_core::{ApplicationId, Cursor, DeviceId, InstallationId, Page, TenantId};
use cloudphone_graphql::{NestedPage, Of, grouped};

use crate::application::Application;
use crate::application::list::find_applications;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::installation::{Installation, store};

type Failure = Arc<AppsError>;

/// Loads in batches, each within one tenant.
pub struct Batches {
    context: Arc<AppsContext>,
}

impl Batches {
    /// Over a running domain.
    pub fn new(context: Arc<AppsContext>) -> Self {
        Self { context }
    }
}

/// How many devices have an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstallCountOf(pub TenantId, pub ApplicationId);

/// What a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PresentOn(pub TenantId, pub DeviceId);

/// A page of a device's installations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstallationsOf(pub TenantId, pub DeviceId, pub NestedPage);

impl Loader<Of<ApplicationId>> for Batches {
    type Value = Arc<Application>;
    type Error = Failure;

    async fn load(&self, keys: &[Of<ApplicationId>]) -> Result<HashMap<Of<ApplicationId>, Self::Value>, Failure> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = find_applications(&self.context, tenant, &ids).await?;
            found.extend(rows.into_iter().map(|row| (Of(tenant, row.id), Arc::new(row))));
        }
        Ok(found)
    }
}

impl Loader<InstallCountOf> for Batches {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[InstallCountOf]) -> Result<HashMap<InstallCountOf, i64>, Failure> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let count = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| Ok::<_, AppsError>(store::count_present(conn, &ids).await?));
            found.extend(count.await?.into_iter().map(|(id, count)| (InstallCountOf(tenant, id), count)));
        }
        Ok(found)
    }
}

impl Loader<PresentOn> for Batches {
    type Value = Vec<(Installation, Arc<Application>)>;
    type Error = Failure;

    async fn load(&self, keys: &[PresentOn]) -> Result<HashMap<PresentOn, Self::Value>, Failure> {
        let mut found: HashMap<PresentOn, Self::Value> = HashMap::new();
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = self.context.database.tenant_transaction(tenant, async |conn| {
                Ok::<_, AppsError>(store::present_on(conn, tenant, &ids).await?)
            });
            for (installation, application) in rows.await? {
                let of_device = found.entry(PresentOn(tenant, installation.device_id)).or_default();
                of_device.push((installation, Arc::new(application)));
            }
        }
        Ok(found)
    }
}

impl Loader<InstallationsOf> for Batches {
    type Value = Page<Installation>;
    type Error = Failure;

    async fn load(&self, keys: &[InstallationsOf]) -> Result<HashMap<InstallationsOf, Self::Value>, Failure> {
        let mut found = HashMap::with_capacity(keys.len());
        for ((tenant, page), ids) in grouped(keys, |key| ((key.0, key.2.clone()), key.1)) {
            let (after, most) = (page.cursor(), page.limit());
            let rows = self.context.database.tenant_transaction(tenant, async |conn| {
                Ok::<_, AppsError>(store::of_devices(conn, &ids, after.as_ref(), most).await?)
            });
            let newest = |row: &Installation| Cursor { key: row.created_at, id: row.id.0 };
            let rows = rows.await?;
            let pages = page.cut(ids, rows, |row| row.device_id, newest);
            found.extend(pages.map(|(id, rows)| (InstallationsOf(tenant, id, page.clone()), rows)));
        }
        Ok(found)
    }
}

impl Loader<Of<DeviceId>> for Batches {
    /// There is nothing to know of a device but that it exists.
    type Value = ();
    type Error = Failure;

    async fn load(&self, keys: &[Of<DeviceId>]) -> Result<HashMap<Of<DeviceId>, ()>, Failure> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let listed = self.context.database.tenant_transaction(tenant, async |conn| {
                Ok::<_, AppsError>(crate::device::store::listed(conn, tenant, &ids).await?)
            });
            found.extend(listed.await?.into_iter().map(|id| (Of(tenant, id), ())));
        }
        Ok(found)
    }
}

impl Loader<Of<InstallationId>> for Batches {
    type Value = Arc<Installation>;
    type Error = Failure;

    async fn load(&self, keys: &[Of<InstallationId>]) -> Result<HashMap<Of<InstallationId>, Self::Value>, Failure> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let most = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            let filter = store::InstallationFilter { ids: Some(ids), ..store::InstallationFilter::default() };
            let rows = self.context.database.tenant_transaction(tenant, async |conn| {
                Ok::<_, AppsError>(store::latest(conn, tenant, &filter, most).await?)
            });
            found.extend(rows.await?.into_iter().map(|row| (Of(tenant, row.id), Arc::new(row))));
        }
        Ok(found)
    }
}

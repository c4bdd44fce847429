//! Batch loading of every edge, so that a list costs as many queries as a single node.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, CommonError, Cursor, DeviceId, InstallationId, Page, PageRequest, TenantId};

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

/// A row of a tenant. The tenant is the caller's, so that batches never mix what different callers may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of<Id>(pub TenantId, pub Id);

/// How many devices have an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstallCountOf(pub TenantId, pub ApplicationId);

/// What a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PresentOn(pub TenantId, pub DeviceId);

/// A page of a device's installations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InstallationsOf(pub TenantId, pub DeviceId, pub DevicePage);

/// A page of something that belongs to a device, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DevicePage {
    first: usize,
    after: Option<(DateTime<Utc>, uuid::Uuid)>,
}

impl DevicePage {
    /// Checks the arguments of a connection field.
    pub fn new(first: Option<i32>, after: Option<String>) -> Result<Self, CommonError> {
        let page = PageRequest::new(first, after)?;
        let cursor = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()?;
        Ok(Self { first: page.first, after: cursor.map(|cursor| (cursor.key, cursor.id)) })
    }

    /// Whether rows come before it.
    pub fn has_previous(&self) -> bool {
        self.after.is_some()
    }
}

/// Groups keys by what one query can answer.
fn grouped<K, G: Eq + Hash, V>(keys: &[K], split: impl Fn(&K) -> (G, V)) -> HashMap<G, Vec<V>> {
    let mut groups: HashMap<G, Vec<V>> = HashMap::new();
    for key in keys {
        let (group, value) = split(key);
        groups.entry(group).or_default().push(value);
    }
    groups
}

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
            let after = page.after.map(|(key, id)| Cursor { key, id });
            let most = i64::try_from(page.first).unwrap_or(i64::MAX).saturating_add(1);
            let rows = self.context.database.tenant_transaction(tenant, async |conn| {
                Ok::<_, AppsError>(store::of_devices(conn, &ids, after.as_ref(), most).await?)
            });
            let mut by_device = grouped(&rows.await?, |row| (row.device_id, row.clone()));
            let request = PageRequest { first: page.first, after: None };
            for id in ids {
                let rows = by_device.remove(&id).unwrap_or_default();
                let cut = Page::cut(rows, &request, None, |row: &Installation| {
                    Cursor { key: row.created_at, id: row.id.0 }.encode()
                });
                found.insert(InstallationsOf(tenant, id, page.clone()), cut);
            }
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

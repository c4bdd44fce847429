//! Batch loading of every edge, so that a list costs as many queries as a single node.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use ahash::AHashMap;
use async_graphql::dataloader::Loader;
use chrono::{DateTime, Utc};
use cloudphone_core::{CommandId, CommonError, Cursor, DeviceId, Page, PageRequest, TemplateId, TenantId};

use crate::command::{self, Command};
use crate::context::DevicesContext;
use crate::device::{self, Device, Transition};
use crate::error::DevicesError;
use crate::telemetry::history::{HistoryWindow, TelemetryPoint};
use crate::template::{self, Template};

type Failure = Arc<DevicesError>;

/// Loads in batches, each within one tenant.
pub struct Batches {
    context: Arc<DevicesContext>,
}

impl Batches {
    /// Over a running domain.
    pub fn new(context: Arc<DevicesContext>) -> Self {
        Self { context }
    }
}

/// A row of a tenant. The tenant is the caller's, so that batches never mix what different callers may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Of<Id>(pub TenantId, pub Id);

/// The count of a template's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceCountOf(pub TenantId, pub TemplateId);

/// A stretch of a device's past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryOf(pub TenantId, pub DeviceId, pub HistoryWindow);

/// A page of a device's commands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandsOf(pub TenantId, pub DeviceId, pub DevicePage);

/// A page of a device's moves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransitionsOf(pub TenantId, pub DeviceId, pub DevicePage);

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

    fn cursor(&self) -> Option<Cursor<DateTime<Utc>>> {
        self.after.map(|(key, id)| Cursor { key, id })
    }

    fn limit(&self) -> i64 {
        i64::try_from(self.first).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn cut<T>(&self, rows: Vec<T>, cursor: impl Fn(&T) -> Cursor<DateTime<Utc>>) -> Page<T> {
        let request = PageRequest { first: self.first, after: None };
        Page::cut(rows, &request, None, |row| cursor(row).encode())
    }
}

/// Groups keys by what one query can answer.
fn grouped<K, G: Eq + Hash, V>(keys: &[K], split: impl Fn(&K) -> (G, V)) -> AHashMap<G, Vec<V>> {
    let mut groups: AHashMap<G, Vec<V>> = AHashMap::new();
    for key in keys {
        let (group, value) = split(key);
        groups.entry(group).or_default().push(value);
    }
    groups
}

impl Loader<Of<DeviceId>> for Batches {
    type Value = Arc<Device>;
    type Error = Failure;

    async fn load(&self, keys: &[Of<DeviceId>]) -> Result<HashMap<Of<DeviceId>, Self::Value>, Failure> {
        let mut found = HashMap::new();
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| device::store::find_many(conn, &ids).await)
                .await
                .map_err(DevicesError::from)?;
            let listed = rows.into_iter().filter(Device::is_listed);
            found.extend(listed.map(|row| (Of(tenant, row.id), Arc::new(row))));
        }
        Ok(found)
    }
}

impl Loader<Of<TemplateId>> for Batches {
    type Value = Arc<Template>;
    type Error = Failure;

    async fn load(&self, keys: &[Of<TemplateId>]) -> Result<HashMap<Of<TemplateId>, Self::Value>, Failure> {
        let mut found = HashMap::new();
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| template::store::find_many(conn, &ids).await)
                .await
                .map_err(DevicesError::from)?;
            found.extend(rows.into_iter().map(|row| (Of(tenant, row.id), Arc::new(row))));
        }
        Ok(found)
    }
}

impl Loader<Of<CommandId>> for Batches {
    type Value = Arc<Command>;
    type Error = Failure;

    async fn load(&self, keys: &[Of<CommandId>]) -> Result<HashMap<Of<CommandId>, Self::Value>, Failure> {
        let mut found = HashMap::new();
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| command::store::find_many(conn, &ids).await)
                .await
                .map_err(DevicesError::from)?;
            found.extend(rows.into_iter().map(|row| (Of(tenant, row.id), Arc::new(row))));
        }
        Ok(found)
    }
}

impl Loader<DeviceCountOf> for Batches {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[DeviceCountOf]) -> Result<HashMap<DeviceCountOf, i64>, Failure> {
        let mut found: HashMap<_, _> = keys.iter().map(|key| (*key, 0)).collect();
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| device::store::count_by_template(conn, &ids).await)
                .await
                .map_err(DevicesError::from)?;
            let counted = rows.into_iter().filter_map(|(id, count)| Some((DeviceCountOf(tenant, id?), count)));
            found.extend(counted);
        }
        Ok(found)
    }
}

impl Loader<HistoryOf> for Batches {
    type Value = Vec<TelemetryPoint>;
    type Error = Failure;

    async fn load(&self, keys: &[HistoryOf]) -> Result<HashMap<HistoryOf, Self::Value>, Failure> {
        let mut found: HashMap<HistoryOf, Self::Value> = keys.iter().map(|key| (key.clone(), Vec::new())).collect();
        for ((tenant, window), ids) in grouped(keys, |key| ((key.0, key.2.clone()), key.1)) {
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| crate::telemetry::store::history(conn, &ids, &window).await)
                .await
                .map_err(DevicesError::from)?;
            for (id, point) in rows {
                found.entry(HistoryOf(tenant, id, window.clone())).or_default().push(point);
            }
        }
        Ok(found)
    }
}

impl Loader<CommandsOf> for Batches {
    type Value = Page<Command>;
    type Error = Failure;

    async fn load(&self, keys: &[CommandsOf]) -> Result<HashMap<CommandsOf, Self::Value>, Failure> {
        let mut found = HashMap::new();
        for ((tenant, page), ids) in grouped(keys, |key| ((key.0, key.2.clone()), key.1)) {
            let (cursor, limit) = (page.cursor(), page.limit());
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| {
                    command::store::of_devices(conn, &ids, cursor.as_ref(), limit).await
                })
                .await
                .map_err(DevicesError::from)?;
            let mut by_device = by_device(&ids, rows, |row| row.device_id);
            found.extend(ids.into_iter().map(|id| {
                let rows = by_device.remove(&id).unwrap_or_default();
                let cut = page.cut(rows, |row| Cursor { key: row.created_at, id: row.id.0 });
                (CommandsOf(tenant, id, page.clone()), cut)
            }));
        }
        Ok(found)
    }
}

impl Loader<TransitionsOf> for Batches {
    type Value = Page<Transition>;
    type Error = Failure;

    async fn load(&self, keys: &[TransitionsOf]) -> Result<HashMap<TransitionsOf, Self::Value>, Failure> {
        let mut found = HashMap::new();
        for ((tenant, page), ids) in grouped(keys, |key| ((key.0, key.2.clone()), key.1)) {
            let (cursor, limit) = (page.cursor(), page.limit());
            let rows = self
                .context
                .database
                .tenant_transaction(tenant, async |conn| {
                    device::store::transitions_of(conn, &ids, cursor.as_ref(), limit).await
                })
                .await
                .map_err(DevicesError::from)?;
            let mut by_device = by_device(&ids, rows, |row| row.device_id);
            found.extend(ids.into_iter().map(|id| {
                let rows = by_device.remove(&id).unwrap_or_default();
                let cut = page.cut(rows, |row| Cursor { key: row.at, id: row.id });
                (TransitionsOf(tenant, id, page.clone()), cut)
            }));
        }
        Ok(found)
    }
}

fn by_device<T>(ids: &[DeviceId], rows: Vec<T>, device: impl Fn(&T) -> DeviceId) -> AHashMap<DeviceId, Vec<T>> {
    let mut groups: AHashMap<DeviceId, Vec<T>> = ids.iter().map(|id| (*id, Vec::new())).collect();
    for row in rows {
        groups.entry(device(&row)).or_default().push(row);
    }
    groups
}

//! Batch loading of every edge, so that a list costs as many queries as a single node.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use cloudphone_core::{CommandId, Cursor, DeviceId, Page, TemplateId, TenantId};
use cloudphone_graphql::{NestedPage, Of, grouped};

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

/// The count of a template's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceCountOf(pub TenantId, pub TemplateId);

/// A stretch of a device's past.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistoryOf(pub TenantId, pub DeviceId, pub HistoryWindow);

/// A page of a device's commands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommandsOf(pub TenantId, pub DeviceId, pub NestedPage);

/// A page of a device's moves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TransitionsOf(pub TenantId, pub DeviceId, pub NestedPage);

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
            let newest = |row: &Command| Cursor { key: row.created_at, id: row.id.0 };
            let pages = page.cut(ids, rows, |row| row.device_id, newest);
            found.extend(pages.map(|(id, rows)| (CommandsOf(tenant, id, page.clone()), rows)));
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
            let newest = |row: &Transition| Cursor { key: row.at, id: row.id };
            let pages = page.cut(ids, rows, |row| row.device_id, newest);
            found.extend(pages.map(|(id, rows)| (TransitionsOf(tenant, id, page.clone()), rows)));
        }
        Ok(found)
    }
}

//! The subscriptions: first how things stand, then every change, latest wins. Each ends when the caller's identity does.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, ID, Result, Subscription as GraphQlSubscription};
use chrono::{DateTime, Utc};
use cloudphone_cache::Signals;
use cloudphone_core::{Caller, CommonError, InstallationId, Origin, UploadId, Validation};
use cloudphone_graphql::{answer, caller, origin, parse_id, to_graphql_error};
use futures::{Stream, StreamExt as _, stream};
use tokio::time::{sleep, timeout};

use super::domain;
use super::installation::InstallationNode;
use super::upload::UploadNode;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::installation::list::latest_installations;
use crate::installation::store::InstallationFilter;
use crate::installation::{Installation, InstallationStatus};
use crate::jobs::{installation_channel, upload_channel};
use crate::permissions::APP_READ;
use crate::upload::Upload;
use crate::upload::list::find_upload;

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);
/// How often it is looked whether a signal was missed.
const LOOK: Duration = Duration::from_secs(5);
/// Installations followed by one subscription at most; the last changed ones.
const MOST: i64 = 500;
/// Ids that one subscription may name.
const MOST_IDS: usize = 500;

/// The subscriptions of apps.
pub struct Subscription;

/// The subscriptions of apps.
#[GraphQlSubscription]
impl Subscription {
    /// An upload as it is now, then whenever it changes. Ends with the upload.
    async fn application_upload_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The upload.")] id: ID,
    ) -> Result<impl Stream<Item = Result<UploadNode>>> {
        let caller = caller(context)?.clone();
        let id: UploadId = answer(context, parse_id(&id, "application upload"))?;
        let (domain, origin) = (Arc::clone(domain(context)), origin(context).clone());
        let signals = domain.cache.subscribe(&upload_channel(caller.tenant_id)).await;
        let signals = answer(context, signals.map_err(CommonError::unavailable))?;
        answer(context, look_at(&domain, &caller, id).await)?;
        let expires = expiry(&caller);
        let follower = UploadFollower { domain, caller, origin, id, signals, told: None };
        let steps = stream::unfold(Some(follower), async |follower| follower?.next().await);
        Ok(Box::pin(steps).take_until(expires))
    }

    /// Installations as they are now, then whenever one changes. Name ids, a device or an application; without any, all of
    /// the organisation. At most the 500 that changed last are followed.
    async fn installation_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these installations, at most 500.")] ids: Option<Vec<ID>>,
        #[graphql(desc = "Only on this device.")] device_id: Option<ID>,
        #[graphql(desc = "Only of this application.")] application_id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<InstallationNode>>> {
        let caller = caller(context)?.clone();
        answer(context, caller.require(&APP_READ))?;
        let filter = answer(context, filter(ids, device_id, application_id))?;
        let (domain, origin) = (Arc::clone(domain(context)), origin(context).clone());
        let signals = domain.cache.subscribe(&installation_channel(caller.tenant_id)).await;
        let signals = answer(context, signals.map_err(CommonError::unavailable))?;
        let expires = expiry(&caller);
        let follower = InstallationFollower { domain, caller, origin, filter, signals, told: None };
        let batches = stream::unfold(Some(follower), async |follower| follower?.next().await);
        Ok(Box::pin(batches.flat_map(stream::iter)).take_until(expires))
    }
}

async fn look_at(domain: &AppsContext, caller: &Caller, id: UploadId) -> std::result::Result<Upload, AppsError> {
    find_upload(domain, caller, id).await?.ok_or_else(AppsError::no_upload)
}

struct UploadFollower {
    domain: Arc<AppsContext>,
    caller: Caller,
    origin: Origin,
    id: UploadId,
    signals: Signals,
    told: Option<Upload>,
}

impl UploadFollower {
    async fn next(mut self) -> Option<(Result<UploadNode>, Option<Self>)> {
        loop {
            if self.told.is_some() {
                let id = self.id.to_string();
                let ours = async {
                    while let Some(message) = self.signals.next().await {
                        if *message == *id.as_bytes() {
                            return true;
                        }
                    }
                    false
                };
                // No word for a while: a signal may have been missed.
                if timeout(LOOK, ours).await == Ok(false) {
                    return None;
                }
            }
            let upload = match look_at(&self.domain, &self.caller, self.id).await {
                Ok(upload) => upload,
                Err(error) => return Some((Err(to_graphql_error(&error, &self.origin)), None)),
            };
            if self.told.as_ref().is_some_and(|told| same_upload(told, &upload)) {
                continue;
            }
            let ends = upload.status.is_final();
            self.told = Some(upload.clone());
            return Some((Ok(UploadNode(upload)), (!ends).then_some(self)));
        }
    }
}

fn same_upload(one: &Upload, other: &Upload) -> bool {
    one.status == other.status && one.progress == other.progress
}

struct InstallationFollower {
    domain: Arc<AppsContext>,
    caller: Caller,
    origin: Origin,
    filter: InstallationFilter,
    signals: Signals,
    told: Option<HashMap<InstallationId, Standing>>,
}

/// What makes an installation news; a clock alone may stand still between two changes.
type Standing = (InstallationStatus, i32, i32, DateTime<Utc>);

fn standing(row: &Installation) -> Standing {
    (row.status, row.progress, row.attempts, row.updated_at)
}

type Batch = Vec<Result<InstallationNode>>;

impl InstallationFollower {
    async fn next(mut self) -> Option<(Batch, Option<Self>)> {
        if self.told.is_some() {
            match timeout(LOOK, self.signals.next()).await {
                // What comes within a moment is told together: only the latest counts.
                Ok(Some(_)) => {
                    sleep(GATHER).await;
                    while let Ok(Some(_)) = timeout(Duration::ZERO, self.signals.next()).await {}
                }
                Ok(None) => return None,
                Err(_) => {}
            }
        }
        let rows = match latest_installations(&self.domain, &self.caller, &self.filter, MOST).await {
            Ok(rows) => rows,
            Err(error) => return Some((vec![Err(to_graphql_error(&error, &self.origin))], None)),
        };
        let told = self.told.take().unwrap_or_default();
        let is_news = |row: &&Installation| told.get(&row.id) != Some(&standing(row));
        let news = rows.iter().filter(is_news).cloned().map(|row| Ok(InstallationNode(row))).collect();
        self.told = Some(rows.iter().map(|row| (row.id, standing(row))).collect());
        Some((news, Some(self)))
    }
}

fn filter(
    ids: Option<Vec<ID>>,
    device_id: Option<ID>,
    application_id: Option<ID>,
) -> std::result::Result<InstallationFilter, CommonError> {
    let mut validation = Validation::new();
    let few = ids.as_ref().is_none_or(|ids| ids.len() <= MOST_IDS);
    validation.check(few, "ids", "TOO_MANY", format!("Name at most {MOST_IDS} installations."));
    validation.finish()?;
    Ok(InstallationFilter {
        // An id that is none names nothing.
        ids: ids.map(|ids| ids.iter().filter_map(|id| id.parse().ok()).collect()),
        device_id: device_id.map(|id| parse_id(&id, "device")).transpose()?,
        application_id: application_id.map(|id| parse_id(&id, "application")).transpose()?,
        status: None,
    })
}

/// Ends with the caller's identity; never for the platform's own.
fn expiry(caller: &Caller) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let expires_at = caller.expires_at;
    Box::pin(async move {
        match expires_at {
            Some(moment) => sleep((moment - Utc::now()).to_std().unwrap_or_default()).await,
            None => std::future::pending().await,
        }
    })
}

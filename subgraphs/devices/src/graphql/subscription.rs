//! The domain's subscriptions. Each ends when the caller's identity does; none keeps a queue that can grow.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, ID, Result, Subscription as GraphQlSubscription};
use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, CommandId, CommonError, Permission, Validation};
use cloudphone_graphql::{answer, caller, origin, parse_id, to_graphql_error};
use futures::{Stream, StreamExt, stream};
use tokio::sync::broadcast::error::RecvError;

use super::command::CommandNode;
use super::domain;
use super::fleet::{DeviceChangedEvent, DeviceTelemetryEvent, FleetEvent};
use super::input::DeviceFilterInput;
use crate::command;
use crate::error::DevicesError;
use crate::permissions::{DEVICE_READ, TELEMETRY_READ};
use crate::telemetry::feed::{FeedOptions, TelemetryFeed};
use crate::telemetry::fleet_feed::FleetFeed;

/// The shortest interval of a wall, in which changes of many devices are gathered.
const SHORTEST_WALL_INTERVAL_MS: i32 = 100;

/// The interval of a client that names none.
const DEFAULT_INTERVAL_MS: i32 = 1000;

/// The domain's subscriptions.
pub struct Subscription;

/// The domain's subscriptions.
#[GraphQlSubscription]
impl Subscription {
    /// Measurements as they come, of devices that match at the time.
    async fn device_telemetry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which devices; looked at again whenever one changes.")] filter: Option<DeviceFilterInput>,
        #[graphql(desc = "Only these devices, at most 2000.")] device_ids: Option<Vec<ID>>,
        #[graphql(
            desc = "The shortest time between two measurements of a device in milliseconds, 0 to 60000; 0 for each one.",
            default_with = "Some(DEFAULT_INTERVAL_MS)"
        )]
        min_interval_ms: Option<i32>,
        #[graphql(desc = "Bring first what came since; leave it out to begin with what comes next.")]
        resume_from: Option<DateTime<Utc>>,
    ) -> Result<impl Stream<Item = DeviceTelemetryEvent>> {
        let caller = permitted(context, &[DEVICE_READ, TELEMETRY_READ])?;
        let filter = answer(context, DeviceFilterInput::parse(filter, device_ids))?;
        let min_interval = answer(context, interval(min_interval_ms, 0))?;
        let options = FeedOptions { filter, min_interval, resume_from };
        let feed = answer(context, TelemetryFeed::open(Arc::clone(domain(context)), caller.clone(), options).await)?;
        let items = stream::unfold(feed, async |mut feed| feed.next().await.map(|item| (item.into(), feed)));
        Ok(Box::pin(items).take_until(expiry(&caller)))
    }

    /// A wall of devices in one subscription: all that match once, then what changed, gathered over an interval.
    #[allow(clippy::unused_async, reason = "the macro of the graph asks for async resolvers")]
    async fn fleet(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which devices; looked at again whenever one changes.")] filter: Option<DeviceFilterInput>,
        #[graphql(
            desc = "The shortest time between two rounds of news in milliseconds, 100 to 60000; latest wins in between.",
            default_with = "Some(DEFAULT_INTERVAL_MS)"
        )]
        min_interval_ms: Option<i32>,
    ) -> Result<impl Stream<Item = FleetEvent>> {
        let caller = permitted(context, &[DEVICE_READ, TELEMETRY_READ])?;
        let filter = answer(context, DeviceFilterInput::parse(filter, None))?;
        let min_interval = answer(context, interval(min_interval_ms, SHORTEST_WALL_INTERVAL_MS))?;
        let feed = FleetFeed::open(Arc::clone(domain(context)), caller.tenant_id, filter, min_interval);
        let batches = stream::unfold(feed, async |mut feed| feed.next().await.map(|batch| (batch.into(), feed)));
        Ok(Box::pin(batches).take_until(expiry(&caller)))
    }

    /// Devices as they change: state, presence, name, tags, group.
    #[allow(clippy::unused_async, reason = "the macro of the graph asks for async resolvers")]
    async fn device_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Devices that match before or after the change.")] filter: Option<DeviceFilterInput>,
        #[graphql(desc = "Only these devices, at most 2000.")] device_ids: Option<Vec<ID>>,
    ) -> Result<impl Stream<Item = Result<DeviceChangedEvent>>> {
        let caller = permitted(context, &[DEVICE_READ])?;
        let filter = answer(context, DeviceFilterInput::parse(filter, device_ids))?;
        let (changes, tenant_id, origin) =
            (domain(context).registry.changes(), caller.tenant_id, origin(context).clone());
        let events = stream::unfold(Some(changes), move |changes| {
            let (filter, origin) = (filter.clone(), origin.clone());
            async move {
                let mut changes = changes?;
                loop {
                    match changes.recv().await {
                        Ok(change) => {
                            let matched = change.before.as_ref().is_some_and(|device| filter.matches(device));
                            if change.device.tenant_id == tenant_id && (matched || filter.matches(&change.device)) {
                                return Some((Ok(change.into()), Some(changes)));
                            }
                        }
                        // Changes must not be skipped in silence: the client is told and subscribes anew.
                        Err(RecvError::Lagged(_)) => {
                            let error = CommonError::unavailable("the subscriber was too slow for the changes");
                            return Some((Err(to_graphql_error(&error, &origin)), None));
                        }
                        Err(RecvError::Closed) => return None,
                    }
                }
            }
        });
        Ok(Box::pin(events).take_until(expiry(&caller)))
    }

    /// A command as it proceeds: as it is now, then with each step, until it ends.
    async fn device_command_updated(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The command.")] id: ID,
    ) -> Result<impl Stream<Item = Result<CommandNode>>> {
        let caller = permitted(context, &[DEVICE_READ])?;
        let id: CommandId = answer(context, parse_id(&id, "command"))?;
        let (domain, origin) = (Arc::clone(domain(context)), origin(context).clone());
        let changes = domain.command_changes.subscribe();
        answer(context, load(&domain, &caller, id).await)?;
        let expires = expiry(&caller);
        let steps = stream::unfold(Some((changes, true)), move |state| {
            let (domain, caller, origin) = (Arc::clone(&domain), caller.clone(), origin.clone());
            async move {
                let (mut changes, first) = state?;
                let mut look = first;
                while !look {
                    look = match changes.recv().await {
                        Ok(change) => change.command_id == id,
                        // Whatever was missed shows in the command as it is now.
                        Err(RecvError::Lagged(_)) => true,
                        Err(RecvError::Closed) => return None,
                    };
                }
                match load(&domain, &caller, id).await {
                    Ok(command) => {
                        let next = (!command.status.is_final()).then_some((changes, false));
                        Some((Ok(CommandNode(Arc::new(command))), next))
                    }
                    Err(error) => Some((Err(to_graphql_error(&error, &origin)), None)),
                }
            }
        });
        Ok(Box::pin(steps).take_until(expires))
    }
}

async fn load(
    domain: &crate::context::DevicesContext,
    caller: &Caller,
    id: CommandId,
) -> Result<command::Command, DevicesError> {
    let found = domain.database.read(caller, async |conn| command::store::find_many(conn, &[id]).await).await?;
    found.into_iter().next().ok_or(DevicesError::Common(CommonError::NotFound { what: "command" }))
}

fn permitted(context: &Context<'_>, wanted: &[Permission]) -> Result<Caller> {
    let caller = caller(context)?;
    for permission in wanted {
        answer(context, caller.require(permission))?;
    }
    Ok(caller.clone())
}

fn interval(milliseconds: Option<i32>, shortest: i32) -> Result<Duration, CommonError> {
    let milliseconds = milliseconds.unwrap_or(DEFAULT_INTERVAL_MS);
    let mut validation = Validation::new();
    validation.check(
        (shortest..=60_000).contains(&milliseconds),
        "minIntervalMs",
        "OUT_OF_RANGE",
        format!("Choose {shortest} to 60000 milliseconds."),
    );
    validation.finish()?;
    Ok(Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default()))
}

/// Ends with the caller's identity; never for the platform's own.
async fn expiry_of(expires_at: Option<DateTime<Utc>>) {
    match expires_at {
        Some(moment) => tokio::time::sleep((moment - Utc::now()).to_std().unwrap_or_default()).await,
        None => std::future::pending().await,
    }
}

fn expiry(caller: &Caller) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(expiry_of(caller.expires_at))
}

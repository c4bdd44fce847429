//! The devices domain: cloud phones, their life, their commands and what they measure.
//!
//! [`build`] puts the subgraph together from its engines and starts its work. What it needs before its broker can ask
//! about devices, [`DeviceCredentials`], exists without the rest.

mod command;
mod context;
mod control;
mod credential;
mod demo;
mod device;
mod error;
pub mod events;
mod graphql;
mod inbox;
mod jobs;
mod mqtt;
mod permissions;
mod provider;
mod report;
mod schema;
mod schemas;
mod settings;
mod telemetry;
mod template;
pub mod topic;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cloudphone_cache::Engine as Cache;
use cloudphone_core::{Clock, TenantId, UserId};
use cloudphone_database::{Database, DatabaseError, EmbeddedMigrations, embed_migrations};
use cloudphone_events::{Bus, BusError, RunningInbox};
use cloudphone_graphql::Subgraph;
use thiserror::Error;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

pub use context::BrokerControl;
pub use credential::{DeviceCredentials, DeviceSecret};
pub use device::{GeoPoint, Specification};
pub use error::DevicesError;
pub use graphql::sdl;
pub use mqtt::BrokerAddressError;
pub use provider::simulated::{
    FleetOptions, PhoneIdentity, PhoneMemory, PhonePace, PhoneState, Volatile, simulate_fleet,
};
pub use schemas::{MqttSchema, mqtt_schemas};
pub use settings::{BrokerAccess, DevicesSettings};
pub use telemetry::{Malformed, NotStored, TelemetryInlet, TelemetryPayload};

use context::{DevicesContext, Signals};
use control::Control;
use provider::simulated::{Fleet, SimulatedProvider, TableMemory};
use provider::{DeviceProvider, Providers};
use telemetry::quarantine::{self, Quarantine};
use telemetry::{Hub, Intake, Subscriber, Writer};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/devices");

/// What the domain works with.
pub struct DevicesEngines {
    /// Its own database, migrated.
    pub database: Database,
    /// What it publishes to and hears from.
    pub bus: Arc<dyn Bus>,
    /// Signals and locks shared with other processes.
    pub cache: Cache,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The answers to the broker's questions, over the same database.
    pub credentials: DeviceCredentials,
    /// Closes connections of devices; absent when the broker cannot be told to.
    pub broker: Option<Arc<dyn BrokerControl>>,
    /// Where a broker in this process hands telemetry over; absent to subscribe to it.
    pub telemetry: Option<TelemetryInlet>,
    /// Settings.
    pub settings: DevicesSettings,
}

/// Why the domain did not start.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The database does not answer.
    #[error("the devices database does not answer: {0}")]
    Database(#[from] DatabaseError),
    /// The event bus does not answer.
    #[error("the event bus does not take the devices domain in: {0}")]
    Bus(#[from] BusError),
    /// The broker's address is unusable.
    #[error(transparent)]
    Broker(#[from] BrokerAddressError),
    /// A part of the domain could not be read.
    #[error("the devices could not be loaded: {0}")]
    Devices(#[from] DevicesError),
    /// The key for simulated phones is too short to be one.
    #[error("the credential key has fewer than 32 characters; configure a longer one")]
    WeakKey,
}

/// How the domain is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevicesHealth {
    /// Whether telemetry can come in.
    pub telemetry_connected: bool,
    /// Whether commands can go out and answers come in.
    pub control_connected: bool,
    /// Devices that are known.
    pub devices: usize,
    /// Samples that are not in the database yet.
    pub waiting_samples: usize,
}

/// Tells how the domain is; cheap to clone, asks no engine.
#[derive(Clone)]
pub struct DevicesStatus(Arc<DevicesContext>);

impl DevicesStatus {
    /// How the domain is now.
    pub fn read(&self) -> DevicesHealth {
        DevicesHealth {
            telemetry_connected: self.0.connections.telemetry.load(Ordering::Relaxed),
            control_connected: self.0.connections.control.load(Ordering::Relaxed),
            devices: self.0.registry.count(),
            waiting_samples: self.0.writer.waiting(),
        }
    }
}

/// The running domain.
pub struct Devices {
    context: Arc<DevicesContext>,
    subgraph: Subgraph,
    provider: Arc<SimulatedProvider>,
    inbox: RunningInbox,
    tasks: TaskTracker,
    /// Dropping the domain ends its work without waiting for it.
    stop: DropGuard,
}

/// The domain's tables; run those of the events before.
pub fn migrations() -> EmbeddedMigrations {
    MIGRATIONS
}

/// Brings the domain's database up to date.
pub async fn migrate(database: &Database) -> Result<(), DatabaseError> {
    database.migrate(cloudphone_events::migrations()).await?;
    database.migrate(MIGRATIONS).await?;
    Ok(())
}

/// Puts the domain together and starts its work. Start the relay of its database afterwards.
pub async fn build(engines: DevicesEngines) -> Result<Devices, BuildError> {
    let settings = engines.settings;
    if settings.credential_key.chars().count() < 32 {
        return Err(BuildError::WeakKey);
    }
    let (stop, tasks, inlet) = (CancellationToken::new(), TaskTracker::new(), engines.telemetry);
    let provider = Arc::new(simulated(&engines.database, &settings, &stop, &tasks));
    let context = Arc::new(DevicesContext {
        hub: Arc::new(Hub::new(settings.recent_samples)),
        writer: Writer::new(settings.waiting_samples),
        providers: Providers::new(vec![Arc::clone(&provider) as Arc<dyn DeviceProvider>]),
        database: engines.database,
        clock: engines.clock,
        credentials: engines.credentials,
        broker: engines.broker,
        cache: engines.cache,
        registry: device::Registry::default(),
        signals: Signals::default(),
        command_changes: context::command_changes(),
        connections: context::Connections::default(),
        settings,
    });
    telemetry::partitions::create_ahead(&context.database, context.now().date_naive()).await?;
    device::reconcile::grant_time_anew(&context).await?;
    device::reconcile::refresh_registry(&context, None).await?;
    let inbox = inbox::start(&context, &*engines.bus).await?;
    spawn_work(&context, &stop, &tasks)?;
    take_telemetry_in(&context, inlet, &stop, &tasks)?;
    resume(&context, &provider, &tasks, &stop);
    tasks.close();
    let subgraph = graphql::subgraph(Arc::clone(&context));
    Ok(Devices { context, subgraph, provider, inbox, tasks, stop: stop.drop_guard() })
}

fn simulated(
    database: &Database,
    settings: &DevicesSettings,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> SimulatedProvider {
    let fleet = settings.play_simulated.then(|| {
        let (memory, writing) = TableMemory::new(database.clone(), stop.child_token());
        tasks.spawn(writing);
        let url = settings.phone_broker_url.as_ref().unwrap_or(&settings.broker.url);
        let mut options = FleetOptions::new(url, Arc::new(memory));
        options.telemetry_interval = settings.telemetry_interval;
        options.pace = settings.pace;
        Fleet::new(options, stop.child_token())
    });
    SimulatedProvider::new(database.clone(), settings.credential_key.clone(), fleet)
}

fn spawn_work(
    context: &Arc<DevicesContext>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<(), BrokerAddressError> {
    let (of_control, kept) = Quarantine::new();
    tasks.spawn(quarantine::keep(context.database.clone(), kept, stop.child_token()));
    let (control, client) = Control::new(Arc::clone(context), of_control)?;
    tasks.spawn(control.run(stop.child_token()));
    tasks.spawn(command::dispatch::run(Arc::clone(context), client.clone(), stop.child_token()));
    tasks.spawn(device::worker::run(Arc::clone(context), client, stop.child_token()));
    let (writing, ends) = (Arc::clone(context), stop.child_token());
    tasks.spawn(async move { writing.writer.run(writing.database.clone(), ends).await });
    jobs::spawn(context, stop, tasks);
    Ok(())
}

/// From the broker of this process directly, or from another one over a connection.
fn take_telemetry_in(
    context: &Arc<DevicesContext>,
    inlet: Option<TelemetryInlet>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<(), BrokerAddressError> {
    let (quarantine, kept) = Quarantine::new();
    tasks.spawn(quarantine::keep(context.database.clone(), kept, stop.child_token()));
    let intake = Arc::new(Intake::new(Arc::clone(context), quarantine));
    match inlet {
        Some(inlet) => {
            inlet.open(intake);
            context.connections.telemetry.store(true, Ordering::Relaxed);
            let ends = stop.child_token();
            tasks.spawn(async move {
                ends.cancelled().await;
                inlet.end();
            });
        }
        None => drop(tasks.spawn(Subscriber::new(Arc::clone(context), intake)?.run(stop.child_token()))),
    }
    Ok(())
}

/// Takes up what was going on before the process ended, without holding up the start.
fn resume(
    context: &Arc<DevicesContext>,
    provider: &Arc<SimulatedProvider>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let (context, provider, stop) = (Arc::clone(context), Arc::clone(provider), stop.child_token());
    tasks.spawn(async move {
        let resuming = async {
            let devices: Vec<_> = context.registry.all().iter().map(|device| (**device).clone()).collect();
            let ids: Vec<_> = devices.iter().map(|device| device.id).collect();
            if let Err(error) = telemetry::read::recall_latest(&context, &ids).await {
                tracing::warn!(%error, "the latest measurements from before the start are not known");
            }
            jobs::until_done("resuming phones", || provider.resume(&devices)).await;
        };
        stop.run_until_cancelled(resuming).await;
    });
}

impl Devices {
    /// The domain's part of the graph.
    pub fn subgraph(&self) -> &Subgraph {
        &self.subgraph
    }

    /// The domain's database; start the relay over it once every domain of the process listens.
    pub fn database(&self) -> &Database {
        &self.context.database
    }

    /// Tells how the domain is, for as long as somebody asks.
    pub fn status(&self) -> DevicesStatus {
        DevicesStatus(Arc::clone(&self.context))
    }

    /// Makes demonstration templates and so many devices, unless the tenant has devices already. Answers how many were made.
    pub async fn seed_demo(
        &self,
        tenant_id: TenantId,
        owners: &[UserId],
        devices: usize,
    ) -> Result<usize, DevicesError> {
        demo::seed(&self.context, tenant_id, owners, devices).await
    }

    /// Ends all work; what is not done is taken up by the next start.
    pub async fn stop(self) {
        self.inbox.stop().await;
        self.provider.stop().await;
        self.stop.disarm().cancel();
        self.tasks.wait().await;
    }
}

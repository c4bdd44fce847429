//! The domains of this process, each built over its engines.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::extract::Request;
use axum::routing::get;
use cloudphone_apps::{Apps, AppsEngines, AppsSettings, AppsStorage};
use cloudphone_core::{Clock, SystemClock};
use cloudphone_database::Database;
use cloudphone_devices::{
    BrokerAccess, BrokerControl, DeviceCredentials, Devices, DevicesEngines, DevicesSettings, TelemetryInlet, topic,
};
use cloudphone_embedded_mqtt::{Authority, ConnectRequest, EmbeddedMqtt, NotKept, Principal, Refusal, Tap};
use cloudphone_events::{Relay, RelayOptions};
use cloudphone_graphql::Subgraph;
use cloudphone_identity::{Identity, IdentityEngines};
use tower::ServiceExt as _;

use crate::arguments::Part;
use crate::engines::Engines;
use crate::secrets;
use crate::settings::Settings;

/// Where verifiers find the keys of access tokens (RFC 8615).
const JWKS: &str = "/.well-known/jwks.json";

/// Those domains that run in this process.
pub(crate) struct Domains {
    pub(crate) identity: Option<Identity>,
    pub(crate) devices: Option<Devices>,
    pub(crate) apps: Option<Apps>,
    relays: Vec<Relay>,
}

impl Domains {
    /// Builds the named domains, then lets them publish: a bus within the process knows no past, so all must listen first.
    pub(crate) async fn build(parts: &[Part], settings: &Settings, engines: &Engines) -> anyhow::Result<Self> {
        let wanted = |part: Part| parts.contains(&part);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut domains = Self { identity: None, devices: None, apps: None, relays: Vec::new() };
        let mut publishing = Vec::new();
        if wanted(Part::Identity) {
            let identity = identity(settings, engines, &clock).await?;
            publishing.push(identity.database().clone());
            domains.identity = Some(identity);
        }
        if wanted(Part::Devices) {
            let database = engines.databases.of("devices").await?;
            domains.devices = Some(devices(settings, engines, &clock, &database).await?);
            publishing.push(database);
        }
        if wanted(Part::Apps) {
            let apps = apps(settings, engines, &clock).await?;
            publishing.push(apps.database().clone());
            domains.apps = Some(apps);
        }
        let relay = |database| Relay::spawn(database, Arc::clone(&engines.bus), RelayOptions::default());
        domains.relays = publishing.into_iter().map(relay).collect();
        Ok(domains)
    }

    /// The subgraphs of this process.
    pub(crate) fn subgraphs(&self) -> Vec<Subgraph> {
        let identity = self.identity.iter().map(|identity| identity.subgraph.clone());
        let devices = self.devices.iter().map(|devices| devices.subgraph().clone());
        let apps = self.apps.iter().map(|apps| apps.subgraph().clone());
        identity.chain(devices).chain(apps).collect()
    }

    /// What identity publishes to everybody, at the edge.
    pub(crate) fn public_routes(&self) -> axum::Router {
        // The internal door opens only with the internal secret, and nobody outside needs to know of it.
        let Some(identity) = &self.identity else { return axum::Router::new() };
        let routes = identity.routes.clone();
        axum::Router::new().route(JWKS, get(async move |request: Request| routes.oneshot(request).await))
    }

    /// All routes of identity, for a process of its own.
    pub(crate) fn identity_routes(&self) -> axum::Router {
        self.identity.as_ref().map_or_else(axum::Router::new, |identity| identity.routes.clone())
    }

    /// Adds the demo organisation, its accounts and devices, where they are missing.
    pub(crate) async fn seed_demo(&self, devices: usize) -> anyhow::Result<()> {
        let identity = self.identity.as_ref().context("demo data needs the identity domain in the same process")?;
        let demo = identity.seed_demo().await?;
        if let Some(domain) = &self.devices {
            domain.seed_demo(demo.tenant_id, &demo.user_ids, devices).await?;
        }
        Ok(())
    }

    /// Adds the platform's own organisation with a super administrator unless it exists.
    pub(crate) async fn seed_administrator(&self, email: &str, password: &str) -> anyhow::Result<()> {
        let identity = self.identity.as_ref().context("accounts need the identity domain in the same process")?;
        identity.seed_platform(email, password).await?;
        Ok(())
    }

    /// Ends the domains' work and waits for what is under way.
    pub(crate) async fn stop(self) {
        for relay in self.relays {
            relay.stop().await;
        }
        if let Some(apps) = self.apps {
            apps.stop().await;
        }
        if let Some(devices) = self.devices {
            devices.stop().await;
        }
        if let Some(identity) = self.identity {
            identity.stop().await;
        }
    }
}

async fn identity(settings: &Settings, engines: &Engines, clock: &Arc<dyn Clock>) -> anyhow::Result<Identity> {
    let engines = IdentityEngines {
        database: engines.databases.of("identity").await?,
        bus: Arc::clone(&engines.bus),
        cache: engines.cache.clone(),
        clock: Arc::clone(clock),
        secret: engines.secret.clone(),
        settings: settings.identity.clone(),
    };
    Identity::build(engines).await.context("the identity domain could not start")
}

async fn devices(
    settings: &Settings,
    engines: &Engines,
    clock: &Arc<dyn Clock>,
    database: &Database,
) -> anyhow::Result<Devices> {
    cloudphone_devices::migrate(database).await?;
    let credentials = DeviceCredentials::new(database.clone());
    let telemetry = engines.broker.embedded.as_ref().map(|broker| {
        let inlet = TelemetryInlet::new();
        broker.tap(topic::ALL_TELEMETRY, Arc::new(ToInlet(inlet.clone())));
        inlet
    });
    // Only now devices are let in: none of them publishes past the inlet.
    engines.broker.authority.ask(Arc::new(DeviceAuthority {
        credentials: credentials.clone(),
        messages_per_second: settings.mqtt.messages_per_second,
    }));
    let broker = engines.broker.embedded.clone().map(|broker| Arc::new(Kick(broker)) as Arc<dyn BrokerControl>);
    let engines = DevicesEngines {
        database: database.clone(),
        bus: Arc::clone(&engines.bus),
        cache: engines.cache.clone(),
        clock: Arc::clone(clock),
        credentials,
        broker,
        telemetry,
        settings: devices_settings(settings, engines)?,
    };
    cloudphone_devices::build(engines).await.context("the devices domain could not start")
}

fn devices_settings(settings: &Settings, engines: &Engines) -> anyhow::Result<DevicesSettings> {
    let access = &engines.broker.access;
    let broker = BrokerAccess {
        url: access.url.clone(),
        username: access.username.clone(),
        password: access.password.clone(),
        client_id: settings.mqtt.client_id.clone(),
    };
    let secret = std::str::from_utf8(engines.secret.as_bytes())?;
    let configured = &settings.devices;
    Ok(DevicesSettings {
        phone_broker_url: Some(access.device_url.clone()),
        play_simulated: configured.play_simulated,
        telemetry_interval: Duration::from_millis(configured.simulated_interval_ms),
        messages_per_second: configured.messages_per_second,
        lifecycle_timeout: Duration::from_secs(configured.lifecycle_timeout_seconds),
        raw_days: configured.raw_retention_days,
        minute_days: configured.minute_retention_days,
        hour_days: configured.hour_retention_days,
        ..DevicesSettings::new(broker, secrets::derive(secret, "simulated-devices"))
    })
}

async fn apps(settings: &Settings, engines: &Engines, clock: &Arc<dyn Clock>) -> anyhow::Result<Apps> {
    let database = engines.databases.of("apps").await?;
    cloudphone_apps::migrate(&database).await?;
    let endpoint = engines.storage.endpoint.clone();
    let configured = &settings.apps;
    let engines = AppsEngines {
        database,
        bus: Arc::clone(&engines.bus),
        cache: engines.cache.clone(),
        clock: Arc::clone(clock),
        storage: AppsStorage {
            endpoint: endpoint.url,
            public_endpoint: endpoint.public_url,
            region: endpoint.region,
            access_key: endpoint.access_key,
            secret_key: endpoint.secret_key,
            bucket: endpoint.bucket,
            force_path_style: true,
        },
        settings: AppsSettings {
            largest_package_bytes: configured.max_package_bytes,
            reading_concurrency: configured.parse_concurrency,
            reading_timeout: Duration::from_secs(configured.parse_timeout_seconds),
            installation_timeout: Duration::from_secs(configured.installation_timeout_seconds),
            upload_lifetime: Duration::from_secs(configured.upload_lifetime_seconds),
            // The embedded service has a rule of its own.
            allowed_origins: settings.storage.url.is_some().then(Vec::new),
            ..AppsSettings::default()
        },
    };
    cloudphone_apps::build(engines).await.context("the apps domain could not start")
}

/// Answers the embedded broker for devices.
struct DeviceAuthority {
    credentials: DeviceCredentials,
    messages_per_second: u32,
}

#[async_trait]
impl Authority for DeviceAuthority {
    async fn authenticate(&self, request: ConnectRequest<'_>) -> Result<Principal, Refusal> {
        let (Some(username), Some(password)) = (request.username, request.password) else {
            return Err(Refusal::BadCredentials);
        };
        let verified = self.credentials.verify(username, password).await;
        let known = verified.map_err(|error| {
            tracing::warn!(%error, "a device's credentials cannot be checked");
            Refusal::NotAuthorized
        })?;
        let (tenant_id, device_id) = known.ok_or(Refusal::BadCredentials)?;
        // A device may not take over the connection of another by using its client id.
        if request.client_id != username {
            return Err(Refusal::NotAuthorized);
        }
        let base = topic::base(tenant_id, device_id);
        let publish = topic::Channel::ALL.iter().map(|channel| format!("{base}/{}", channel.as_str())).collect();
        Ok(Principal {
            name: username.into(),
            publish,
            subscribe: Arc::new([format!("{base}/commands/+")]),
            messages_per_second: Some(self.messages_per_second),
        })
    }
}

/// Ends connections at the embedded broker.
struct Kick(Arc<EmbeddedMqtt>);

#[async_trait]
impl BrokerControl for Kick {
    async fn disconnect(&self, client_id: &str) {
        self.0.disconnect(client_id).await;
    }
}

/// Hands telemetry from the embedded broker to the devices domain.
struct ToInlet(TelemetryInlet);

#[async_trait]
impl Tap for ToInlet {
    fn receive(&self, topic: &str, payload: &[u8]) {
        self.0.receive(topic, payload);
    }

    async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotKept> {
        self.0.keep(topic, payload).await.map_err(|_| NotKept)
    }
}

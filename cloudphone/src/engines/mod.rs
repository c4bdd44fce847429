//! The engines: embedded where the configuration names no other.

mod broker;
mod databases;
mod storage;

use std::sync::Arc;

use anyhow::Context as _;
use cloudphone_cache::Engine as Cache;
use cloudphone_events::{Bus, InProcessBus, RedisBus, RedisBusOptions};
use cloudphone_graphql::identity_token::InternalSecret;

pub(crate) use broker::Broker;
pub(crate) use databases::Databases;
pub(crate) use storage::Storage;

use crate::secrets;
use crate::settings::Settings;

/// All engines of a process, running.
pub(crate) struct Engines {
    pub(crate) secret: InternalSecret,
    pub(crate) databases: Databases,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) cache: Cache,
    pub(crate) broker: Broker,
    pub(crate) storage: Storage,
}

impl Engines {
    /// Starts or reaches every engine.
    pub(crate) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let secret = internal_secret(settings)?;
        // The slowest is PostgreSQL; the others come up beside it.
        let (databases, shared, broker, storage) = tokio::join!(
            Databases::start(settings),
            shared_state(settings),
            Broker::start(settings),
            Storage::start(settings, &secret),
        );
        match (databases, shared, broker, storage) {
            (Ok(databases), Ok((bus, cache)), Ok(broker), Ok(storage)) => {
                Ok(Self { secret, databases, bus, cache, broker, storage })
            }
            (databases, shared, broker, storage) => Err(give_up(databases, shared.err(), broker, storage).await),
        }
    }

    /// Stops the embedded ones, in the order in which nothing is lost.
    pub(crate) async fn stop(self) {
        self.broker.stop().await;
        self.storage.stop().await;
        self.databases.stop().await;
    }
}

/// Stops what did start, so that nothing outlives a failed start, and tells everything that did not.
async fn give_up(
    databases: anyhow::Result<Databases>,
    shared: Option<anyhow::Error>,
    broker: anyhow::Result<Broker>,
    storage: anyhow::Result<Storage>,
) -> anyhow::Error {
    let mut problems: Vec<anyhow::Error> = shared.into_iter().collect();
    match broker {
        Ok(broker) => broker.stop().await,
        Err(problem) => problems.push(problem),
    }
    match storage {
        Ok(storage) => storage.stop().await,
        Err(problem) => problems.push(problem),
    }
    match databases {
        Ok(databases) => databases.stop().await,
        Err(problem) => problems.push(problem),
    }
    let sentences: Vec<String> = problems.iter().map(|problem| format!("{problem:#}")).collect();
    anyhow::anyhow!(sentences.join("\n"))
}

fn internal_secret(settings: &Settings) -> anyhow::Result<InternalSecret> {
    let secret = if settings.internal_secret.is_empty() {
        secrets::of_installation(&settings.data_dir.0, "internal")?
    } else {
        settings.internal_secret.reveal().to_owned()
    };
    Ok(InternalSecret::new(secret)?)
}

async fn shared_state(settings: &Settings) -> anyhow::Result<(Arc<dyn Bus>, Cache)> {
    match &settings.engine.redis_url {
        None => Ok((Arc::new(InProcessBus::new()), Cache::in_process())),
        Some(url) => {
            let bus = RedisBus::connect(url.reveal(), RedisBusOptions::default())
                .await
                .context("Redis (engine.redis_url)")?;
            let cache = Cache::redis(url.reveal()).await.context("Redis (engine.redis_url)")?;
            Ok((Arc::new(bus), cache))
        }
    }
}

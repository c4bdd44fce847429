//! What a router keeps while its edge is made anew from other settings.

use std::sync::Arc;

use axum::Router;
use cloudphone_cache::Engine;
use cloudphone_router::documents::Documents;
use cloudphone_router::gateway::Gateway;
use cloudphone_router::live::Live;
use cloudphone_router::response_cache::ResponseCache;
use tokio::sync::Semaphore;

use crate::connections::{Door, Patience};
use crate::guards::{self, Counts};
use crate::kept::Kept;
use crate::response_cache;
use crate::services::Services;
use crate::settings::Settings;

/// Parts with memory, each made anew only when its own section of the settings changed.
pub(crate) struct Remembered {
    cache: Kept<Option<ResponseCache>>,
    documents: Kept<Arc<Documents>>,
}

impl Remembered {
    /// Remembers nothing yet. `shared` is what replicas share, if they do.
    pub(crate) async fn make(settings: &Settings, shared: &Engine) -> anyhow::Result<Self> {
        let router = &settings.router;
        let cache = response_cache::build(settings, redis(settings, shared));
        let documents = async { guards::documents(settings, shared).map(Arc::new) };
        Ok(Self {
            cache: Kept::make(&router.response_cache, cache).await?,
            documents: Kept::make(&router.documents, documents).await?,
        })
    }

    /// The same for these settings; it counts once it is put in place of this.
    pub(crate) async fn again(&self, settings: &Settings, shared: &Engine) -> anyhow::Result<Self> {
        let router = &settings.router;
        let cache = response_cache::build(settings, redis(settings, shared));
        let documents = async { guards::documents(settings, shared).map(Arc::new) };
        Ok(Self {
            cache: self.cache.again(&router.response_cache, cache).await?,
            documents: self.documents.again(&router.documents, documents).await?,
        })
    }

    pub(crate) fn cache(&self) -> Option<&ResponseCache> {
        self.cache.part.as_ref()
    }

    pub(crate) fn documents(&self) -> Arc<Documents> {
        Arc::clone(&self.documents.part)
    }
}

fn redis<'a>(settings: &Settings, shared: &'a Engine) -> Option<&'a Engine> {
    settings.engine.redis_url.as_ref().map(|_| shared)
}

/// The parts of a router that outlive its settings.
pub(crate) struct Lasting {
    /// Plans and executes.
    pub(crate) gateway: Gateway,
    /// Streams and connections.
    pub(crate) live: Live,
    /// How subgraphs are reached now.
    pub(crate) services: Services,
    /// What is under way, and who has asked how often.
    pub(crate) counts: Counts,
    /// Places for live connections.
    pub(crate) connections: Arc<Semaphore>,
    /// How many places there are, taken ones included.
    places: usize,
    wanted_places: usize,
    door: Option<Door>,
}

impl Lasting {
    pub(crate) fn new(settings: &Settings, shared: &Engine, gateway: Gateway, services: Services) -> Self {
        let places = settings.router.max_connections;
        Self {
            live: Live::new(gateway.clone()),
            gateway,
            services,
            counts: Counts::new(settings, shared),
            connections: Arc::new(Semaphore::new(places)),
            places,
            wanted_places: places,
            door: None,
        }
    }

    /// Leads clients to these routes, which were made from these settings.
    pub(crate) fn lead_to(&mut self, routes: Router, settings: &Settings) -> Door {
        self.wanted_places = settings.router.max_connections;
        self.adjust_places();
        let patience = Patience::of(&settings.http);
        match &self.door {
            Some(door) => door.change(routes, patience),
            None => self.door = Some(Door::new(routes, patience)),
        }
        self.door.clone().expect("it was set just now")
    }

    /// Comes closer to the wanted number of places; those that are taken cannot be withdrawn before they are free.
    pub(crate) fn adjust_places(&mut self) {
        if self.places < self.wanted_places {
            self.connections.add_permits(self.wanted_places - self.places);
            self.places = self.wanted_places;
        } else if self.places > self.wanted_places {
            self.places -= self.connections.forget_permits(self.places - self.wanted_places);
        }
    }
}

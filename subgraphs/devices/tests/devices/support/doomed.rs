//! A domain that ends as a process does that is killed.

use std::sync::Arc;

use cloudphone_core::Caller;
use cloudphone_database::{Database, Options};
use cloudphone_devices::DevicesSettings;
use cloudphone_events::{InProcessBus, Relay, RelayOptions};
use tokio::runtime::{Builder, Runtime};

use super::{Engines, Running};

/// A domain in a runtime of its own, which can be ended as a process is: in the middle of everything.
pub struct Doomed {
    runtime: Option<Runtime>,
    pub domain: Arc<Running>,
}

impl Doomed {
    pub async fn start(engines: &Engines, settings: DevicesSettings) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let url = engines.postgres.url("devices");
        let mut given = engines.given(engines.database.clone(), settings);
        // The bus within a process dies with it.
        given.bus = Arc::new(InProcessBus::new());
        let building = runtime.spawn(async move {
            given.database = Database::connect(Options::new("devices", url)).await.unwrap();
            let (database, bus) = (given.database.clone(), Arc::clone(&given.bus));
            let devices = cloudphone_devices::build(given).await.unwrap();
            Running { devices, relay: Relay::spawn(database, bus, RelayOptions::default()) }
        });
        let domain = Arc::new(building.await.unwrap());
        Self { runtime: Some(runtime), domain }
    }

    pub async fn create(&self, me: &Caller, name: String, count: usize) -> Vec<String> {
        let (domain, me) = (Arc::clone(&self.domain), me.clone());
        let creating = async move { domain.create(&me, &name, count, true).await };
        self.runtime.as_ref().unwrap().spawn(creating).await.unwrap()
    }

    /// Nothing of it goes on, and nobody is told.
    pub fn die(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}
